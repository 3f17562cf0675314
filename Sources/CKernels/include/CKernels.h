#pragma once
#include <stddef.h>
#include <stdint.h>
#include "CKernelsDouble.h"
#include "CKernelsInterior.h"
#include "CKernelsMachines.h"

// The vector loops that the processor's widest instructions speed up. The compiler makes several
// versions of each and the loader picks one for this processor.
//
// Elementwise loops give the same bits on every processor (no fused multiply-add). Sums over
// elements add in an order that depends on the processor: they may feed a local gradient, never
// a decision that all ranks must take alike; for those there is ck_sum_squares_fixed.

// a[i] += b[i]
void ck_add_f32(float *restrict a, const float *restrict b, size_t n);
void ck_add_f64(double *restrict a, const double *restrict b, size_t n);
void ck_add_i32(uint32_t *restrict a, const uint32_t *restrict b, size_t n);
void ck_add_i64(uint64_t *restrict a, const uint64_t *restrict b, size_t n);

// y[i] += alpha * x[i]
void ck_axpy_f32(float alpha, const float *restrict x, float *restrict y, size_t n);

// y[i] = alpha * y[i]
void ck_scale_f32(float alpha, float *y, size_t n);

// x[r][j] = (x[r][j] - centers[j]) * factors[j] for each of `rows` rows of n elements
void ck_scale_rows_f32(
    float *restrict x, size_t rows, const float *restrict centers, const float *restrict factors,
    size_t n
);

// y[i] = x[i] / divisor
void ck_widen_bytes_f32(const uint8_t *restrict x, float *restrict y, size_t n, float divisor);

// Copies dense rows of `columns` bytes, in the order of `numbers`, each value over `divisor`.
void ck_gather_bytes_f32(
    const int32_t *restrict numbers, size_t n, const uint8_t *restrict rows, size_t columns,
    float divisor, float *restrict to
);

// Copies the entries of sparse rows, in the order of `numbers`, one row behind the other;
// ends[i] becomes how many entries lie before the end of the i-th, `held` those that were there.
void ck_gather_sparse_f32(
    const int32_t *restrict numbers, size_t n, const int64_t *restrict offsets,
    const int32_t *restrict indices, const float *restrict values, int64_t held,
    int32_t *restrict to_indices, float *restrict to_values, int64_t *restrict ends
);

// values[i] *= factors[indices[i]]
void ck_scale_entries_f32(
    float *restrict values, const int32_t *restrict indices, size_t n,
    const float *restrict factors
);

// Replaces each score z by the derivative of ln(1 + e^z) - y z, y the label 0 or 1, and returns
// their sum; both times weights[y] where there are weights. In Double, but for what is written.
double ck_logistic_f32(
    float *restrict scores, const int32_t *restrict labels, size_t rows,
    const float *restrict weights
);

// For each column j: adds x[j] and x[j]² to sums carried in two doubles, high and rest
// (compensated: the error of each addition is kept), and widens the extremes.
//
// sums (6, n): Σx high, Σx rest, Σx² high, Σx² rest, largest, smallest.
void ck_add_columns_f32(const float *restrict x, double *restrict sums, size_t n);

// Σ a[i] * b[i] in Float, in many partial sums.
float ck_dot_f32(const float *restrict a, const float *restrict b, size_t n);

// Σ x[i]² in Double, added in the order of eight interleaved partial sums: same bits everywhere.
double ck_sum_squares_fixed(const float *x, size_t n);
// Σ a[i] * b[i] in Double, likewise.
double ck_dot_fixed(const float *a, const float *b, size_t n);

// Float32 to bfloat16, round to nearest even; NaN stays NaN. And back.
void ck_to_bf16(const float *restrict from, uint16_t *restrict to, size_t n);
void ck_add_bf16(float *restrict a, const uint16_t *restrict b, size_t n);

// Layers of a network, over `rows` rows of n values. Biases are added before the activation.

// y = y + bias; y = max(0, y + bias); y = tanh(y + bias)
void ck_bias_f32(float *restrict y, const float *restrict bias, size_t rows, size_t n);
void ck_bias_relu_f32(float *restrict y, const float *restrict bias, size_t rows, size_t n);
void ck_bias_tanh_f32(float *restrict y, const float *restrict bias, size_t rows, size_t n);
// x = x + bias; y = gelu(x)
void ck_bias_gelu_f32(
    float *restrict x, float *restrict y, const float *restrict bias, size_t rows, size_t n
);

// sums[j] += delta[r][j], after delta was multiplied by the activation's derivative, which follows
// from its value y, or its argument x.
void ck_column_sums_f32(const float *restrict delta, float *restrict sums, size_t rows, size_t n);
void ck_relu_back_f32(
    float *restrict delta, const float *restrict y, float *restrict sums, size_t rows, size_t n
);
void ck_tanh_back_f32(
    float *restrict delta, const float *restrict y, float *restrict sums, size_t rows, size_t n
);
void ck_gelu_back_f32(
    float *restrict delta, const float *restrict x, float *restrict sums, size_t rows, size_t n
);

// An image: height, width, channels; the channels of a pixel lie side by side.
struct ck_image { size_t height, width, channels; };

// patches[pixel][ky][kx][channel] of k x k windows around every pixel, zeros outside; and the
// adding of such patches back to the pixels that they came from.
void ck_patches_f32(
    const float *restrict image, float *restrict patches, struct ck_image size, size_t k
);
void ck_add_patches_f32(
    const float *restrict patches, float *restrict image, struct ck_image size, size_t k
);

// The largest value of each k x k window, and its place in the window; and back: each value goes
// to its place, all other pixels become 0. `size` is that of the larger image.
void ck_pool_f32(
    const float *restrict image, float *restrict pooled, uint32_t *restrict places,
    struct ck_image size, size_t k
);
void ck_unpool_f32(
    const float *restrict pooled, const uint32_t *restrict places, float *restrict image,
    struct ck_image size, size_t k
);

// x[i] = 0 where the i-th 16 random bits of `seed` are below `threshold`, else x[i] * scale.
void ck_dropout_f32(float *x, size_t n, uint64_t seed, uint32_t threshold, float scale);

// Optimizers: elementwise, so the same bits on every processor.

// What a step needs besides its vectors.
struct ck_step {
    // What the gradient is multiplied with: one over the rows, times the clipping factor.
    float scale;
    // Learning rate, learning rate times decoupled decay, and the penalty where there is no vector
    // of penalties.
    float rate, shrink, penalty;
    // Decays of the first and second moment; the first is the momentum of SGD.
    float beta1, beta2;
    // Corrections of the moments' bias, and what keeps the divisor away from 0.
    float correct1, correct2, epsilon;
};

// g = gradient * scale + penalty * parameters, in all of these; `penalties` may be null.
// velocity = beta1 * velocity + g; parameters -= rate * velocity + shrink * parameters
void ck_momentum_f32(
    float *restrict parameters, float *restrict velocity, const float *restrict gradient,
    const float *restrict penalties, struct ck_step step, size_t n
);
// The same with the velocity taken ahead: parameters -= rate * (g + beta1 * velocity) + …
void ck_nesterov_f32(
    float *restrict parameters, float *restrict velocity, const float *restrict gradient,
    const float *restrict penalties, struct ck_step step, size_t n
);
// squares += g²; parameters -= rate * g / (√squares + epsilon) + shrink * parameters
void ck_adagrad_f32(
    float *restrict parameters, float *restrict squares, const float *restrict gradient,
    const float *restrict penalties, struct ck_step step, size_t n
);
// first = beta1 * first + (1 - beta1) * g; second = beta2 * second + (1 - beta2) * g²
// direction = first * correct1 / (√(second * correct2) + epsilon)
// parameters -= rate * direction + shrink * parameters
void ck_adam_f32(
    float *restrict parameters, float *restrict first, float *restrict second,
    const float *restrict gradient, const float *restrict penalties, struct ck_step step, size_t n
);
// Moments as above; direction = first * correct1 / (…) + shrink * parameters, not yet taken.
void ck_adam_direction_f32(
    const float *restrict parameters, float *restrict first, float *restrict second,
    const float *restrict gradient, float *restrict direction, struct ck_step step, size_t n
);
// mean += (parameters - mean) * share
void ck_mean_f32(float *restrict mean, const float *restrict parameters, float share, size_t n);

// Whether all elements are finite.
int ck_all_finite_f32(const float *x, size_t n);

// The widest of OpenBLAS's kinds of x86 kernels that this processor and system can run, by the name
// that OPENBLAS_CORETYPE takes; null where it is none of those named here.
const char *ck_widest_core(void);
