/* The order of additions is given, so a sum is one long chain, each step waiting for the last;
 * speed comes from eight rows at a time, the sums of two in each vector. */
#include "catalogue/ranking_exact.h"

enum { STEP = 4, PAIRS = EXACT_ROWS / 2 };

typedef double pair __attribute__((vector_size(2 * sizeof(double))));
typedef double step __attribute__((vector_size(STEP * sizeof(double))));
typedef real real_step
    __attribute__((vector_size(STEP * sizeof(real)), aligned(sizeof(real)), may_alias));

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE double term_of(enum gmr_metric metric, double q, double x)
{
    return metric == GMR_SQUARED_L2 ? (q - x) * (q - x) : q * x;
}

ALWAYS_INLINE void terms_of(enum gmr_metric metric, step *terms, const real *q, const real *x)
{
    step a = __builtin_convertvector(*(const real_step *)q, step);
    step b = __builtin_convertvector(*(const real_step *)x, step);
    *terms = metric == GMR_SQUARED_L2 ? (a - b) * (a - b) : a * b;
}

/* `metric` is a constant in every caller. */
ALWAYS_INLINE void add_up(enum gmr_metric metric, pair sum[PAIRS], const real *q,
                          const real *const row[EXACT_ROWS], size_t width)
{
    size_t j = 0;
    for (; j + STEP <= width; j += STEP)
        for (size_t p = 0; p < PAIRS; p++) {
            step a, b;
            terms_of(metric, &a, q + j, row[2 * p] + j);
            terms_of(metric, &b, q + j, row[2 * p + 1] + j);
            sum[p] += __builtin_shufflevector(a, b, 0, 4);
            sum[p] += __builtin_shufflevector(a, b, 1, 5);
            sum[p] += __builtin_shufflevector(a, b, 2, 6);
            sum[p] += __builtin_shufflevector(a, b, 3, 7);
        }
    for (; j < width; j++)
        for (size_t i = 0; i < EXACT_ROWS; i++)
            sum[i / 2][i % 2] += term_of(metric, (double)q[j], (double)row[i][j]);
}

void exact_keys(enum gmr_metric metric, double *key, const real *query, const real *const *row,
                size_t count, size_t width)
{
    pair sum[PAIRS] = { 0 };
    const real *all[EXACT_ROWS];
    for (size_t i = 0; i < EXACT_ROWS; i++)
        all[i] = row[i < count ? i : 0];
    if (metric == GMR_SQUARED_L2)
        add_up(GMR_SQUARED_L2, sum, query, all, width);
    else
        add_up(GMR_DOT, sum, query, all, width);
    for (size_t i = 0; i < count; i++)
        key[i] = metric == GMR_SQUARED_L2 ? sum[i / 2][i % 2] : -sum[i / 2][i % 2];
}
