#pragma once
#include <stddef.h>
#include <stdint.h>

// Landlock's version on this kernel; 0 where there is none.
int cl_landlock_version(void);

// Stage one, before the program proper: no new privileges; of all files only those may be read that
// this program was loaded from, and only itself executed (with its loader). 0, or -1 with errno.
int cl_confine_loading(void);

// Stage two, once everything is loaded: no debugger, no core, and no file at all by any name.
// 0, or -1 with errno.
int cl_confine_files(void);

// Stage two: only the system calls that arithmetic on memory and on descriptors handed over needs,
// and no new executable memory; whatever else is refused with EPERM, for every thread. 0, or -1
// with errno.
int cl_confine_calls(void);

// Lowers one limit, softly and hard. 0, or -1 with errno.
enum cl_limit {
    cl_limit_core,
    cl_limit_files,
    cl_limit_memory,
    cl_limit_processor,
    cl_limit_file_size
};
int cl_set_limit(enum cl_limit what, uint64_t value);

// Bytes of private, writable memory that this process has mapped, whether used or not: what
// cl_limit_memory counts, to the page. 0 where the system does not limit it.
uint64_t cl_mapped_data(void);

// Runs this program again in its own place, under another name, with an environment of what a
// worker needs, `setting` ("NAME=value", or null) added, and nothing else. Returns only to say -1
// with errno.
int cl_execute_again(const char *name, const char *setting);
