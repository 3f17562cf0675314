#pragma once
#include <stddef.h>
#include <stdint.h>

// Loops over rows of Float whose sums are kept in Double, and the factors of small matrices.

// Σ x[i] * w[i] in sixteen interleaved partial sums: same bits on every processor.
double ck_dot_f32_f64(const float *restrict x, const double *restrict w, size_t n);
// Σ a[i] * b[i], likewise.
double ck_dot_f64(const double *restrict a, const double *restrict b, size_t n);

// y[i] += alpha * x[i]
void ck_axpy_f32_f64(double alpha, const float *restrict x, double *restrict y, size_t n);
void ck_axpy_f64(double alpha, const double *restrict x, double *restrict y, size_t n);

// Adds Σ w x xᵀ over sparse rows to the upper triangle of `packed`, stored row by row.
//
// Each row counts as extended by a last column of value `bias` where order > columns. Rows of
// weight 0 cost nothing.
void ck_add_gram_sparse(
    double *restrict packed, size_t order, size_t columns, double bias, size_t rows,
    const int64_t *restrict offsets, const int32_t *restrict indices,
    const float *restrict values, const double *restrict weights
);

// Adds the upper triangle of `a`, (n, n), to that of `sum`.
void ck_add_upper_f32_f64(double *restrict sum, const float *restrict a, size_t n);

// Replaces the upper triangle of a symmetric matrix, packed row by row, by U with UᵀU = A.
//
// Same bits on every processor. Returns the number of rows factored: less than `order` where a
// pivot is not above `least` times what stood there before.
size_t ck_factor_packed(double *restrict packed, size_t order, double least);
// x ← A⁻¹ x from the factor; same bits on every processor.
void ck_solve_packed(const double *restrict packed, size_t order, double *restrict x);
