#pragma once
#include <stddef.h>
#include <stdint.h>

// Kernel values, and what kernel machines do with rows of them. Elementwise: the same bits on
// every processor, wherever a value stands.

// y[i] = exp(-gamma * max(0, norm + norms[i] - 2 * products[i])), to within 2 units in the last
// place of the argument's rounding.
void ck_rbf_f32(
    float *restrict y, const float *restrict products, const float *restrict norms, float norm,
    float gamma, size_t n
);
// y[i] = (gamma * products[i] + coef0)^degree
void ck_poly_f32(
    float *restrict y, const float *restrict products, float gamma, float coef0, size_t degree,
    size_t n
);
// y[i] = tanh(gamma * products[i] + coef0)
void ck_sigmoid_f32(
    float *restrict y, const float *restrict products, float gamma, float coef0, size_t n
);
// y[i] = scale * cos(y[i] + phases[i])
void ck_cosine_f32(float *restrict y, const float *restrict phases, float scale, size_t n);

// Products of sparse rows with sixteen scattered ones: out[w * stride + r] is row r's with the
// w-th of them, in the order of the row's entries.
//
// table (columns, 16), out (16, stride)
void ck_sparse_products_f32(
    const int64_t *restrict offsets, const int32_t *restrict indices,
    const float *restrict values, size_t rows, const float *restrict table, float *restrict out,
    size_t stride
);

// y[i] += Σ_r factors[r] * rows[r][start + i], the sum of four rows at a time in Double.
void ck_add_rows_f32_f64(
    const float *const *restrict rows, const double *restrict factors, size_t count,
    size_t start, double *restrict y, size_t n
);
