/* Who criticises: simulated users behind one interface, so that any of them can drive any
 * experiment. Given what a user wants (the target) and what it likes best of what is shown (the
 * candidate), a critic says in a few words what the candidate lacks.
 *
 * A captioner's critique is a pure function of the pair. The attribute critic's also depends on
 * what was said earlier in the dialogue, which the caller keeps for it in a `struct critic_memory`.
 *
 * Threads: a critic is for one thread at a time. */
#ifndef SIMULATOR_CRITIC_H
#define SIMULATOR_CRITIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/real.h"
#include "base/status.h"

enum { CRITIC_TEXT = 256 /* bytes of a critique, NUL included */ };

/* Positions of two items in the catalogue. */
struct critic_pair {
    size_t target, candidate;
};

/* What one user has said so far. Begin a dialogue with all zero but its number. */
struct critic_memory {
    uint64_t dialogue; /* any number: with the critic's seed it decides how things are worded */
    uint32_t turn;     /* critiques so far */
    uint64_t said;     /* one bit for each topic that was spoken of */
};

struct critic {
    const char *name;        /* "attributes", "captioner" */
    char digest[DIGEST_HEX]; /* of all that its words depend on beside the arguments */
    bool pure;               /* words depend on the pair alone, and memory is not looked at */

    /* Fills texts[count]; "" where there is nothing to say. memory[count] is brought up to date;
     * NULL: each pair begins a dialogue of its own, numbered by its place. */
    enum gmr_status (*critiques)(struct critic *critic, const struct critic_pair *pairs,
                                 struct critic_memory *memory, size_t count,
                                 char (*texts)[CRITIC_TEXT]);
    void (*destroy)(struct critic *critic);
};

/* What a user likes best of a list (spec section 2.2): the place in shown[count] of the row of
 * `vectors` [.., width] with the least squared distance to `target` [width]; among equals, the
 * first. count at least 1. */
size_t critic_like(const real *vectors, size_t width, const real *target, const size_t *shown,
                   size_t count);

#endif
