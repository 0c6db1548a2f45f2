#include "learning/evaluation.h"

#include "base/status.h"
#include "learning/dialogue_metrics.h"

static void measure(size_t *ranks, size_t users, size_t turns, size_t shown, double *success)
{
    dialogue_ranks_settle(ranks, users, turns, shown);
    for (size_t turn = 0; turn < turns; turn++) {
        double found = 0;
        for (size_t u = 0; u < users; u++)
            found += dialogue_measure(MEASURE_SR, ranks[u * turns + turn], shown);
        success[turn] = found / (double)users;
    }
}

enum gmr_status evaluation_run(const struct recommender *m, const struct dialogue_source *source,
                               struct tape *t, const struct evaluation_settings *s,
                               const struct gmr_progress *progress, double *success)
{
    const struct policy_evaluation_settings settings = { .batch = s->batch,
                                                         .turns = s->turns,
                                                         .shown = s->shown,
                                                         .seed = s->seed,
                                                         .watch = s->watch,
                                                         .user = s->user };
    const struct gmr_allocator *allocator = m->parameters->allocator;
    const size_t numbers = source->items * s->turns;
    struct policy_evaluation result = { .ranks = memory_array(allocator, numbers, sizeof(size_t)) };
    struct policy *policy = NULL;
    enum gmr_status status = result.ranks ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = policy_of_recommender(allocator, m, t, s->batch, &policy);
    if (status == GMR_OK)
        status = policy_evaluation_run(policy, t->compute, allocator, source, &settings, progress,
                                       &result);
    if (status == GMR_OK)
        measure(result.ranks, source->items, s->turns, s->shown, success);
    if (policy)
        policy->destroy(policy);
    memory_release(allocator, result.ranks, numbers * sizeof *result.ranks);
    return status;
}
