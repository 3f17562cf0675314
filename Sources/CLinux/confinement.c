#define _GNU_SOURCE
#include "confinement.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint64_t rights_of_version_1 =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM;

int cl_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

static int new_ruleset(void) {
    struct landlock_ruleset_attr rules = {.handled_access_fs = rights_of_version_1};
#ifdef LANDLOCK_ACCESS_FS_REFER
    if (cl_landlock_version() >= 2) rules.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
#endif
    return (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
}

static int allow(int ruleset, const char *path, uint64_t rights) {
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    // A folder that this system does not have needs no permission.
    if (rule.parent_fd < 0) return errno == ENOENT ? 0 : -1;
    long failed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return (int)failed;
}

static int enforce(int ruleset) {
    long failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!failed) failed = syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
    return (int)failed;
}

int cl_confine_launch(const char *const *read_folders, size_t read_count,
                      const char *const *execute_files, size_t execute_count) {
    int ruleset = new_ruleset();
    if (ruleset < 0) return -1;
    for (size_t i = 0; i < read_count; i++) {
        if (allow(ruleset, read_folders[i],
                  LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR) != 0) {
            // A single file takes no right on folders.
            if (allow(ruleset, read_folders[i], LANDLOCK_ACCESS_FS_READ_FILE) != 0) {
                close(ruleset);
                return -1;
            }
        }
    }
    for (size_t i = 0; i < execute_count; i++) {
        if (allow(ruleset, execute_files[i],
                  LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE) != 0) {
            close(ruleset);
            return -1;
        }
    }
    return enforce(ruleset);
}

int cl_confine_files(void) {
    int ruleset = new_ruleset();
    return ruleset < 0 ? -1 : enforce(ruleset);
}

#define ALLOW(name)                                                                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K,               \
                                                                    SECCOMP_RET_ALLOW)
#define CALL_NUMBER offsetof(struct seccomp_data, nr)
#define FIRST_ARGUMENT offsetof(struct seccomp_data, args[0])

int cl_confine_calls(void) {
    uint32_t self = (uint32_t)getpid();
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CALL_NUMBER),
        // The descriptors it was handed, and no way to make new ones but to copy.
        ALLOW(read), ALLOW(write), ALLOW(readv), ALLOW(writev), ALLOW(pread64), ALLOW(pwrite64),
        ALLOW(lseek), ALLOW(close), ALLOW(fstat), ALLOW(ftruncate), ALLOW(fallocate),
        ALLOW(fadvise64), ALLOW(fsync), ALLOW(fdatasync), ALLOW(sendmsg),
        ALLOW(recvmsg), ALLOW(sendto), ALLOW(recvfrom), ALLOW(poll), ALLOW(ppoll),
        // Memory.
        ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise), ALLOW(brk),
        // Threads and time.
        ALLOW(futex), ALLOW(set_robust_list), ALLOW(rseq),
        ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(clock_gettime),
        ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(gettimeofday), ALLOW(exit),
        ALLOW(exit_group), ALLOW(gettid), ALLOW(getpid), ALLOW(getrandom), ALLOW(restart_syscall),
        // What a runtime asks of itself.
        ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack),
        ALLOW(getrusage), ALLOW(uname),
        // Threads, never processes: what clone3 is asked for cannot be seen from here, and without
        // it the C library takes clone.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (ENOSYS & SECCOMP_RET_DATA)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIRST_ARGUMENT),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)),
        // A signal to itself (abort) and to nobody else.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIRST_ARGUMENT),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, self, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
}

int cl_limit(int resource, uint64_t value) {
    static const int names[] = {RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_DATA, RLIMIT_AS};
    if (resource < 0 || resource > CL_LIMIT_MEMORY) {
        errno = EINVAL;
        return -1;
    }
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(names[resource], &limit);
}

int cl_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

long cl_own_path(char *room, size_t count) { return readlink("/proc/self/exe", room, count); }
