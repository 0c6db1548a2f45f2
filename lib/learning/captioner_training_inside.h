/* A run of captioner training, from inside. */
#ifndef LEARNING_CAPTIONER_TRAINING_INSIDE_H
#define LEARNING_CAPTIONER_TRAINING_INSIDE_H

#include "learning/captioner_batch.h"
#include "learning/captioner_training.h"
#include "learning/training_run.h"

struct captioner_training {
    const struct gmr_captioner_training_options *options;
    struct compute *compute;
    const struct gmr_allocator *allocator;
    struct gmr_captioner_training_result *result;

    struct catalogue *catalogue;
    struct corpus corpus, held_out;
    struct regions *regions;
    struct attribute_critic *critic;         /* NULL: people speak */
    struct critiques critiques, to_judge_by; /* released: allocator NULL */
    struct arena words;
    struct caption_vocabulary vocabulary;
    const char *constant; /* the critique that is most like others */
    struct captioner model;
    bool has_model;
    struct captioner_batch batch;
    struct training_job job;
    struct training_run run;

    uint64_t epoch;
    size_t next; /* batch of the epoch */
};

/* Everything that was decided, for config.json; the caller owns it. NULL without memory. */
json_t *captioner_training_config(const struct captioner_training *run);

/* Results, for metrics.json; the caller owns it. NULL without memory. */
json_t *captioner_training_metrics(const struct captioner_training *run);

/* Nats a word of critiques of the held-out items, by the weights in a file of the run. */
enum gmr_status captioner_training_validate(struct captioner_training *run, const char *name,
                                            double *loss);

#endif
