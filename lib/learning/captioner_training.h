/* Training of relative captioners (spec section 5) on critiques of pairs of a catalogue's items:
 * the negative log-likelihood of each word, Adam with clamped gradients, a warm-up and a cosine;
 * the epoch with the least loss on items held out is the best. The vocabulary is learned from
 * critiques first.
 *
 * The run is one of learning/training_run.h, and its weights are captioners
 * (simulator/captioner/checkpoint.h). */
#ifndef LEARNING_CAPTIONER_TRAINING_H
#define LEARNING_CAPTIONER_TRAINING_H

#include <gommir/training.h>

#include "compute/compute.h"
#include "simulator/captioner/captioner.h"

/* What the options say of the model; channels and words are not known yet. */
struct captioner_settings captioner_training_model(
    const struct gmr_captioner_training_options *options);

/* Errors: those of gmr_captioner_train. */
enum gmr_status captioner_training_run(struct compute *compute,
                                       const struct gmr_allocator *allocator,
                                       const struct gmr_captioner_training_options *options,
                                       unsigned threads,
                                       struct gmr_captioner_training_result *result);

#endif
