#include "CKernels.h"
#include <string.h>

#define WIDEST __attribute__((target_clones("default", "avx2", "avx512f")))
#define INLINE static inline __attribute__((always_inline))

// Rounded correctly on every processor; sqrtf would set errno and keep the loop from its vectors.
INLINE float root(float x) { return __builtin_elementwise_sqrt(x); }

// One loop for a vector of penalties and one for a single penalty: the compiler takes the choice
// out of the loop.
#define FOR_EACH_GRADIENT(body)                                                                  \
    if (penalties) {                                                                             \
        for (size_t i = 0; i < n; i++) {                                                         \
            float theta = parameters[i];                                                         \
            float g = gradient[i] * step.scale + penalties[i] * theta;                           \
            body                                                                                 \
        }                                                                                        \
    } else {                                                                                     \
        for (size_t i = 0; i < n; i++) {                                                         \
            float theta = parameters[i];                                                         \
            float g = gradient[i] * step.scale + step.penalty * theta;                           \
            body                                                                                 \
        }                                                                                        \
    }

WIDEST void ck_momentum_f32(
    float *restrict parameters, float *restrict velocity, const float *restrict gradient,
    const float *restrict penalties, struct ck_step step, size_t n
) {
    FOR_EACH_GRADIENT({
        float v = step.beta1 * velocity[i] + g;
        velocity[i] = v;
        parameters[i] = theta - (step.rate * v + step.shrink * theta);
    })
}

WIDEST void ck_nesterov_f32(
    float *restrict parameters, float *restrict velocity, const float *restrict gradient,
    const float *restrict penalties, struct ck_step step, size_t n
) {
    FOR_EACH_GRADIENT({
        float v = step.beta1 * velocity[i] + g;
        velocity[i] = v;
        parameters[i] = theta - (step.rate * (g + step.beta1 * v) + step.shrink * theta);
    })
}

WIDEST void ck_adagrad_f32(
    float *restrict parameters, float *restrict squares, const float *restrict gradient,
    const float *restrict penalties, struct ck_step step, size_t n
) {
    FOR_EACH_GRADIENT({
        float s = squares[i] + g * g;
        squares[i] = s;
        float direction = g / (root(s) + step.epsilon);
        parameters[i] = theta - (step.rate * direction + step.shrink * theta);
    })
}

WIDEST void ck_adam_f32(
    float *restrict parameters, float *restrict first, float *restrict second,
    const float *restrict gradient, const float *restrict penalties, struct ck_step step, size_t n
) {
    FOR_EACH_GRADIENT({
        float m = step.beta1 * first[i] + (1 - step.beta1) * g;
        float s = step.beta2 * second[i] + (1 - step.beta2) * (g * g);
        first[i] = m;
        second[i] = s;
        float direction = m * step.correct1 / (root(s * step.correct2) + step.epsilon);
        parameters[i] = theta - (step.rate * direction + step.shrink * theta);
    })
}

WIDEST void ck_adam_direction_f32(
    const float *restrict parameters, float *restrict first, float *restrict second,
    const float *restrict gradient, float *restrict direction, struct ck_step step, size_t n
) {
    for (size_t i = 0; i < n; i++) {
        float theta = parameters[i];
        float g = gradient[i] * step.scale + step.penalty * theta;
        float m = step.beta1 * first[i] + (1 - step.beta1) * g;
        float s = step.beta2 * second[i] + (1 - step.beta2) * (g * g);
        first[i] = m;
        second[i] = s;
        float along = m * step.correct1 / (root(s * step.correct2) + step.epsilon);
        direction[i] = along + step.shrink * theta;
    }
}

WIDEST void ck_mean_f32(
    float *restrict mean, const float *restrict parameters, float share, size_t n
) {
    for (size_t i = 0; i < n; i++) mean[i] += (parameters[i] - mean[i]) * share;
}

WIDEST int ck_all_finite_f32(const float *x, size_t n) {
    uint32_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, 4);
        bits &= 0x7FFFFFFF;
        largest = bits > largest ? bits : largest;
    }
    return largest < 0x7F800000;
}
