#include "learning/encoder_training.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "learning/encoder_training_inside.h"

#define JOB "training"

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

/* A catalogue without the validation split gives a tenth of its train split, and one without
 * either, of all items. */
static enum gmr_status add_source(struct encoder_training *r, size_t i)
{
    const struct encoder_training_source *s = &r->source[i];
    struct catalogue *catalogue = r->catalogue[i];
    const size_t first = r->corpus.count;
    bool can_validate = false, can_train = false;
    TRY(corpus_has_split(catalogue, s->train, &can_train));
    TRY(corpus_has_split(catalogue, s->validation, &can_validate));
    TRY(corpus_add(&r->corpus, i, catalogue, can_train || can_validate ? s->train : NULL,
                   r->progress));
    if (can_validate)
        return corpus_add(&r->held_out, i, catalogue, s->validation, r->progress);
    return corpus_hold_out(&r->corpus, first, &r->held_out);
}

static enum gmr_status open_sources(struct encoder_training *r)
{
    if (r->sources < 1 || r->sources > CORPUS_MAX_CATALOGUES)
        return gmr_error(GMR_ERR_RANGE, "%zu catalogues, not 1 .. %d", r->sources,
                         CORPUS_MAX_CATALOGUES);
    for (size_t i = 0; i < r->sources; i++) {
        TRY(catalogue_open(r->allocator, r->source[i].catalogue, &r->catalogue[i]));
        TRY(add_source(r, i));
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

/* ---- a step ---- */

static size_t all_steps(const struct encoder_training *r)
{
    return r->settings->epochs * pair_stream_batches(&r->pairs);
}

/* Rises to the rate in `warm_up` steps, then falls to 0 along half a wave. */
static double scheduled_rate(const struct encoder_training *r)
{
    const double warm_up = (double)r->settings->warm_up, step = (double)r->step;
    if (step < warm_up)
        return r->settings->rate * (step + 1) / warm_up;
    const double rest = (double)all_steps(r) - warm_up;
    return r->settings->rate * 0.5 * (1 + cos(M_PI * (step - warm_up) / rest));
}

/* AdamW: weights shrink by themselves, outside the moments. Vectors (biases, norms) and the
 * temperature do not. */
static void decay_weights(const struct encoder_training *r, double rate)
{
    const struct parameters *p = &r->model.parameters;
    for (size_t i = 0; i < p->tensor_count; i++) {
        struct tensor *x = p->tensor[i];
        if (x->requires_grad && x->has_grad && x->rank >= 2)
            r->compute->add_scaled(r->compute, tensor_real(x), x->grad, 0,
                                   (real)(1 - rate * r->settings->decay), tensor_numel(x));
    }
}

static enum gmr_status learn_batch(struct encoder_training *r, double *loss)
{
    struct tape *t = &r->tape;
    struct contrastive_batch batch;
    TRY(pair_stream_next(&r->pairs, &batch));
    parameters_clear_grad(&r->model.parameters);
    struct tensor *value = contrastive_loss(t, &r->model, &batch);
    *loss = (double)tape_scalar(t, value);
    enum gmr_status status = tape_backward(t, value);
    tape_reset(t);
    TRY(status);
    if (!isfinite(*loss))
        return gmr_error(GMR_ERR_NUMERIC, "the loss of step %zu is not finite", r->step + 1);
    r->optimiser.settings.rate = scheduled_rate(r);
    decay_weights(r, r->optimiser.settings.rate);
    optimiser_step(&r->optimiser);
    contrastive_clamp(&r->model);
    r->step++;
    return GMR_OK;
}

/* ---- an epoch ---- */

static enum gmr_status log_batch(struct encoder_training *r, double loss)
{
    return run_log_write(&r->run, json_pack("{s:I, s:f, s:f}", "step", (json_int_t)r->step, "loss",
                                            loss, "rate", r->optimiser.settings.rate));
}

static void report(const struct encoder_training *r, size_t batch)
{
    char note[80];
    size_t used = (size_t)snprintf(note, sizeof note, "loss %.4f", r->loss_sum / (double)batch);
    if (r->best_recall > 0)
        snprintf(note + used, sizeof note - used, ", validation R@10 %.3f", r->best_recall);
    progress_report(r->progress, JOB, "batch", r->step, all_steps(r), note);
}

static enum gmr_status end_epoch(struct encoder_training *r)
{
    const double loss = r->loss_sum / (double)pair_stream_batches(&r->pairs);
    TRY(encoder_training_save(r));
    TRY(encoder_training_validate(r, TRAINING_LAST));
    const struct retrieval_summary *v = &r->validation;
    TRY(run_log_write(&r->run, json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "epoch",
                                         (json_int_t)r->epochs + 1, "loss", loss, "r1", v->recall_1,
                                         "r5", v->recall_5, "r10", v->recall_10, "median_rank",
                                         v->median_rank, "seconds", clock_seconds() - r->start)));
    r->result->last_loss = loss;
    r->loss_sum = 0;
    r->epochs++;
    if (v->recall_10 >= r->best_recall) { /* of equal ones, the last has learned most */
        r->best_recall = v->recall_10;
        r->best_epoch = r->epochs;
        TRY(encoder_training_save_best(r));
    }
    return encoder_training_save(r);
}

/* What is left of the present epoch. */
static enum gmr_status learn_epoch(struct encoder_training *r)
{
    const size_t batches = pair_stream_batches(&r->pairs), first = r->step % batches;
    TRY(pair_stream_seek(&r->pairs, r->step / batches, first));
    for (size_t b = first; b < batches; b++) {
        double loss;
        TRY(progress_check(r->progress, JOB));
        TRY(learn_batch(r, &loss));
        r->loss_sum += loss;
        TRY(log_batch(r, loss));
        report(r, b + 1);
    }
    return GMR_OK;
}

/* The last batch of an epoch is learned, and the epoch not yet judged. */
static bool is_to_be_judged(const struct encoder_training *r)
{
    return r->step == (r->epochs + 1) * pair_stream_batches(&r->pairs);
}

/* ---- a run ---- */

static enum gmr_status make_model(struct encoder_training *r)
{
    struct clip_settings model = r->settings->model;
    model.vocabulary = tokeniser_size(r->tokeniser);
    r->result->vocabulary = model.vocabulary;
    TRY(clip_init(&r->model, r->compute, r->allocator, model));
    r->result->parameters = parameters_trained(&r->model.parameters);
    return optimiser_init(&r->optimiser, &r->model.parameters, adam_settings_default());
}

static enum gmr_status open_run(struct encoder_training *r, const char *directory)
{
    uint64_t log_lines;
    json_t *config = encoder_training_config(r);
    if (!config)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    enum gmr_status status = run_directory_open(&r->run, r->allocator, directory, config);
    json_decref(config);
    TRY(status);
    TRY(encoder_training_restore(r, &log_lines));
    return run_log_open(&r->run, log_lines);
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
    TRY(open_run(r, directory));
    return pair_stream_init(&r->pairs, r->allocator, &r->corpus, r->catalogue, r->sources,
                            r->tokeniser, pairs);
}

static enum gmr_status learn_epochs(struct encoder_training *r)
{
    const size_t batches = pair_stream_batches(&r->pairs), done = r->epochs * batches;
    if (r->epochs > r->settings->epochs || r->step < done || r->step > done + batches)
        return gmr_error(GMR_ERR_FORMAT, "run '%s' cannot have made %zu steps in %zu epochs",
                         r->run.path, r->step, r->epochs);
    r->tape.training = r->tape.recording = true;
    while (r->epochs < r->settings->epochs)
        TRY(is_to_be_judged(r) ? end_epoch(r) : learn_epoch(r));
    return GMR_OK;
}

/* When the user wants to stop, where the run stands is saved first. */
static enum gmr_status learn(struct encoder_training *r)
{
    enum gmr_status status = learn_epochs(r);
    if (status != GMR_ERR_CANCELLED)
        return status;
    TRY(encoder_training_save(r));
    return gmr_error(GMR_ERR_CANCELLED, JOB " was cancelled");
}

static void finish(struct encoder_training *r)
{
    pair_stream_release(&r->pairs);
    if (r->optimiser.parameters)
        optimiser_release(&r->optimiser);
    clip_release(&r->model);
    tokeniser_destroy(r->tokeniser);
    tape_release(&r->tape);
    run_directory_close(&r->run);
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
    result->best_epoch = r->best_epoch;
    result->steps = r->step;
    result->epochs = r->epochs;
    result->broken = r->pairs.broken;
    memcpy(result->reason, r->pairs.reason, sizeof result->reason);
    json_t *metrics = encoder_training_metrics(r);
    if (!metrics)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    enum gmr_status status = run_directory_write(&r->run, "metrics.json", metrics);
    json_decref(metrics);
    return status;
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
                                  .result = result,
                                  .run = { .lock = -1 },
                                  .start = clock_seconds() };
    memset(result, 0, sizeof *result);
    corpus_init(&r.corpus, allocator);
    corpus_init(&r.held_out, allocator);
    tape_init(&r.tape, compute, allocator);
    enum gmr_status status = prepare(&r, directory);
    if (status == GMR_OK)
        status = learn(&r);
    if (status == GMR_OK)
        status = conclude(&r);
    result->seconds = clock_seconds() - r.start;
    finish(&r);
    return status;
}
