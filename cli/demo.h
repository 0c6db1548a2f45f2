/* gommir demo: what its parts share. */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <gommir/demo.h>

#include "command.h"
#include "dialogue_page.h"

/* A demonstration that has ended. */
struct demo_outcome {
    const struct gmr_demo_options *options;
    const struct gmr_demo_result *result;
    const struct dialogue_page *dialogues; /* with the trained recommender */
};

/* What has been measured, as tables and a curve of characters, or as JSON; on standard output. */
void demo_print(const struct demo_outcome *outcome, const char *report);
void demo_print_json(const struct demo_outcome *outcome, const char *report);

/* The same as a page, with the dialogues. */
enum exit_status demo_report_write(struct gmr_context *context, const struct demo_outcome *outcome,
                                   const char *path);

/* Turns for which there is room: the first, one half way, and the last; returns how many. */
enum { DEMO_TURNS = 3 };
size_t demo_turns(const struct demo_outcome *outcome, size_t turns[DEMO_TURNS]);

#endif
