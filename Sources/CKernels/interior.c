#include "CKernelsInterior.h"

#define WIDEST __attribute__((target_clones("default", "avx2", "avx512f")))
// Rows are worked on in blocks: first elementwise, which the compiler turns into vectors, with
// what is to be summed or compared left in room on the stack; then that is gone over.
#define BLOCK 256

static inline double sum_of(const double *restrict x, size_t n) {
    double lanes[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) lanes[k] += x[i + k];
    for (size_t k = 0; i < n; i++, k++) lanes[k] += x[i];
    double even = (lanes[0] + lanes[4]) + (lanes[2] + lanes[6]);
    double odd = (lanes[1] + lanes[5]) + (lanes[3] + lanes[7]);
    return even + odd;
}

static inline double least_of(const double *restrict x, size_t n, double least) {
    double lanes[8];
    for (size_t k = 0; k < 8; k++) lanes[k] = least;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) lanes[k] = x[i + k] < lanes[k] ? x[i + k] : lanes[k];
    for (; i < n; i++) lanes[0] = x[i] < lanes[0] ? x[i] : lanes[0];
    for (size_t k = 0; k < 8; k++) least = lanes[k] < least ? lanes[k] : least;
    return least;
}

static inline double lesser(double a, double b) { return a < b ? a : b; }

// C - alpha, which rounding must not make 0.
static inline double rest_of(double cost, double alpha) {
    double rest = cost - alpha, least = 1e-17 * cost;
    return rest > least ? rest : least;
}

// How far a number above 0 may go by `change` before it is 0.
static inline double reach(double value, double change) {
    double far = -value / change;
    return change < 0 ? far : 1;
}

// Names for the rows from `start` on.
#define ROWS(rows, start)                                                                        \
    const double *restrict costs = (rows).costs + (start);                                       \
    const double *restrict signs = (rows).signs + (start);                                       \
    const double *restrict alpha = (rows).alpha + (start);                                       \
    const double *restrict slack = (rows).slack + (start);                                       \
    const double *restrict excess = (rows).excess + (start);                                     \
    const double *restrict margin = (rows).margin + (start)

static inline size_t block_of(size_t n, size_t start) {
    return n - start < BLOCK ? n - start : BLOCK;
}

WIDEST void ck_interior_gather(
    struct ck_interior_rows rows, size_t n, double *restrict bends, double *restrict factors,
    double *restrict numbers
) {
    double losses[BLOCK], plus[BLOCK], minus[BLOCK], complement[BLOCK], pairs[BLOCK];
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t count = block_of(n, start);
        ROWS(rows, start);
        double *restrict bend = bends + start, *restrict first = factors + start;
        double *restrict other = first + n, *restrict plain = first + 2 * n;
        double *restrict center = first + 3 * n;
        for (size_t i = 0; i < count; i++) {
            double y = signs[i], s = slack[i], e = excess[i], lag = 1 - margin[i];
            // A row that takes no part counts with harmless numbers times 0.
            double on = costs[i] > 0 ? 1 : 0;
            double a = costs[i] > 0 ? alpha[i] : 1;
            double mu = costs[i] > 0 ? rest_of(costs[i], a) : 1;
            double d = on * (a * mu / (e * a + s * mu));
            bend[i] = d;
            double held = on * a, positive = y > 0 ? 1 : 0;
            first[i] = positive * held;
            other[i] = (positive - 1) * held;
            plain[i] = y * d * lag;
            center[i] = y * d * ((mu - a) / (a * mu));
            losses[i] = costs[i] * (lag > 0 ? lag : 0);
            plus[i] = positive * held;
            minus[i] = (1 - positive) * held;
            complement[i] = on * (a * s + mu * e);
            pairs[i] = 2 * on;
        }
        numbers[0] += sum_of(losses, count);
        numbers[1] += sum_of(plus, count);
        numbers[2] += sum_of(minus, count);
        numbers[3] += sum_of(complement, count);
        numbers[4] += sum_of(pairs, count);
    }
}

WIDEST void ck_interior_predict(
    struct ck_interior_rows rows, size_t n, const double *restrict bends,
    double *restrict scores, struct ck_interior_products products, double *restrict numbers
) {
    double reaches[BLOCK], linear[BLOCK], quadratic[BLOCK];
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t count = block_of(n, start);
        ROWS(rows, start);
        const double *restrict bend = bends + start;
        double *restrict score = scores + start, *restrict second = products.second + start;
        double *restrict product_slack = products.slack + start;
        double *restrict product_excess = products.excess + start;
        for (size_t i = 0; i < count; i++) {
            double y = signs[i], s = slack[i], e = excess[i], on = costs[i] > 0 ? 1 : 0;
            double a = costs[i] > 0 ? alpha[i] : 1;
            double mu = costs[i] > 0 ? rest_of(costs[i], a) : 1;
            double change = bend[i] * (1 - margin[i] - y * score[i]);
            double slack_change = -s - s * change / a;
            double excess_change = -e + e * change / mu;
            double far = lesser(
                lesser(reach(s, slack_change), reach(e, excess_change)),
                lesser(reach(a, change), reach(mu, -change))
            );
            double from_slack = change * slack_change, from_excess = change * excess_change;
            double rest = -from_excess / mu - from_slack / a;
            reaches[i] = costs[i] > 0 ? far : 1;
            linear[i] = on * (a * slack_change + s * change + mu * excess_change - e * change);
            quadratic[i] = on * (from_slack - from_excess);
            product_slack[i] = from_slack;
            product_excess[i] = from_excess;
            second[i] = rest;
            score[i] = y * bend[i] * rest;
        }
        numbers[0] = least_of(reaches, count, numbers[0]);
        numbers[1] += sum_of(linear, count);
        numbers[2] += sum_of(quadratic, count);
    }
}

WIDEST double ck_interior_correct(
    struct ck_interior_rows rows, size_t n, const double *restrict bends,
    const double *restrict scores, struct ck_interior_products products, double target,
    struct ck_interior_moves moves
) {
    double reaches[BLOCK], length = 1;
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t count = block_of(n, start);
        ROWS(rows, start);
        const double *restrict bend = bends + start, *restrict score = scores + start;
        const double *restrict product_slack = products.slack + start;
        const double *restrict product_excess = products.excess + start;
        const double *restrict second = products.second + start;
        double *restrict move_alpha = moves.alpha + start;
        double *restrict move_slack = moves.slack + start;
        double *restrict move_excess = moves.excess + start;
        double *restrict move_margin = moves.margin + start;
        for (size_t i = 0; i < count; i++) {
            double s = slack[i], e = excess[i], on = costs[i] > 0 ? 1 : 0;
            double a = costs[i] > 0 ? alpha[i] : 1;
            double mu = costs[i] > 0 ? rest_of(costs[i], a) : 1;
            double margin_change = signs[i] * score[i];
            double wanted = 1 - margin[i] + target * ((mu - a) / (a * mu)) + second[i];
            double change = bend[i] * (wanted - margin_change);
            double slack_change = (target - product_slack[i] - s * change) / a - s;
            double excess_change = (target + product_excess[i] + e * change) / mu - e;
            double far = lesser(
                lesser(reach(s, slack_change), reach(e, excess_change)),
                lesser(reach(a, change), reach(mu, -change))
            );
            reaches[i] = costs[i] > 0 ? far : 1;
            move_alpha[i] = on * change;
            move_slack[i] = on * slack_change;
            move_excess[i] = on * excess_change;
            move_margin[i] = on * margin_change;
        }
        length = least_of(reaches, count, length);
    }
    return length;
}

WIDEST void ck_add_four_sparse_f64(
    const int64_t *restrict offsets, const int32_t *restrict indices,
    const float *restrict values, size_t rows, const double *restrict factors,
    double *restrict sums
) {
    for (size_t row = 0; row < rows; row++) {
        double four[4];
        for (size_t k = 0; k < 4; k++) four[k] = factors[k * rows + row];
        for (int64_t entry = offsets[row]; entry < offsets[row + 1]; entry++) {
            double value = values[entry];
            double *restrict sum = sums + 4 * (size_t)indices[entry];
            for (size_t k = 0; k < 4; k++) sum[k] += four[k] * value;
        }
    }
}

void ck_dots_sparse_f64(
    const int64_t *restrict offsets, const int32_t *restrict indices,
    const float *restrict values, size_t rows, const double *restrict weights,
    double *restrict scores
) {
    for (size_t row = 0; row < rows; row++) {
        int64_t entry = offsets[row], end = offsets[row + 1];
        double even = 0, odd = 0;
        for (; entry + 2 <= end; entry += 2) {
            even += values[entry] * weights[indices[entry]];
            odd += values[entry + 1] * weights[indices[entry + 1]];
        }
        if (entry < end) even += values[entry] * weights[indices[entry]];
        scores[row] = even + odd;
    }
}
