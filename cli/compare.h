/* gommir compare: what its parts share. */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include <stdio.h>

#include <gommir/evaluation.h>

#include "command.h"

/* What was compared. */
struct comparison {
    size_t count, reference;
    struct gmr_dialogue_evaluation_options options[GMR_MAX_COMPARED];
    struct gmr_dialogue_evaluation results[GMR_MAX_COMPARED];
    struct gmr_dialogue_difference differences[GMR_MAX_COMPARED];
};

/* One differs from the reference where the chance that it does not is at most this. */
static const double COMPARE_LEVEL = 0.05;

/* To standard output. */
void compare_print_table(const struct comparison *comparison);

/* In the forms that --json prints and --csv, --markdown and --latex write. */
void compare_put_json(FILE *out, const struct comparison *comparison);
void compare_put_csv(FILE *out, const struct comparison *comparison);
void compare_put_markdown(FILE *out, const struct comparison *comparison);
void compare_put_latex(FILE *out, const struct comparison *comparison);

#endif
