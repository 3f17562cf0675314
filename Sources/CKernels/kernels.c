#include "CKernels.h"
#include <string.h>

#define WIDEST __attribute__((target_clones("default", "avx2", "avx512f")))

WIDEST void ck_add_f32(float *restrict a, const float *restrict b, size_t n) {
    for (size_t i = 0; i < n; i++) a[i] += b[i];
}

WIDEST void ck_add_f64(double *restrict a, const double *restrict b, size_t n) {
    for (size_t i = 0; i < n; i++) a[i] += b[i];
}

WIDEST void ck_add_i32(uint32_t *restrict a, const uint32_t *restrict b, size_t n) {
    for (size_t i = 0; i < n; i++) a[i] += b[i];
}

WIDEST void ck_add_i64(uint64_t *restrict a, const uint64_t *restrict b, size_t n) {
    for (size_t i = 0; i < n; i++) a[i] += b[i];
}

WIDEST void ck_axpy_f32(float alpha, const float *restrict x, float *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += alpha * x[i];
}

WIDEST void ck_scale_f32(float alpha, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] *= alpha;
}

WIDEST void ck_scale_rows_f32(
    float *restrict x, size_t rows, const float *restrict centers, const float *restrict factors,
    size_t n
) {
    for (size_t row = 0; row < rows; row++, x += n)
        for (size_t i = 0; i < n; i++) x[i] = (x[i] - centers[i]) * factors[i];
}

// Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
// Z. Angew. Math. Mech. 54, 1974, with the branchless error of Knuth.
static inline void add_compensated(double *high, double *rest, double x) {
    double sum = *high + x;
    double back = sum - *high;
    *rest += (*high - (sum - back)) + (x - back);
    *high = sum;
}

WIDEST void ck_add_columns_f32(const float *restrict x, double *restrict sums, size_t n) {
    double *first = sums, *first_rest = sums + n, *second = sums + 2 * n;
    double *second_rest = sums + 3 * n, *largest = sums + 4 * n, *smallest = sums + 5 * n;
    // The six parts lie apart, which the compiler cannot see.
#pragma clang loop vectorize(assume_safety)
    for (size_t j = 0; j < n; j++) {
        double value = x[j];
        add_compensated(&first[j], &first_rest[j], value);
        // The product of two floats is exact in a double.
        add_compensated(&second[j], &second_rest[j], value * value);
        largest[j] = value > largest[j] ? value : largest[j];
        smallest[j] = value < smallest[j] ? value : smallest[j];
    }
}

WIDEST float ck_dot_f32(const float *restrict a, const float *restrict b, size_t n) {
    float sums[64] = {0};
    size_t i = 0;
    for (; i + 64 <= n; i += 64)
        for (size_t k = 0; k < 64; k++) sums[k] += a[i + k] * b[i + k];
    for (size_t k = 0; i < n; i++, k++) sums[k] += a[i] * b[i];
    for (size_t width = 32; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++) sums[k] += sums[k + width];
    return sums[0];
}

WIDEST double ck_dot_fixed(const float *a, const float *b, size_t n) {
    double sums[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) sums[k] += (double)a[i + k] * (double)b[i + k];
    for (size_t k = 0; i < n; i++, k++) sums[k] += (double)a[i] * (double)b[i];
    double even = (sums[0] + sums[4]) + (sums[2] + sums[6]);
    double odd = (sums[1] + sums[5]) + (sums[3] + sums[7]);
    return even + odd;
}

double ck_sum_squares_fixed(const float *x, size_t n) { return ck_dot_fixed(x, x, n); }

WIDEST void ck_to_bf16(const float *restrict from, uint16_t *restrict to, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, from + i, 4);
        uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        uint32_t quiet = (bits >> 16) | 0x40;
        to[i] = (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded);
    }
}

WIDEST void ck_add_bf16(float *restrict a, const uint16_t *restrict b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)b[i] << 16;
        float value;
        memcpy(&value, &bits, 4);
        a[i] += value;
    }
}

const char *ck_widest_core(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
    return NULL;
}
