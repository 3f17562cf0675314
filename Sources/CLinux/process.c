#define _GNU_SOURCE
#include "process.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const cl_worker_environment[] = {
    "OPENBLAS_NUM_THREADS=1",
    "SWIFT_BACKTRACE=enable=no",
    NULL,
};

static int set_streams(posix_spawn_file_actions_t *actions, const int streams[3]) {
    int failed = 0;
    for (int i = 0; i < 3 && !failed; i++)
        failed = streams[i] >= 0 ? posix_spawn_file_actions_adddup2(actions, streams[i], i)
                                 : posix_spawn_file_actions_addopen(actions, i, "/dev/null",
                                                                    i ? O_WRONLY : O_RDONLY, 0);
    if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return failed;
}

static int set_attributes(posix_spawnattr_t *attributes, int leads_session) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed) failed = posix_spawnattr_setsigdefault(attributes, &all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (leads_session) flags |= POSIX_SPAWN_SETSID;
    if (!failed) failed = posix_spawnattr_setflags(attributes, (short)flags);
    return failed;
}

int cl_start(const char *path, char *const arguments[], char *const environment[],
             const int streams[3], int leads_session, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    // dup2 onto itself would keep close-on-exec, and the first dup2 must not hit the second source.
    int sources[] = {-1, -1, -1};
    int failed = 0;
    for (int i = 0; i < 3 && !failed; i++) {
        if (streams[i] < 0) continue;
        sources[i] = fcntl(streams[i], F_DUPFD_CLOEXEC, 3);
        if (sources[i] < 0) failed = errno;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (!failed) failed = set_streams(&actions, sources);
    if (!failed) failed = set_attributes(&attributes, leads_session);
    if (!failed) failed = posix_spawnp(pid, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < 3; i++)
        if (sources[i] >= 0) close(sources[i]);
    return failed;
}

int cl_spawn(const char *path, int socket, int errors, pid_t *pid) {
    char *const arguments[] = {(char *)path, NULL};
    const int streams[] = {socket, -1, errors};
    return cl_start(path, arguments, (char *const *)cl_worker_environment, streams, 1, pid);
}

const char *cl_program_name(void) { return program_invocation_name; }

int cl_pidfd(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cl_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int cl_reap(pid_t pid, int *exit_code, int *signal) {
    int status = 0;
    pid_t got;
    do {
        got = waitpid(pid, &status, WNOHANG);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return (int)got;
    *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 1;
}

const char *cl_signal_name(int signal) { return sigabbrev_np(signal); }

void cl_await_hangup(int socket) {
    struct pollfd entry = {.fd = socket, .events = POLLRDHUP};
    while (poll(&entry, 1, -1) <= 0) continue;
}

void cl_thread_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

static _Thread_local cpu_set_t free_cores, kept_core;
static _Thread_local int is_kept;

int cl_keep_on_core(unsigned number, unsigned least) {
    cl_leave_core();
    is_kept = 0;
    if (sched_getaffinity(0, sizeof free_cores, &free_cores) != 0) return -1;
    unsigned count = (unsigned)CPU_COUNT(&free_cores);
    if (count < least || count == 0) return 0;
    unsigned skip = number % count;
    int core = 0;
    while (!CPU_ISSET(core, &free_cores) || skip-- > 0) core++;
    CPU_ZERO(&kept_core);
    CPU_SET(core, &kept_core);
    if (sched_setaffinity(0, sizeof kept_core, &kept_core) != 0) return -1;
    is_kept = 1;
    return 0;
}

void cl_leave_core(void) {
    if (is_kept) sched_setaffinity(0, sizeof free_cores, &free_cores);
}

void cl_return_to_core(void) {
    if (is_kept) sched_setaffinity(0, sizeof kept_core, &kept_core);
}

int cl_limit_data_of(pid_t pid, uint64_t bytes) {
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
    return prlimit(pid, RLIMIT_DATA, &limit, NULL);
}
