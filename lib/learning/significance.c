/* Student's t with v degrees of freedom lies beyond +-t with the chance I_x(v / 2, 1 / 2) at
 * x = v / (v + t^2). The beta function is its continued fraction, by Lentz's method (Press et al.,
 * Numerical Recipes, 6.4), which needs some sqrt(max(a, b)) steps. */
#include "learning/significance.h"

#include <math.h>
#include <stdlib.h>

/* ---- the incomplete beta function ---- */

enum { MOST_STEPS = 100000 }; /* enough for 10^9 users */

static double away_from_zero(double x)
{
    return fabs(x) < 1e-300 ? 1e-300 : x;
}

/* Number n, from 1, of the numerators of the fraction. */
static double numerator(double a, double b, double x, int n)
{
    const double m = n / 2;
    if (n % 2 == 0)
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
}

/* 1 / (1 + n_1 / (1 + n_2 / (1 + ...))) */
static double fraction(double a, double b, double x)
{
    double c = 1, d = 1 / away_from_zero(1 + numerator(a, b, x, 1));
    double product = d, factor = 0;
    for (int n = 2; n < MOST_STEPS && fabs(factor - 1) > 1e-15; n++) {
        const double term = numerator(a, b, x, n);
        d = 1 / away_from_zero(1 + term * d);
        c = away_from_zero(1 + term / c);
        factor = c * d;
        product *= factor;
    }
    return product;
}

/* The logarithm of the beta function; lgamma alone would write to a global. */
static double log_beta(double a, double b)
{
    int sign;
    return lgamma_r(a, &sign) + lgamma_r(b, &sign) - lgamma_r(a + b, &sign);
}

double incomplete_beta(double a, double b, double x, double complement)
{
    if (x <= 0)
        return 0;
    if (complement <= 0)
        return 1;
    const double front = exp(a * log(x) + b * log(complement) - log_beta(a, b));
    /* On the other side of the mean the fraction of the complement is the fast one. */
    if (x < (a + 1) / (a + b + 2))
        return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, complement) / b;
}

/* ---- the t-test ---- */

static double mean_difference(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] - b[i];
    return sum / (double)count;
}

/* The unbiased variance. */
static double variance_of_difference(const double *a, const double *b, size_t count, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
    return sum / ((double)count - 1);
}

static bool all_differences_are_equal(const double *a, const double *b, size_t count)
{
    size_t i = 1;
    while (i < count && a[i] - b[i] == a[0] - b[0])
        i++;
    return i == count;
}

struct paired_test paired_t_test(const double *a, const double *b, size_t count)
{
    if (count < 2)
        return (struct paired_test){ (double)NAN, (double)NAN };
    if (all_differences_are_equal(a, b, count)) {
        const double d = a[0] - b[0];
        return d == 0 ? (struct paired_test){ 0, 1 }
                      : (struct paired_test){ copysign((double)INFINITY, d), 0 };
    }
    const double mean = mean_difference(a, b, count), freedom = (double)count - 1;
    const double variance = variance_of_difference(a, b, count, mean);
    const double t = mean / sqrt(variance / (double)count);
    const double whole = freedom + t * t;
    return (
        struct paired_test){ t, incomplete_beta(freedom / 2, 0.5, freedom / whole, t * t / whole) };
}

/* ---- Holm ---- */

struct place {
    double p;
    size_t index;
};

static int by_p(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    return a->p != b->p ? (a->p > b->p) - (a->p < b->p)
                        : (a->index > b->index) - (a->index < b->index);
}

enum gmr_status holm_adjust(const struct gmr_allocator *allocator, double *p, size_t count)
{
    struct place *sorted = memory_array(allocator, count, sizeof *sorted);
    size_t tests = 0;
    double most = 0;
    if (!sorted)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        if (!isnan(p[i]))
            sorted[tests++] = (struct place){ p[i], i };
    qsort(sorted, tests, sizeof *sorted, by_p);
    for (size_t i = 0; i < tests; i++) { /* none is surer than one before it */
        most = fmax(most, fmin(1, (double)(tests - i) * sorted[i].p));
        p[sorted[i].index] = most;
    }
    memory_release(allocator, sorted, count * sizeof *sorted);
    return GMR_OK;
}
