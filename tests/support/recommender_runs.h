/* Training of a recommender that is small enough for a test: on the drawn catalogue of
 * support/training.h, encoded by a small encoder with random weights. */
#ifndef SUPPORT_RECOMMENDER_RUNS_H
#define SUPPORT_RECOMMENDER_RUNS_H

#include <gommir/training.h>

/* Draws SCRATCH/shop and writes SCRATCH/clip.safetensors. Ends the program when that fails. */
void recommending_setup(void);

/* Two epochs of each stage in SCRATCH/NAME; strings are borrowed until the next call. */
struct gmr_recommender_training_options recommending_options(const char *name);

enum gmr_status recommending_train(const struct gmr_allocator *allocator,
                                   const struct gmr_recommender_training_options *options,
                                   struct gmr_recommender_training_result *result);

#endif
