/* How often a recommender succeeds, where no more is asked than that (spec section 2.5): dialogues
 * of policy_evaluation.h, and the success rate of each turn. */
#ifndef LEARNING_EVALUATION_H
#define LEARNING_EVALUATION_H

#include "learning/policy_evaluation.h"

struct evaluation_settings {
    size_t batch, turns, shown;
    uint64_t seed; /* of the first lists */

    /* As of struct policy_evaluation_settings. */
    enum gmr_status (*watch)(void *user, const struct policy_dialogue *dialogue);
    void *user;
};

/* success [turns]: share of users whose target was ranked among the next `shown` by turn 1, 2, ...
 * Items shown before, the first list included, are never shown again. Errors: GMR_ERR_NOMEM,
 * GMR_ERR_CANCELLED, GMR_ERR_RANGE (more turns than there are items for). */
enum gmr_status evaluation_run(const struct recommender *m, const struct dialogue_source *source,
                               struct tape *t, const struct evaluation_settings *settings,
                               const struct gmr_progress *progress, double *success);

#endif
