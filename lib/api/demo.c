/* gmr_demo_run: the other calls in a row, and a directory that keeps what they made. */
#include <gommir/demo.h>

#include <limits.h>
#include <string.h>

#include <gommir/catalogue.h>
#include <gommir/encoder.h>

#include "api/context.h"
#include "base/clock.h"
#include "base/status.h"
#include "learning/run_directory.h"

/* What did best on photographs, trained as that was; but smaller batches than the published ones
 * make more steps of the little there is to learn from. */
#define MODEL "gommir-dislikes"
enum { BATCH = 32 };
enum { COMPAT = GMR_COMPAT_ALL_ITEMS | GMR_COMPAT_FALLING_RATE | GMR_COMPAT_ALIGNED };
static const double rate = 5e-4; /* of both stages */

struct gmr_demo_options gmr_demo_options_default(void)
{
    return (struct gmr_demo_options){
        .seed = 42, .items = 2000, .supervised_epochs = 8, .epochs = 12, .turns = 10, .k = 3
    };
}

/* ---- options ---- */

static enum gmr_status check_number(const char *what, size_t value, size_t low, size_t high)
{
    if (value >= low && value <= high)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "%s is %zu, not in %zu .. %zu", what, value, low, high);
}

/* Of 100 items 9 choose the best epoch, in dialogues that need so many; 1 in 16 will do when there
 * are few and chance leaves fewer. */
static enum gmr_status check(const struct gmr_demo_options *o)
{
    if (!o->directory || !o->encoder)
        return gmr_error(GMR_ERR_RANGE, "a demonstration needs %s",
                         o->directory ? "an encoder" : "a directory");
    TRY(check_number("items", o->items, GMR_DEMO_MIN_ITEMS, GMR_DEMO_MAX_ITEMS));
    TRY(check_number("epochs", o->epochs, 1, GMR_DEMO_MAX_EPOCHS));
    TRY(check_number("supervised epochs", o->supervised_epochs, 1, GMR_DEMO_MAX_EPOCHS));
    TRY(check_number("turns", o->turns, 1, GMR_DEMO_MAX_TURNS));
    TRY(check_number("k", o->k, 2, GMR_DEMO_MAX_SHOWN));
    if (o->items / 16 < (o->turns + 1) * o->k)
        return gmr_error(GMR_ERR_RANGE, "%zu items are too few for %zu lists of %zu: at least %zu",
                         o->items, o->turns + 1, o->k, 16 * (o->turns + 1) * o->k);
    return GMR_OK;
}

static json_t *config_of(const struct gmr_demo_options *o)
{
    return json_pack("{s:s, s:i, s:{s:s}, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "job", "demo",
                     "version", 2, RUN_ABOUT, "encoder", o->encoder, "model", MODEL, "items",
                     (json_int_t)o->items, "supervised_epochs", (json_int_t)o->supervised_epochs,
                     "epochs", (json_int_t)o->epochs, "turns", (json_int_t)o->turns, "k",
                     (json_int_t)o->k, "seed", (json_int_t)o->seed);
}

/* ---- steps ---- */

struct demo {
    struct gmr_context *context;
    const struct gmr_demo_options *options;
    struct gmr_demo_result *result;
    struct run_directory directory;
    char catalogue[PATH_MAX], run[PATH_MAX];
};

static enum gmr_status draw(struct demo *d)
{
    struct gmr_generate_options options = gmr_generate_options_default();
    struct gmr_import_report report;
    options.catalogue = d->catalogue;
    options.items = d->options->items;
    options.seed = d->options->seed;
    options.progress = d->options->progress;
    return gmr_catalogue_generate(d->context, &options, &report);
}

static enum gmr_status encode_with(struct demo *d, struct gmr_encoder *encoder)
{
    struct gmr_encode_options options = gmr_encode_options_default();
    struct gmr_encode_report report;
    struct gmr_catalogue *catalogue;
    options.progress = d->options->progress;
    TRY(gmr_catalogue_open(d->context, d->catalogue, &catalogue));
    const enum gmr_status status = gmr_encoder_encode(encoder, catalogue, &options, &report);
    gmr_catalogue_close(catalogue);
    return status;
}

static enum gmr_status encode(struct demo *d)
{
    const struct gmr_encoder_options options = { .weights = d->options->encoder };
    struct gmr_encoder *encoder;
    TRY(gmr_encoder_open(d->context, &options, &encoder));
    const enum gmr_status status = encode_with(d, encoder);
    gmr_encoder_close(encoder);
    return status;
}

static enum gmr_status learn(struct demo *d, enum gmr_recommender_stage stage)
{
    const struct gmr_demo_options *o = d->options;
    struct gmr_recommender_training_options options =
        gmr_recommender_training_options_default(GMR_RECOMMENDER_SMALL);
    options.catalogue = d->catalogue;
    options.encoder = o->encoder;
    options.out = d->run;
    options.model = MODEL;
    options.compat = COMPAT;
    options.stage = stage;
    options.batch = BATCH;
    options.turns = o->turns;
    options.k = o->k;
    options.supervised_epochs = o->supervised_epochs;
    options.epochs = o->epochs;
    options.rate = options.policy_rate = rate;
    options.seed = o->seed;
    options.progress = o->progress;
    return gmr_recommender_train(d->context, &options, &d->result->training);
}

static enum gmr_status supervise(struct demo *d)
{
    return learn(d, GMR_RECOMMENDER_SUPERVISED);
}

/* The first stage has ended and is only looked up. */
static enum gmr_status reinforce(struct demo *d)
{
    return learn(d, GMR_RECOMMENDER_BOTH);
}

struct contestant {
    const char *name, *weights; /* weights: in the directory; NULL: a rule */
};

static enum gmr_status measure(struct demo *d, struct contestant who, bool is_watched)
{
    const struct gmr_demo_options *o = d->options;
    struct gmr_demo_policy *to = &d->result->policy[d->result->policies];
    struct gmr_dialogue_evaluation_options options = gmr_dialogue_evaluation_options_default();
    char weights[PATH_MAX];
    if (who.weights)
        TRY(run_directory_file(&d->directory, who.weights, weights));
    options.model = who.weights ? weights : NULL;
    options.policy = who.weights ? NULL : who.name;
    options.catalogue = d->catalogue;
    options.split = "test";
    options.encoder = o->encoder;
    options.turns = o->turns;
    options.k = o->k;
    options.seed = o->seed;
    options.watch = is_watched ? o->watch : NULL;
    options.watch_user = o->user;
    options.progress = o->progress;
    TRY(gmr_dialogue_evaluate(d->context, &options, &to->evaluation));
    to->name = who.name;
    d->result->policies++;
    return GMR_OK;
}

static enum gmr_status evaluate(struct demo *d)
{
    for (const char *const *rule = gmr_policies(); *rule; rule++)
        TRY(measure(d, (struct contestant){ *rule, NULL }, false));
    TRY(measure(d, (struct contestant){ "pre-trained", "run/supervised/best.safetensors" }, false));
    return measure(d, (struct contestant){ "trained", "run/reinforced/best.safetensors" }, true);
}

static enum gmr_status (*const steps[GMR_DEMO_STEPS])(struct demo *d) = {
    [GMR_DEMO_DRAW] = draw,           [GMR_DEMO_ENCODE] = encode,
    [GMR_DEMO_SUPERVISE] = supervise, [GMR_DEMO_REINFORCE] = reinforce,
    [GMR_DEMO_EVALUATE] = evaluate,
};

/* ---- all ---- */

static enum gmr_status run(struct demo *d)
{
    const struct gmr_demo_options *o = d->options;
    TRY(run_directory_file(&d->directory, "catalogue", d->catalogue));
    TRY(run_directory_file(&d->directory, "run", d->run));
    for (enum gmr_demo_step step = 0; step < GMR_DEMO_STEPS; step++) {
        if (o->begin)
            o->begin(o->user, step);
        TRY(steps[step](d));
    }
    return GMR_OK;
}

static enum gmr_status open_directory(struct demo *d)
{
    return run_directory_open(&d->directory, context_allocator(d->context), d->options->directory,
                              config_of(d->options));
}

enum gmr_status gmr_demo_run(struct gmr_context *context, const struct gmr_demo_options *options,
                             struct gmr_demo_result *result)
{
    struct demo d = { .context = context, .options = options, .result = result };
    const double start = clock_seconds();
    memset(result, 0, sizeof *result);
    TRY(check(options));
    TRY(open_directory(&d));
    const enum gmr_status status = run(&d);
    run_directory_close(&d.directory);
    result->seconds = clock_seconds() - start;
    return status;
}
