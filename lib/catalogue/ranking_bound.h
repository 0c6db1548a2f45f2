/* How far a score computed in `real` may be from the one that counts.
 *
 * What is ranked is the key of an item, least first: the squared distance summed in double, or the
 * negative dot product. In `real` the key of item x for query q is
 *
 *     L2   |q|^2 + |x|^2 - 2 q x        dot   0 + 0 - q x
 *          shift   base    product            shift  base  product
 *
 * A dot product of n terms computed with unit roundoff u, in whatever order, with fused or separate
 * additions, is within g sum |q_i x_i| <= g |q| |x| of the exact one, g = n u / (1 - n u) (Higham,
 * Accuracy and Stability of Numerical Algorithms, section 3.1), and results below the normal range
 * add an absolute error. The terms here allow for that, for the rounding of every other step
 * (compute.h, struct sieve, does the last ones in `real`), and for the rounding of the key itself,
 * so that low <= key <= high. */
#ifndef CATALOGUE_RANKING_BOUND_H
#define CATALOGUE_RANKING_BOUND_H

#include <stdbool.h>
#include <stddef.h>

#include <gommir/ranking.h>

#include "base/real.h"

/* What the metric and the width decide. */
struct bound {
    enum gmr_metric metric;
    real alpha;    /* product = alpha q x */
    real bend;     /* of struct sieve */
    double slope;  /* of the error in |q| |x| */
    double item;   /* in |x|^2 */
    double query;  /* in |q|^2 */
    double least;  /* whatever the lengths */
    double length; /* of a length, relative */
    double tiny;   /* what squares may have lost by underflow */
    bool sound;    /* false: the width is beyond what `real` can bound */
};

/* What one query adds; low and high are those of struct sieve, plus shift and -+ margin. */
struct query_bound {
    double shift, margin;
    real slope;
    bool sound; /* false: products may overflow, nothing is known of them */
};

void bound_init(struct bound *b, enum gmr_metric metric, size_t width);

/* base and reach of an item (struct sieve) from the sum of its squares in double. */
void bound_item(const struct bound *b, double squares, real *base, real *reach);

/* `reach` is the largest of all items. */
struct query_bound bound_query(const struct bound *b, double squares, real reach);

/* The limits of struct sieve: below the first, a high means a key below `key`; above the second, a
 * low means a key above it. */
real bound_near(const struct query_bound *q, double key);
real bound_far(const struct query_bound *q, double key);

#endif
