/* gmr_demo_run: a generated problem, a model, evaluation before and after training. */
#include <gommir/demo.h>

#include <string.h>

#include "api/context.h"
#include "base/clock.h"
#include "base/status.h"
#include "learning/evaluation.h"
#include "learning/pretraining.h"

enum { BATCH = 128 };

struct gmr_demo_options gmr_demo_options_default(void)
{
    return (struct gmr_demo_options){
        .seed = 42, .items = 1500, .epochs = 20, .turns = 10, .shown = 3
    };
}

static enum gmr_status check(const char *what, size_t value, size_t low, size_t high)
{
    if (value >= low && value <= high)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "%s is %zu, not in %zu .. %zu", what, value, low, high);
}

static enum gmr_status check_options(const struct gmr_demo_options *o)
{
    TRY(check("items", o->items, 50, 100000));
    TRY(check("epochs", o->epochs, 1, 1000));
    TRY(check("turns", o->turns, 1, GMR_DEMO_MAX_TURNS));
    TRY(check("shown", o->shown, 2, GMR_DEMO_MAX_SHOWN));
    if (o->items / 3 < (o->turns + 1) * o->shown)
        return gmr_error(GMR_ERR_RANGE,
                         "%zu items leave %zu for the test, fewer than %zu lists of %zu need",
                         o->items, o->items / 3, o->turns + 1, o->shown);
    return GMR_OK;
}

/* Everything a run holds; zero means not made yet. */
struct demo {
    const struct gmr_demo_options *options;
    const struct gmr_allocator *allocator;
    struct compute *compute;
    struct world train, test;
    struct dialogue_source to_train, to_test;
    struct recommender model;
    struct tape tape;
    bool has_model, has_tape;
};

static enum gmr_status make_worlds(struct demo *d)
{
    struct world_settings settings = {
        .items = d->options->items,
        .attributes = 8,
        .values = 5,
        .features = 64,
        .mentions = 2,
        .noise = 0.05,
    };
    uint64_t seed = d->options->seed;

    TRY(world_init(&d->train, d->allocator, settings, seed, seed));
    settings.items /= 3;
    TRY(world_init(&d->test, d->allocator, settings, seed, seed + 1));
    world_source(&d->train, &d->to_train);
    world_source(&d->test, &d->to_test);
    return GMR_OK;
}

static enum gmr_status make_model(struct demo *d)
{
    struct recommender_settings settings = {
        .features = 64, .width = 64, .layers = 2, .heads = 4, .hidden = 128
    };

    TRY(recommender_init(&d->model, d->compute, d->allocator, recommender_find("gommir"), settings,
                         d->options->seed));
    d->has_model = true;
    tape_init(&d->tape, d->compute, d->allocator);
    d->has_tape = true;
    return GMR_OK;
}

/* Expected success of K unseen items by chance: the target is in none, or in one, of m lists of K.
 */
static void chance(const struct demo *d, double *success)
{
    for (size_t turn = 0; turn < d->options->turns; turn++)
        success[turn] = (double)((turn + 1) * d->options->shown) / (double)d->test.settings.items;
}

static enum gmr_status evaluate(struct demo *d, double *success)
{
    struct evaluation_settings settings = { .batch = BATCH,
                                            .turns = d->options->turns,
                                            .shown = d->options->shown,
                                            .seed = d->options->seed };

    return evaluation_run(&d->model, &d->to_test, &d->tape, &settings, &d->options->progress,
                          success);
}

static enum gmr_status train(struct demo *d, struct gmr_demo_result *result)
{
    struct pretraining_settings settings = pretraining_settings_default();
    struct pretraining_result trained;
    double start = clock_seconds();

    settings.epochs = d->options->epochs;
    settings.batch = BATCH;
    settings.turns = d->options->turns;
    settings.shown = d->options->shown;
    settings.seed = d->options->seed;
    TRY(pretraining_run(&d->model, &d->to_train, &d->tape, &settings, &d->options->progress,
                        &trained));
    result->first_loss = trained.first_loss;
    result->last_loss = trained.last_loss;
    result->training_seconds = clock_seconds() - start;
    result->peak_bytes = tape_statistics(&d->tape).bytes_high_water;
    return GMR_OK;
}

static enum gmr_status run(struct demo *d, unsigned threads, struct gmr_demo_result *result)
{
    double start = clock_seconds();

    TRY(compute_create_cpu(d->allocator, threads, &d->compute));
    TRY(make_worlds(d));
    TRY(make_model(d));
    result->turns = d->options->turns;
    result->items = d->train.settings.items;
    result->users = d->test.settings.items;
    result->parameters = parameters_trained(d->model.parameters);
    chance(d, result->random);
    TRY(evaluate(d, result->untrained));
    TRY(train(d, result));
    TRY(evaluate(d, result->trained));
    result->seconds = clock_seconds() - start;
    return GMR_OK;
}

enum gmr_status gmr_demo_run(struct gmr_context *context, const struct gmr_demo_options *options,
                             struct gmr_demo_result *result)
{
    struct demo demo = { .options = options, .allocator = context_allocator(context) };
    enum gmr_status status;

    memset(result, 0, sizeof *result);
    TRY(check_options(options));
    status = run(&demo, gmr_context_threads(context), result);
    if (demo.has_tape)
        tape_release(&demo.tape);
    if (demo.has_model)
        recommender_release(&demo.model);
    world_release(&demo.test);
    world_release(&demo.train);
    compute_destroy(demo.compute);
    return status;
}
