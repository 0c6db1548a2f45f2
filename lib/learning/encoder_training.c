#include "learning/encoder_training.h"

#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "learning/encoder_training_inside.h"

struct encoder_training_settings encoder_training_settings_default(void)
{
    return (struct encoder_training_settings){
        .model = { .embed = 128,
                   .image = CLIP_RESNET,
                   .resolution = 64,
                   .image_width = 32,
                   .blocks = { 1, 1, 1, 1 },
                   .image_heads = 16,
                   .text_width = 128,
                   .text_layers = 2,
                   .text_heads = 2,
                   .context = 48,
                   .activation = ACTIVATE_QUICK_GELU },
        .merges = 1278,
        .batch = 128,
        .epochs = 30,
        .rate = 1e-3,
        .decay = 0.05,
        .warm_up = 200,
        .seed = 42,
    };
}

/* ---- what is learned from ---- */

static enum gmr_status open_sources(struct encoder_training *r)
{
    if (r->sources < 1 || r->sources > CORPUS_MAX_CATALOGUES)
        return gmr_error(GMR_ERR_RANGE, "%zu catalogues, not 1 .. %d", r->sources,
                         CORPUS_MAX_CATALOGUES);
    for (size_t i = 0; i < r->sources; i++) {
        TRY(catalogue_open(r->allocator, r->source[i].catalogue, &r->catalogue[i]));
        TRY(corpus_add_splits(&r->corpus, &r->held_out, i, r->catalogue[i], r->source[i].train,
                              r->source[i].validation, r->progress));
    }
    if (r->corpus.count < 2 || r->held_out.count == 0)
        return gmr_error(GMR_ERR_RANGE,
                         "%zu pictures to learn from and %zu to validate on: "
                         "both are needed",
                         r->corpus.count, r->held_out.count);
    r->result->items = r->corpus.count;
    r->result->held_out = r->held_out.count;
    return GMR_OK;
}

static enum gmr_status add_words(struct tokeniser_trainer *trainer, const struct gmr_item *item)
{
    char phrase[ITEM_TEXT_SIZE];
    TRY(tokeniser_trainer_add(trainer, item->title));
    TRY(tokeniser_trainer_add(trainer, item->description));
    for (size_t i = 0; i < item->attribute_count; i++) {
        item_text_phrase(item->attributes[i].name, item->attributes[i].value, 0, phrase);
        TRY(tokeniser_trainer_add(trainer, phrase));
    }
    return GMR_OK;
}

/* The same texts give the same vocabulary, so it is learned anew when a run goes on. */
static enum gmr_status learn_vocabulary(struct encoder_training *r)
{
    struct tokeniser_trainer *trainer;
    TRY(tokeniser_trainer_create(r->allocator, &trainer));
    enum gmr_status status = GMR_OK;
    for (size_t i = 0; status == GMR_OK && i < r->corpus.count; i++)
        status = add_words(trainer, &r->corpus.item[i].item);
    if (status == GMR_OK)
        status = tokeniser_trainer_finish(trainer, r->settings->merges, &r->tokeniser);
    tokeniser_trainer_destroy(trainer);
    return status;
}

/* ---- the job ---- */

static enum gmr_status seek(void *user, uint64_t epoch, size_t batch)
{
    struct encoder_training *r = user;
    return pair_stream_seek(&r->pairs, epoch, batch);
}

static enum gmr_status learn_batch(void *user, struct tape *t, double *loss)
{
    struct encoder_training *r = user;
    struct contrastive_batch batch;
    TRY(pair_stream_next(&r->pairs, &batch));
    struct tensor *value = contrastive_loss(t, &r->model, &batch);
    *loss = (double)tape_scalar(t, value);
    const enum gmr_status status = tape_backward(t, value);
    tape_reset(t);
    return status;
}

/* AdamW: weights shrink by themselves, outside the moments. Vectors (biases, norms) and the
 * temperature do not. */
static void decay_weights(void *user, double rate)
{
    const struct encoder_training *r = user;
    const struct parameters *p = &r->model.parameters;
    for (size_t i = 0; i < p->tensor_count; i++) {
        struct tensor *x = p->tensor[i];
        if (x->requires_grad && x->has_grad && x->rank >= 2)
            r->compute->add_scaled(r->compute, tensor_real(x), x->grad, 0,
                                   (real)(1 - rate * r->settings->decay), tensor_numel(x));
    }
}

static void clamp(void *user)
{
    struct encoder_training *r = user;
    contrastive_clamp(&r->model);
}

static enum gmr_status judge(void *user, const char *name, double *score, json_t *line)
{
    struct encoder_training *r = user;
    const struct retrieval_summary *v = &r->validation;
    TRY(encoder_training_validate(r, name));
    json_object_update_new(line,
                           json_pack("{s:f, s:f, s:f, s:f}", "r1", v->recall_1, "r5", v->recall_5,
                                     "r10", v->recall_10, "median_rank", v->median_rank));
    *score = v->recall_10;
    return GMR_OK;
}

/* ---- a run ---- */

static enum gmr_status make_model(struct encoder_training *r)
{
    struct clip_settings model = r->settings->model;
    model.vocabulary = tokeniser_size(r->tokeniser);
    r->result->vocabulary = model.vocabulary;
    TRY(clip_init(&r->model, r->compute, r->allocator, model));
    r->result->parameters = parameters_trained(&r->model.parameters);
    return GMR_OK;
}

static enum gmr_status open_run(struct encoder_training *r, const char *directory)
{
    const struct encoder_training_settings *s = r->settings;
    const struct training_schedule schedule = { .epochs = s->epochs,
                                                .batches = pair_stream_batches(&r->pairs),
                                                .rate = s->rate,
                                                .warm_up = s->warm_up,
                                                .seed = s->seed };
    bool begins = false;
    r->job = (struct training_job){ .user = r,
                                    .seek = seek,
                                    .learn = learn_batch,
                                    .before_step = decay_weights,
                                    .after_step = clamp,
                                    .judge = judge,
                                    .write = encoder_training_write,
                                    .score = "validation R@10" };
    const enum gmr_status status =
        training_run_open(&r->run, &r->job, schedule, &r->model.parameters, directory,
                          encoder_training_config(r), &begins);
    if (status == GMR_OK && begins)
        clip_initialise(&r->model, s->seed);
    return status;
}

static enum gmr_status prepare(struct encoder_training *r, const char *directory)
{
    const struct encoder_training_settings *s = r->settings;
    const struct pair_stream_settings pairs = { .batch = s->batch,
                                                .resolution = s->model.resolution,
                                                .context = s->model.context,
                                                .seed = s->seed,
                                                .threads = s->threads };
    TRY(open_sources(r));
    TRY(learn_vocabulary(r));
    TRY(make_model(r));
    TRY(pair_stream_init(&r->pairs, r->allocator, &r->corpus, r->catalogue, r->sources,
                         r->tokeniser, pairs));
    return open_run(r, directory);
}

static void finish(struct encoder_training *r)
{
    training_run_close(&r->run);
    pair_stream_release(&r->pairs);
    clip_release(&r->model);
    tokeniser_destroy(r->tokeniser);
    corpus_release(&r->held_out); /* may use words of the other */
    corpus_release(&r->corpus);
    for (size_t i = 0; i < r->sources && i < CORPUS_MAX_CATALOGUES; i++)
        catalogue_close(r->catalogue[i]);
}

/* What the run leaves: the best weights, judged once more. */
static enum gmr_status conclude(struct encoder_training *r)
{
    struct encoder_training_result *result = r->result;
    TRY(encoder_training_validate(r, TRAINING_BEST));
    result->best = r->validation;
    result->best_epoch = r->run.best_epoch;
    result->last_loss = r->run.last_loss;
    result->steps = r->run.step;
    result->epochs = r->run.epochs;
    result->broken = r->pairs.broken;
    memcpy(result->reason, r->pairs.reason, sizeof result->reason);
    return training_run_conclude(&r->run, encoder_training_metrics(r));
}

enum gmr_status encoder_training_run(struct compute *compute, const struct gmr_allocator *allocator,
                                     const struct encoder_training_settings *settings,
                                     const struct encoder_training_source *source, size_t sources,
                                     const char *directory, const struct gmr_progress *progress,
                                     struct encoder_training_result *result)
{
    struct encoder_training r = { .settings = settings,
                                  .source = source,
                                  .sources = sources,
                                  .compute = compute,
                                  .allocator = allocator,
                                  .progress = progress,
                                  .result = result };
    memset(result, 0, sizeof *result);
    corpus_init(&r.corpus, allocator);
    corpus_init(&r.held_out, allocator);
    training_run_init(&r.run, compute, allocator, progress);
    enum gmr_status status = prepare(&r, directory);
    if (status == GMR_OK)
        status = training_run_learn(&r.run);
    if (status == GMR_OK)
        status = conclude(&r);
    result->seconds = clock_seconds() - r.run.start;
    finish(&r);
    return status;
}
