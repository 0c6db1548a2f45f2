/* gmr_replay: opens what is needed and plays. */
#include <gommir/recommender.h>

#include "api/context.h"
#include "base/clock.h"
#include "base/status.h"
#include "model/recommender_file.h"
#include "model/replay.h"

static enum gmr_status check(const struct gmr_replay_options *o)
{
    if (!o->model || !o->input || !o->output)
        return gmr_error(GMR_ERR_RANGE, "a replay needs %s",
                         !o->model   ? "a model"
                         : !o->input ? "an input"
                                     : "an output");
    return GMR_OK;
}

static enum gmr_status replay(struct compute *compute, const struct gmr_allocator *allocator,
                              const struct gmr_replay_options *o, struct gmr_replay_result *result)
{
    struct recommender_facts facts;
    struct recommender model;
    struct replay_result replayed;
    TRY(recommender_open(&model, compute, allocator, o->model, o->name, &facts));
    const struct replay_options options = {
        .input = o->input, .output = o->output, .encoder = facts.encoder, .progress = &o->progress
    };
    const enum gmr_status status = replay_run(&model, compute, allocator, &options, &replayed);
    *result = (struct gmr_replay_result){ .model = model.row->name,
                                          .dialogues = replayed.dialogues,
                                          .turns = replayed.turns,
                                          .width = model.settings.width,
                                          .composed = replayed.composed };
    recommender_release(&model);
    return status;
}

enum gmr_status gmr_replay(struct gmr_context *context, const struct gmr_replay_options *options,
                           struct gmr_replay_result *result)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    const double start = clock_seconds();
    struct compute *compute;
    *result = (struct gmr_replay_result){ 0 };
    TRY(check(options));
    TRY(compute_create_cpu(allocator, gmr_context_threads(context), &compute));
    const enum gmr_status status = replay(compute, allocator, options, result);
    compute_destroy(compute);
    result->seconds = clock_seconds() - start;
    return status;
}
