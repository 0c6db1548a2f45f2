#include "learning/pretraining.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "learning/recommender_training.h"

struct pretraining_settings pretraining_settings_default(void)
{
    struct adam_settings adam = adam_settings_default();

    adam.weight_decay = 1e-8;
    return (struct pretraining_settings){
        .epochs = 20, .batch = 128, .turns = 10, .shown = 3, .margin = 0.1, .adam = adam, .seed = 42
    };
}

static enum gmr_status train_batch(struct recommender_training *r, struct optimiser *optimiser,
                                   struct tape *t, double *loss)
{
    parameters_clear_grad(r->model->parameters);
    TRY(recommender_training_learn(r, t, loss));
    if (!isfinite(*loss))
        return gmr_error(GMR_ERR_NUMERIC, "the loss is not finite");
    optimiser_step(optimiser);
    return GMR_OK;
}

static enum gmr_status train_epoch(struct recommender_training *r, struct optimiser *optimiser,
                                   struct tape *t, size_t all_batches,
                                   const struct gmr_progress *progress, double *mean)
{
    const size_t batches = recommender_training_batches(r);
    double sum = 0;

    for (size_t b = 0; b < batches; b++) {
        double loss;
        char note[64];

        TRY(progress_check(progress, "training"));
        TRY(train_batch(r, optimiser, t, &loss));
        sum += loss;
        snprintf(note, sizeof note, "loss %.4f", sum / (double)(b + 1));
        progress_report(progress, "training", "batch", r->batch, all_batches, note);
    }
    *mean = sum / (double)batches;
    return GMR_OK;
}

static enum gmr_status train(struct recommender_training *r, struct optimiser *optimiser,
                             struct tape *t, size_t epochs, const struct gmr_progress *progress,
                             struct pretraining_result *result)
{
    const size_t all_batches = epochs * recommender_training_batches(r);

    t->training = t->recording = true;
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        TRY(train_epoch(r, optimiser, t, all_batches, progress, &result->last_loss));
        if (epoch == 0)
            result->first_loss = result->last_loss;
        result->batches = r->batch;
    }
    return GMR_OK;
}

enum gmr_status pretraining_run(struct recommender *m, const struct dialogue_source *source,
                                struct tape *t, const struct pretraining_settings *settings,
                                const struct gmr_progress *progress,
                                struct pretraining_result *result)
{
    struct recommender_training_settings training = recommender_training_settings_default();
    struct recommender_training r;
    struct optimiser optimiser = { 0 };
    enum gmr_status status;

    memset(result, 0, sizeof *result);
    training.batch = settings->batch;
    training.turns = settings->turns;
    training.shown = settings->shown;
    training.margin = settings->margin;
    training.seed = settings->seed;
    status = recommender_training_init(&r, TRAINING_SUPERVISED, m, source, &training);
    if (status == GMR_OK)
        status = optimiser_init(&optimiser, m->parameters, settings->adam);
    if (status == GMR_OK)
        status = train(&r, &optimiser, t, settings->epochs, progress, result);
    if (optimiser.parameters)
        optimiser_release(&optimiser);
    recommender_training_release(&r);
    return status;
}
