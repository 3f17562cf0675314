#define _GNU_SOURCE
#include "TestCalls.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char page[8192] __attribute__((aligned(4096)));
static char *const no_strings[] = {NULL};
static struct iovec part = {.iov_base = page, .iov_len = 1};
static uint64_t limit[2];

// Stands for the process id of the daemon among the arguments.
#define DAEMON INT64_MIN

static const struct attack {
    const char *name;
    long number;
    long arguments[6];
} attacks[] = {
    {"kill the daemon", SYS_kill, {DAEMON, 0}},
    {"kill everybody", SYS_kill, {-1, 0}},
    {"kill the group", SYS_kill, {0, 0}},
    {"kill a thread of the daemon", SYS_tgkill, {DAEMON, DAEMON, 0}},
    {"kill a thread", SYS_tkill, {DAEMON, 0}},
    {"queue a signal", SYS_rt_sigqueueinfo, {DAEMON, 0, (long)page}},
    {"a pidfd of the daemon", SYS_pidfd_open, {DAEMON, 0}},
    {"limits of the daemon", SYS_prlimit64, {DAEMON, 7, 0, (long)limit}},
    {"trace the daemon", SYS_ptrace, {PTRACE_ATTACH, DAEMON}},
    {"read memory of the daemon", SYS_process_vm_readv, {DAEMON, (long)&part, 1, (long)&part, 1}},
    {"write memory of the daemon", SYS_process_vm_writev, {DAEMON, (long)&part, 1, (long)&part, 1}},
    {"slow the daemon", SYS_setpriority, {0, DAEMON, 19}},
    {"fork", SYS_clone, {SIGCHLD}},
    {"fork as of old", SYS_vfork, {0}},
    {"execute a shell", SYS_execve, {(long)"/bin/sh", (long)no_strings, (long)no_strings}},
    {"execute itself", SYS_execve, {(long)"/proc/self/exe", (long)no_strings, (long)no_strings}},
    {"execute a descriptor", SYS_execveat, {0, (long)"", (long)no_strings, 0, AT_EMPTY_PATH}},
    {"read a file", SYS_openat, {AT_FDCWD, (long)"/etc/passwd", O_RDONLY}},
    {"read its own program", SYS_openat, {AT_FDCWD, (long)"/proc/self/exe", O_RDONLY}},
    {"read a file as of old", SYS_open, {(long)"/etc/passwd", O_RDONLY}},
    {"make a file", SYS_openat, {AT_FDCWD, (long)"/tmp/x", O_CREAT | O_RDWR, 0600}},
    {"remove a file", SYS_unlink, {(long)"/tmp/x"}},
    {"make a folder", SYS_mkdir, {(long)"/tmp/x", 0700}},
    {"list its folder", SYS_getdents64, {0, (long)page, 4096}},
    {"another folder", SYS_chdir, {(long)"/"}},
    {"a socket to the network", SYS_socket, {AF_INET, SOCK_STREAM}},
    {"a local socket", SYS_socket, {AF_UNIX, SOCK_STREAM}},
    {"a pair of sockets", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, (long)page}},
    {"connect", SYS_connect, {0, (long)page, 16}},
    {"signals from its socket", SYS_fcntl, {0, F_SETOWN, DAEMON}},
    {"control a device", SYS_ioctl, {0, 0x5412, (long)page}},
    {"copy a descriptor", SYS_dup, {0}},
    {"new code", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1}},
    {"make data code", SYS_mprotect, {(long)page, 4096, PROT_READ | PROT_EXEC}},
    {"a ring of requests", SYS_io_uring_setup, {1, (long)page}},
    {"a file in memory", SYS_memfd_create, {(long)"x", 0}},
    {"faults of its own", SYS_userfaultfd, {0}},
    {"another namespace", SYS_unshare, {0x10000000}},
    {"be traced again", SYS_prctl, {4, 1}},
    {"a program for the kernel", SYS_bpf, {BPF_MAP_CREATE, (long)page, 64}},
    {"a key", SYS_keyctl, {0, -3, 1}},
    {"mount", SYS_mount, {(long)"x", (long)"/tmp", (long)"tmpfs", 0, 0}},
    {"another root", SYS_chroot, {(long)"/"}},
    {"the clock", SYS_clock_settime, {0, (long)page}},
    {"another user", SYS_setuid, {0}},
    {"the 32-bit calls of old", 0x40000000 | SYS_open, {(long)"/etc/passwd", O_RDONLY}},
};

int test_attack_count(void) { return sizeof attacks / sizeof attacks[0]; }

const char *test_attack_name(int index) { return attacks[index].name; }

int test_attack(int index, long daemon) {
    long use[6];
    for (int i = 0; i < 6; i++) {
        use[i] = attacks[index].arguments[i];
        if (use[i] == DAEMON) use[i] = daemon;
    }
    long number = attacks[index].number;
    return syscall(number, use[0], use[1], use[2], use[3], use[4], use[5]) < 0 ? errno : 0;
}
