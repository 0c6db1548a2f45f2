/* Exact nearest items and ranks: the inside of <gommir/ranking.h>, for vectors of type `real`.
 *
 * Scores are first computed in the precision of `real` with matrix products (many queries) or one
 * pass over memory (one query), together with a bound on their error. Whatever could, within that
 * bound, be among the k best is computed again in double, so that the result is that of brute
 * force in double. Vectors that are equal, or too far from the origin for `real` to tell them
 * apart, cost as much as that.
 *
 * Memory: two numbers an item; during a call some 10 MiB, and 48 bytes for each of k and query, but
 * no more than 32 MiB. */
#ifndef CATALOGUE_RANKING_H
#define CATALOGUE_RANKING_H

#include <gommir/ranking.h>

#include "base/real.h"
#include "compute/compute.h"

struct ranking;

/* As struct gmr_query. */
struct ranking_query {
    const real *vectors;
    size_t count;
    const uint8_t *allowed;
    const size_t *seen, *seen_begin;
};

/* Borrows compute and vectors. */
enum gmr_status ranking_create(const struct gmr_allocator *allocator, const struct compute *compute,
                               const real *vectors, size_t count, size_t width,
                               enum gmr_metric metric, struct ranking **ranking);
void ranking_destroy(struct ranking *ranking);

enum gmr_status ranking_nearest(const struct ranking *ranking, const struct ranking_query *query,
                                size_t k, size_t *items, double *scores);
enum gmr_status ranking_rank(const struct ranking *ranking, const struct ranking_query *query,
                             const size_t *target, size_t *rank);

#endif
