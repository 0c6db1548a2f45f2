/* Small arithmetic that the reference kernels share: how results are stored, and a few sums. */
#ifndef COMPUTE_REFERENCE_ARITHMETIC_H
#define COMPUTE_REFERENCE_ARITHMETIC_H

#include "compute/compute.h"

/* y[i] = beta y[i] + x. With beta 0, y[i] is not read: it may hold anything. */
static inline void blend(real *y, size_t i, double beta, double x)
{
    y[i] = (real)(beta == 0 ? x : beta * y[i] + x);
}

/* dx[i] += slope, where that gradient is wanted. */
static inline void accumulate(real *dx, size_t i, double slope)
{
    if (dx)
        dx[i] = (real)(dx[i] + slope);
}

static inline double square(double x)
{
    return x * x;
}

static inline double dot(const real *a, const real *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* f(x) for every activation; NONE is x itself (elementwise.c). */
double activate(enum activation kind, double x);

/* 1 / (1 + e^-x) */
double sigmoid(double x);

/* log of the sum of e^x[i * stride] over n elements; the largest is taken out first, so that
 * nothing overflows (softmax.c). */
double log_sum_exp(const real *x, size_t n, size_t stride);

#endif
