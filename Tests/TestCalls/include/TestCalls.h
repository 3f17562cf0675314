#pragma once

// What a worker that was taken over would try against the machine and `daemon`, one by one.
int test_attack_count(void);
const char *test_attack_name(int index);
// 0 where it got through, or the errno with which it was refused.
int test_attack(int index, long daemon);

// Forbids this thread and what it executes Landlock, or seccomp, as a kernel without them would.
int test_forbid_landlock(void);
int test_forbid_seccomp(void);
