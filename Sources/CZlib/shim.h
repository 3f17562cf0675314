#ifndef DISTML_CZLIB_SHIM_H
#define DISTML_CZLIB_SHIM_H

// What distml uses of zlib: the gzip format, both ways, and bare deflate data as zip holds them.
// The starting calls are macros.
#include <zlib.h>

static inline int cz_start_inflating(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
static inline int cz_start_inflating_raw(z_stream *stream) { return inflateInit2(stream, -15); }
static inline int cz_start_deflating(z_stream *stream) {
    return deflateInit2(stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
