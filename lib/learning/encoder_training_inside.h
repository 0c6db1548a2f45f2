/* A run of encoder training, from inside. */
#ifndef LEARNING_ENCODER_TRAINING_INSIDE_H
#define LEARNING_ENCODER_TRAINING_INSIDE_H

#include "learning/encoder_training.h"
#include "learning/pair_stream.h"
#include "learning/run_directory.h"
#include "nn/adam.h"

#define TRAINING_LAST "last.safetensors"
#define TRAINING_BEST "best.safetensors"

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
    struct optimiser optimiser;
    struct tape tape;
    struct pair_stream pairs;
    struct run_directory run;

    double start;                        /* time of this call, in seconds */
    size_t step;                         /* steps made */
    size_t epochs;                       /* learned and judged */
    double loss_sum;                     /* of the present epoch */
    double best_recall;                  /* recall at 10 of best.safetensors */
    size_t best_epoch;                   /* from 1 on; 0: none yet */
    struct retrieval_summary validation; /* of the last epoch */
};

/* Everything that was decided, for config.json; the caller owns it. NULL without memory. */
json_t *encoder_training_config(const struct encoder_training *run);

/* Weights and moments after `step` steps, so that one state is whole on disk at any time. */
enum gmr_status encoder_training_save(struct encoder_training *run);

/* Goes back to the state that was saved last; *log_lines is how many lines the log had then.
 * Without one, the model gets its first values. */
enum gmr_status encoder_training_restore(struct encoder_training *run, uint64_t *log_lines);

/* The weights as best.safetensors. */
enum gmr_status encoder_training_save_best(const struct encoder_training *run);

/* Results, for metrics.json; the caller owns it. NULL without memory. */
json_t *encoder_training_metrics(const struct encoder_training *run);

/* How well the held-out texts find their pictures with the weights in a file of the run:
 * run->validation. */
enum gmr_status encoder_training_validate(struct encoder_training *run, const char *name);

#endif
