#include "CKernelsMachines.h"
#include <math.h>
#include <string.h>

#define WIDEST __attribute__((target_clones("default", "avx2", "avx512f")))

// e^x for x in [-87, 88], by a polynomial of degree 6 on half an octave to either side of 0.
//
// Source: Cephes, expf.
static inline float exponential(float x) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    // Adding and taking away 1.5 * 2^23 rounds to a whole number.
    float power = x * 1.44269504088896341f + 12582912.0f;
    int32_t bits;
    memcpy(&bits, &power, 4);
    float whole = power - 12582912.0f;
    float r = x - whole * 0.693359375f;
    r = r + whole * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t scale = (int32_t)((uint32_t)(bits - 0x4B400000 + 127) << 23);
    float factor;
    memcpy(&factor, &scale, 4);
    return p * factor;
}

WIDEST void ck_rbf_f32(
    float *restrict y, const float *restrict products, const float *restrict norms, float norm,
    float gamma, size_t n
) {
    for (size_t i = 0; i < n; i++) {
        float distance = norm + norms[i] - 2.0f * products[i];
        distance = distance > 0.0f ? distance : 0.0f;
        y[i] = exponential(-gamma * distance);
    }
}

WIDEST void ck_poly_f32(
    float *restrict y, const float *restrict products, float gamma, float coef0, size_t degree,
    size_t n
) {
    for (size_t i = 0; i < n; i++) y[i] = 1.0f;
    for (size_t d = 0; d < degree; d++)
        for (size_t i = 0; i < n; i++) y[i] *= gamma * products[i] + coef0;
}

WIDEST void ck_sigmoid_f32(
    float *restrict y, const float *restrict products, float gamma, float coef0, size_t n
) {
    for (size_t i = 0; i < n; i++) {
        float x = gamma * products[i] + coef0;
        float size = x < 0.0f ? -x : x;
        float tail = exponential(-2.0f * size);
        float large = (1.0f - tail) / (1.0f + tail);
        float square = x * x;
        float tails = 0.333333333f - square * (0.133333333f - square * 0.0539682540f);
        float small = size * (1.0f - square * tails);
        float value = size < 0.1f ? small : large;
        y[i] = x < 0.0f ? -value : value;
    }
}

void ck_cosine_f32(float *restrict y, const float *restrict phases, float scale, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = scale * cosf(y[i] + phases[i]);
}

WIDEST void ck_sparse_products_f32(
    const int64_t *restrict offsets, const int32_t *restrict indices,
    const float *restrict values, size_t rows, const float *restrict table, float *restrict out,
    size_t stride
) {
    float tile[16][16];
    for (size_t start = 0; start < rows; start += 16) {
        size_t count = rows - start < 16 ? rows - start : 16;
        for (size_t r = 0; r < count; r++) {
            float sums[16] = {0};
            for (int64_t e = offsets[start + r]; e < offsets[start + r + 1]; e++) {
                const float *line = table + 16 * (size_t)indices[e];
                float value = values[e];
                for (size_t w = 0; w < 16; w++) sums[w] += value * line[w];
            }
            for (size_t w = 0; w < 16; w++) tile[w][r] = sums[w];
        }
        for (size_t w = 0; w < 16; w++)
            memcpy(out + w * stride + start, tile[w], count * sizeof(float));
    }
}

WIDEST void ck_add_rows_f32_f64(
    const float *const *restrict rows, const double *restrict factors, size_t count,
    size_t start, double *restrict y, size_t n
) {
    for (size_t low = 0; low < n; low += 1024) {
        size_t length = n - low < 1024 ? n - low : 1024;
        double *restrict target = y + low;
        size_t r = 0;
        for (; r + 4 <= count; r += 4) {
            const float *restrict a = rows[r] + start + low;
            const float *restrict b = rows[r + 1] + start + low;
            const float *restrict c = rows[r + 2] + start + low;
            const float *restrict d = rows[r + 3] + start + low;
            double fa = factors[r], fb = factors[r + 1], fc = factors[r + 2], fd = factors[r + 3];
            for (size_t i = 0; i < length; i++)
                target[i] += (fa * a[i] + fb * b[i]) + (fc * c[i] + fd * d[i]);
        }
        for (; r < count; r++) {
            const float *restrict a = rows[r] + start + low;
            for (size_t i = 0; i < length; i++) target[i] += factors[r] * a[i];
        }
    }
}
