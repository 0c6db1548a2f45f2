#include "learning/caption_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

/* ---- words ---- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes beyond ASCII belong to words: in "café" too. */
static bool is_punctuation(char c)
{
    return (unsigned char)c < 128 && ispunct((unsigned char)c);
}

/* The next word of *text without the punctuation around it; its length may be 0. False at the end.
 */
static bool next_word(const char **text, const char **word, size_t *length)
{
    const char *p = *text;
    while (is_space(*p))
        p++;
    if (*p == '\0')
        return false;
    const char *end = p;
    while (*end != '\0' && !is_space(*end))
        end++;
    *text = end;
    while (p < end && is_punctuation(*p))
        p++;
    while (end > p && is_punctuation(end[-1]))
        end--;
    *word = p;
    *length = (size_t)(end - p);
    return true;
}

static char *copy_lower(struct arena *arena, const char *word, size_t length)
{
    char *copy = arena_strndup(arena, word, length);
    for (char *p = copy; p && *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return copy;
}

enum gmr_status sentence_split(struct arena *arena, const char *text, struct sentence *sentence)
{
    const char *word, *rest = text;
    size_t length, words = 0;
    memset(sentence, 0, sizeof *sentence);
    while (next_word(&rest, &word, &length))
        words += length > 0;
    if (words > CAPTION_MAX_WORDS)
        words = CAPTION_MAX_WORDS;
    sentence->text = arena_array(arena, words, sizeof *sentence->text);
    if (!sentence->text)
        return GMR_ERR_NOMEM;
    while (sentence->length < words && next_word(&text, &word, &length)) {
        if (length == 0)
            continue;
        const char *copy = copy_lower(arena, word, length);
        if (!copy)
            return GMR_ERR_NOMEM;
        sentence->text[sentence->length++] = copy;
    }
    return GMR_OK;
}

/* ---- numbers of words ---- */

struct dictionary {
    const char **word; /* rising, distinct */
    size_t count;
};

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum gmr_status collect_words(struct arena *arena, const struct sentence *sentences,
                                     size_t count, struct dictionary *d)
{
    size_t all = 0, distinct = 0;
    for (size_t i = 0; i < count; i++)
        all += sentences[i].length;
    d->word = arena_array(arena, all, sizeof *d->word);
    if (!d->word)
        return GMR_ERR_NOMEM;
    for (size_t i = 0, used = 0; i < count; used += sentences[i++].length)
        if (sentences[i].length > 0)
            memcpy(d->word + used, sentences[i].text, sentences[i].length * sizeof *d->word);
    if (all > 0)
        qsort(d->word, all, sizeof *d->word, compare_text);
    for (size_t i = 0; i < all; i++)
        if (distinct == 0 || strcmp(d->word[distinct - 1], d->word[i]) != 0)
            d->word[distinct++] = d->word[i];
    d->count = distinct;
    return GMR_OK;
}

static enum gmr_status number_words(struct arena *arena, const struct dictionary *d,
                                    struct sentence *s)
{
    s->word = arena_array(arena, s->length, sizeof *s->word);
    if (!s->word)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < s->length; i++) {
        const char **found = bsearch(&s->text[i], d->word, d->count, sizeof *d->word, compare_text);
        s->word[i] = (uint32_t)(found - d->word);
    }
    return GMR_OK;
}

/* ---- n-grams ---- */

int ngram_compare(const void *a, const void *b)
{
    const struct ngram *x = a, *y = b;
    for (size_t i = 0; i < CAPTION_NGRAM; i++)
        if (x->word[i] != y->word[i])
            return x->word[i] < y->word[i] ? -1 : 1;
    return 0;
}

size_t ngrams_join(struct ngram *grams, size_t count)
{
    size_t distinct = 0;
    if (count > 0)
        qsort(grams, count, sizeof *grams, ngram_compare);
    for (size_t i = 0; i < count; i++)
        if (distinct > 0 && ngram_compare(&grams[distinct - 1], &grams[i]) == 0)
            grams[distinct - 1].count += grams[i].count;
        else
            grams[distinct++] = grams[i];
    return distinct;
}

const struct ngram *ngrams_find(const struct ngram *grams, size_t count, const struct ngram *gram)
{
    return count > 0 ? bsearch(gram, grams, count, sizeof *grams, ngram_compare) : NULL;
}

static enum gmr_status count_grams(struct arena *arena, struct sentence *s, size_t n)
{
    const size_t all = s->length >= n ? s->length - n + 1 : 0;
    struct ngram *gram = arena_array(arena, all, sizeof *gram);
    if (!gram)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < all; i++) {
        gram[i].count = 1;
        for (size_t k = 0; k < CAPTION_NGRAM; k++)
            gram[i].word[k] = k < n ? s->word[i + k] : CAPTION_NO_WORD;
    }
    s->gram[n - 1] = gram;
    s->grams[n - 1] = ngrams_join(gram, all);
    return GMR_OK;
}

enum gmr_status sentences_count(struct arena *arena, struct sentence *sentences, size_t count)
{
    struct dictionary dictionary;
    TRY(collect_words(arena, sentences, count, &dictionary));
    for (size_t i = 0; i < count; i++) {
        TRY(number_words(arena, &dictionary, &sentences[i]));
        for (size_t n = 1; n <= CAPTION_NGRAM; n++)
            TRY(count_grams(arena, &sentences[i], n));
    }
    return GMR_OK;
}
