/* Indexes of a grammar that is read: forms by value and by their first word, phrases by what they
 * say, and all phrases as a tree of words and places for those who listen. */
#include <stdlib.h>
#include <string.h>

#include "simulator/grammar/grammar.h"
#include "simulator/grammar/reader.h"

enum { MOST_LABELS = 64, MOST_VALUE = 1 << 23, OPEN_WORDS = 4 };

/* ---- values of open topics ---- */

/* Whether a value can be said as it is: printable ASCII without what separates words. */
static bool can_be_said(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~' || strchr(",;:!?\"()", *c))
            return false;
    return text[0] != '\0' && text[0] != ' ';
}

enum gmr_status grammar_add_value(struct grammar *grammar, size_t topic, const char *text,
                                  uint32_t *value)
{
    const uint32_t space = SPACE_VALUE + (uint32_t)topic;
    uint32_t token[OPEN_WORDS];
    size_t words;
    *value = names_find(&grammar->names, space, text, strlen(text));
    if (*value != NAMES_NONE)
        return GMR_OK;
    *value = GRAMMAR_OTHER;
    if (!can_be_said(text) || grammar->values >= MOST_VALUE)
        return GMR_OK;
    const enum gmr_status status = grammar_intern(grammar, text, token, OPEN_WORDS, &words);
    if (status != GMR_OK || words == 0)
        return status == GMR_ERR_NOMEM ? status : GMR_OK;
    TRY(grammar_new_value(grammar, topic, text, value));
    TRY(grammar_add_form(grammar, *value, FORM_IS, text));
    return names_add(&grammar->names, space, text, strlen(text), *value);
}

/* ---- forms ---- */

/* Sorts forms by value and kind, those of one kind as they were read. */
static enum gmr_status sort_forms(struct grammar *grammar)
{
    const size_t keys = grammar->values * FORM_KINDS;
    uint32_t *start = arena_array(&grammar->arena, keys + 1, sizeof *start);
    struct form *sorted = arena_array(&grammar->arena, grammar->forms + 1, sizeof *sorted);
    if (!start || !sorted)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < grammar->forms; i++)
        start[grammar->form[i].value * FORM_KINDS + grammar->form[i].kind + 1]++;
    for (size_t i = 0; i < keys; i++)
        start[i + 1] += start[i];
    for (size_t v = 0; v < grammar->values; v++)
        memcpy(grammar->value[v].forms, start + v * FORM_KINDS, sizeof grammar->value[v].forms);
    for (size_t i = 0; i < grammar->forms; i++) {
        const struct form *form = &grammar->form[i];
        sorted[start[form->value * FORM_KINDS + form->kind]++] = *form;
    }
    grammar->form = sorted;
    return GMR_OK;
}

static enum gmr_status index_forms(struct grammar *grammar)
{
    const size_t tokens = grammar->tokens + 1;
    uint32_t *start = arena_array(&grammar->arena, tokens + 2, sizeof *start);
    grammar->by_token = arena_array(&grammar->arena, grammar->forms + 1, sizeof(uint32_t));
    if (!start || !grammar->by_token)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < grammar->forms; i++)
        start[grammar->form[i].token[0] + 2]++;
    for (size_t i = 1; i <= tokens; i++)
        start[i + 1] += start[i];
    for (size_t i = 0; i < grammar->forms; i++)
        grammar->by_token[start[grammar->form[i].token[0] + 1]++] = (uint32_t)i;
    grammar->token_start = start;
    return GMR_OK;
}

/* ---- phrases ---- */

static int compare_phrases(const void *a, const void *b)
{
    const struct phrase *left = a, *right = b;
    const int order[] = { left->topic - right->topic, left->kind - right->kind,
                          left->set - right->set };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (order[i] != 0)
            return order[i];
    return left->order < right->order ? -1 : left->order > right->order;
}

static void sort_phrases(struct grammar *grammar)
{
    if (grammar->phrases > 0)
        qsort(grammar->phrase, grammar->phrases, sizeof *grammar->phrase, compare_phrases);
    for (size_t i = 0; i < grammar->phrases; i++) {
        const struct phrase *phrase = &grammar->phrase[i];
        uint32_t *range = grammar->topic[phrase->topic].phrases[phrase->kind][phrase->set];
        if (range[1] == 0)
            range[0] = (uint32_t)i;
        range[1] = (uint32_t)i + 1;
    }
}

/* ---- the tree ---- */

static struct edge *find_edge(const struct grammar *grammar, uint64_t from)
{
    uint64_t hash = from * UINT64_C(0x9E3779B97F4A7C15);
    size_t i = (hash ^ hash >> 32) & (grammar->edge_room - 1);
    while (grammar->edge[i].from != 0 && grammar->edge[i].from != from)
        i = (i + 1) & (grammar->edge_room - 1);
    return &grammar->edge[i];
}

uint32_t grammar_step(const struct grammar *grammar, uint32_t node, uint32_t label)
{
    return find_edge(grammar, (uint64_t)node << 32 | label)->to;
}

static enum gmr_status grow_edges(struct grammar *grammar)
{
    struct edge *old = grammar->edge;
    const size_t room = grammar->edge_room;
    grammar->edge_room = room > 0 ? 2 * room : 1024;
    grammar->edge = arena_array(&grammar->arena, grammar->edge_room, sizeof *old);
    if (!grammar->edge)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < room; i++)
        if (old[i].from != 0)
            *find_edge(grammar, old[i].from) = old[i];
    return GMR_OK;
}

static enum gmr_status new_node(struct grammar *grammar, uint32_t *node)
{
    uint32_t *ends = list_grow(&grammar->arena, grammar->ends, grammar->nodes, &grammar->ends_room,
                               sizeof *ends);
    if (!ends)
        return GMR_ERR_NOMEM;
    grammar->ends = ends;
    *node = (uint32_t)grammar->nodes++;
    ends[*node] = 0;
    return GMR_OK;
}

static enum gmr_status walk(struct grammar *grammar, const uint32_t *label, size_t count,
                            uint32_t *node)
{
    *node = 0;
    for (size_t i = 0; i < count; i++) {
        if (2 * (grammar->edges + 1) > grammar->edge_room)
            TRY(grow_edges(grammar));
        struct edge *edge = find_edge(grammar, (uint64_t)*node << 32 | label[i]);
        if (edge->from == 0) {
            TRY(new_node(grammar, &edge->to));
            edge->from = (uint64_t)*node << 32 | label[i];
            grammar->edges++;
        }
        *node = edge->to;
    }
    return GMR_OK;
}

static enum gmr_status label_pieces(struct grammar *grammar, const struct phrase *phrase,
                                    const struct pieces *pieces, uint32_t *label, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->at[i];
        char text[MOST_LABELS * 4];
        size_t words = 0;
        if (!piece->text) {
            if (*count == MOST_LABELS)
                return GMR_ERR_RANGE;
            label[(*count)++] = GRAMMAR_PLACE(phrase->topic, piece->kind, piece->other);
            continue;
        }
        if (piece->length >= sizeof text)
            return GMR_ERR_RANGE;
        memcpy(text, piece->text, piece->length);
        text[piece->length] = '\0';
        TRY(grammar_intern(grammar, text, label + *count, MOST_LABELS - *count, &words));
        *count += words;
    }
    return *count > 0 ? GMR_OK : GMR_ERR_RANGE;
}

/* A leading phrase may continue a sentence in the same words. */
static bool same_meaning(const struct phrase *a, const struct phrase *b)
{
    return a->topic == b->topic && a->kind == b->kind && a->set == b->set && a->value == b->value;
}

static enum gmr_status add_to_tree(struct grammar *grammar, size_t number,
                                   const struct pieces *pieces)
{
    const struct phrase *phrase = &grammar->phrase[number];
    uint32_t label[MOST_LABELS], node;
    size_t count;
    const enum gmr_status status = label_pieces(grammar, phrase, pieces, label, &count);
    if (status == GMR_ERR_RANGE)
        return gmr_error(GMR_ERR_FORMAT, "%s:%u: a phrase without words, or with too many",
                         phrase->file, phrase->line);
    TRY(status);
    TRY(walk(grammar, label, count, &node));
    const uint32_t there = grammar->ends[node];
    if (there != 0 && !same_meaning(&grammar->phrase[there - 1], phrase))
        return gmr_error(GMR_ERR_FORMAT,
                         "%s:%u: the same words as %s:%u, which mean something else", phrase->file,
                         phrase->line, grammar->phrase[there - 1].file,
                         grammar->phrase[there - 1].line);
    grammar->ends[node] = (uint32_t)number + 1;
    return GMR_OK;
}

enum gmr_status grammar_compile(struct grammar *grammar)
{
    uint32_t root;
    sort_phrases(grammar);
    TRY(grow_edges(grammar));
    TRY(new_node(grammar, &root));
    for (size_t i = 0; i < grammar->phrases; i++)
        for (size_t number = 0; number < 2; number++)
            TRY(add_to_tree(grammar, i, &grammar->phrase[i].number[number]));
    TRY(sort_forms(grammar));
    return index_forms(grammar);
}
