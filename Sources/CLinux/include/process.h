#pragma once
#include <stdint.h>
#include <sys/types.h>

// Starts `path` with `fd` as descriptor 3 and no other, an environment of its own, default signal
// dispositions and an empty signal mask. Standard input and output are /dev/null; standard error
// stays. 0 or an errno.
int cl_spawn(const char *path, char *const argv[], char *const envp[], int fd, pid_t *pid);

// A descriptor that becomes readable when the process ends; -1 with errno.
int cl_pidfd(pid_t pid);
// Sends a signal through it, so that a recycled process id is never hit.
int cl_pidfd_signal(int pidfd, int signal);
// Reaps the process; 0 when it has not ended, 1 with its status, -1 with errno.
int cl_reap(pid_t pid, int *exit_code, int *signal);

// Name of the calling thread, at most 15 bytes.
void cl_thread_name(const char *name);

// A counter in shared memory that one process raises and another watches.
static inline void cl_tick(uint64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }
static inline uint64_t cl_ticks(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
// A flag in shared memory.
static inline void cl_raise(uint32_t *flag) { __atomic_store_n(flag, 1, __ATOMIC_RELEASE); }
static inline uint32_t cl_is_raised(const uint32_t *flag) {
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}
