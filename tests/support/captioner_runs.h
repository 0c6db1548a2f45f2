/* Training of a captioner that is small enough for a test: on the drawn catalogue of
 * support/training.h, seen by a small encoder with random weights. */
#ifndef SUPPORT_CAPTIONER_RUNS_H
#define SUPPORT_CAPTIONER_RUNS_H

#include <gommir/evaluation.h>
#include <gommir/training.h>

/* Draws SCRATCH/shop and writes SCRATCH/eyes.safetensors. Ends the program when that fails. */
void captioning_setup(void);

/* Writes other weights of the same shapes to SCRATCH/eyes.safetensors. */
void captioning_other_eyes(void);

/* Two epochs of four batches in SCRATCH/NAME; strings are borrowed until the call after next. */
struct gmr_captioner_training_options captioning_options(enum gmr_captioner_kind kind,
                                                         const char *name);

enum gmr_status captioning_train(const struct gmr_allocator *allocator,
                                 const struct gmr_captioner_training_options *options,
                                 struct gmr_captioner_training_result *result);

/* On SCRATCH/shop, with the features that captioning_train uses. */
enum gmr_status captioning_evaluate(const struct gmr_allocator *allocator, const char *model,
                                    struct gmr_captioner_evaluation *result);

#endif
