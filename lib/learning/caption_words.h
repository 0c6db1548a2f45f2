/* Sentences as words and n-grams that can be compared: the ground of learning/caption_measures.h.
 */
#ifndef LEARNING_CAPTION_WORDS_H
#define LEARNING_CAPTION_WORDS_H

#include "base/arena.h"
#include "learning/caption_measures.h"

/* Words that are not used are CAPTION_NO_WORD, so one order compares n-grams of any n. */
#define CAPTION_NO_WORD UINT32_MAX

struct ngram {
    uint32_t word[CAPTION_NGRAM];
    uint32_t count; /* of its occurrences; of pairs, in a table of frequencies */
};

struct sentence {
    const char **text; /* [length] */
    uint32_t *word;    /* [length]: equal words have equal numbers */
    size_t length;
    struct ngram *gram[CAPTION_NGRAM]; /* of each n, distinct, rising */
    size_t grams[CAPTION_NGRAM];
};

/* Splits a text; `word` and `gram` are still to come. GMR_ERR_NOMEM. */
enum gmr_status sentence_split(struct arena *arena, const char *text, struct sentence *sentence);

/* Numbers the words of all sentences and counts their n-grams. GMR_ERR_NOMEM. */
enum gmr_status sentences_count(struct arena *arena, struct sentence *sentences, size_t count);

/* For qsort and bsearch: by words, not by count. */
int ngram_compare(const void *a, const void *b);

/* Sorts, and joins equal ones, adding their counts; returns how many are left. */
size_t ngrams_join(struct ngram *grams, size_t count);

/* NULL when there is none. */
const struct ngram *ngrams_find(const struct ngram *grams, size_t count, const struct ngram *gram);

#endif
