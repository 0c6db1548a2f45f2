/* Dialogues played to the end with a policy (spec section 2.5): every item of a source is a target
 * once, and each of its users has all turns, found or not. */
#ifndef LEARNING_POLICY_EVALUATION_H
#define LEARNING_POLICY_EVALUATION_H

#include "learning/policy.h"

enum { POLICY_EVALUATION_BATCH = 128 /* users at once in the published runs */ };

/* One user's dialogue, of items of the source. */
struct policy_dialogue {
    size_t target; /* also the number of the user */
    size_t turns, shown;
    const size_t *list;         /* [turns + 1, shown]: the random one, then one a turn */
    const size_t *liked;        /* [turns], of the list before */
    char (*words)[CRITIC_TEXT]; /* [turns]: what was said */
    const size_t *rank;         /* [turns]: of the target, from 0 */
};

struct policy_evaluation_settings {
    size_t batch; /* users at once; the last batch is filled up, and first lists depend on it */
    size_t turns, shown;
    uint64_t seed;  /* of the first lists, which are the same for all policies */
    bool like_raw;  /* likes compare the encoder's vectors, not those of the policy's space */
    bool omit_last; /* first lists never show the last item, as in the published runs */
    size_t known;   /* so many users have had their dialogues, which are not played again: whole
                       batches, or all; none where the policy draws */

    /* Called for each dialogue, in the order of targets; NULL: nobody looks. An error ends the
     * evaluation. */
    enum gmr_status (*watch)(void *user, const struct policy_dialogue *dialogue);
    void *user;
};

struct policy_evaluation {
    size_t *ranks; /* [items, turns], the caller's; not settled (dialogue_metrics.h); of those
                      who are known, they stay */
    size_t in_first_list; /* targets that were shown before anything was said */
};

/* `policy` is one for a batch. Errors: GMR_ERR_RANGE (there are too few items
 * for so many lists), GMR_ERR_CANCELLED, GMR_ERR_NUMERIC, GMR_ERR_NOMEM, those of the source. */
enum gmr_status policy_evaluation_run(struct policy *policy, const struct compute *compute,
                                      const struct gmr_allocator *allocator,
                                      const struct dialogue_source *source,
                                      const struct policy_evaluation_settings *settings,
                                      const struct gmr_progress *progress,
                                      struct policy_evaluation *result);

#endif
