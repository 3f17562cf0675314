#pragma once
#include <stddef.h>
#include <stdint.h>
#include "CKernelsDouble.h"

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

// What one heavy-ball step needs besides its vectors.
struct ck_heavy_ball {
    // One over the number of rows.
    float scale;
    // Momentum, learning rate, learning rate times decoupled decay.
    float momentum, rate, shrink;
    // Share of this step in the running mean.
    float share;
};

// velocity = momentum * velocity + (gradient * scale + penalties * parameters)
// parameters -= rate * velocity + shrink * parameters
// mean += (parameters - mean) * share
void ck_heavy_ball_f32(
    float *restrict parameters, float *restrict velocity, float *restrict mean,
    const float *restrict gradient, const float *restrict penalties, struct ck_heavy_ball step,
    size_t n
);

// Σ a[i] * b[i] in Float, in many partial sums.
float ck_dot_f32(const float *restrict a, const float *restrict b, size_t n);

// Σ x[i]² in Double, added in the order of eight interleaved partial sums: same bits everywhere.
double ck_sum_squares_fixed(const float *x, size_t n);
// Σ a[i] * b[i] in Double, likewise.
double ck_dot_fixed(const float *a, const float *b, size_t n);

// Float32 to bfloat16, round to nearest even; NaN stays NaN. And back.
void ck_to_bf16(const float *restrict from, uint16_t *restrict to, size_t n);
void ck_add_bf16(float *restrict a, const uint16_t *restrict b, size_t n);
