/* What the attributes of a catalogue's items say in a grammar's terms, small enough to compare a
 * million pairs a second: a sorted list of facts for each item.
 *
 * An item that is navy is blue too. Where a value of an attribute has no name in the grammar, the
 * item might be anything of that topic. */
#ifndef SIMULATOR_GRAMMAR_TRAITS_H
#define SIMULATOR_GRAMMAR_TRAITS_H

#include "catalogue/catalogue.h"
#include "simulator/grammar/grammar.h"

enum truth { TRUTH_UNKNOWN, TRUTH_FALSE, TRUTH_TRUE };

enum relation { RELATION_IS, RELATION_NOT, RELATION_MORE, RELATION_LESS };

/* "It is red", "it is not red", "it is darker"; more and less compare the target with the candidate
 * and have no value. */
struct statement {
    uint8_t topic;
    uint8_t relation; /* enum relation */
    uint32_t value;
};

/* topic << 26 | value << 3 | flags. Without FACT_TRUE it is not known whether the value is true. */
enum { FACT_TRUE = 1, FACT_MAIN = 2, FACT_DIRECT = 4, FACT_FLAGS = 7 };

static inline size_t fact_topic(uint32_t fact)
{
    return fact >> 26;
}

static inline uint32_t fact_value(uint32_t fact)
{
    return fact >> 3 & ((1U << 23) - 1);
}

struct item_traits {
    uint32_t noun; /* value whose noun names the item; GRAMMAR_OTHER: none */
    uint32_t count;
    size_t first; /* of its facts */
};

struct traits {
    const struct gmr_allocator *allocator;
    size_t items;
    struct item_traits *item; /* [items] */
    uint32_t *fact;
    size_t facts, fact_room;
    float *number; /* [numbers, items]; NaN: not known */
    size_t numbers;
};

/* Reads all items; values of open topics are added to the grammar, which must not be compiled yet.
 * The caller releases the traits, on error too. GMR_ERR_IO, GMR_ERR_FORMAT, GMR_ERR_NOMEM. */
enum gmr_status traits_read(struct traits *traits, const struct gmr_allocator *allocator,
                            struct catalogue *catalogue, struct grammar *grammar);
void traits_release(struct traits *traits);

/* Whether a value is true of an item, whose topic has `count` facts. */
enum truth facts_truth(const uint32_t *fact, size_t count, uint32_t value);

/* The facts of one topic of an item. */
const uint32_t *traits_topic(const struct traits *traits, size_t item, size_t topic, size_t *count);

/* How two items compare on the scales of a topic: above 0 when a has more, 0 when they are level.
 * False when it is not known. */
bool traits_compare(const struct traits *traits, const struct grammar *grammar, size_t topic,
                    size_t a, size_t b, float *difference);

/* Whether a statement holds for `item`, compared with `other`. */
enum truth traits_truth(const struct traits *traits, const struct grammar *grammar,
                        const struct statement *statement, size_t item, size_t other);

#endif
