/* Exact ranking: which items are nearest to a vector, and at which rank a given one comes.
 *
 *     struct gmr_ranking *ranking;
 *     struct gmr_query query = { .vectors = state, .count = 1 };
 *     size_t items[3];
 *     double scores[3];
 *     if (gmr_ranking_create(context, vectors, n, d, GMR_SQUARED_L2, &ranking) != GMR_OK ||
 *         gmr_ranking_nearest(ranking, &query, 3, items, scores) != GMR_OK) ...
 *
 * Results are those of brute force in double precision: distances summed in the order of the
 * elements, ties broken by the lower item. Threads: a ranking may be shared for reading. */
#ifndef GOMMIR_RANKING_H
#define GOMMIR_RANKING_H

#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>

#ifdef __cplusplus
extern "C" {
#endif

enum gmr_metric {
    GMR_SQUARED_L2, /* sum (a - b)^2, least first */
    GMR_DOT         /* sum a b, greatest first */
};

struct gmr_query {
    const float *vectors; /* [count, width] */
    size_t count;
    const uint8_t *allowed; /* [items], 0 leaves an item out for all queries; NULL: none is */
    /* Items left out for query q: seen[seen_begin[q]] .. seen[seen_begin[q + 1] - 1], repeats are
     * fine. seen_begin [count + 1]; NULL: none. */
    const size_t *seen, *seen_begin;
};

enum { GMR_MAX_NEAREST = 65536 };

struct gmr_ranking;

/* Prepares `vectors` [count, width] for searching; they are borrowed and must outlive the ranking.
 * The caller destroys it. Errors: GMR_ERR_RANGE (width 0), GMR_ERR_NUMERIC (a vector that is not
 * finite), GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_ranking_create(struct gmr_context *context, const float *vectors,
                                           size_t count, size_t width, enum gmr_metric metric,
                                           struct gmr_ranking **ranking);
GMR_API void gmr_ranking_destroy(struct gmr_ranking *ranking); /* NULL is fine */

/* The k nearest items of each query, best first: items and scores [count, k] (scores may be NULL).
 * When fewer than k are left, unused places hold GMR_NO_ITEM (<gommir/catalogue.h>) and NaN. k 1 ..
 * GMR_MAX_NEAREST. Errors: GMR_ERR_RANGE (k, seen items), GMR_ERR_NUMERIC (a query that is not
 * finite), GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_ranking_nearest(const struct gmr_ranking *ranking,
                                            const struct gmr_query *query, size_t k, size_t *items,
                                            double *scores);

/* The rank of target[q] for query q: how many items that are not left out are strictly nearer, so
 * that ties favour the target. Whether the target itself is left out does not
 * matter. Errors: GMR_ERR_RANGE, GMR_ERR_NUMERIC, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_ranking_rank(const struct gmr_ranking *ranking,
                                         const struct gmr_query *query, const size_t *target,
                                         size_t *rank);

#ifdef __cplusplus
}
#endif
#endif
