/* Goes from left to right. At each word the longest phrase wins; else the longest form of any
 * value, which is denied when a word of negation came just before; else the word is passed over. */
#include "simulator/grammar/hear.h"

#include <string.h>

struct match {
    size_t end; /* word behind it; 0: none */
    const struct phrase *phrase;
    uint32_t value, other;
};

struct listener {
    const struct grammar *grammar;
    const uint32_t *token;
    size_t words;
    struct match best;
};

/* Whether the words of a form stand at `at`. */
static bool stands(const struct listener *listener, const struct form *form, size_t at)
{
    return at + form->words <= listener->words &&
           memcmp(listener->token + at, form->token, form->words * sizeof *form->token) == 0;
}

static void follow(struct listener *listener, uint32_t node, size_t at, struct match so_far);

/* Goes on behind a form that stands here, through each place that takes it. */
static void follow_form(struct listener *listener, uint32_t node, size_t at,
                        const struct form *form, struct match so_far)
{
    const struct grammar *grammar = listener->grammar;
    const uint8_t topic = grammar->value[form->value].topic;
    for (int other = 0; other < 2; other++)
        for (uint8_t kind = FORM_IS; kind < FORM_HEAR; kind++) {
            if (form->kind != FORM_HEAR && form->kind != kind)
                continue;
            const uint32_t next = grammar_step(grammar, node, GRAMMAR_PLACE(topic, kind, other));
            struct match match = so_far;
            *(other ? &match.other : &match.value) = form->value;
            if (next != 0)
                follow(listener, next, at + form->words, match);
        }
}

static void follow(struct listener *listener, uint32_t node, size_t at, struct match so_far)
{
    const struct grammar *grammar = listener->grammar;
    const uint32_t end = grammar->ends[node];
    if (end != 0 && at > listener->best.end) {
        listener->best = so_far;
        listener->best.end = at;
        listener->best.phrase = &grammar->phrase[end - 1];
    }
    if (at == listener->words || listener->token[at] == 0)
        return;
    const uint32_t token = listener->token[at];
    const uint32_t next = grammar_step(grammar, node, token);
    if (next != 0)
        follow(listener, next, at + 1, so_far);
    for (uint32_t i = grammar->token_start[token]; i < grammar->token_start[token + 1]; i++) {
        const struct form *form = &grammar->form[grammar->by_token[i]];
        if (stands(listener, form, at))
            follow_form(listener, node, at, form, so_far);
    }
}

/* The longest phrase at a word; but not one that begins with a joining word when a longer one
 * begins behind that: "and is red" in "and is red instead of blue". */
static void find_phrase(struct listener *listener, size_t at)
{
    const struct match none = { 0 };
    listener->best = none;
    follow(listener, 0, at, none);
    const struct match best = listener->best;
    if (best.end == 0 || !(listener->grammar->role[listener->token[at]] & ROLE_JOIN))
        return;
    listener->best = none;
    follow(listener, 0, at + 1, none);
    listener->best = listener->best.end > best.end ? none : best;
}

/* The longest form of a value at a word, of topics whose values mean something by themselves. */
static const struct form *find_form(const struct listener *listener, size_t at)
{
    const struct grammar *grammar = listener->grammar;
    const uint32_t token = listener->token[at];
    const struct form *longest = NULL;
    for (uint32_t i = grammar->token_start[token]; i < grammar->token_start[token + 1]; i++) {
        const struct form *form = &grammar->form[grammar->by_token[i]];
        if (!grammar->topic[grammar->value[form->value].topic].open && stands(listener, form, at) &&
            (!longest || form->words > longest->words))
            longest = form;
    }
    return longest;
}

static void state(struct heard *heard, size_t topic, enum relation relation, uint32_t value)
{
    if (heard->statements < HEARD_STATEMENTS)
        heard->statement[heard->statements++] =
            (struct statement){ (uint8_t)topic, (uint8_t)relation, value };
}

static void state_match(struct heard *heard, const struct match *match, bool denied)
{
    const struct phrase *phrase = match->phrase;
    const uint32_t value = phrase->value != GRAMMAR_OTHER ? phrase->value : match->value;
    const bool compares = phrase->kind == PHRASE_MORE || phrase->kind == PHRASE_LESS;
    if (compares)
        state(heard, phrase->topic, phrase->kind == PHRASE_MORE ? RELATION_MORE : RELATION_LESS,
              GRAMMAR_OTHER);
    else
        state(heard, phrase->topic,
              (phrase->kind == PHRASE_NOT) != denied ? RELATION_NOT : RELATION_IS, value);
    if (phrase->kind >= PHRASE_CONTRAST)
        state(heard, phrase->topic,
              (phrase->kind == PHRASE_PAIR) != denied ? RELATION_IS : RELATION_NOT, match->other);
}

/* Hears what begins at a word; returns the word behind it. */
static size_t hear_at(struct listener *listener, size_t at, bool *denied, struct heard *heard)
{
    const struct grammar *grammar = listener->grammar;
    find_phrase(listener, at);
    const struct form *form = listener->best.end == 0 ? find_form(listener, at) : NULL;
    if (listener->best.end > 0) {
        state_match(heard, &listener->best, *denied);
    } else if (form) {
        state(heard, grammar->value[form->value].topic, *denied ? RELATION_NOT : RELATION_IS,
              form->value);
    } else {
        const uint8_t role = grammar->role[listener->token[at]];
        *denied = (role & ROLE_NEGATION) || (*denied && !(role & ROLE_JOIN));
        heard->understood += role != ROLE_NONE;
        return at + 1;
    }
    const size_t end = form ? at + form->words : listener->best.end;
    heard->understood += end - at;
    *denied = false;
    return end;
}

void hear_critique(const struct grammar *grammar, const char *text, struct heard *heard)
{
    uint32_t token[HEARD_WORDS];
    bool denied = false;
    *heard = (struct heard){ 0 };
    heard->words = grammar_tokens(grammar, text, token, HEARD_WORDS);
    struct listener listener = { .grammar = grammar, .token = token, .words = heard->words };
    for (size_t at = 0; at < heard->words;)
        at = hear_at(&listener, at, &denied, heard);
}
