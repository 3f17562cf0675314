#define _GNU_SOURCE
#include "descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

// As many as the kernel takes in one message.
enum { fds_max = CL_DESCRIPTORS_MAX };

static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
static const unsigned no_execution = 8;

ssize_t cl_send_with_descriptors(int socket, const void *bytes, size_t count, const int *fds,
                                 size_t fd_count) {
    if (fd_count > fds_max) {
        errno = EINVAL;
        return -1;
    }
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * fds_max)];
    } control;
    if (fd_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t cl_receive_with_descriptors(int socket, void *bytes, size_t count, int *fds, size_t fd_room,
                                    size_t *fd_count, int *truncated, int flags) {
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * fds_max)];
    } control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    *fd_count = 0;
    *truncated = 0;
    ssize_t got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    if (got < 0) return got;
    if (message.msg_flags & MSG_CTRUNC) *truncated = 1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            if (*fd_count < fd_room) {
                fds[(*fd_count)++] = fd;
            } else {
                close(fd);
                *truncated = 1;
            }
        }
    }
    return got;
}

int cl_peer_credentials(int socket, uint32_t *uid, uint32_t *gid, int32_t *pid) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
    *uid = credentials.uid;
    *gid = credentials.gid;
    *pid = credentials.pid;
    return 0;
}

int cl_memory_file(const char *name, int64_t size) {
    // Kernels from 6.3 on can make it a file that is never executed.
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | no_execution);
    if (fd < 0 && errno == EINVAL) fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -1;
    if (ftruncate(fd, size) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

int cl_is_sealed(int fd) {
    int present = fcntl(fd, F_GET_SEALS);
    return present >= 0 && (present & seals) == seals;
}

int64_t cl_file_size(int fd, int *is_regular) {
    struct stat status;
    if (syscall(SYS_fstat, fd, &status) != 0) return -1;
    *is_regular = S_ISREG(status.st_mode);
    return status.st_size;
}

int cl_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void cl_event_ring(int fd) {
    uint64_t one = 1;
    // A full counter has woken the sleeper already.
    ssize_t ignored = write(fd, &one, sizeof one);
    (void)ignored;
}

void cl_event_clear(int fd) {
    uint64_t count;
    ssize_t ignored = read(fd, &count, sizeof count);
    (void)ignored;
}

int cl_connect_local(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

// The bytes of an Internet address, or 0 of them.
static socklen_t address_of(const struct sockaddr_storage *place, const void **bytes) {
    if (place->ss_family == AF_INET) {
        *bytes = &((const struct sockaddr_in *)place)->sin_addr;
        return sizeof(struct in_addr);
    }
    if (place->ss_family != AF_INET6) return 0;
    *bytes = &((const struct sockaddr_in6 *)place)->sin6_addr;
    return sizeof(struct in6_addr);
}

int cl_is_on_this_machine(int socket) {
    struct sockaddr_storage own, other;
    socklen_t own_size = sizeof own, other_size = sizeof other;
    if (getsockname(socket, (struct sockaddr *)&own, &own_size) != 0) return 0;
    if (getpeername(socket, (struct sockaddr *)&other, &other_size) != 0) return 0;
    const void *own_bytes, *other_bytes;
    socklen_t count = address_of(&own, &own_bytes);
    return count > 0 && count == address_of(&other, &other_bytes) &&
           memcmp(own_bytes, other_bytes, count) == 0;
}
