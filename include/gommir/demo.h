/* The demonstration: a small tracker of the GOMMIR kind learns to find wanted items by
 * conversation.
 *
 * It generates a catalogue of items with attributes and a user who wants one of them, sees K items,
 * likes the closest and says what it lacks; trains the tracker on such dialogues (supervised, spec
 * section 2.3); and plays new dialogues about items it was never trained to find (spec
 * section 2.5).
 *
 *     struct gmr_demo_options options = gmr_demo_options_default();
 *     struct gmr_demo_result result;
 *     if (gmr_demo_run(context, &options, &result) != GMR_OK) ...
 *     printf("%.3f\n", result.trained[result.turns - 1]);
 *
 * Same options and number of threads: same result. */
#ifndef GOMMIR_DEMO_H
#define GOMMIR_DEMO_H

#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    GMR_DEMO_MIN_ITEMS = 50,
    GMR_DEMO_MAX_ITEMS = 100000,
    GMR_DEMO_MAX_EPOCHS = 1000,
    GMR_DEMO_MAX_TURNS = 20,
    GMR_DEMO_MAX_SHOWN = 10
};

struct gmr_demo_options {
    uint64_t seed;
    size_t items;  /* to train on, GMR_DEMO_MIN_ITEMS .. GMR_DEMO_MAX_ITEMS; a third as many again
                      are kept for the test, at least (turns + 1) * shown */
    size_t epochs; /* 1 .. GMR_DEMO_MAX_EPOCHS */
    size_t turns;  /* of a dialogue, 1 .. GMR_DEMO_MAX_TURNS */
    size_t shown;  /* K, items shown a turn, 2 .. GMR_DEMO_MAX_SHOWN */
    struct gmr_progress progress; /* note: the loss */
};

/* Success rates: share of test dialogues in which the wanted item was listed by turn 1, 2, ... */
struct gmr_demo_result {
    size_t turns, items, users, parameters;
    double random[GMR_DEMO_MAX_TURNS];    /* K unseen items by chance */
    double untrained[GMR_DEMO_MAX_TURNS]; /* the tracker before training */
    double trained[GMR_DEMO_MAX_TURNS];
    double first_loss, last_loss; /* means of the first and last epoch */
    double training_seconds, seconds;
    size_t peak_bytes; /* most memory a training step held for values and gradients */
};

GMR_API struct gmr_demo_options gmr_demo_options_default(void);

/* Errors: GMR_ERR_RANGE (options), GMR_ERR_NOMEM, GMR_ERR_CANCELLED, GMR_ERR_NUMERIC. */
GMR_API enum gmr_status gmr_demo_run(struct gmr_context *context,
                                     const struct gmr_demo_options *options,
                                     struct gmr_demo_result *result);

#ifdef __cplusplus
}
#endif
#endif
