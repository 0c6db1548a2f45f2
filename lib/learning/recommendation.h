/* What is recommended next in a batch of dialogues: the nearest items to each state that the user
 * has not seen, and the rank of what it wants among them (spec sections 2.2 and 2.5). Distances are
 * compared exactly (catalogue/ranking.h), so a user's list does not depend on its batch.
 *
 *     recommendation_begin(&r, &dialogue);                    the first lists are seen
 *     for each turn: ... TRY(recommendation_next(&r, &dialogue, state)); */
#ifndef LEARNING_RECOMMENDATION_H
#define LEARNING_RECOMMENDATION_H

#include "catalogue/ranking.h"
#include "learning/dialogue.h"

struct recommendation {
    const struct gmr_allocator *allocator;
    struct ranking *ranking;
    size_t users, shown;
    size_t most, seen_count; /* items that a user sees in all, and has seen */
    size_t *seen;            /* [users, most]: places not used yet repeat the first */
    size_t *seen_begin;      /* [users + 1] */
    size_t *list;            /* [users, shown] */
    size_t *target, *rank;   /* [users]; rank: of the target, at the last turn */
};

/* For dialogues of `turns`. GMR_ERR_RANGE: there are too few items for so many lists. Release it
 * whatever it returns. */
enum gmr_status recommendation_init(struct recommendation *r, const struct gmr_allocator *allocator,
                                    size_t items, size_t users, size_t shown, size_t turns);
void recommendation_release(struct recommendation *r);

/* From now on among these embeddings, which are borrowed. GMR_ERR_NUMERIC: not finite. */
enum gmr_status recommendation_among(struct recommendation *r, const struct compute *compute,
                                     const struct embedding *e);

/* The dialogue's lists are the first; nothing else is seen. */
void recommendation_begin(struct recommendation *r, const struct dialogue *d);

/* Ranks the targets, from 0, among what is not seen; a target that is seen counts as if it were
 * not. state [users, width]. */
enum gmr_status recommendation_rank(struct recommendation *r, const struct dialogue *d,
                                    const real *state);

/* The dialogue's lists, whoever chose them, are seen from now on. */
void recommendation_see(struct recommendation *r, const struct dialogue *d);

/* The nearest unseen items become the dialogue's lists, and seen. */
enum gmr_status recommendation_next(struct recommendation *r, struct dialogue *d,
                                    const real *state);

#endif
