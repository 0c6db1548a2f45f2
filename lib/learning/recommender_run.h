/* Training of a recommender on a catalogue (spec sections 2.3-2.5): supervised, then by policy
 * learning from the best of those weights; after each epoch dialogues about the items held out
 * judge it by NDCG@10, a mean over users and turns.
 *
 *     OUT/config.json            what both stages share
 *     OUT/supervised, OUT/reinforced   a run each (learning/training_run.h)
 *     OUT/best.safetensors       the better of their best weights
 *     OUT/metrics.json           results, at the end */
#ifndef LEARNING_RECOMMENDER_RUN_H
#define LEARNING_RECOMMENDER_RUN_H

#include <gommir/training.h>

#include "compute/compute.h"
#include "learning/recommender_training.h"

/* What the options say of the model, whose features are not known yet, and of a stage. */
struct recommender_settings recommender_run_model(
    const struct gmr_recommender_training_options *options);
struct recommender_training_settings recommender_run_training(
    const struct gmr_recommender_training_options *options);

/* Errors: those of gmr_recommender_train. */
enum gmr_status recommender_run(struct compute *compute, const struct gmr_allocator *allocator,
                                const struct gmr_recommender_training_options *options,
                                unsigned threads, const struct gmr_logger *logger,
                                struct gmr_recommender_training_result *result);

#endif
