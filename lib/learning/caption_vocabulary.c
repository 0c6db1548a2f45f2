#include "learning/caption_vocabulary.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 64 /* bytes, NUL included; what is longer is cut */ };

static bool is_left_out(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '\\' || c == '/';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word of *text; false at its end. */
static bool next_word(const char **text, char word[WORD])
{
    const char *p = *text;
    size_t length = 0;
    while (is_space(*p) || is_left_out(*p))
        p++;
    if (*p == ',')
        word[length++] = *p++;
    else
        for (; *p != '\0' && *p != ',' && !is_space(*p); p++)
            if (!is_left_out(*p) && length + 1 < WORD)
                word[length++] = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    word[length] = '\0';
    *text = p;
    return length > 0;
}

void caption_count_init(struct caption_count *count, struct arena *arena)
{
    *count = (struct caption_count){ .arena = arena };
}

/* The list of words doubles; old ones stay in the arena, together as large as the last. */
static enum gmr_status reserve(struct caption_count *c)
{
    if (c->count < c->room)
        return GMR_OK;
    const size_t room = c->room ? 2 * c->room : 1024;
    const char **word = arena_array(c->arena, room, sizeof *word);
    if (!word)
        return GMR_ERR_NOMEM;
    if (c->count > 0)
        memcpy(word, c->word, c->count * sizeof *word);
    c->word = word;
    c->room = room;
    return GMR_OK;
}

enum gmr_status caption_count_add(struct caption_count *c, const char *text)
{
    char word[WORD];
    while (next_word(&text, word)) {
        TRY(reserve(c));
        const char *copy = arena_strdup(c->arena, word);
        if (!copy)
            return GMR_ERR_NOMEM;
        c->word[c->count++] = copy;
    }
    return GMR_OK;
}

/* ---- learning ---- */

struct counted {
    const char *word;
    size_t times;
};

static int by_letters(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_times(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    if (x->times != y->times)
        return x->times > y->times ? -1 : 1;
    return strcmp(x->word, y->word);
}

/* Distinct words with how often they were seen; "unk" is nobody's word. Returns how many are seen
 * often enough. */
static size_t count_words(const struct caption_count *c, size_t minimum, struct counted *counted)
{
    size_t kept = 0;
    for (size_t i = 0, times; i < c->count; i += times) {
        for (times = 1; i + times < c->count; times++)
            if (strcmp(c->word[i + times], c->word[i]) != 0)
                break;
        if (times >= minimum)
            counted[kept++] = (struct counted){ c->word[i], times };
    }
    return kept;
}

struct ranked {
    const char *word;
    int64_t id;
};

static enum gmr_status rank_words(struct caption_vocabulary *v, struct arena *arena)
{
    struct ranked *ranked = arena_array(arena, v->count, sizeof *ranked);
    int64_t *rank = arena_array(arena, v->count, sizeof *rank);
    if (!ranked || !rank)
        return GMR_ERR_NOMEM;
    for (size_t i = 1; i < v->count; i++)
        ranked[i - 1] = (struct ranked){ v->word[i], (int64_t)i };
    qsort(ranked, v->count - 1, sizeof *ranked, by_letters); /* begins with the word */
    for (size_t i = 0; i + 1 < v->count; i++)
        rank[i] = ranked[i].id;
    v->rank = rank;
    return GMR_OK;
}

enum gmr_status caption_vocabulary_learn(struct caption_count *c, size_t minimum,
                                         struct caption_vocabulary *v)
{
    struct counted *counted = arena_array(c->arena, c->count, sizeof *counted);
    if (!counted)
        return GMR_ERR_NOMEM;
    if (c->count > 0)
        qsort(c->word, c->count, sizeof *c->word, by_letters);
    const size_t kept = count_words(c, minimum, counted);
    if (kept > 0)
        qsort(counted, kept, sizeof *counted, by_times);
    v->count = kept + 1;
    v->word = arena_array(c->arena, v->count + 1, sizeof *v->word);
    if (!v->word)
        return GMR_ERR_NOMEM;
    v->word[0] = "";
    for (size_t i = 0; i < kept; i++)
        v->word[i + 1] = counted[i].word;
    v->word[v->count] = CAPTION_UNKNOWN;
    return rank_words(v, c->arena);
}

/* ---- using ---- */

static int64_t find_word(const struct caption_vocabulary *v, const char *word)
{
    size_t low = 0, high = v->count - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(word, v->word[v->rank[middle]]);
        if (order == 0)
            return v->rank[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return (int64_t)v->count;
}

size_t caption_encode(const struct caption_vocabulary *v, const char *text, size_t length,
                      int64_t *ids)
{
    char word[WORD];
    size_t words = 0;
    memset(ids, 0, length * sizeof *ids);
    for (; next_word(&text, word); words++)
        if (words < length)
            ids[words] = find_word(v, word);
    return words;
}
