#pragma once
#include <stdint.h>

// A counter in shared memory that one process raises and another watches.
static inline void cl_tick(uint64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }
static inline uint64_t cl_ticks(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
