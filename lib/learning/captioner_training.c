#include "learning/captioner_training.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "learning/caption_evaluation.h"
#include "learning/captioner_evaluation.h"
#include "learning/captioner_training_inside.h"
#include "simulator/captioner/checkpoint.h"

enum { VOCABULARY_CRITIQUES = 20000, COMPARED = 100, MOST_STATES = 16 };

/* Epochs that are never learned: of critiques whose words are counted. */
#define VOCABULARY_EPOCH (UINT64_C(1) << 30)

struct captioner_settings captioner_training_model(
    const struct gmr_captioner_training_options *options)
{
    return (struct captioner_settings){
        .kind = options->kind == GMR_CAPTIONER_TRANSFORMER ? CAPTIONER_TRANSFORMER
                                                           : CAPTIONER_SHOW_ATTEND_TELL,
        .input = options->input == GMR_CAPTIONER_DIFFERENCE ? CAPTIONER_DIFFERENCE
                 : options->input == GMR_CAPTIONER_BOTH     ? CAPTIONER_BOTH
                                                            : CAPTIONER_TARGET,
        .channels = 1,
        .words = 1,
        .length = options->length,
        .width = options->width,
        .dropout = options->dropout,
        .embed = options->embed,
        .attention = options->attention,
        .hidden = options->hidden,
        .encoder_layers = options->layers,
        .decoder_layers = options->layers,
        .heads = options->heads,
        .input_dropout = options->input_dropout,
    };
}

/* ---- what is learned from ---- */

static enum gmr_status open_critiques(struct captioner_training *r)
{
    const struct gmr_captioner_training_options *o = r->options;
    const struct attribute_critic_options critic = { .seed = o->seed,
                                                     .phrasing = GMR_PHRASING_TRAINING,
                                                     .seen_only = true };
    if (o->critiques == GMR_CRITIQUES_ATTRIBUTES)
        TRY(attribute_critic_create(r->allocator, r->catalogue, &critic, &r->critic));
    TRY(critiques_init(&r->critiques, r->allocator, &r->corpus, r->catalogue, r->regions, r->critic,
                       o->seed));
    r->result->items = r->critiques.pairs.count;
    TRY(critiques_init(&r->to_judge_by, r->allocator, &r->held_out, r->catalogue, r->regions,
                       r->critic, o->seed));
    r->result->held_out = r->to_judge_by.pairs.count;
    return GMR_OK;
}

static enum gmr_status open_sources(struct captioner_training *r, unsigned threads)
{
    const struct gmr_captioner_training_options *o = r->options;
    const struct regions_options regions = { .weights = o->features,
                                             .threads = threads,
                                             .progress = &o->progress };
    TRY(catalogue_open(r->allocator, o->catalogue, &r->catalogue));
    TRY(corpus_add_splits(&r->corpus, &r->held_out, 0, r->catalogue, o->train, o->validation,
                          &o->progress));
    TRY(regions_open(r->compute, r->allocator, r->catalogue, &regions, &r->regions));
    return open_critiques(r);
}

/* What is said most like all else: something to compare with. */
static enum gmr_status find_constant(struct captioner_training *r, const char *const *texts,
                                     size_t count)
{
    size_t place = 0;
    TRY(caption_consensus(r->allocator, texts, count, &place));
    r->constant = texts[place];
    return GMR_OK;
}

/* The same critiques give the same vocabulary, so it is learned anew when a run goes on. */
static enum gmr_status learn_vocabulary(struct captioner_training *r)
{
    const size_t known = critiques_count(&r->critiques);
    const size_t wanted = known < VOCABULARY_CRITIQUES ? known : VOCABULARY_CRITIQUES;
    const char *compared[COMPARED];
    struct caption_count count;
    struct critic_pair pair;
    char text[1][CRITIC_TEXT];
    caption_count_init(&count, &r->words);
    for (size_t i = 0; i < wanted; i++) {
        TRY(critiques_draw(&r->critiques, VOCABULARY_EPOCH, i, 1, &pair, text));
        TRY(caption_count_add(&count, text[0]));
        if (i < COMPARED && !(compared[i] = arena_strdup(&r->words, text[0])))
            return GMR_ERR_NOMEM;
    }
    TRY(find_constant(r, compared, wanted < COMPARED ? wanted : COMPARED));
    return caption_vocabulary_learn(&count, r->options->minimum, &r->vocabulary);
}

static enum gmr_status make_model(struct captioner_training *r)
{
    struct captioner_settings settings = captioner_training_model(r->options);
    settings.channels = regions_channels(r->regions);
    settings.words = r->vocabulary.count;
    TRY(captioner_init(&r->model, r->compute, r->allocator, settings, r->vocabulary.word));
    r->has_model = true;
    r->result->vocabulary = settings.words;
    r->result->parameters = parameters_trained(&r->model.parameters);
    return GMR_OK;
}

/* ---- the job ---- */

static enum gmr_status seek(void *user, uint64_t epoch, size_t batch)
{
    struct captioner_training *r = user;
    r->epoch = epoch;
    r->next = batch;
    return GMR_OK;
}

static enum gmr_status learn_batch(void *user, struct tape *t, double *loss)
{
    struct captioner_training *r = user;
    struct captioner_pictures pictures;
    struct captioner_sentences sentences;
    const size_t size = r->options->batch;
    TRY(captioner_batch_draw(&r->batch, &r->critiques, &r->vocabulary, r->epoch, r->next++ * size,
                             size, &pictures, &sentences));
    struct tensor *value =
        captioner_loss(t, &r->model, &pictures, &sentences, r->options->smoothing);
    *loss = (double)tape_scalar(t, value);
    const enum gmr_status status = tape_backward(t, value);
    tape_reset(t);
    return status;
}

static void clamp(void *user, double rate)
{
    struct captioner_training *r = user;
    (void)rate;
    if (r->options->clamp > 0)
        parameters_clamp_grad(&r->model.parameters, r->options->clamp);
}

static enum gmr_status judge(void *user, const char *name, double *score, json_t *line)
{
    TRY(captioner_training_validate(user, name, score));
    json_object_set_new(line, "validation", json_real(*score));
    return GMR_OK;
}

static enum gmr_status write_model(void *user, const char *path,
                                   const struct safetensors_metadata *state, size_t count)
{
    struct captioner_training *r = user;
    struct safetensors_metadata extra[MOST_STATES] = { { CAPTIONER_CONSTANT, r->constant } };
    assert(count < MOST_STATES);
    memcpy(extra + 1, state, count * sizeof *state);
    return captioner_save(&r->model, path, regions_digest(r->regions), extra, count + 1);
}

/* ---- a run ---- */

static enum gmr_status open_run(struct captioner_training *r)
{
    const struct gmr_captioner_training_options *o = r->options;
    const size_t known = critiques_count(&r->critiques);
    const size_t pairs = known < o->pairs ? known : o->pairs;
    const struct training_schedule schedule = {
        .epochs = o->epochs,
        .batches = pairs < o->batch ? 1 : pairs / o->batch,
        .rate = o->rate,
        .warm_up = o->warm_up,
        .seed = o->seed,
    };
    bool begins = false;
    r->job = (struct training_job){ .user = r,
                                    .seek = seek,
                                    .learn = learn_batch,
                                    .before_step = clamp,
                                    .judge = judge,
                                    .write = write_model,
                                    .score = "validation loss",
                                    .lower_is_better = true };
    const enum gmr_status status =
        training_run_open(&r->run, &r->job, schedule, &r->model.parameters, o->out,
                          captioner_training_config(r), &begins);
    if (status == GMR_OK && begins)
        captioner_initialise(&r->model, o->seed);
    return status;
}

static enum gmr_status prepare(struct captioner_training *r, unsigned threads)
{
    TRY(open_sources(r, threads));
    TRY(learn_vocabulary(r));
    TRY(make_model(r));
    TRY(captioner_batch_init(&r->batch, r->allocator, r->regions, r->options->batch,
                             r->options->length));
    return open_run(r);
}

static enum gmr_status conclude(struct captioner_training *r)
{
    struct gmr_captioner_training_result *result = r->result;
    result->best_epoch = r->run.best_epoch;
    result->loss = r->run.best_score;
    result->steps = r->run.step;
    result->epochs = r->run.epochs;
    return training_run_conclude(&r->run, captioner_training_metrics(r));
}

static void finish(struct captioner_training *r)
{
    training_run_close(&r->run);
    captioner_batch_release(&r->batch);
    if (r->has_model)
        captioner_release(&r->model);
    arena_release(&r->words);
    critiques_release(&r->to_judge_by);
    critiques_release(&r->critiques);
    attribute_critic_destroy(r->critic);
    regions_close(r->regions);
    corpus_release(&r->held_out); /* may use words of the other */
    corpus_release(&r->corpus);
    catalogue_close(r->catalogue);
}

enum gmr_status captioner_training_run(struct compute *compute,
                                       const struct gmr_allocator *allocator,
                                       const struct gmr_captioner_training_options *options,
                                       unsigned threads,
                                       struct gmr_captioner_training_result *result)
{
    struct captioner_training r = {
        .options = options, .compute = compute, .allocator = allocator, .result = result
    };
    memset(result, 0, sizeof *result);
    corpus_init(&r.corpus, allocator);
    corpus_init(&r.held_out, allocator);
    arena_init(&r.words, allocator, 0);
    training_run_init(&r.run, compute, allocator, &options->progress);
    enum gmr_status status = prepare(&r, threads);
    if (status == GMR_OK)
        status = training_run_learn(&r.run);
    if (status == GMR_OK)
        status = conclude(&r);
    result->seconds = clock_seconds() - r.run.start;
    finish(&r);
    return status;
}
