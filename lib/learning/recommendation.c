#include "learning/recommendation.h"

#include <assert.h>
#include <string.h>

#include "base/status.h"

enum gmr_status recommendation_init(struct recommendation *r, const struct gmr_allocator *allocator,
                                    size_t items, size_t users, size_t shown, size_t turns)
{
    *r = (struct recommendation){
        .allocator = allocator, .users = users, .shown = shown, .most = (turns + 1) * shown
    };
    if (r->most > items)
        return gmr_error(GMR_ERR_RANGE, "%zu items are too few for %zu lists of %zu", items,
                         turns + 1, shown);
    r->seen = memory_array(allocator, users * r->most, sizeof *r->seen);
    r->seen_begin = memory_array(allocator, users + 1, sizeof *r->seen_begin);
    r->list = memory_array(allocator, users * shown, sizeof *r->list);
    r->target = memory_array(allocator, users, sizeof *r->target);
    r->rank = memory_array(allocator, users, sizeof *r->rank);
    if (!r->seen || !r->seen_begin || !r->list || !r->target || !r->rank)
        return GMR_ERR_NOMEM;
    for (size_t u = 0; u <= users; u++)
        r->seen_begin[u] = u * r->most;
    return GMR_OK;
}

void recommendation_release(struct recommendation *r)
{
    const struct gmr_allocator *a = r->allocator;

    memory_release(a, r->seen, r->users * r->most * sizeof *r->seen);
    memory_release(a, r->seen_begin, (r->users + 1) * sizeof *r->seen_begin);
    memory_release(a, r->list, r->users * r->shown * sizeof *r->list);
    memory_release(a, r->target, r->users * sizeof *r->target);
    memory_release(a, r->rank, r->users * sizeof *r->rank);
    ranking_destroy(r->ranking);
    memset(r, 0, sizeof *r);
}

enum gmr_status recommendation_among(struct recommendation *r, const struct compute *compute,
                                     const struct embedding *e)
{
    ranking_destroy(r->ranking);
    r->ranking = NULL;
    return ranking_create(r->allocator, compute, e->row, e->count, e->width, GMR_SQUARED_L2,
                          &r->ranking);
}

void recommendation_see(struct recommendation *r, const struct dialogue *d)
{
    assert(r->seen_count + r->shown <= r->most);
    for (size_t u = 0; u < r->users; u++)
        for (size_t k = 0; k < r->shown; k++)
            r->seen[u * r->most + r->seen_count + k] = (size_t)d->list[u * r->shown + k];
    r->seen_count += r->shown;
}

void recommendation_begin(struct recommendation *r, const struct dialogue *d)
{
    r->seen_count = 0;
    recommendation_see(r, d);
    for (size_t u = 0; u < r->users; u++)
        for (size_t i = r->shown; i < r->most; i++)
            r->seen[u * r->most + i] = r->seen[u * r->most];
}

static struct ranking_query query(const struct recommendation *r, const real *state)
{
    return (struct ranking_query){
        .vectors = state, .count = r->users, .seen = r->seen, .seen_begin = r->seen_begin
    };
}

enum gmr_status recommendation_rank(struct recommendation *r, const struct dialogue *d,
                                    const real *state)
{
    const struct ranking_query states = query(r, state);

    for (size_t u = 0; u < r->users; u++)
        r->target[u] = (size_t)d->target[u];
    return ranking_rank(r->ranking, &states, r->target, r->rank);
}

enum gmr_status recommendation_next(struct recommendation *r, struct dialogue *d, const real *state)
{
    const struct ranking_query states = query(r, state);

    TRY(ranking_nearest(r->ranking, &states, r->shown, r->list, NULL));
    for (size_t i = 0; i < r->users * r->shown; i++)
        d->list[i] = r->list[i];
    recommendation_see(r, d);
    return GMR_OK;
}
