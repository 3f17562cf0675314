#include "CKernelsDouble.h"

#define WIDEST __attribute__((target_clones("default", "avx2", "avx512f")))

WIDEST double ck_dot_f32_f64(const float *restrict x, const double *restrict w, size_t n) {
    double sums[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (size_t k = 0; k < 16; k++) sums[k] += x[i + k] * w[i + k];
    for (size_t k = 0; i < n; i++, k++) sums[k] += x[i] * w[i];
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++) sums[k] += sums[k + width];
    return sums[0];
}

WIDEST double ck_dot_f64(const double *restrict a, const double *restrict b, size_t n) {
    double sums[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (size_t k = 0; k < 16; k++) sums[k] += a[i + k] * b[i + k];
    for (size_t k = 0; i < n; i++, k++) sums[k] += a[i] * b[i];
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++) sums[k] += sums[k + width];
    return sums[0];
}

WIDEST void ck_axpy_f32_f64(
    double alpha, const float *restrict x, double *restrict y, size_t n
) {
    for (size_t i = 0; i < n; i++) y[i] += alpha * x[i];
}

WIDEST void ck_axpy_f64(double alpha, const double *restrict x, double *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += alpha * x[i];
}

WIDEST void ck_add_upper_f32_f64(double *restrict sum, const float *restrict a, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++) sum[i * n + j] += a[i * n + j];
}

// Row i of a packed upper triangle of `order` rows, such that element j of it is column j.
static inline double *packed_row(double *packed, size_t order, size_t i) {
    return packed + i * (2 * order - i - 1) / 2;
}

// Columns of a row differ, so four sums are read before any is written.
static void add_ones(
    double *restrict packed, size_t order, const int32_t *restrict indices, size_t count, double w
) {
    for (size_t a = 0; a < count; a++) {
        double *row = packed_row(packed, order, (size_t)indices[a]);
        size_t b = a;
        for (; b + 4 <= count; b += 4) {
            double *p0 = row + indices[b], *p1 = row + indices[b + 1];
            double *p2 = row + indices[b + 2], *p3 = row + indices[b + 3];
            double s0 = *p0, s1 = *p1, s2 = *p2, s3 = *p3;
            *p0 = s0 + w;
            *p1 = s1 + w;
            *p2 = s2 + w;
            *p3 = s3 + w;
        }
        for (; b < count; b++) row[indices[b]] += w;
    }
}

void ck_add_gram_sparse(
    double *restrict packed, size_t order, size_t columns, double bias, size_t rows,
    const int64_t *restrict offsets, const int32_t *restrict indices,
    const float *restrict values, const double *restrict weights
) {
    for (size_t r = 0; r < rows; r++) {
        double w = weights[r];
        if (w == 0) continue;
        const int32_t *index = indices + offsets[r];
        const float *value = values + offsets[r];
        size_t count = (size_t)(offsets[r + 1] - offsets[r]);
        size_t ones = 0;
        while (ones < count && value[ones] == 1) ones++;
        if (ones == count) {
            add_ones(packed, order, index, count, w);
        } else {
            for (size_t a = 0; a < count; a++) {
                double *row = packed_row(packed, order, (size_t)index[a]);
                double scaled = w * value[a];
                for (size_t b = a; b < count; b++) row[index[b]] += scaled * value[b];
            }
        }
        if (order == columns) continue;
        double edge = w * bias;
        for (size_t a = 0; a < count; a++)
            packed_row(packed, order, (size_t)index[a])[columns] += edge * value[a];
        packed_row(packed, order, columns)[columns] += edge * bias;
    }
}

// Subtracts from row i, from its diagonal on, what pivot rows `first` to `first + 3` hold of it.
static inline void take_four(double *restrict packed, size_t order, size_t first, size_t i) {
    double *row = packed_row(packed, order, i);
    const double *p0 = packed_row(packed, order, first);
    const double *p1 = packed_row(packed, order, first + 1);
    const double *p2 = packed_row(packed, order, first + 2);
    const double *p3 = packed_row(packed, order, first + 3);
    double f0 = p0[i], f1 = p1[i], f2 = p2[i], f3 = p3[i];
    for (size_t j = i; j < order; j++)
        row[j] -= (f0 * p0[j] + f1 * p1[j]) + (f2 * p2[j] + f3 * p3[j]);
}

static inline void take_one(double *restrict packed, size_t order, size_t pivot, size_t i) {
    double *row = packed_row(packed, order, i);
    const double *p = packed_row(packed, order, pivot);
    double f = p[i];
    for (size_t j = i; j < order; j++) row[j] -= f * p[j];
}

// Four pivots at a time: the rows below them pass through memory a quarter as often.
WIDEST size_t ck_factor_packed(double *restrict packed, size_t order, double least) {
    for (size_t first = 0; first < order; first += 4) {
        size_t end = first + 4 < order ? first + 4 : order;
        for (size_t k = first; k < end; k++) {
            double *row = packed_row(packed, order, k);
            double before = row[k];
            for (size_t p = 0; p < first; p++) {
                double f = packed_row(packed, order, p)[k];
                before += f * f;
            }
            for (size_t p = first; p < k; p++) take_one(packed, order, p, k);
            if (!(row[k] > least * before)) return k;
            double root = __builtin_sqrt(row[k]);
            double inverse = 1 / root;
            row[k] = root;
            for (size_t j = k + 1; j < order; j++) row[j] *= inverse;
        }
        if (end - first < 4) break;
        for (size_t i = end; i < order; i++) take_four(packed, order, first, i);
    }
    return order;
}

WIDEST void ck_solve_packed(const double *restrict packed, size_t order, double *restrict x) {
    for (size_t i = 0; i < order; i++) {
        const double *row = packed + i * (2 * order - i - 1) / 2;
        double value = x[i] / row[i];
        x[i] = value;
        for (size_t j = i + 1; j < order; j++) x[j] -= value * row[j];
    }
    for (size_t i = order; i-- > 0;) {
        const double *row = packed + i * (2 * order - i - 1) / 2;
        double sum = x[i];
        for (size_t j = i + 1; j < order; j++) sum -= row[j] * x[j];
        x[i] = sum / row[i];
    }
}
