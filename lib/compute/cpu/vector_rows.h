/* Sums along rows and over chunks of rows. */
#ifndef COMPUTE_CPU_VECTOR_ROWS_H
#define COMPUTE_CPU_VECTOR_ROWS_H

#include <float.h>

#include "compute/cpu/vector_math.h"

ALWAYS_INLINE float row_sum(const float *x, size_t n)
{
    float sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

ALWAYS_INLINE float row_dot(const float *a, const float *b, size_t n)
{
    float sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Whether all are 0 (or -0); ends with the first stretch that holds something else. */
static inline bool row_is_zero(const float *x, size_t n)
{
    enum { STRETCH = 64 };
    for (size_t at = 0; at < n; at += STRETCH) {
        const size_t count = n - at < STRETCH ? n - at : STRETCH;
        uint32_t any = 0;
        PRAGMA(omp simd reduction(| : any))
        for (size_t i = 0; i < count; i++)
            any |= bits_of(x[at + i]) << 1;
        if (any)
            return false;
    }
    return true;
}

/* In double: the square of a small number may vanish in float, that of a large one overflow. */
static inline double row_squares(const float *x, size_t n)
{
    double sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

/* -infinity for a row of nothing else. Some compilers start the parts of an OpenMP maximum at the
 * lowest finite number (clang 14), so a result that is not above it is found again without. */
ALWAYS_INLINE float row_max(const float *x, size_t n)
{
    float max = -__builtin_inff();
    SIMD_MAX(max)
    for (size_t i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    if (max > -FLT_MAX)
        return max;
    max = -__builtin_inff();
    for (size_t i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    return max;
}

/* y[i] += sum of the ROW_CHUNKS partial sums, `stride` apart. */
static inline void add_chunks(float *y, const float *part, size_t stride, size_t d)
{
    for (size_t chunk = 0; chunk < ROW_CHUNKS; chunk++) {
        SIMD
        for (size_t i = 0; i < d; i++)
            y[i] += part[chunk * stride + i];
    }
}

#endif
