/* One pass of a group of queries over the catalogue: which items of a block need a closer look.
 *
 *     sweep_open(&sweep, ranking, query, group, ranked);
 *     sweep_begin(&sweep, first, queries);
 *     while (sweep_next(&sweep))
 *         sweep_visit(&sweep, visit, state);
 *
 * The caller moves `far` and `near` between blocks. Items that are not allowed never show up; those
 * that a query has seen do. */
#ifndef CATALOGUE_RANKING_SWEEP_H
#define CATALOGUE_RANKING_SWEEP_H

#include "catalogue/ranking.h"
#include "catalogue/ranking_bound.h"

struct ranking {
    const struct gmr_allocator *allocator;
    const struct compute *compute;
    const real *vectors;
    size_t count, width;
    struct bound bound;
    real *base, *reach, largest; /* [count] (compute.h, struct sieve); the largest reach */
};

struct sweep {
    const struct ranking *ranking;
    const struct ranking_query *query;
    bool ranked;                   /* count items that are surely near */
    size_t group, most, seen_most; /* room: queries, items of a block, seen items of a group */
    char *memory;
    size_t bytes;

    size_t first, queries; /* queries first .. first + queries - 1 of `query` */
    size_t begin, items;   /* the block: items begin .. begin + items - 1 */
    bool few;

    /* [queries] */
    struct query_bound *bound;
    double *squares;
    real *slope, *near, *far;   /* struct sieve; near and far may be moved */
    size_t *seen_at, *seen_end; /* seen items that were not passed yet */

    size_t *seen; /* sorted for each query, repeats included */
    real *packed; /* the queries as struct sieve wants them */
    real *base;   /* of the block, where some items are not allowed */
    uint32_t *hits, *sure;
    struct sieve_hit *hit;
};

/* How many queries a group should have, if each needs so many bytes of the caller's. */
size_t sweep_group(const struct ranking *ranking, size_t queries, size_t bytes);

/* Room for groups of at most `group` queries. sweep_close is due in any case. */
enum gmr_status sweep_open(struct sweep *s, const struct ranking *ranking,
                           const struct ranking_query *query, size_t group, bool ranked);
void sweep_close(struct sweep *s);

/* Every item is a hit until far is moved. */
void sweep_begin(struct sweep *s, size_t first, size_t queries);

/* The next block, or false after the last. */
bool sweep_next(struct sweep *s);

/* An item of which it is not known whether it is near, and where its key is. */
struct interval {
    size_t item;
    double low, high;
};

/* Calls `visit` for all hits of the block: those of query j of the group from one thread, by
 * item. */
typedef void sweep_visitor(void *state, struct sweep *s, size_t j, struct interval x);
void sweep_visit(struct sweep *s, sweep_visitor *visit, void *state);

/* How many items of the block are surely nearer than near[j], whether seen or not. */
size_t sweep_sure(const struct sweep *s, size_t j);

/* Whether query j has seen the item; asked with ascending items. */
bool sweep_is_seen(struct sweep *s, size_t j, size_t item);

#endif
