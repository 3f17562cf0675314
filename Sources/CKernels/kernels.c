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

WIDEST void ck_widen_bytes_f32(
    const uint8_t *restrict x, float *restrict y, size_t n, float divisor
) {
    if (divisor == 1) {
        for (size_t i = 0; i < n; i++) y[i] = (float)x[i];
    } else {
        for (size_t i = 0; i < n; i++) y[i] = (float)x[i] / divisor;
    }
}

void ck_gather_bytes_f32(
    const int32_t *restrict numbers, size_t n, const uint8_t *restrict rows, size_t columns,
    float divisor, float *restrict to
) {
    for (size_t i = 0; i < n; i++, to += columns) {
        if (i + 1 < n) {
            const uint8_t *next = rows + (size_t)numbers[i + 1] * columns;
            for (size_t j = 0; j < columns; j += 64) __builtin_prefetch(next + j);
        }
        ck_widen_bytes_f32(rows + (size_t)numbers[i] * columns, to, columns, divisor);
    }
}

// Rows in random order come from beyond the first caches: those ahead are asked for in time.
void ck_gather_sparse_f32(
    const int32_t *restrict numbers, size_t n, const int64_t *restrict offsets,
    const int32_t *restrict indices, const float *restrict values, int64_t held,
    int32_t *restrict to_indices, float *restrict to_values, int64_t *restrict ends
) {
    for (size_t i = 0; i < n; i++) {
        if (i + 16 < n) __builtin_prefetch(offsets + numbers[i + 16]);
        if (i + 8 < n) {
            int64_t ahead = offsets[numbers[i + 8]];
            __builtin_prefetch(indices + ahead);
            __builtin_prefetch(indices + ahead + 15);
            __builtin_prefetch(values + ahead);
            __builtin_prefetch(values + ahead + 15);
        }
        int64_t start = offsets[numbers[i]], count = offsets[numbers[i] + 1] - start;
        for (int64_t entry = 0; entry < count; entry++) {
            to_indices[entry] = indices[start + entry];
            to_values[entry] = values[start + entry];
        }
        to_indices += count;
        to_values += count;
        held += count;
        ends[i] = held;
    }
}

void ck_scale_entries_f32(
    float *restrict values, const int32_t *restrict indices, size_t n,
    const float *restrict factors
) {
    for (size_t i = 0; i < n; i++) values[i] *= factors[indices[i]];
}

// e^x for x in [-708, 0], within 2 ulp: 2^k times a Taylor polynomial on half of ln 2.
static inline double exp_below_zero(double x) {
    const double shift = 0x1.8p52;
    x = x < -708 ? -708 : x;
    double shifted = x * 1.4426950408889634 + shift;
    double k = shifted - shift;
    double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double p = 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    uint64_t bits;
    memcpy(&bits, &shifted, 8);
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, 8);
    return p * power;
}

// ln(1 + t) for t in [0, 1]: 2 artanh(t / (2 + t)), whose argument is a third at most.
static inline double log_above_one(double t) {
    double s = t / (2 + t), square = s * s, p = 1.0 / 33;
    for (int odd = 31; odd > 0; odd -= 2) p = p * square + 1.0 / odd;
    return 2 * s * p;
}

WIDEST double ck_logistic_f32(
    float *restrict scores, const int32_t *restrict labels, size_t rows,
    const float *restrict weights
) {
    double losses[256], total = 0, none = weights ? weights[0] : 1, one = weights ? weights[1] : 1;
    for (size_t start = 0; start < rows; start += 256) {
        size_t count = rows - start < 256 ? rows - start : 256;
        float *restrict z = scores + start;
        const int32_t *restrict y = labels + start;
        for (size_t i = 0; i < count; i++) {
            double score = z[i], label = y[i], size = score < 0 ? -score : score;
            double tail = exp_below_zero(-size);
            double share = 1 / (1 + tail);
            double probability = score >= 0 ? share : tail * share;
            double weight = y[i] ? one : none;
            // A score that is no number must stay one, which the clamp would hide.
            z[i] = (float)(weight * (probability - label) + (score - score));
            double positive = score > 0 ? score : 0;
            losses[i] = weight * (positive + log_above_one(tail) - label * score);
        }
        for (size_t i = 0; i < count; i++) total += losses[i];
    }
    return total;
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
