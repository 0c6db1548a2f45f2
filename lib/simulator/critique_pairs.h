/* Pairs to criticise as dialogues bring them about: a user wants any item, and of a list likes that
 * best which is nearest to it. In the first turn the list is random; later it is ever nearer, which
 * is what more items to choose from do too. So the candidate is the nearest to the target among m
 * others, m being one of several sizes, drawn anew for each pair.
 *
 * Pair n is a pure function of seed, stream and n: in any order, by any thread. */
#ifndef SIMULATOR_CRITIQUE_PAIRS_H
#define SIMULATOR_CRITIQUE_PAIRS_H

#include "base/real.h"
#include "simulator/critic.h"

enum {
    CRITIQUE_PAIRS_FIRST_TURN = 3, /* items of a first list */
    CRITIQUE_PAIRS_MOST = 100,     /* of any */
    CRITIQUE_PAIRS_SIZES = 8
};

struct critique_pairs {
    const size_t *positions; /* [count] distinct items of the catalogue */
    size_t count;            /* at least 2 */
    const real *vectors;     /* [count, width], of those items: what is near what */
    size_t width;
    size_t sizes;                      /* 0: 1, 3, 10, 30 and 100 */
    size_t size[CRITIQUE_PAIRS_SIZES]; /* 1 .. CRITIQUE_PAIRS_MOST; cut to count - 1 */
};

/* Errors: GMR_ERR_RANGE, and the message says what cannot be. */
enum gmr_status critique_pairs_check(const struct critique_pairs *pairs);

/* Pairs first .. first + n - 1 of a stream, of positions; a candidate is never its target. The
 * settings must be in range. */
void critique_pairs_draw(const struct critique_pairs *pairs, uint64_t seed, uint64_t stream,
                         uint64_t first, size_t n, struct critic_pair *drawn);

#endif
