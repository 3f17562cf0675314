#pragma once
#include <stddef.h>
#include <stdint.h>

// Landlock's version on this kernel; 0 where there is none.
int cl_landlock_version(void);

// Stage one, before the program starts: no new privileges, no core dumps, and files may be read
// only below the folders given (what the loader needs), executed only where named.
// 0, or -1 with errno.
int cl_confine_launch(const char *const *read_folders, size_t read_count,
                      const char *const *execute_files, size_t execute_count);

// Stage two, when everything is loaded: no file at all. 0, or -1 with errno.
int cl_confine_files(void);

// Stage two: only the system calls that arithmetic on memory and descriptors handed over needs;
// whatever else is refused with EPERM, for every thread. 0, or -1 with errno.
int cl_confine_calls(void);

// Sets one limit softly and hard; resource is one of the names below.
enum { CL_LIMIT_CORE, CL_LIMIT_FILES, CL_LIMIT_DATA, CL_LIMIT_MEMORY };
int cl_limit(int resource, uint64_t value);

// No debugger, no core, no /proc/self/mem for others of this user.
int cl_not_dumpable(void);

// The path of this program, for executing it again; bytes written or -1.
long cl_own_path(char *room, size_t count);
