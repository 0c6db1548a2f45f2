/* gmr_recommender_train: the public view of learning/recommender_run.h. */
#include <gommir/training.h>

#include <string.h>

#include "api/context.h"
#include "base/status.h"
#include "learning/recommender_run.h"

struct gmr_recommender_training_options gmr_recommender_training_options_default(
    enum gmr_recommender_size size)
{
    const struct recommender_settings model = size == GMR_RECOMMENDER_PAPER
                                                  ? recommender_settings_paper(1)
                                                  : recommender_settings_small(1);
    const struct recommender_training_settings t = recommender_training_settings_default();
    const struct training_schedule supervised =
        recommender_training_schedule(TRAINING_SUPERVISED, 1, &t);
    const struct training_schedule policy = recommender_training_schedule(TRAINING_POLICY, 1, &t);
    return (struct gmr_recommender_training_options){
        .train = "train",
        .validation = "validation",
        .model = "gommir",
        .width = model.width,
        .layers = model.layers,
        .heads = model.heads,
        .hidden = model.hidden,
        .batch = t.batch,
        .turns = t.turns,
        .k = t.shown,
        .supervised_epochs = supervised.epochs,
        .epochs = policy.epochs,
        .rate = supervised.rate,
        .policy_rate = policy.rate,
        .decay = supervised.weight_decay,
        .margin = t.margin,
        .discount = t.discount,
        .negatives = t.negatives,
        .seed = t.seed,
    };
}

const char *gmr_recommender_name(size_t place)
{
    size_t count;
    const struct recommender_row *rows = recommender_rows(&count);
    return place < count ? rows[place].name : NULL;
}

static enum gmr_status check_numbers(const struct gmr_recommender_training_options *o)
{
    if (o->epochs < 1 || o->supervised_epochs < 1)
        return gmr_error(GMR_ERR_RANGE, "%zu and %zu epochs: at least 1", o->supervised_epochs,
                         o->epochs);
    if (!(o->rate > 0 && o->rate <= 1) || !(o->policy_rate > 0 && o->policy_rate <= 1))
        return gmr_error(GMR_ERR_RANGE, "learning rates %g and %g, not in (0, 1]", o->rate,
                         o->policy_rate);
    if (!(o->decay >= 0) || !(o->margin >= 0) || !(o->discount >= 0 && o->discount <= 1))
        return gmr_error(GMR_ERR_RANGE, "weight decay %g, margin %g, or discount %g", o->decay,
                         o->margin, o->discount);
    return GMR_OK;
}

static enum gmr_status check(const struct gmr_recommender_training_options *o)
{
    if (!o->catalogue || !o->encoder || !o->out || !o->model)
        return gmr_error(GMR_ERR_RANGE, "training needs %s",
                         !o->catalogue ? "a catalogue"
                         : !o->encoder ? "an encoder"
                         : !o->out     ? "a directory"
                                       : "a model");
    return check_numbers(o);
}

enum gmr_status gmr_recommender_train(struct gmr_context *context,
                                      const struct gmr_recommender_training_options *options,
                                      struct gmr_recommender_training_result *result)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    const unsigned threads = gmr_context_threads(context);
    struct compute *compute;
    memset(result, 0, sizeof *result);
    TRY(check(options));
    TRY(compute_create_cpu(allocator, threads, &compute));
    const enum gmr_status status =
        recommender_run(compute, allocator, options, threads, context_logger(context), result);
    compute_destroy(compute);
    return status;
}
