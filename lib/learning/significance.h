/* Whether two models differ, or just happened to: the paired t-test on the values of the same
 * users, and Holm's correction where several such tests are made at once (spec section 7). */
#ifndef LEARNING_SIGNIFICANCE_H
#define LEARNING_SIGNIFICANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/status.h"

/* The regularised incomplete beta function I_x(a, b), a and b above 0, x in [0, 1]. Takes 1 - x
 * too, lest its digits are lost where x is near 1. */
double incomplete_beta(double a, double b, double x, double complement);

struct paired_test {
    double t; /* mean(d) / (sd(d) / sqrt(n)) of the differences d; may be infinite */
    double p; /* two-sided: the chance of such a t, or a larger one, if the true mean is 0 */
};

/* Of a[count] - b[count], finite values. Where all differences are equal, p is 1 if they are 0, and
 * else 0. Of less than two users nothing is known: NaN. */
struct paired_test paired_t_test(const double *a, const double *b, size_t count);

/* Adjusts p[count] for being one of so many tests (Holm 1979): after this, p at most alpha means
 * that its difference is found with the chance of any wrong find at most alpha. That is "sort,
 * reject while p_(i) <= alpha / (count - i + 1)", for every alpha at once. NaN stays, and does not
 * count as a test. Errors: GMR_ERR_NOMEM. */
enum gmr_status holm_adjust(const struct gmr_allocator *allocator, double *p, size_t count);

#endif
