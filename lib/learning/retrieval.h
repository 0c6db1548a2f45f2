/* Finding pairs again: how well one kind of vectors retrieves another, row i of one belonging to
 * row i of the other.
 *
 * Ranks are exact for the given vectors (catalogue/ranking.h); candidates are normalised in `real`,
 * so two that point the same way and differ in length may or may not be tied. */
#ifndef LEARNING_RETRIEVAL_H
#define LEARNING_RETRIEVAL_H

#include "base/memory.h"
#include "base/real.h"
#include "base/status.h"
#include "compute/compute.h"
#include "learning/bootstrap.h"

/* ranks[i]: how many candidates are strictly nearer to query i, by cosine, than candidate i (0: it
 * is found first; ties favour it), among those of its block of `block` consecutive rows. block 0:
 * one block of all. A last block that is shorter is left out, unless it is the only one: *ranked
 * tells how many ranks there are, a prefix of ranks[count].
 *
 * queries, candidates [count, width] need not be normalised; to a vector of zeros everything has
 * cosine 0. Memory: the candidates of one block. Errors: GMR_ERR_RANGE (width 0), GMR_ERR_NUMERIC
 * (a vector that is not finite; which one, counted from the start), GMR_ERR_NOMEM. */
enum gmr_status retrieval_ranks(const struct gmr_allocator *allocator,
                                const struct compute *compute, const real *queries,
                                const real *candidates, size_t count, size_t width, size_t block,
                                size_t *ranks, size_t *ranked);

struct retrieval_summary {
    double recall_1, recall_5, recall_10; /* shares of ranks below 1, 5, 10 */
    double median_rank;                   /* 1-based; of an even number, between the middle two */
    double mean_reciprocal;               /* mean of 1 / (rank + 1) */
};

/* Of no ranks, all are NaN. GMR_ERR_NOMEM. */
enum gmr_status retrieval_summarise(const struct gmr_allocator *allocator, const size_t *ranks,
                                    size_t count, struct retrieval_summary *summary);

/* The same with intervals over queries (bootstrap.h), whose units are the ranks in rising order. */
enum gmr_status retrieval_estimate(const struct gmr_allocator *allocator, const size_t *ranks,
                                   size_t count, uint64_t seed, struct gmr_retrieval *estimate);

#endif
