#pragma once
#include <stddef.h>
#include <stdint.h>

// The rows of an interior point: elementwise work on n of them, and sums in Double over eight
// interleaved partial sums, which have the same bits on every processor.
//
// A row of cost 0 takes no part: what is written of it is 0.

// n numbers each: C, y (1 or -1), alpha, s, xi and m of the rows.
struct ck_interior_rows {
    const double *costs, *signs, *alpha, *slack, *excess, *margin;
};

// bends: 1 / (xi / mu + s / alpha) with mu = C - alpha.
// factors (4, n): y alpha of the rows with y > 0, of the others, y D (1 - m) and
// y D (1 / alpha - 1 / mu).
// numbers: adds sum of C max(0, 1 - m), of alpha over rows with y > 0, over the others, of
// alpha s + mu xi, and twice the number of rows.
void ck_interior_gather(
    struct ck_interior_rows rows, size_t n, double *restrict bends, double *restrict factors,
    double *restrict numbers
);

// What a predictor leaves for the corrector, n numbers each.
struct ck_interior_products { double *slack, *excess, *second; };

// scores: in, the direction's scores; out, y D times what is of second order.
// numbers: the reach so far, then adds the linear and the quadratic part of the complementarity.
void ck_interior_predict(
    struct ck_interior_rows rows, size_t n, const double *restrict bends,
    double *restrict scores, struct ck_interior_products products, double *restrict numbers
);

// The step of the rows, n numbers each.
struct ck_interior_moves { double *alpha, *slack, *excess, *margin; };

// Writes the step along a direction with these scores towards a complementarity of `target`;
// returns how far it may go, 1 at most.
double ck_interior_correct(
    struct ck_interior_rows rows, size_t n, const double *restrict bends,
    const double *restrict scores, struct ck_interior_products products, double target,
    struct ck_interior_moves moves
);

// sums[column][4] += factors[k][row] * value, over the entries of sparse rows; factors (4, rows).
void ck_add_four_sparse_f64(
    const int64_t *restrict offsets, const int32_t *restrict indices,
    const float *restrict values, size_t rows, const double *restrict factors,
    double *restrict sums
);

// scores[row] = sum of value * weights[column] over the entries of sparse rows.
void ck_dots_sparse_f64(
    const int64_t *restrict offsets, const int32_t *restrict indices,
    const float *restrict values, size_t rows, const double *restrict weights,
    double *restrict scores
);
