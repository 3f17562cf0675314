#include "CKernels.h"
#include <string.h>

#define WIDEST __attribute__((target_clones("default", "avx2", "avx512f")))
#define INLINE static inline __attribute__((always_inline))

// tanh as a quotient of polynomials, within 4 ulp: the coefficients are those of Eigen's
// generic_fast_tanh_float. Beyond the clamp the result is 1 in Float.
INLINE float fast_tanh(float x) {
    const float limit = 7.90531110763549805f;
    x = x > limit ? limit : x < -limit ? -limit : x;
    float s = x * x;
    float p = -2.76076847742355e-16f;
    p = p * s + 2.00018790482477e-13f;
    p = p * s + -8.60467152213735e-11f;
    p = p * s + 5.12229709037114e-08f;
    p = p * s + 1.48572235717979e-05f;
    p = p * s + 6.37261928875436e-04f;
    p = p * s + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * s + 1.18534705686654e-04f;
    q = q * s + 2.26843463243900e-03f;
    q = q * s + 4.89352518554385e-03f;
    return x * p / q;
}

// √(2/π) and the cube's share in the argument of GELU's tanh.
#define GELU_SCALE 0.7978845608028654f
#define GELU_CUBE 0.044715f

INLINE float gelu_tanh(float x) {
    return fast_tanh(GELU_SCALE * (x + GELU_CUBE * x * x * x));
}

WIDEST void ck_bias_f32(float *restrict y, const float *restrict bias, size_t rows, size_t n) {
    for (size_t row = 0; row < rows; row++, y += n)
        for (size_t i = 0; i < n; i++) y[i] += bias[i];
}

WIDEST void ck_bias_relu_f32(
    float *restrict y, const float *restrict bias, size_t rows, size_t n
) {
    // Written so that a NaN stays one.
    for (size_t row = 0; row < rows; row++, y += n)
        for (size_t i = 0; i < n; i++) {
            float x = y[i] + bias[i];
            y[i] = x < 0 ? 0 : x;
        }
}

WIDEST void ck_bias_tanh_f32(
    float *restrict y, const float *restrict bias, size_t rows, size_t n
) {
    for (size_t row = 0; row < rows; row++, y += n)
        for (size_t i = 0; i < n; i++) y[i] = fast_tanh(y[i] + bias[i]);
}

WIDEST void ck_bias_gelu_f32(
    float *restrict x, float *restrict y, const float *restrict bias, size_t rows, size_t n
) {
    for (size_t row = 0; row < rows; row++, x += n, y += n)
        for (size_t i = 0; i < n; i++) {
            float sum = x[i] + bias[i];
            x[i] = sum;
            y[i] = 0.5f * sum * (1 + gelu_tanh(sum));
        }
}

WIDEST void ck_column_sums_f32(
    const float *restrict delta, float *restrict sums, size_t rows, size_t n
) {
    for (size_t row = 0; row < rows; row++, delta += n)
        for (size_t i = 0; i < n; i++) sums[i] += delta[i];
}

WIDEST void ck_relu_back_f32(
    float *restrict delta, const float *restrict y, float *restrict sums, size_t rows, size_t n
) {
    for (size_t row = 0; row < rows; row++, delta += n, y += n)
        for (size_t i = 0; i < n; i++) {
            float d = y[i] > 0 ? delta[i] : 0;
            delta[i] = d;
            sums[i] += d;
        }
}

WIDEST void ck_tanh_back_f32(
    float *restrict delta, const float *restrict y, float *restrict sums, size_t rows, size_t n
) {
    for (size_t row = 0; row < rows; row++, delta += n, y += n)
        for (size_t i = 0; i < n; i++) {
            float d = delta[i] * (1 - y[i] * y[i]);
            delta[i] = d;
            sums[i] += d;
        }
}

WIDEST void ck_gelu_back_f32(
    float *restrict delta, const float *restrict x, float *restrict sums, size_t rows, size_t n
) {
    for (size_t row = 0; row < rows; row++, delta += n, x += n)
        for (size_t i = 0; i < n; i++) {
            float t = gelu_tanh(x[i]);
            float inner = GELU_SCALE * (1 + 3 * GELU_CUBE * x[i] * x[i]);
            float d = delta[i] * 0.5f * (1 + t + x[i] * (1 - t * t) * inner);
            delta[i] = d;
            sums[i] += d;
        }
}

static inline __attribute__((always_inline)) void copy_run(
    float *restrict to, const float *restrict from, size_t count
) {
    if (count == 3) {
        // A window of 3 × 3 over one channel.
        to[0] = from[0], to[1] = from[1], to[2] = from[2];
    } else {
        for (size_t i = 0; i < count; i++) to[i] = from[i];
    }
}

WIDEST void ck_patches_f32(
    const float *restrict image, float *restrict patches, struct ck_image size, size_t k
) {
    const size_t half = k / 2, run = k * size.channels, line = size.width * size.channels;
    for (size_t y = 0; y < size.height; y++)
        for (size_t x = 0; x < size.width; x++)
            for (size_t ky = 0; ky < k; ky++, patches += run) {
                size_t above = y + ky;
                if (above < half || above - half >= size.height) {
                    memset(patches, 0, run * sizeof(float));
                    continue;
                }
                size_t left = x < half ? half - x : 0;
                size_t beyond = x + k - half;
                size_t right = beyond > size.width ? beyond - size.width : 0;
                const float *from =
                    image + (above - half) * line + (x + left - half) * size.channels;
                if (left + right == 0) {
                    copy_run(patches, from, run);
                    continue;
                }
                size_t before = left * size.channels, after = right * size.channels;
                for (size_t i = 0; i < before; i++) patches[i] = 0;
                for (size_t i = before; i < run - after; i++) patches[i] = from[i - before];
                for (size_t i = run - after; i < run; i++) patches[i] = 0;
            }
}

WIDEST void ck_add_patches_f32(
    const float *restrict patches, float *restrict image, struct ck_image size, size_t k
) {
    const size_t half = k / 2, run = k * size.channels, line = size.width * size.channels;
    for (size_t y = 0; y < size.height; y++)
        for (size_t x = 0; x < size.width; x++)
            for (size_t ky = 0; ky < k; ky++, patches += run) {
                size_t above = y + ky;
                if (above < half || above - half >= size.height) continue;
                size_t left = x < half ? half - x : 0;
                size_t beyond = x + k - half;
                size_t right = beyond > size.width ? beyond - size.width : 0;
                float *to = image + (above - half) * line + (x + left - half) * size.channels;
                const float *from = patches + left * size.channels;
                size_t count = run - (left + right) * size.channels;
                for (size_t i = 0; i < count; i++) to[i] += from[i];
            }
}

WIDEST void ck_pool_f32(
    const float *restrict image, float *restrict pooled, uint32_t *restrict places,
    struct ck_image size, size_t k
) {
    const size_t c = size.channels, line = size.width * c;
    for (size_t y = 0; y + k <= size.height; y += k)
        for (size_t x = 0; x + k <= size.width; x += k, pooled += c, places += c) {
            const float *corner = image + y * line + x * c;
            for (size_t i = 0; i < c; i++) {
                pooled[i] = corner[i];
                places[i] = 0;
            }
            for (uint32_t place = 1; place < k * k; place++) {
                const float *from = corner + place / k * line + place % k * c;
                for (size_t i = 0; i < c; i++) {
                    // A NaN wins and stays, so that it is seen at the end.
                    float value = from[i], before = pooled[i];
                    int isTaken = (value > before) | (value != value);
                    pooled[i] = isTaken ? value : before;
                    places[i] = isTaken ? place : places[i];
                }
            }
        }
}

WIDEST void ck_unpool_f32(
    const float *restrict pooled, const uint32_t *restrict places, float *restrict image,
    struct ck_image size, size_t k
) {
    const size_t c = size.channels, line = size.width * c;
    if (size.height % k || size.width % k)
        memset(image, 0, size.height * line * sizeof(float));
    for (size_t y = 0; y + k <= size.height; y += k)
        for (size_t x = 0; x + k <= size.width; x += k, pooled += c, places += c) {
            float *corner = image + y * line + x * c;
            for (uint32_t place = 0; place < k * k; place++) {
                float *to = corner + place / k * line + place % k * c;
                for (size_t i = 0; i < c; i++) to[i] = places[i] == place ? pooled[i] : 0;
            }
        }
}

// Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
INLINE uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

void ck_dropout_f32(float *x, size_t n, uint64_t seed, uint32_t threshold, float scale) {
    for (size_t i = 0; i < n;) {
        uint64_t bits = mix(seed += 0x9E3779B97F4A7C15);
        for (size_t k = 0; k < 4 && i < n; k++, i++, bits >>= 16)
            x[i] = (bits & 0xFFFF) < threshold ? 0 : x[i] * scale;
    }
}
