#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Descriptors that one message carries at most.
#define CL_DESCRIPTORS_MAX 253

// Sends `bytes` with `fd_count` descriptors riding on the first byte; like send(2), never SIGPIPE.
ssize_t cl_send_with_descriptors(int socket, const void *bytes, size_t count, const int *fds,
                                 size_t fd_count);

// Receives like recv(2), close-on-exec; writes up to `fd_room` descriptors to `fds` and their
// number to `fd_count`. Surplus descriptors are closed; `*truncated` says that some were lost.
ssize_t cl_receive_with_descriptors(int socket, void *bytes, size_t count, int *fds, size_t fd_room,
                                    size_t *fd_count, int *truncated, int flags);

// The kernel's word about who is at the other end of a Unix socket; 0 or -1 with errno.
int cl_peer_credentials(int socket, uint32_t *uid, uint32_t *gid, int32_t *pid);

// A file without a name in memory, of `size` zeros, sealed: it neither shrinks nor grows, and stays
// so. -1 with errno.
int cl_memory_file(const char *name, int64_t size);
// Whether those seals are on it.
int cl_is_sealed(int fd);

// Size of the file, or -1 with errno; says too whether it is a regular file. The C library's fstat
// asks the kernel by way of a path, which a worker must not have.
int64_t cl_file_size(int fd, int *is_regular);

// An eventfd, close-on-exec and non-blocking; ring it, drain it.
int cl_event(void);
void cl_event_ring(int fd);
void cl_event_clear(int fd);

// A stream socket connected to the Unix socket at `path`, close-on-exec; -1 with errno.
int cl_connect_local(const char *path);

// Whether the other end of a connected Internet socket is on this machine: at the same address.
int cl_is_on_this_machine(int socket);
