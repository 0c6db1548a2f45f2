/* The demonstration: what this library is for, end to end, on a catalogue that it draws.
 *
 * Products are drawn, with pictures and attributes, and encoded; a recommender learns from
 * dialogues with simulated users, first on random lists, then on what it recommends itself (spec
 * section 2.3 and 2.4); and users who want each product of the test split, from which nothing was
 * learned, talk to it, to what it was before policy learning, and to the rules that need no
 * training.
 *
 *     struct gmr_demo_options options = gmr_demo_options_default();
 *     struct gmr_demo_result result;
 *     options.directory = "demo";
 *     options.encoder = "fashion.safetensors";
 *     if (gmr_demo_run(context, &options, &result) != GMR_OK) ...
 *     const struct gmr_dialogue_evaluation *e = &result.policy[result.policies - 1].evaluation;
 *     printf("%.3f\n", e->turn[e->turns - 1].sr.value);
 *
 * All of it is made of calls that are public too. Same options and number of threads: same
 * result. */
#ifndef GOMMIR_DEMO_H
#define GOMMIR_DEMO_H

#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>
#include <gommir/evaluation.h>
#include <gommir/training.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    GMR_DEMO_MIN_ITEMS = 100,
    GMR_DEMO_MAX_ITEMS = 100000,
    GMR_DEMO_MAX_EPOCHS = 1000,
    GMR_DEMO_MAX_TURNS = 20,
    GMR_DEMO_MAX_SHOWN = 10
};

/* In this order. */
enum gmr_demo_step {
    GMR_DEMO_DRAW,      /* DIRECTORY/catalogue */
    GMR_DEMO_ENCODE,    /* its embedding */
    GMR_DEMO_SUPERVISE, /* DIRECTORY/run/supervised */
    GMR_DEMO_REINFORCE, /* DIRECTORY/run/reinforced */
    GMR_DEMO_EVALUATE,
    GMR_DEMO_STEPS
};

struct gmr_demo_options {
    const char *directory; /* made when there is none */
    const char *encoder;   /* weights of CLIP, with a vocabulary */
    uint64_t seed;
    size_t items; /* GMR_DEMO_MIN_ITEMS .. GMR_DEMO_MAX_ITEMS; of 100, 61 are learned from, 9 choose
                     the best epoch, 30 are for the test */
    size_t supervised_epochs, epochs; /* of each kind of learning, 1 .. GMR_DEMO_MAX_EPOCHS */
    size_t turns;                     /* of a dialogue, 1 .. GMR_DEMO_MAX_TURNS */
    size_t k;                         /* items of a list, 2 .. GMR_DEMO_MAX_SHOWN */

    /* Called before each step, and for each dialogue with the trained recommender; or NULL. */
    void (*begin)(void *user, enum gmr_demo_step step);
    void (*watch)(void *user, const struct gmr_dialogue *dialogue);
    void *user;
    struct gmr_progress progress;
};

enum { GMR_DEMO_MAX_POLICIES = 8 };

struct gmr_demo_policy {
    const char *name; /* one of gmr_policies, "pre-trained" or "trained" */
    struct gmr_dialogue_evaluation evaluation;
};

struct gmr_demo_result {
    struct gmr_recommender_training_result training;
    size_t policies; /* the rules, then "pre-trained", and "trained" as the last */
    struct gmr_demo_policy policy[GMR_DEMO_MAX_POLICIES];
    double seconds; /* of this call */
};

/* `directory` and `encoder` are still NULL. */
GMR_API struct gmr_demo_options gmr_demo_options_default(void);

/* Runs the demonstration; one that was stopped, or has ended, goes on with what lies in its
 * directory. `result` is written in every case. Errors: GMR_ERR_RANGE (options), GMR_ERR_STATE (the
 * directory holds something else, or a demonstration with other options, or another process has it
 * open), GMR_ERR_CANCELLED, those of the calls it is made of. */
GMR_API enum gmr_status gmr_demo_run(struct gmr_context *context,
                                     const struct gmr_demo_options *options,
                                     struct gmr_demo_result *result);

#ifdef __cplusplus
}
#endif
#endif
