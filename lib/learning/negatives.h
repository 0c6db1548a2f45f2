/* What each user of a batch was shown and did not like, in the order in which it happened: hard
 * negatives of policy learning (spec section 2.4). */
#ifndef LEARNING_NEGATIVES_H
#define LEARNING_NEGATIVES_H

#include "learning/dialogue.h"

struct negatives {
    const struct gmr_allocator *allocator;
    size_t users, each; /* each: dislikes of one list */
    size_t lists, most; /* remembered now, and at most */
    uint64_t *item;     /* [users, most, each] */
};

/* Room for `lists` of `shown`. Release it whatever this returns. GMR_ERR_NOMEM. */
enum gmr_status negatives_init(struct negatives *n, const struct gmr_allocator *allocator,
                               size_t users, size_t shown, size_t lists);
void negatives_release(struct negatives *n);

void negatives_clear(struct negatives *n);

/* Adds what the users of the dialogue dislike now. */
void negatives_add(struct negatives *n, const struct dialogue *d);

/* Dislikes of each user that are remembered. */
size_t negatives_count(const struct negatives *n);

/* One of them, the oldest first: an item. */
uint64_t negatives_at(const struct negatives *n, size_t user, uint64_t place);

#endif
