#include "learning/caption_measures.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "learning/caption_words.h"

#define ROUGE_BETA  1.2
#define CIDER_SIGMA 6.0
#define CIDER_SCALE 10.0

/* All sentences: of each case its candidate, then its references. */
struct case_set {
    struct arena *arena;
    const struct caption_case *cases;
    size_t count;
    struct sentence *sentence;
    size_t *first;                          /* [count + 1]: where a case begins */
    struct ngram *frequency[CAPTION_NGRAM]; /* in how many cases' references an n-gram is */
    size_t frequencies[CAPTION_NGRAM];
};

/* ---- BLEU ---- */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Occurrences of an n-gram that some reference has too, at most as often as the one that has it
 * most. */
static uint32_t clipped_matches(const struct ngram *gram, const struct sentence *references,
                                size_t count, size_t n)
{
    uint32_t most = 0;
    for (size_t r = 0; r < count; r++) {
        const struct ngram *found =
            ngrams_find(references[r].gram[n], references[r].grams[n], gram);
        if (found && found->count > most)
            most = found->count;
    }
    return least(gram->count, most);
}

static size_t difference(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static size_t closest_length(const struct sentence *references, size_t count, size_t length)
{
    size_t best = references[0].length;
    for (size_t r = 1; r < count; r++) {
        const size_t here = references[r].length;
        const size_t far = difference(here, length), best_far = difference(best, length);
        if (far < best_far || (far == best_far && here < best))
            best = here;
    }
    return best;
}

static void count_matches(const struct sentence *candidate, const struct sentence *references,
                          size_t count, struct caption_score *score)
{
    for (size_t n = 0; n < CAPTION_NGRAM; n++) {
        score->matched[n] = score->said[n] = 0;
        for (size_t i = 0; i < candidate->grams[n]; i++) {
            const struct ngram *gram = &candidate->gram[n][i];
            score->said[n] += gram->count;
            score->matched[n] += clipped_matches(gram, references, count, n);
        }
    }
    score->length = (uint32_t)candidate->length;
    score->closest = (uint32_t)closest_length(references, count, candidate->length);
}

/* The small numbers are coco-caption's: they keep empty corpora finite. */
void caption_bleu(const struct caption_score *score, const uint32_t *times, size_t count,
                  double bleu[CAPTION_NGRAM])
{
    double matched[CAPTION_NGRAM] = { 0 }, said[CAPTION_NGRAM] = { 0 };
    double length = 0, closest = 0, product = 1;
    for (size_t i = 0; i < count; i++) {
        const double weight = times ? times[i] : 1;
        length += weight * score[i].length;
        closest += weight * score[i].closest;
        for (size_t n = 0; n < CAPTION_NGRAM; n++) {
            matched[n] += weight * score[i].matched[n];
            said[n] += weight * score[i].said[n];
        }
    }
    const double ratio = (length + 1e-15) / (closest + 1e-9);
    const double brevity = ratio < 1 ? exp(1 - 1 / ratio) : 1;
    for (size_t n = 0; n < CAPTION_NGRAM; n++) {
        product *= (matched[n] + 1e-15) / (said[n] + 1e-9);
        bleu[n] = brevity * pow(product, 1.0 / (double)(n + 1));
    }
}

/* ---- ROUGE-L ---- */

static size_t common_subsequence(const struct sentence *a, const struct sentence *b)
{
    size_t row[CAPTION_MAX_WORDS + 1] = { 0 }; /* of b's words, for a's words so far */
    for (size_t i = 0; i < a->length; i++) {
        size_t before = 0; /* row[j] of the word before, at the place before */
        for (size_t j = 0; j < b->length; j++) {
            const size_t above = row[j + 1];
            if (a->word[i] == b->word[j])
                row[j + 1] = before + 1;
            else if (row[j] > above)
                row[j + 1] = row[j];
            before = above;
        }
    }
    return row[b->length];
}

static double rouge_l(const struct sentence *candidate, const struct sentence *references,
                      size_t count)
{
    const double beta = ROUGE_BETA * ROUGE_BETA;
    double precision = 0, recall = 0;
    for (size_t r = 0; r < count; r++) {
        if (candidate->length == 0 || references[r].length == 0)
            continue;
        const double common = (double)common_subsequence(candidate, &references[r]);
        precision = fmax(precision, common / (double)candidate->length);
        recall = fmax(recall, common / (double)references[r].length);
    }
    if (precision == 0 || recall == 0)
        return 0;
    return (1 + beta) * precision * recall / (recall + beta * precision);
}

/* ---- CIDEr-D ---- */

static enum gmr_status count_frequencies(struct case_set *c, size_t n)
{
    size_t room = 0, all = 0;
    for (size_t i = 0; i < c->first[c->count]; i++)
        room += c->sentence[i].grams[n];
    struct ngram *gram = arena_array(c->arena, room, sizeof *gram);
    if (!gram)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < c->count; i++) {
        const size_t begin = all;
        for (size_t s = c->first[i] + 1; s < c->first[i + 1]; s++)
            for (size_t k = 0; k < c->sentence[s].grams[n]; k++)
                gram[all++] = c->sentence[s].gram[n][k];
        all = begin + ngrams_join(gram + begin, all - begin);
        for (size_t k = begin; k < all; k++)
            gram[k].count = 1;
    }
    c->frequency[n] = gram;
    c->frequencies[n] = ngrams_join(gram, all);
    return GMR_OK;
}

static double weight_of(const struct case_set *c, const struct ngram *gram, size_t n)
{
    const struct ngram *found = ngrams_find(c->frequency[n], c->frequencies[n], gram);
    const double cases = found ? found->count : 1;
    return gram->count * (log((double)c->count) - log(cases));
}

static double norm_of(const struct case_set *c, const struct sentence *s, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < s->grams[n]; i++) {
        const double weight = weight_of(c, &s->gram[n][i], n);
        sum += weight * weight;
    }
    return sqrt(sum);
}

static double similarity(const struct case_set *c, const struct sentence *candidate,
                         const struct sentence *reference, size_t n)
{
    const double norms = norm_of(c, candidate, n) * norm_of(c, reference, n);
    double sum = 0;
    for (size_t i = 0; i < candidate->grams[n]; i++) {
        const struct ngram *gram = &candidate->gram[n][i];
        const struct ngram *found = ngrams_find(reference->gram[n], reference->grams[n], gram);
        if (!found)
            continue;
        const double said = weight_of(c, gram, n), wanted = weight_of(c, found, n);
        sum += fmin(said, wanted) * wanted;
    }
    return norms != 0 ? sum / norms : sum;
}

static double bigrams(const struct sentence *s)
{
    return s->length > 0 ? (double)s->length - 1 : 0;
}

static double cider_d(const struct case_set *c, const struct sentence *candidate,
                      const struct sentence *references, size_t count)
{
    double sum = 0;
    for (size_t r = 0; r < count; r++) {
        const double delta = bigrams(candidate) - bigrams(&references[r]);
        const double penalty = exp(-delta * delta / (2 * CIDER_SIGMA * CIDER_SIGMA));
        for (size_t n = 0; n < CAPTION_NGRAM; n++)
            sum += penalty * similarity(c, candidate, &references[r], n);
    }
    return CIDER_SCALE * sum / (double)(CAPTION_NGRAM * count);
}

/* ---- a corpus ---- */

static enum gmr_status read_sentences(struct case_set *c)
{
    for (size_t i = 0; i < c->count; i++)
        c->first[i + 1] = c->first[i] + 1 + c->cases[i].count;
    c->sentence = arena_array(c->arena, c->first[c->count], sizeof *c->sentence);
    if (!c->sentence)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < c->count; i++) {
        struct sentence *s = &c->sentence[c->first[i]];
        TRY(sentence_split(c->arena, c->cases[i].candidate, s));
        for (size_t r = 0; r < c->cases[i].count; r++)
            TRY(sentence_split(c->arena, c->cases[i].references[r], s + 1 + r));
    }
    return sentences_count(c->arena, c->sentence, c->first[c->count]);
}

static enum gmr_status measure(struct case_set *c, struct caption_score *score)
{
    c->first = arena_array(c->arena, c->count + 1, sizeof *c->first);
    if (!c->first)
        return GMR_ERR_NOMEM;
    TRY(read_sentences(c));
    for (size_t n = 0; n < CAPTION_NGRAM; n++)
        TRY(count_frequencies(c, n));
    for (size_t i = 0; i < c->count; i++) {
        const struct sentence *s = &c->sentence[c->first[i]];
        count_matches(s, s + 1, c->cases[i].count, &score[i]);
        score[i].rouge = rouge_l(s, s + 1, c->cases[i].count);
        score[i].cider = cider_d(c, s, s + 1, c->cases[i].count);
    }
    return GMR_OK;
}

enum gmr_status caption_measure(const struct gmr_allocator *allocator,
                                const struct caption_case *cases, size_t count,
                                struct caption_score *score)
{
    struct arena arena;
    arena_init(&arena, allocator, 0);
    struct case_set corpus = { .arena = &arena, .cases = cases, .count = count };
    const enum gmr_status status = measure(&corpus, score);
    arena_release(&arena);
    return status;
}
