#define _GNU_SOURCE
#include "confinement.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
// Goes on after `skip` statements where the loaded word is something else.
#define UNLESS_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define UNLESS_ANY_BIT(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (skip))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define REFUSE(reason) RETURN(SECCOMP_RET_ERRNO | ((reason) & SECCOMP_RET_DATA))
#define ALLOW(name) UNLESS_EQUAL(SYS_##name, 1), RETURN(SECCOMP_RET_ALLOW)
// Allowed where the argument is `value`; arguments are looked at by their low 32 bits, and so does
// the kernel take those that are named here.
#define ALLOW_IF_EQUAL(name, argument, value)                                                      \
    UNLESS_EQUAL(SYS_##name, 4), LOAD(args[argument]), UNLESS_EQUAL(value, 1),                     \
        RETURN(SECCOMP_RET_ALLOW), REFUSE(EPERM)
#define ALLOW_IF_SET(name, argument, bits)                                                         \
    UNLESS_EQUAL(SYS_##name, 4), LOAD(args[argument]), UNLESS_ANY_BIT(bits, 1),                    \
        RETURN(SECCOMP_RET_ALLOW), REFUSE(EPERM)
#define REFUSE_IF_SET(name, argument, bits)                                                        \
    UNLESS_EQUAL(SYS_##name, 4), LOAD(args[argument]), UNLESS_ANY_BIT(bits, 1), REFUSE(EPERM),     \
        RETURN(SECCOMP_RET_ALLOW)

int cl_confine_calls(void) {
    uint32_t self = (uint32_t)getpid();
    struct sock_filter program[] = {
        LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr),
        // The descriptors it was handed, and no way to make others. No `fcntl`: F_SETOWN would let
        // the kernel send signals to whom it likes.
        ALLOW(read), ALLOW(write), ALLOW(readv), ALLOW(writev), ALLOW(pread64), ALLOW(pwrite64),
        ALLOW(lseek), ALLOW(close), ALLOW(fstat), ALLOW(ftruncate), ALLOW(fallocate),
        ALLOW(fadvise64), ALLOW(fsync), ALLOW(fdatasync), ALLOW(sendmsg), ALLOW(recvmsg),
        ALLOW(sendto), ALLOW(recvfrom), ALLOW(ppoll),
#ifdef SYS_poll
        ALLOW(poll),
#endif
        // Memory, none of it to be executed.
        REFUSE_IF_SET(mmap, 2, PROT_EXEC), REFUSE_IF_SET(mprotect, 2, PROT_EXEC), ALLOW(munmap),
        ALLOW(mremap), ALLOW(madvise), ALLOW(brk),
        // Threads and time.
        ALLOW(futex), ALLOW(set_robust_list), ALLOW(rseq), ALLOW(sched_yield),
        ALLOW(sched_getaffinity), ALLOW(clock_gettime), ALLOW(clock_nanosleep), ALLOW(nanosleep),
        ALLOW(gettimeofday), ALLOW(exit), ALLOW(exit_group), ALLOW(gettid), ALLOW(getpid),
        ALLOW(getrandom), ALLOW(restart_syscall),
        // What a runtime asks of itself.
        ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack),
        ALLOW(getrusage), ALLOW(uname),
        // Threads, never processes. What clone3 is asked for cannot be seen from here, and without
        // it the C library takes clone.
        UNLESS_EQUAL(SYS_clone3, 1), REFUSE(ENOSYS), ALLOW_IF_SET(clone, 0, CLONE_THREAD),
        // A signal to itself (abort) and to nobody else.
        ALLOW_IF_EQUAL(tgkill, 0, self), ALLOW_IF_EQUAL(kill, 0, self), REFUSE(EPERM)};
    struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    // A positive answer is a thread that could not be brought under the filter.
    if (failed > 0) errno = EBUSY;
    return failed == 0 ? 0 : -1;
}
