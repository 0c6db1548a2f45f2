/* Dialogues played to the end with a frozen model (spec section 2.5): every item of the source
 * is a target once. */
#ifndef LEARNING_EVALUATION_H
#define LEARNING_EVALUATION_H

#include "learning/dialogue.h"

struct evaluation_settings {
    size_t batch, turns, shown;
    uint64_t seed; /* of the first lists */

    /* Called for each batch with the lists that the users see next: turn 0 brings the random ones,
     * turn 1, 2, ... those recommended after so many critiques. The first `users` rows of the
     * dialogue count, the others pad the batch. NULL: nobody looks. */
    void (*watch)(void *user, const struct dialogue *dialogue, size_t users, size_t turn);
    void *user;
};

/* success [turns]: share of users whose target was ranked among the next `shown` by turn 1, 2, ...
 * Items shown before, the first list included, are never shown again. Errors: GMR_ERR_NOMEM,
 * GMR_ERR_CANCELLED, GMR_ERR_RANGE (more turns than there are items for). */
enum gmr_status evaluation_run(const struct recommender *m, const struct dialogue_source *source,
                               struct tape *t, const struct evaluation_settings *settings,
                               const struct gmr_progress *progress, double *success);

#endif
