#pragma once
#include <stdint.h>
#include <sys/types.h>

// All that a worker finds in its environment. OpenBLAS starts its threads when it is loaded, before
// anybody could tell it not to; Swift's reporter of traps cannot work behind the locks.
extern const char *const cl_worker_environment[];

// Starts `path`, looked for along PATH where it has no slash, with these arguments, its name first,
// and this environment, both ended by NULL; with `streams` as standard input, output and errors
// (-1 is nowhere) and no other descriptor; with default signal dispositions and an empty signal
// mask; in a session of its own where asked. 0 or an errno.
int cl_start(const char *path, char *const arguments[], char *const environment[],
             const int streams[3], int leads_session, pid_t *pid);

// Starts the worker `path` with `socket` as standard input, standard output nowhere, `errors` as
// standard error and no other descriptor; with a worker's environment; with default signal
// dispositions and an empty signal mask; in a session of its own. 0 or an errno.
int cl_spawn(const char *path, int socket, int errors, pid_t *pid);

// The name under which this program was started, as it was given.
const char *cl_program_name(void);

// A descriptor that becomes readable when the process ends; -1 with errno.
int cl_pidfd(pid_t pid);
// Sends a signal through it, so that a recycled process id is never hit.
int cl_pidfd_signal(int pidfd, int signal);
// Reaps the process; 0 when it has not ended, 1 with its status, -1 with errno.
int cl_reap(pid_t pid, int *exit_code, int *signal);
// The symbol of a signal without "SIG", such as "KILL"; NULL for none.
const char *cl_signal_name(int signal);

// Waits until the other end of a socket is closed.
void cl_await_hangup(int socket);

// Name of the calling thread, at most 15 bytes.
void cl_thread_name(const char *name);

// Keeps the calling thread on one of the cores that it may use, the `number`-th, counted around,
// where these are `least` or more. 0, or -1 with errno.
int cl_keep_on_core(unsigned number, unsigned least);
// Lets the thread run on all of them again, and brings it back: whatever it starts inherits where
// it may run. Both do nothing where it was not kept.
void cl_leave_core(void);
void cl_return_to_core(void);

// Limits the memory that a process of ours may take for data, in bytes; 0 or -1 with errno.
int cl_limit_data_of(pid_t pid, uint64_t bytes);
