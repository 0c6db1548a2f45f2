/* What could be said of a pair: for each topic the values that the target has and the candidate
 * lacks (by which it is called, and aside), those that the candidate has and the target lacks, and
 * how they compare. Only what is known of both. */
#ifndef SIMULATOR_GRAMMAR_OPTIONS_H
#define SIMULATOR_GRAMMAR_OPTIONS_H

#include "simulator/grammar/traits.h"

enum { OPTION_VALUES = 24 };

struct option_values {
    uint32_t value[OPTION_VALUES];
    uint32_t count;
};

struct option {
    uint8_t topic;
    int8_t compare; /* 1: the target has more; -1: less; 0: as much, or not known, or hardly */
    float score;    /* weight times difference */
    struct option_values has, aside, lacks;
};

struct options {
    size_t count;
    struct option at[GRAMMAR_TOPICS];
};

void options_find(const struct traits *traits, const struct grammar *grammar, size_t target,
                  size_t candidate, struct options *options);

#endif
