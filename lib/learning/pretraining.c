#include "learning/pretraining.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"

struct pretraining_settings pretraining_settings_default(void)
{
    struct adam_settings adam = adam_settings_default();

    adam.weight_decay = 1e-8;
    return (struct pretraining_settings){
        .epochs = 20, .batch = 128, .turns = 10, .shown = 3, .margin = 0.1, .adam = adam, .seed = 42
    };
}

/* What one run holds. */
struct pretraining {
    const struct pretraining_settings *settings;
    struct recommender *model;
    struct tape *tape;
    struct optimiser optimiser;
    struct embedding embedding;
    struct dialogue dialogue;
    struct mt19937 rng;
    real *rows; /* [batch, width]: embeddings picked for one input */
};

/* Embeddings of some items as an input of the tape: constants, for targets and negatives carry no
 * gradient. */
static struct tensor *pick(struct pretraining *r, const uint64_t *item)
{
    size_t width = r->embedding.width, users = r->dialogue.users;

    for (size_t u = 0; u < users; u++)
        memcpy(r->rows + u * width, r->embedding.row + item[u] * width, width * sizeof *r->rows);
    return tape_input(r->tape, (size_t[]){ users, width }, 2, r->rows);
}

static struct tensor *random_items(struct pretraining *r)
{
    uint64_t *item = r->dialogue.liked; /* free once the answer is on the tape */

    for (size_t u = 0; u < r->dialogue.users; u++)
        item[u] = mt19937_below(&r->rng, r->embedding.count);
    return pick(r, item);
}

/* trip(s, target, n) + trip(c, target, n), a mean over the batch. */
static struct tensor *turn_loss(struct pretraining *r, struct recommender_turn turn,
                                struct tensor *target)
{
    double margin = r->settings->margin;
    struct tape *t = r->tape;
    struct tensor *negative = random_items(r), *loss;

    loss = op_triplet(t, turn.state, target, negative, margin);
    if (r->model->row->composed_loss)
        loss = op_add(t, loss, op_triplet(t, turn.composed, target, negative, margin));
    return op_mean_all(t, loss);
}

static enum gmr_status batch_loss(struct pretraining *r, struct tensor **loss)
{
    struct recommender_history history;
    struct tensor *target, *sum = NULL;
    struct tape *t = r->tape;

    recommender_begin(&history);
    target = pick(r, r->dialogue.target);
    for (size_t i = 0; i < r->settings->turns; i++) {
        struct recommender_turn turn;
        struct tensor *part;

        TRY(dialogue_turn(&r->dialogue, &r->embedding, t, r->model, &history, &turn));
        part = turn_loss(r, turn, target);
        sum = sum ? op_add(t, sum, part) : part;
        dialogue_draw_lists(&r->dialogue, &r->rng);
    }
    *loss = op_scale(t, sum, 1 / (double)r->settings->turns);
    return GMR_OK;
}

/* One batch in the spec's order of draws: targets, lists, catalogue, turns; then one step of Adam.
 */
static enum gmr_status train_batch(struct pretraining *r, double *value)
{
    struct tape *t = r->tape;
    struct tensor *loss;
    enum gmr_status status;

    dialogue_draw_targets(&r->dialogue, &r->rng);
    dialogue_draw_lists(&r->dialogue, &r->rng);
    TRY(embedding_refresh(&r->embedding, r->model, r->dialogue.source, t));
    parameters_clear_grad(r->model->parameters);
    dialogue_begin(&r->dialogue, 0);
    status = batch_loss(r, &loss);
    if (status == GMR_OK) {
        *value = (double)tape_scalar(t, loss);
        status = tape_backward(t, loss);
    }
    tape_reset(t);
    TRY(status);
    if (!isfinite(*value))
        return gmr_error(GMR_ERR_NUMERIC, "the loss is not finite");
    optimiser_step(&r->optimiser);
    return GMR_OK;
}

static size_t batches_per_epoch(const struct pretraining *r)
{
    return (r->embedding.count + r->settings->batch - 1) / r->settings->batch;
}

static enum gmr_status train_epoch(struct pretraining *r, size_t epoch,
                                   const struct gmr_progress *progress, double *mean)
{
    size_t batches = batches_per_epoch(r), done = epoch * batches;
    double sum = 0;

    for (size_t b = 0; b < batches; b++) {
        double loss;
        char note[64];

        TRY(progress_check(progress, "training"));
        TRY(train_batch(r, &loss));
        sum += loss;
        snprintf(note, sizeof note, "loss %.4f", sum / (double)(b + 1));
        progress_report(progress, "training", "batch", done + b + 1, r->settings->epochs * batches,
                        note);
    }
    *mean = sum / (double)batches;
    return GMR_OK;
}

static enum gmr_status train(struct pretraining *r, const struct gmr_progress *progress,
                             struct pretraining_result *result)
{
    r->tape->training = r->tape->recording = true;
    for (size_t epoch = 0; epoch < r->settings->epochs; epoch++) {
        TRY(train_epoch(r, epoch, progress, &result->last_loss));
        if (epoch == 0)
            result->first_loss = result->last_loss;
        result->batches += batches_per_epoch(r);
    }
    return GMR_OK;
}

static enum gmr_status prepare(struct pretraining *r, const struct dialogue_source *source,
                               const struct gmr_allocator *allocator)
{
    size_t width = r->model->settings.width;

    TRY(embedding_init(&r->embedding, allocator, source->items, width));
    TRY(dialogue_init(&r->dialogue, allocator, source, r->settings->batch, r->settings->shown));
    TRY(optimiser_init(&r->optimiser, r->model->parameters, r->settings->adam));
    r->rows = memory_array(allocator, r->settings->batch * width, sizeof *r->rows);
    return r->rows ? GMR_OK : GMR_ERR_NOMEM;
}

enum gmr_status pretraining_run(struct recommender *m, const struct dialogue_source *source,
                                struct tape *t, const struct pretraining_settings *settings,
                                const struct gmr_progress *progress,
                                struct pretraining_result *result)
{
    const struct gmr_allocator *allocator = m->parameters->allocator;
    struct pretraining run = { .settings = settings, .model = m, .tape = t };
    enum gmr_status status;

    memset(result, 0, sizeof *result);
    mt19937_seed(&run.rng, settings->seed);
    status = prepare(&run, source, allocator);
    if (status == GMR_OK)
        status = train(&run, progress, result);
    memory_release(allocator, run.rows, settings->batch * m->settings.width * sizeof *run.rows);
    if (run.optimiser.parameters)
        optimiser_release(&run.optimiser);
    dialogue_release(&run.dialogue);
    embedding_release(&run.embedding, allocator);
    return status;
}
