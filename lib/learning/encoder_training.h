/* Training of a small CLIP of our own on the pictures and words of catalogues: contrastive loss
 * (learning/contrastive.h), AdamW with a warm-up and a cosine schedule, retrieval on items held out
 * after each epoch. The vocabulary is learned from the texts first.
 *
 * The run is one of learning/training_run.h, and its weights are encoders: metadata `model`, `fit`,
 * `vocabulary`, `version`. */
#ifndef LEARNING_ENCODER_TRAINING_H
#define LEARNING_ENCODER_TRAINING_H

#include "encoder/clip.h"
#include "learning/retrieval.h"

struct encoder_training_settings {
    struct clip_settings model; /* its vocabulary is what `merges` gives */
    size_t merges;              /* to be learned; fewer if the texts have not so many */
    size_t batch, epochs;
    double rate;    /* greatest learning rate */
    double decay;   /* of matrices and kernels, decoupled from the gradient (AdamW) */
    size_t warm_up; /* steps */
    uint64_t seed;
    unsigned threads; /* decoders; 0: all cores */
};

/* A catalogue, and the splits to learn from and to validate on. Where there is no validation split,
 * a tenth of the other is held out, chosen by the items' keys; where there is none of both, of all
 * items. */
struct encoder_training_source {
    const char *catalogue, *train, *validation;
};

struct encoder_training_result {
    size_t items, held_out; /* with a picture */
    size_t steps, epochs;   /* all, those of earlier calls included */
    size_t parameters, vocabulary;
    double last_loss;              /* mean of the last epoch */
    size_t best_epoch;             /* from 1 on */
    struct retrieval_summary best; /* text to picture, on what was held out */
    size_t broken;                 /* pictures that could not be read, in this call */
    char reason[256];              /* of the first of them */
    double seconds;                /* of this call */
};

/* RN-like tower of width 32 for pictures of 64 x 64, two text blocks of width 128, common space of
 * 128 numbers; 30 epochs of batches of 128. */
struct encoder_training_settings encoder_training_settings_default(void);

/* Begins the run at `directory`, or goes on with it; at its end the weights are there. Errors:
 * GMR_ERR_RANGE (settings), those of catalogue_open, corpus_add and run_directory_open,
 * GMR_ERR_CANCELLED (the state is saved), GMR_ERR_NUMERIC (the loss is not finite), GMR_ERR_IO,
 * GMR_ERR_NOMEM. */
enum gmr_status encoder_training_run(struct compute *compute, const struct gmr_allocator *allocator,
                                     const struct encoder_training_settings *settings,
                                     const struct encoder_training_source *source, size_t sources,
                                     const char *directory, const struct gmr_progress *progress,
                                     struct encoder_training_result *result);

#endif
