/* A run of encoder training, from inside. */
#ifndef LEARNING_ENCODER_TRAINING_INSIDE_H
#define LEARNING_ENCODER_TRAINING_INSIDE_H

#include "learning/encoder_training.h"
#include "learning/pair_stream.h"
#include "learning/training_run.h"

struct encoder_training {
    const struct encoder_training_settings *settings;
    const struct encoder_training_source *source;
    size_t sources;
    struct compute *compute;
    const struct gmr_allocator *allocator;
    const struct gmr_progress *progress;
    struct encoder_training_result *result;

    struct catalogue *catalogue[CORPUS_MAX_CATALOGUES];
    struct corpus corpus, held_out;
    struct tokeniser *tokeniser;
    struct clip model;
    struct pair_stream pairs;
    struct training_job job;
    struct training_run run;
    struct retrieval_summary validation; /* of the last epoch */
};

/* Everything that was decided, for config.json; the caller owns it. NULL without memory. */
json_t *encoder_training_config(const struct encoder_training *run);

/* Writes the weights as an encoder: a training_job's `write`. */
enum gmr_status encoder_training_write(void *user, const char *path,
                                       const struct safetensors_metadata *state, size_t count);

/* Results, for metrics.json; the caller owns it. NULL without memory. */
json_t *encoder_training_metrics(const struct encoder_training *run);

/* How well the held-out texts find their pictures with the weights in a file of the run:
 * run->validation. */
enum gmr_status encoder_training_validate(struct encoder_training *run, const char *name);

#endif
