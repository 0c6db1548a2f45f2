/* Listening: what a sentence of anybody states, as far as the grammar understands it. */
#ifndef SIMULATOR_GRAMMAR_HEAR_H
#define SIMULATOR_GRAMMAR_HEAR_H

#include "simulator/grammar/traits.h"

enum { HEARD_STATEMENTS = 16, HEARD_WORDS = 64 };

struct heard {
    struct statement statement[HEARD_STATEMENTS];
    size_t statements;
    size_t words, understood; /* words looked at, and those that are part of something known */
};

/* Phrases of both sets, the longest first; where there is none, words of a value, and whether they
 * are denied. Words behind the first HEARD_WORDS are not looked at. */
void hear_critique(const struct grammar *grammar, const char *text, struct heard *heard);

#endif
