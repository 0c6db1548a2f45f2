/* What captioners are tested with: small models of both kinds, pairs with random features, and
 * sentences of different lengths, no two alike. */
#ifndef SUPPORT_CAPTIONING_H
#define SUPPORT_CAPTIONING_H

#include "simulator/captioner/captioner.h"

enum { CAPTIONING_WORDS = 19 /* the longest vocabulary */ };

/* "" and CAPTIONING_WORDS words; the last is "UNK". */
extern const char *const captioning_words[CAPTIONING_WORDS + 1];

/* A model with small odd sizes, no dropout, of all words; transformers have batch norm 1. */
struct captioner_settings captioning_settings(enum captioner_kind kind, size_t channels);

/* Fails unless all that counts for the kind is the same. */
void assert_same_settings(const struct captioner_settings *a, const struct captioner_settings *b);

/* Pairs with their sentences: [count, length], the first of one word, at least one as long as can
 * be. Owner: the struct. */
struct captioning {
    struct captioner_pictures pictures;
    struct captioner_sentences sentences;
    real *features;
    int64_t *ids;
};

void captioning_init(struct captioning *c, size_t count, size_t channels, size_t length,
                     uint64_t seed);
void captioning_release(struct captioning *c);

#endif
