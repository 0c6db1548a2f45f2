/* gommir evaluate: what its parts share. A kind of model that can be measured is a file
 * evaluate_*.c. */
#ifndef CLI_EVALUATE_H
#define CLI_EVALUATE_H

#include <gommir/evaluation.h>

#include "common.h"
#include "evaluate_policy.h"

struct evaluate_arguments {
    struct common_options common;
    struct gmr_encoder_evaluation_options encoder; /* model, catalogue, split; more of encoders */
    struct gmr_zero_shot_wanted zero_shot[GMR_MAX_ZERO_SHOT];
    struct gmr_captioner_evaluation_options captioner; /* what only captioners need */
    struct evaluate_policy policy;                     /* and policies, in place of a model */
};

/* Measures an encoder, prints what was found or what went wrong. */
enum exit_status evaluate_encoder(struct gmr_context *context,
                                  struct evaluate_arguments *arguments);

/* The same of a captioner. */
enum exit_status evaluate_captioner(struct gmr_context *context,
                                    struct evaluate_arguments *arguments);

/* "key": [low, high], and "  12.3 % (11.0 - 13.6)", or without % where `scale` is 1. */
struct json;
void evaluate_json_interval(struct json *json, const char *key, struct gmr_estimate e);
void evaluate_print_estimate(struct gmr_estimate e, double scale, int digits, int columns);

#endif
