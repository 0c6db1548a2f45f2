#include "learning/recommender_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/status.h"
#include "learning/recommender_run_inside.h"
#include "tensor/weights.h"

#define METRICS "metrics.json"

static bool has(const struct gmr_recommender_training_options *o, unsigned bit)
{
    return (o->compat & bit) != 0;
}

struct recommender_settings recommender_run_model(const struct gmr_recommender_training_options *o)
{
    return (struct recommender_settings){
        .width = o->width,
        .layers = o->layers,
        .heads = o->heads,
        .hidden = o->hidden,
        .original_composer = has(o, GMR_COMPAT_ORIGINAL_COMPOSER),
        .independent_layers = has(o, GMR_COMPAT_INDEPENDENT_LAYERS),
        .aligned = has(o, GMR_COMPAT_ALIGNED),
    };
}

struct recommender_training_settings recommender_run_training(
    const struct gmr_recommender_training_options *o)
{
    return (struct recommender_training_settings){
        .batch = o->batch,
        .turns = o->turns,
        .shown = o->k,
        .margin = o->margin,
        .seed = o->seed,
        .freeze_image = has(o, GMR_COMPAT_FREEZE_IMAGE),
        .omit_last = has(o, GMR_COMPAT_OMIT_LAST),
        .like_raw = has(o, GMR_COMPAT_LIKE_BY_ENCODER),
        .negatives = o->negatives,
        .discount = o->discount,
        .kernel = o->kernel == GMR_POLICY_DISTANCE ? POLICY_DISTANCE : POLICY_DOT,
        .full_return = has(o, GMR_COMPAT_FULL_RETURN),
        .scale_rewards = has(o, GMR_COMPAT_SCALE_REWARDS),
        .clamp_returns = has(o, GMR_COMPAT_CLAMP_RETURNS),
        .all_items = has(o, GMR_COMPAT_ALL_ITEMS),
    };
}

static bool learns_supervised(const struct gmr_recommender_training_options *o)
{
    return o->stage == GMR_RECOMMENDER_SUPERVISED || (o->stage == GMR_RECOMMENDER_BOTH && !o->from);
}

static bool learns_policy(const struct gmr_recommender_training_options *o)
{
    return o->stage != GMR_RECOMMENDER_SUPERVISED;
}

/* ---- a stage ---- */

struct stage {
    enum training_stage which;
    struct recommender_training training;
    struct training_run run;
    char from[PATH_MAX]; /* weights that it begins with, and their digest; "": none */
    char digest[DIGEST_HEX];
};

static enum gmr_status judge(void *user, const char *name, double *score, json_t *line)
{
    const struct recommender_training *training = user;
    (void)name; /* they are the present ones */
    return recommender_run_judge(training->owner, score, line);
}

static enum gmr_status write_model(void *user, const char *path,
                                   const struct safetensors_metadata *state, size_t count)
{
    const struct recommender_training *training = user;
    const struct recommender_run *r = training->owner;
    return recommender_save(&r->model, path, &r->facts, state, count);
}

static struct training_schedule schedule_of(const struct recommender_run *r,
                                            enum training_stage which)
{
    const struct gmr_recommender_training_options *o = r->options;
    const struct recommender_training_settings settings = recommender_run_training(o);
    struct training_schedule s =
        recommender_training_schedule(which, r->train.source.items, &settings);
    s.epochs = which == TRAINING_POLICY ? o->epochs : o->supervised_epochs;
    s.rate = which == TRAINING_POLICY ? o->policy_rate : o->rate;
    s.weight_decay = o->decay;
    s.patience = o->patience;
    s.constant = !has(o, GMR_COMPAT_FALLING_RATE);
    return s;
}

/* Values of a file that was learned with the same encoder. */
static enum gmr_status read_weights(struct recommender_run *r, const struct safetensors *file)
{
    const char *encoder = safetensors_metadata_find(file, "encoder");
    if (encoder && strcmp(encoder, r->facts.encoder) != 0)
        return gmr_error(GMR_ERR_STATE, "'%s' has learned from another encoder, %.16s, not %.16s",
                         safetensors_name(file), encoder, r->facts.encoder);
    return parameters_read(r->model.parameters, file);
}

static enum gmr_status load_weights(struct recommender_run *r, const char *path)
{
    struct safetensors *file;
    TRY(weights_open(r->allocator, path, &file));
    const enum gmr_status status = read_weights(r, file);
    safetensors_close(file);
    return status;
}

static enum gmr_status first_weights(struct recommender_run *r, const struct stage *s)
{
    if (s->which == TRAINING_POLICY)
        return load_weights(r, s->from);
    recommender_initialise(&r->model, r->options->seed);
    return GMR_OK;
}

static enum gmr_status open_stage(struct recommender_run *r, struct stage *s, const char *name)
{
    const struct recommender_training_settings settings = recommender_run_training(r->options);
    const struct training_schedule schedule = schedule_of(r, s->which);
    char path[PATH_MAX];
    bool begins = false;
    TRY(recommender_training_init(&s->training, s->which, &r->model, &r->train.source, &settings));
    recommender_training_job(&s->training, &r->job);
    s->training.owner = r;
    r->job.judge = judge;
    r->job.write = write_model;
    r->job.name = s->which == TRAINING_POLICY ? "policy learning" : "supervised training";
    r->job.score = "validation NDCG@10";
    TRY(run_directory_file(&r->directory, name, path));
    json_t *config = recommender_run_stage_config(r, s->which, &schedule, s->digest);
    const enum gmr_status status =
        training_run_open(&s->run, &r->job, schedule, r->model.parameters, path, config, &begins);
    return status == GMR_OK && begins ? first_weights(r, s) : status;
}

static enum gmr_status conclude(struct stage *s, struct gmr_recommender_stage_result *result)
{
    *result = (struct gmr_recommender_stage_result){ .steps = s->run.step,
                                                     .epochs = s->run.epochs,
                                                     .best_epoch = s->run.best_epoch,
                                                     .ndcg10 = s->run.best_score };
    return training_run_conclude(&s->run, recommender_run_stage_metrics(result));
}

static enum gmr_status learn(struct recommender_run *r, struct stage *s, const char *name,
                             struct gmr_recommender_stage_result *result)
{
    training_run_init(&s->run, r->compute, r->allocator, &r->options->progress);
    enum gmr_status status = open_stage(r, s, name);
    if (status == GMR_OK)
        status = training_run_learn(&s->run);
    if (status == GMR_OK)
        status = conclude(s, result);
    training_run_close(&s->run);
    recommender_training_release(&s->training);
    return status;
}

/* ---- both ---- */

/* The best weights of the supervised stage, once it has come to its end. */
static enum gmr_status find_supervised(const struct recommender_run *r, char *path)
{
    TRY(run_directory_file(&r->directory, RUN_SUPERVISED "/" METRICS, path));
    if (access(path, F_OK) != 0)
        return gmr_error(
            GMR_ERR_NOT_FOUND,
            "run '%s' has no supervised weights to go on from: that stage has not come "
            "to its end",
            r->directory.path);
    return run_directory_file(&r->directory, RUN_SUPERVISED "/" TRAINING_BEST, path);
}

static enum gmr_status learn_supervised(struct recommender_run *r)
{
    struct stage s = { .which = TRAINING_SUPERVISED };
    return learn(r, &s, RUN_SUPERVISED, &r->result->supervised);
}

static enum gmr_status learn_policy(struct recommender_run *r)
{
    struct stage s = { .which = TRAINING_POLICY };
    if (!r->options->from)
        TRY(find_supervised(r, s.from));
    else if (snprintf(s.from, sizeof s.from, "%s", r->options->from) >= PATH_MAX)
        return gmr_error(GMR_ERR_RANGE, "the path '%s' is too long", r->options->from);
    TRY(digest_file(s.from, s.digest));
    return learn(r, &s, RUN_REINFORCED, &r->result->reinforced);
}

static enum gmr_status copy_file(const struct gmr_allocator *allocator, const char *from,
                                 const char *to)
{
    struct file_writer *writer;
    struct file_map map;
    TRY(file_map_open(&map, from));
    enum gmr_status status = file_writer_create(allocator, to, &writer);
    if (status == GMR_OK) {
        file_writer_write(writer, map.data, map.size);
        status = file_writer_commit(writer);
    }
    file_map_close(&map);
    return status;
}

/* Policy learning begins with the best supervised weights and may not find better ones. */
static enum gmr_status choose(struct recommender_run *r)
{
    const struct gmr_recommender_training_result *result = r->result;
    char from[PATH_MAX], to[PATH_MAX];
    r->result->is_reinforced =
        result->reinforced.epochs > 0 &&
        (result->supervised.epochs == 0 || result->reinforced.ndcg10 >= result->supervised.ndcg10);
    TRY(run_directory_file(&r->directory,
                           result->is_reinforced ? RUN_REINFORCED "/" TRAINING_BEST
                                                 : RUN_SUPERVISED "/" TRAINING_BEST,
                           from));
    TRY(run_directory_file(&r->directory, TRAINING_BEST, to));
    TRY(copy_file(r->allocator, from, to));
    return run_directory_write(&r->directory, METRICS, recommender_run_metrics(r));
}

static enum gmr_status learn_stages(struct recommender_run *r)
{
    if (learns_supervised(r->options))
        TRY(learn_supervised(r));
    if (learns_policy(r->options))
        TRY(learn_policy(r));
    return choose(r);
}

/* ---- a run ---- */

static enum gmr_status make_model(struct recommender_run *r)
{
    struct recommender_settings settings = recommender_run_model(r->options);
    settings.features = r->train.source.features;
    TRY(recommender_init(&r->model, r->compute, r->allocator, r->row, settings, r->options->seed));
    r->facts.shown = r->options->k;
    snprintf(r->facts.encoder, sizeof r->facts.encoder, "%s", catalogue_source_encoder(r->source));
    r->result->parameters = parameters_trained(r->model.parameters);
    return GMR_OK;
}

/* What would end a stage, or the judging after its first epoch, is said before anything is made. */
static enum gmr_status check_stage(struct recommender_run *r, enum training_stage which)
{
    const struct recommender_training_settings settings = recommender_run_training(r->options);
    struct recommender_training training;
    const enum gmr_status status =
        recommender_training_init(&training, which, &r->model, &r->train.source, &settings);
    recommender_training_release(&training);
    return status;
}

static enum gmr_status check_stages(struct recommender_run *r)
{
    const struct gmr_recommender_training_options *o = r->options;
    const size_t lists = o->turns + 1;
    if (r->held_out.source.items < lists * o->k)
        return gmr_error(GMR_ERR_RANGE, "%zu items held out are too few for %zu lists of %zu",
                         r->held_out.source.items, lists, o->k);
    if (learns_supervised(o))
        TRY(check_stage(r, TRAINING_SUPERVISED));
    return learns_policy(o) ? check_stage(r, TRAINING_POLICY) : GMR_OK;
}

static enum gmr_status open_directory(struct recommender_run *r)
{
    return run_directory_open(&r->directory, r->allocator, r->options->out,
                              recommender_run_config(r));
}

static enum gmr_status prepare(struct recommender_run *r, unsigned threads)
{
    r->row = recommender_find(r->options->model);
    if (!r->row)
        return gmr_error(GMR_ERR_NOT_FOUND, "there is no recommender '%s'", r->options->model);
    TRY(recommender_run_open_sources(r, threads));
    TRY(make_model(r));
    TRY(check_stages(r));
    return open_directory(r);
}

static void finish(struct recommender_run *r)
{
    run_directory_close(&r->directory);
    recommender_release(&r->model);
    source_part_release(&r->held_out);
    source_part_release(&r->train);
    catalogue_source_close(r->source);
    catalogue_close(r->catalogue);
}

enum gmr_status recommender_run(struct compute *compute, const struct gmr_allocator *allocator,
                                const struct gmr_recommender_training_options *options,
                                unsigned threads, const struct gmr_logger *logger,
                                struct gmr_recommender_training_result *result)
{
    struct recommender_run r = { .options = options,
                                 .compute = compute,
                                 .allocator = allocator,
                                 .logger = logger,
                                 .result = result,
                                 .directory = { .lock = -1 } };
    const double start = clock_seconds();
    memset(result, 0, sizeof *result);
    enum gmr_status status = prepare(&r, threads);
    if (status == GMR_OK)
        status = learn_stages(&r);
    result->seconds = clock_seconds() - start;
    finish(&r);
    return status;
}
