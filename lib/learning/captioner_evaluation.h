/* How good a captioner's critiques are: alike to what others say of the same pairs
 * (learning/caption_measures.h), and true (simulator/attribute_critic.h). */
#ifndef LEARNING_CAPTIONER_EVALUATION_H
#define LEARNING_CAPTIONER_EVALUATION_H

#include <gommir/evaluation.h>

#include "catalogue/catalogue.h"
#include "compute/compute.h"

/* Metadata of a captioner's file: the sentence that is most like all that it learned from. */
#define CAPTIONER_CONSTANT "constant"

/* Errors: those of gmr_captioner_evaluate. */
enum gmr_status captioner_evaluation_run(struct compute *compute, struct catalogue *catalogue,
                                         const struct gmr_captioner_evaluation_options *options,
                                         unsigned threads, struct gmr_captioner_evaluation *result);

#endif
