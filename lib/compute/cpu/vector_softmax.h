/* softmax of one row. */
#ifndef COMPUTE_CPU_VECTOR_SOFTMAX_H
#define COMPUTE_CPU_VECTOR_SOFTMAX_H

#include "compute/cpu/vector_math.h"
#include "compute/cpu/vector_rows.h"

/* y may be x. */
static inline void row_softmax(float *y, const float *x, size_t d)
{
    float max = row_max(x, d), sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < d; i++) {
        float e = exp_of(x[i] - max);
        y[i] = e;
        sum += e;
    }
    float inv = 1 / sum;
    SIMD
    for (size_t i = 0; i < d; i++)
        y[i] *= inv;
}

#endif
