/* Words about an item, from its title, description and attributes: what an encoder learns from and
 * is measured with. Short phrases are of the kind that people use in critiques: "black leather
 * sandals", "long sleeves", "for men".
 *
 * A text knows what it states, so that one can tell whether it is true of another item too: "black
 * shirts" is, of every other black shirt. Two pictures that one text describes equally well must
 * not be held against each other in training. */
#ifndef CATALOGUE_ITEM_TEXT_H
#define CATALOGUE_ITEM_TEXT_H

#include <gommir/catalogue.h>

#include "base/arena.h"
#include "base/rng.h"

enum {
    ITEM_TEXT_SIZE = 1024, /* bytes, NUL included; longer texts are cut between characters */
    ITEM_TEXT_FACTS = 8,
    ITEM_TEXT_VARIANTS = 3 /* ways to say one value */
};

/* A fact is a hash: of an attribute's name and value, of a title, or of a description. */
struct item_text {
    char text[ITEM_TEXT_SIZE];
    uint64_t fact[ITEM_TEXT_FACTS];
    size_t facts;
};

/* All facts about one item, sorted. */
struct item_facts {
    const uint64_t *fact;
    size_t count;
};

/* Into the arena. GMR_ERR_NOMEM. */
enum gmr_status item_facts(const struct gmr_item *item, struct arena *arena,
                           struct item_facts *facts);

/* Whether all that the text states is among the facts. */
bool item_text_is_true(const struct item_text *text, const struct item_facts *facts);

/* "TITLE, PHRASE, PHRASE, ...": all there is to say in few words. Attributes that are numbers, or
 * that a picture does not show, are left out. */
void item_text_full(const struct gmr_item *item, char text[ITEM_TEXT_SIZE]);

/* One of the many texts that are true of an item: the title, the title and some phrases, a part of
 * the description, or one to four phrases. A pure function of item and stream. */
void item_text_draw(const struct gmr_item *item, struct rng_stream *chance, struct item_text *text);

/* The name of one of the item's attributes, the likelier the more often it is spoken of, borrowed
 * from the item; NULL when it has none. */
const char *item_text_topic(const struct gmr_item *item, struct rng_stream *chance);

/* A short text about that attribute and nothing else; false, and no text, when the item does not
 * have it. */
bool item_text_draw_about(const struct gmr_item *item, const char *topic, struct rng_stream *chance,
                          struct item_text *text);

/* How one value is said by itself; variant < ITEM_TEXT_VARIANTS, the same for all values of one
 * attribute: ("gender", "men"): "for men", "men", "men's". */
void item_text_phrase(const char *name, const char *value, size_t variant,
                      char text[ITEM_TEXT_SIZE]);

#endif
