#define _GNU_SOURCE
#include "confinement.h"
#include "process.h"
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/landlock.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's headers of Debian 12 end with version 2; this is version 6 of the structure, whose
// size tells the kernel how much of it is meant.
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

static const uint64_t files_of_version_1 = (1ULL << 13) - 1;
static const uint64_t file_refer = 1ULL << 13;
static const uint64_t file_truncate = 1ULL << 14;
static const uint64_t file_device_control = 1ULL << 15;
static const uint64_t network_bind_and_connect = 3;
static const uint64_t scope_abstract_sockets_and_signals = 3;

int cl_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

// Forbids everything that this kernel knows how to forbid.
static int new_ruleset(void) {
    int version = cl_landlock_version();
    struct ruleset rules = {.files = files_of_version_1};
    size_t size = sizeof rules.files;
    if (version >= 2) rules.files |= file_refer;
    if (version >= 3) rules.files |= file_truncate;
    if (version >= 5) rules.files |= file_device_control;
    if (version >= 4) {
        rules.network = network_bind_and_connect;
        size += sizeof rules.network;
    }
    if (version >= 6) {
        rules.scopes = scope_abstract_sockets_and_signals;
        size += sizeof rules.scopes;
    }
    return (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
}

static int allow(int ruleset, const char *path, uint64_t rights) {
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    // A file that this system does not have needs no permission.
    if (rule.parent_fd < 0) return errno == ENOENT ? 0 : -1;
    long failed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return (int)failed;
}

static int enforce(int ruleset) {
    long failed = syscall(SYS_landlock_restrict_self, ruleset, 0);
    int reason = errno;
    close(ruleset);
    errno = reason;
    return (int)failed;
}

// Allows one file that the loader mapped into this process, and will map again after `exec`.
static int allow_loaded(struct dl_phdr_info *loaded, size_t size, void *context) {
    (void)size;
    int ruleset = *(const int *)context;
    // The program itself and the kernel's own page have no path.
    if (loaded->dlpi_name == NULL || loaded->dlpi_name[0] != '/') return 0;
    uint64_t rights = LANDLOCK_ACCESS_FS_READ_FILE;
    if (loaded->dlpi_addr == getauxval(AT_BASE)) rights |= LANDLOCK_ACCESS_FS_EXECUTE;
    return allow(ruleset, loaded->dlpi_name, rights);
}

static int confine_loading(void) {
    int ruleset = new_ruleset();
    if (ruleset < 0) return -1;
    uint64_t execute = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
    if (allow(ruleset, "/proc/self/exe", execute) != 0 ||
        allow(ruleset, "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE) != 0 ||
        dl_iterate_phdr(allow_loaded, &ruleset) != 0) {
        int reason = errno;
        close(ruleset);
        errno = reason;
        return -1;
    }
    return enforce(ruleset);
}

int cl_confine_loading(void) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return confine_loading();
}

int cl_confine_files(void) {
    // `exec` made it dumpable again.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    int ruleset = new_ruleset();
    return ruleset < 0 ? -1 : enforce(ruleset);
}

int cl_set_limit(enum cl_limit what, uint64_t value) {
    static const int names[] = {RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_DATA, RLIMIT_CPU, RLIMIT_FSIZE};
    struct rlimit limit;
    if (getrlimit(names[what], &limit) != 0) return -1;
    // What the system has limited further stays so: raising it takes privileges.
    if (value < limit.rlim_max) limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(names[what], &limit);
}

// Whether a page more can be mapped under this limit.
static int fits(struct rlimit limit, uint64_t bytes, size_t page) {
    limit.rlim_cur = bytes;
    if (setrlimit(RLIMIT_DATA, &limit) != 0) return 0;
    void *room = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return 0;
    munmap(room, page);
    return 1;
}

uint64_t cl_mapped_data(void) {
    // /proc, which would say it, is out of reach: it is found by halving.
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) != 0) return 0;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t low = 0, high = (1ULL << 40) / page;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max / page < high)
        high = limit.rlim_max / page;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (fits(limit, middle * page, page)) high = middle; else low = middle + 1;
    }
    setrlimit(RLIMIT_DATA, &limit);
    return low * page;
}

int cl_execute_again(const char *name, const char *setting) {
    char *const arguments[] = {(char *)name, NULL};
    const char *environment[8];
    size_t count = 0;
    for (; cl_worker_environment[count] && count < 6; count++)
        environment[count] = cl_worker_environment[count];
    if (setting) environment[count++] = setting;
    environment[count] = NULL;
    return execve("/proc/self/exe", arguments, (char *const *)environment);
}
