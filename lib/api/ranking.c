/* gmr_ranking_*: the public view of catalogue/ranking.h. */
#include <gommir/ranking.h>

#include "api/context.h"
#include "base/status.h"
#include "catalogue/ranking.h"

struct gmr_ranking {
    const struct gmr_allocator *allocator;
    struct compute *compute;
    struct ranking *inside;
};

enum gmr_status gmr_ranking_create(struct gmr_context *context, const float *vectors, size_t count,
                                   size_t width, enum gmr_metric metric,
                                   struct gmr_ranking **ranking)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    *ranking = NULL;
    struct gmr_ranking *created = memory_array(allocator, 1, sizeof *created);
    if (!created)
        return GMR_ERR_NOMEM;
    created->allocator = allocator;
    enum gmr_status status =
        compute_create_cpu(allocator, gmr_context_threads(context), &created->compute);
    if (status == GMR_OK)
        status = ranking_create(allocator, created->compute, vectors, count, width, metric,
                                &created->inside);
    if (status == GMR_OK)
        *ranking = created;
    else
        gmr_ranking_destroy(created);
    return status;
}

void gmr_ranking_destroy(struct gmr_ranking *ranking)
{
    if (!ranking)
        return;
    ranking_destroy(ranking->inside);
    compute_destroy(ranking->compute);
    memory_release(ranking->allocator, ranking, sizeof *ranking);
}

static struct ranking_query inside(const struct gmr_query *query)
{
    return (struct ranking_query){ query->vectors, query->count, query->allowed, query->seen,
                                   query->seen_begin };
}

enum gmr_status gmr_ranking_nearest(const struct gmr_ranking *ranking,
                                    const struct gmr_query *query, size_t k, size_t *items,
                                    double *scores)
{
    const struct ranking_query wanted = inside(query);
    return ranking_nearest(ranking->inside, &wanted, k, items, scores);
}

enum gmr_status gmr_ranking_rank(const struct gmr_ranking *ranking, const struct gmr_query *query,
                                 const size_t *target, size_t *rank)
{
    const struct ranking_query wanted = inside(query);
    return ranking_rank(ranking->inside, &wanted, target, rank);
}
