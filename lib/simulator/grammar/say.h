/* Speaking: one or two things that the target has and the candidate lacks, in words of one set of
 * phrasings. */
#ifndef SIMULATOR_GRAMMAR_SAY_H
#define SIMULATOR_GRAMMAR_SAY_H

#include "simulator/critic.h"
#include "simulator/grammar/traits.h"

enum { UTTERANCE_STATEMENTS = 4 };

struct utterance {
    char text[CRITIC_TEXT];                           /* "" where there is nothing to say */
    struct statement statement[UTTERANCE_STATEMENTS]; /* what it says, in order */
    size_t statements;
};

/* A pure function of its arguments; brings the memory up to date. Topics that were spoken of in
 * this dialogue come last. */
void say_critique(const struct grammar *grammar, const struct traits *traits, uint64_t seed,
                  enum phrase_set set, struct critic_pair pair, struct critic_memory *memory,
                  struct utterance *utterance);

#endif
