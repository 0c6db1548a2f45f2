/* gommir evaluate: what its parts share. A kind of model that can be measured is a file
 * evaluate_*.c. */
#ifndef CLI_EVALUATE_H
#define CLI_EVALUATE_H

#include <gommir/evaluation.h>

#include "common.h"

struct evaluate_arguments {
    struct common_options common;
    struct gmr_encoder_evaluation_options encoder; /* model, catalogue, split; more of encoders */
    struct gmr_zero_shot_wanted zero_shot[GMR_MAX_ZERO_SHOT];
};

/* Measures an encoder, prints what was found or what went wrong. */
enum exit_status evaluate_encoder(struct gmr_context *context,
                                  struct evaluate_arguments *arguments);

#endif
