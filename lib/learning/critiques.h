/* Critiques to learn from, or to measure with: pairs of items with a picture, and what was said of
 * them. Either the attribute critic speaks of pairs as dialogues bring them about
 * (simulator/critique_pairs.h), or people have spoken: the relative captions of a catalogue. */
#ifndef LEARNING_CRITIQUES_H
#define LEARNING_CRITIQUES_H

#include "base/arena.h"
#include "learning/corpus.h"
#include "simulator/attribute_critic.h"
#include "simulator/critique_pairs.h"
#include "simulator/regions.h"

struct critique_said {
    struct critic_pair pair;
    const char *text;
};

struct critiques {
    const struct gmr_allocator *allocator;
    struct attribute_critic *critic; /* NULL: people */
    uint64_t seed;
    struct critique_pairs pairs; /* all its arrays are ours */
    size_t room;                 /* items there is room for, of which pairs.count have features */
    size_t *positions;
    real *vectors;

    struct arena arena;
    struct critique_said *said; /* [said_count]: of people */
    size_t said_count;
    uint64_t *order; /* [said_count], of epoch `order_epoch` */
    uint64_t order_epoch;
};

/* About the items of a corpus of one catalogue that have features. The critic and the regions are
 * borrowed, the regions until this returns. Errors, then it is released: GMR_ERR_RANGE (fewer than
 * two items), GMR_ERR_NOT_FOUND (people have said nothing about them), GMR_ERR_IO, GMR_ERR_NOMEM.
 */
enum gmr_status critiques_init(struct critiques *c, const struct gmr_allocator *allocator,
                               const struct corpus *items, struct catalogue *catalogue,
                               const struct regions *regions, struct attribute_critic *critic,
                               uint64_t seed);
void critiques_release(struct critiques *c); /* again: nothing */

/* How many there are; SIZE_MAX: as many as wanted. */
size_t critiques_count(const struct critiques *c);

/* Critiques first .. first + n - 1 of an epoch: a pure function of seed, epoch and number. What
 * people said comes in an order of its own in each epoch, and again from its beginning when it is
 * used up. A pair of which there is nothing to say is replaced; if that is so of many in a row, its
 * text is "". GMR_ERR_NOMEM. */
enum gmr_status critiques_draw(struct critiques *c, uint64_t epoch, uint64_t first, size_t n,
                               struct critic_pair *pairs, char (*texts)[CRITIC_TEXT]);

/* Everything, at most `most`, that is said of pair number `number` of those drawn: of people, all
 * captions; of the critic, critiques in wordings that were drawn for it. Returns how many; what the
 * critic could not say is left out. */
enum gmr_status critiques_references(struct critiques *c, struct critic_pair pair, uint64_t number,
                                     size_t most, char (*texts)[CRITIC_TEXT], size_t *count);

#endif
