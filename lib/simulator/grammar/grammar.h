/* The grammar of critiques: what can be said about items, and in which words. It is data
 * (grammar/data/, format in docs/FORMATS.md); here it becomes tables for those who speak
 * (simulator/grammar/say.h), listen (hear.h) and read attributes (traits.h).
 *
 * A topic is one thing to speak of, such as colour; it reads one or more attributes of the
 * catalogue. Its values have forms (words for a value alone: "striped", "stripes"), may be kinds of
 * other values (navy is blue), and may lie on a scale (sleeves by length). A phrase is a pattern
 * with places for forms: "[is|are] {is}".
 *
 * Read it, let the catalogue add the values of open topics, then compile; after that it does not
 * change, and any number of threads may use it. */
#ifndef SIMULATOR_GRAMMAR_GRAMMAR_H
#define SIMULATOR_GRAMMAR_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/status.h"
#include "simulator/grammar/names.h"

enum {
    GRAMMAR_TOPICS = 64,     /* one bit each in a critic's memory */
    GRAMMAR_FORM_WORDS = 6,  /* of one form */
    GRAMMAR_PIECES = 8,      /* of one phrase */
    GRAMMAR_LEAST_WORDS = 2, /* of a critique */
    GRAMMAR_MOST_WORDS = 12,
    GRAMMAR_OTHER = 0 /* the value that stands for all that have no name */
};

/* Which words stand for a value where: "is striped", "has stripes", "no stripes"; and words that
 * are understood but not used. */
enum form_kind { FORM_IS, FORM_HAS, FORM_NO, FORM_HEAR, FORM_KINDS };

/* What a phrase states of the target. Two kinds state two things: contrasts, that it is this and
 * not that; pairs, that it is this and that, of which the second is told aside. */
enum phrase_kind {
    PHRASE_IS,
    PHRASE_NOT,
    PHRASE_MORE,
    PHRASE_LESS,
    PHRASE_CONTRAST,
    PHRASE_PAIR,
    PHRASE_KINDS
};

enum phrase_set { SET_TRAINING, SET_EVALUATION, SETS };

/* What has to stand before a phrase that continues a sentence; leading phrases begin one. Behind a
 * denial only those come that have a verb of their own. */
enum phrase_after { AFTER_LEAD, AFTER_ANY, AFTER_IS, AFTER_HAS, AFTER_DENIAL };

struct form {
    const char *text;
    uint32_t value;
    uint8_t kind;  /* enum form_kind */
    uint8_t words; /* of token */
    uint32_t token[GRAMMAR_FORM_WORDS];
};

/* Text, or a place for a form of the value or, `other`, of the second one. */
struct piece {
    const char *text; /* NULL: a place */
    size_t length;
    uint8_t kind; /* enum form_kind */
    bool other;
};

struct pieces {
    struct piece at[GRAMMAR_PIECES];
    size_t count;
};

struct phrase {
    uint8_t topic, kind, set, after; /* the enums above */
    uint32_t value;                  /* the only one it speaks of; GRAMMAR_OTHER: any */
    float weight;
    int8_t needs[2]; /* enum form_kind of the value and of the second; -1: no place */
    uint8_t verb;    /* enum phrase_after: what it begins with; AFTER_LEAD: no verb to join */
    bool subject;    /* the verb has one, so the phrase does not join others */
    struct pieces number[2]; /* of one, of many */
    const char *file;
    unsigned line;
    uint32_t order; /* of reading */
};

struct value {
    const char *name;
    const char *noun; /* for the closing comment; NULL: none */
    bool many;        /* the noun is a plural */
    uint8_t topic;
    uint8_t scale; /* 0: on none */
    float rank;
    float weight;
    bool spoken;                    /* has forms or phrases of its own */
    uint32_t links;                 /* first of its links; NAMES_NONE: it has none */
    uint32_t forms[FORM_KINDS + 1]; /* first form of each kind */
};

/* Links of one value follow each other. */
struct link {
    uint32_t value, to;
    bool maybe; /* may be that too, for all that is known; else it is one */
};

struct topic {
    const char *name;
    float weight, margin; /* of being spoken of; least difference of ranks worth speaking of */
    float mix[PHRASE_KINDS];
    bool unseen;     /* a picture does not show it */
    bool open;       /* values come from the catalogue, and are understood in phrases only */
    int within;      /* topic in which items must share a value to be compared; -1: any */
    int number;      /* of the list of numbers that it reads; -1: reads values */
    uint8_t scales;  /* how many */
    float low, high; /* of all ranks */
    uint32_t phrases[PHRASE_KINDS][SETS][2]; /* first, and behind the last */
};

/* An attribute that a topic reads; those of one name are chained. */
struct reading {
    uint8_t topic;
    bool aside;    /* true of the item, but not what one calls it: a second colour */
    bool hint;     /* values without a name say nothing */
    uint32_t next; /* NAMES_NONE: none */
};

struct join {
    const char *text;
    float weight;
    uint8_t set;
};

struct edge {
    uint64_t from; /* node << 32 | label, 0: free */
    uint32_t to;
};

struct grammar {
    struct arena arena;
    struct names names; /* see enum grammar_space */
    struct topic topic[GRAMMAR_TOPICS];
    size_t topics, numbers;
    struct value *value; /* value[0] is GRAMMAR_OTHER */
    size_t values, value_room;
    struct link *link;
    size_t links, link_room;
    struct form *form; /* sorted by value, then kind */
    size_t forms, form_room;
    uint32_t *by_token;    /* forms by their first word */
    uint32_t *token_start; /* [tokens + 1] */
    struct phrase *phrase; /* sorted by topic, kind, set */
    size_t phrases, phrase_room;
    struct reading *reading;
    size_t readings, reading_room;
    struct join *join;
    size_t joins, join_room;
    const char *closing[3]; /* one, many, unknown */
    float two;              /* share of critiques that are to speak of two topics */
    float enough;           /* what a second topic has to weigh against */
    uint32_t tokens;        /* 1 ..: numbers of words; 0: a word that the grammar does not know */
    uint8_t *role;          /* [tokens] of struct hear, see enum word_role */
    size_t role_room;
    struct edge *edge; /* [edge_room], a power of two: phrases as a tree of words and places */
    size_t edges, edge_room;
    uint32_t *ends; /* [nodes]: phrase + 1 that ends there, or 0 */
    size_t nodes, ends_room;
    char digest[DIGEST_HEX]; /* of the text */
};

enum grammar_space {
    SPACE_TOKEN,
    SPACE_ALIAS,
    SPACE_ATTRIBUTE,
    SPACE_TOPIC,
    SPACE_GROUP,
    SPACE_VALUE = 64 /* + topic */
};

enum word_role { ROLE_NONE, ROLE_SKIP = 1, ROLE_NEGATION = 2, ROLE_JOIN = 4 };

/* Text of one file of a grammar; a grammar is one or more, read in order. */
struct grammar_text {
    const char *name, *text; /* text ends with NUL */
};

/* The caller releases the grammar, on error too. GMR_ERR_FORMAT names file, line and reason;
 * GMR_ERR_NOMEM. */
enum gmr_status grammar_read(struct grammar *grammar, const struct gmr_allocator *allocator,
                             const struct grammar_text *texts, size_t count);

/* The grammar that the library carries. */
enum gmr_status grammar_read_own(struct grammar *grammar, const struct gmr_allocator *allocator);
void grammar_release(struct grammar *grammar);

/* Adds a value of an open topic as the catalogue spells it (lower-case; cut into words): its number
 * in *value, GRAMMAR_OTHER where it cannot be said in plain words. GMR_ERR_NOMEM. */
enum gmr_status grammar_add_value(struct grammar *grammar, size_t topic, const char *text,
                                  uint32_t *value);

/* Makes the indexes. GMR_ERR_FORMAT: two phrases are the same; GMR_ERR_NOMEM. */
enum gmr_status grammar_compile(struct grammar *grammar);

/* ---- words ---- */

/* Cuts text into words and gives their numbers, at most `most`; returns how many there are. Case,
 * commas, full stops and the like do not count; hyphens part words. */
size_t grammar_tokens(const struct grammar *grammar, const char *text, uint32_t *token,
                      size_t most);

/* ---- the tree of phrases ---- */

#define GRAMMAR_PLACE(topic, kind, other) \
    (UINT32_C(0x80000000) | (uint32_t)(topic) << 8 | (uint32_t)(other) << 4 | (uint32_t)(kind))

/* The node behind `node` (0: the root) and a label: a word, or a place. 0: none. */
uint32_t grammar_step(const struct grammar *grammar, uint32_t node, uint32_t label);

#endif
