/* A language small enough to know everything about: the next word depends on the pair, on the step
 * and on the last word, by tables. Stands for a captioner where decoding is tested. */
#ifndef SUPPORT_CHAIN_H
#define SUPPORT_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "simulator/captioner/decoding.h"

enum { CHAIN_CLASSES = 16, CHAIN_LENGTH = 8 /* at most */ };

struct chain {
    size_t pairs, steps, classes;
    const real *scores; /* [pairs, steps, classes (the last word), classes]; pairs or steps 1: the
                           same for all of them */
    const char *const *words; /* [classes]; NULL: "w1", "w2", ... */
};

/* Scores of the next word. */
const real *chain_scores(const struct chain *c, size_t pair, size_t step, size_t last);

/* Decodes pairs first .. first + count - 1 with a decoder of their own: ids [count, length]. On the
 * way it keeps whose each row is by `source`, and `pair` must agree with it. Returns how many
 * steps it took. */
size_t chain_decode(const struct chain *c, const struct decoding_options *options, size_t length,
                    uint64_t first, size_t count, int64_t *ids);

#endif
