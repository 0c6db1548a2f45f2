/* gommir evaluate of recommenders, and --policy: dialogues, measured. */
#ifndef CLI_EVALUATE_POLICY_H
#define CLI_EVALUATE_POLICY_H

#include <argp.h>

#include <gommir/evaluation.h>

#include "common.h"

struct evaluate_policy {
    struct gmr_dialogue_evaluation_options options;
    const char *per_user; /* a file of CSV; NULL: none */
    const char *html;     /* a page about some dialogues; NULL: none */
    size_t trace;         /* users on it */
};

struct evaluate_policy evaluate_policy_default(void);

/* A child for the argp of evaluate, with the options that only policies have; its input is a struct
 * evaluate_policy. */
const struct argp *evaluate_policy_argp(void);

/* Plays, and prints what was found or what went wrong. */
enum exit_status evaluate_policy(struct gmr_context *context, struct evaluate_policy *wanted,
                                 const struct common_options *common);

#endif
