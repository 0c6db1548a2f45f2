/* How alike a sentence is to those that people, or a critic, said of the same pair: BLEU 1 to 4
 * (Papineni 2002), ROUGE-L (Lin 2004) and CIDEr-D (Vedantam 2015), as the captioning literature
 * reports them (coco-caption's definitions, constants included):
 *
 *   BLEU-n   of the whole corpus: geometric mean of clipped precisions of 1 .. n-grams, times
 *            exp(1 - r / c) when the candidates' c words are fewer than r, the sum of the lengths
 * of the references that come closest (the shorter of two) ROUGE-L  (1 + b^2) P R / (R + b^2 P), b
 * = 1.2; P and R, by the longest common subsequence, are each the best over the references CIDEr-D
 * 10 x mean over n = 1 .. 4 and references of the cosine of tf-idf vectors, the candidate's weights
 * clipped to the reference's, times exp(-(length difference)^2 / 72); document frequencies count
 * pairs; lengths count bigrams
 *
 * Words are what white space separates, ASCII letters in lower case, with punctuation at their ends
 * left out. */
#ifndef LEARNING_CAPTION_MEASURES_H
#define LEARNING_CAPTION_MEASURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/status.h"

enum { CAPTION_NGRAM = 4, CAPTION_MAX_WORDS = 1024 /* words that count of one sentence */ };

/* A candidate sentence, and the references of its pair: at least one. */
struct caption_case {
    const char *candidate;
    const char *const *references;
    size_t count;
};

/* What one pair adds. BLEU is no mean over pairs, so its parts are kept. */
struct caption_score {
    uint32_t matched[CAPTION_NGRAM], said[CAPTION_NGRAM]; /* n-grams of the candidate */
    uint32_t length, closest; /* words of the candidate, and of the closest reference */
    double rouge, cider;
};

/* score[count]; document frequencies are those of these cases' references. GMR_ERR_NOMEM. */
enum gmr_status caption_measure(const struct gmr_allocator *allocator,
                                const struct caption_case *cases, size_t count,
                                struct caption_score *score);

/* BLEU-1 .. 4 of a corpus in which pair i occurs times[i] times; times NULL: once each. */
void caption_bleu(const struct caption_score *score, const uint32_t *times, size_t count,
                  double bleu[CAPTION_NGRAM]);

#endif
