/* The attribute critic: says what the target has and the candidate lacks, from the catalogue's
 * attributes, in short English that a grammar (simulator/grammar/) makes and understands. Every
 * statement holds for the target and not for the candidate; what an item's attributes do not tell
 * is never spoken of. */
#ifndef SIMULATOR_ATTRIBUTE_CRITIC_H
#define SIMULATOR_ATTRIBUTE_CRITIC_H

#include <gommir/simulation.h>

#include "catalogue/catalogue.h"
#include "simulator/critic.h"

struct attribute_critic; /* a critic with its grammar and what it knows of all items */

struct attribute_critic_options {
    uint64_t seed;
    enum gmr_phrasing phrasing;
    bool seen_only; /* speak only of what a picture shows, not of prices and brands; captioners,
                       who see nothing else, learn from that */
};

/* Reads the attributes of all items once; the catalogue is not needed afterwards. The caller
 * destroys it. GMR_ERR_IO, GMR_ERR_FORMAT, GMR_ERR_NOMEM. */
enum gmr_status attribute_critic_create(const struct gmr_allocator *allocator,
                                        struct catalogue *catalogue,
                                        const struct attribute_critic_options *options,
                                        struct attribute_critic **critic);
void attribute_critic_destroy(struct attribute_critic *critic); /* NULL is fine */

/* The same as an interface; borrowed. */
struct critic *attribute_critic(struct attribute_critic *critic);

/* What a sentence of anybody states, as far as the grammar (all phrasings) understands it, and
 * whether that is so. A comparison ("is darker") is about both items: it is known where both tell,
 * and distinguishes them where it is true. */
struct critique_verdict {
    size_t statements; /* understood */
    size_t known;      /* of those, the target's attributes tell whether it is true */
    size_t true_of_target;
    size_t known_of_both;  /* the candidate's tell too */
    size_t distinguishing; /* true of the target and false of the candidate */
    size_t understood_words, words;
};

void attribute_critic_judge(const struct attribute_critic *critic, const char *text,
                            struct critic_pair pair, struct critique_verdict *verdict);

/* What a user says who is shown what it wanted: "They are my desired shoes". Cut to `size` bytes,
 * NUL included. */
void attribute_critic_closing(const struct attribute_critic *critic, size_t target, char *text,
                              size_t size);

#endif
