#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Sends `bytes` with `fd_count` descriptors riding on the first byte; like send(2), never SIGPIPE.
ssize_t cl_send_with_descriptors(int socket, const void *bytes, size_t count, const int *fds,
                                 size_t fd_count);

// Receives like recv(2), close-on-exec; writes up to `fd_room` descriptors to `fds` and their
// number to `fd_count`. Surplus descriptors are closed; `*truncated` says that some were lost.
ssize_t cl_receive_with_descriptors(int socket, void *bytes, size_t count, int *fds, size_t fd_room,
                                    size_t *fd_count, int *truncated, int flags);

// The kernel's word about who is at the other end of a Unix socket; 0 or -1 with errno.
int cl_peer_credentials(int socket, uint32_t *uid, uint32_t *gid, int32_t *pid);

// A file without a name in memory; 0 seals make it open to sealing. -1 with errno.
int cl_memory_file(const char *name);
// Forbids shrinking, growing and further seals.
int cl_seal(int fd);
// Whether exactly those seals are on it.
int cl_is_sealed(int fd);

// An eventfd, close-on-exec and non-blocking; ring it, drain it.
int cl_event(void);
void cl_event_ring(int fd);
void cl_event_clear(int fd);

// The flags that Glibc's module does not show.
int cl_dup_above(int fd, int lowest);
