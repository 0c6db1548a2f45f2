/* Facts of one item are drafted, with what follows from them, then sorted and packed. */
#include "simulator/grammar/traits.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAFT_MOST = 1024, NAME_BYTES = 256 };

struct draft {
    uint32_t fact[DRAFT_MOST];
    size_t count;
    bool full;
};

/* ---- drafting ---- */

static void add_fact(struct draft *draft, size_t topic, uint32_t value, unsigned flags)
{
    const uint32_t key = (uint32_t)topic << 26 | value << 3;
    for (size_t i = 0; i < draft->count; i++)
        if ((draft->fact[i] & ~(uint32_t)FACT_FLAGS) == key) {
            draft->fact[i] |= flags;
            return;
        }
    if (draft->count == DRAFT_MOST)
        draft->full = true;
    else
        draft->fact[draft->count++] = key | flags;
}

/* The flags of a value in the draft, or -1. */
static int find_fact(const struct draft *draft, size_t topic, uint32_t value)
{
    const uint32_t key = (uint32_t)topic << 26 | value << 3;
    for (size_t i = 0; i < draft->count; i++)
        if ((draft->fact[i] & ~(uint32_t)FACT_FLAGS) == key)
            return (int)(draft->fact[i] & FACT_FLAGS);
    return -1;
}

static bool has_links(const struct grammar *grammar, uint32_t value, size_t *link)
{
    *link = grammar->value[value].links;
    return *link != NAMES_NONE;
}

/* Adds a value and all that it is a kind of. A value that is there with these flags is not gone
 * through again, so circles end. */
static void add_closure(struct draft *draft, const struct grammar *grammar, uint32_t value,
                        unsigned flags)
{
    const size_t topic = grammar->value[value].topic;
    const int there = find_fact(draft, topic, value);
    size_t i;
    if (there >= 0 && ((unsigned)there & flags) == flags)
        return;
    add_fact(draft, topic, value, flags);
    if (draft->full)
        return;
    for (bool more = has_links(grammar, value, &i);
         more && i < grammar->links && grammar->link[i].value == value; i++)
        if (!grammar->link[i].maybe)
            add_closure(draft, grammar, grammar->link[i].to, flags & ~(unsigned)FACT_DIRECT);
}

/* Whether the item is told to be one of what the value may be: then it is no other. */
static bool is_settled(const struct draft *draft, const struct grammar *grammar, uint32_t value)
{
    size_t i;
    for (bool more = has_links(grammar, value, &i);
         more && i < grammar->links && grammar->link[i].value == value; i++) {
        const int there = find_fact(draft, grammar->value[value].topic, grammar->link[i].to);
        if (grammar->link[i].maybe && there > 0)
            return true;
    }
    return false;
}

static void add_maybes(struct draft *draft, const struct grammar *grammar)
{
    const size_t told = draft->count;
    for (size_t f = 0; f < told; f++) {
        const uint32_t value = fact_value(draft->fact[f]);
        size_t i;
        if (is_settled(draft, grammar, value))
            continue;
        for (bool more = has_links(grammar, value, &i);
             more && i < grammar->links && grammar->link[i].value == value; i++)
            if (grammar->link[i].maybe)
                add_closure(draft, grammar, grammar->link[i].to, 0);
    }
}

/* ---- attributes ---- */

static void read_number(struct traits *traits, size_t list, size_t item, double number)
{
    float *at = &traits->number[list * traits->items + item];
    if (isnan(number))
        return;
    *at = isnan(*at) ? (float)number : INFINITY; /* several: none that could be compared */
}

static enum gmr_status read_value(struct grammar *grammar, const struct reading *reading,
                                  const char *text, struct draft *draft)
{
    const size_t topic = reading->topic;
    uint32_t value = names_find(&grammar->names, SPACE_VALUE + (uint32_t)topic, text, strlen(text));
    if (value == NAMES_NONE) {
        value = GRAMMAR_OTHER;
        if (grammar->topic[topic].open)
            TRY(grammar_add_value(grammar, topic, text, &value));
    }
    if (value == GRAMMAR_OTHER && reading->hint)
        return GMR_OK;
    if (value == GRAMMAR_OTHER)
        add_fact(draft, topic, GRAMMAR_OTHER, FACT_TRUE);
    else
        add_closure(draft, grammar, value,
                    reading->aside ? FACT_TRUE : FACT_TRUE | FACT_MAIN | FACT_DIRECT);
    return GMR_OK;
}

/* In lower case; "" when the text is too long to have a name. Returns the length. */
static size_t lower(const char *text, char result[NAME_BYTES])
{
    size_t length = 0;
    for (; length < NAME_BYTES - 1 && text[length]; length++)
        result[length] = (char)tolower((unsigned char)text[length]);
    length = text[length] ? 0 : length;
    result[length] = '\0';
    return length;
}

static enum gmr_status read_attribute(struct traits *traits, struct grammar *grammar, size_t item,
                                      const struct gmr_attribute *attribute, struct draft *draft)
{
    char name[NAME_BYTES], value[NAME_BYTES];
    const size_t length = lower(attribute->name, name);
    lower(attribute->value, value);
    uint32_t next = names_find(&grammar->names, SPACE_ATTRIBUTE, name, length);
    for (; next != NAMES_NONE; next = grammar->reading[next].next) {
        const struct reading *reading = &grammar->reading[next];
        const int list = grammar->topic[reading->topic].number;
        if (list >= 0)
            read_number(traits, (size_t)list, item, attribute->number);
        else
            TRY(read_value(grammar, reading, value, draft));
    }
    return GMR_OK;
}

/* ---- packing ---- */

static int compare_facts(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static enum gmr_status make_room(struct traits *traits, size_t more)
{
    if (traits->fact && traits->facts + more <= traits->fact_room)
        return GMR_OK;
    const size_t room = 2 * traits->fact_room + more + 1024;
    uint32_t *fact = memory_array(traits->allocator, room, sizeof *fact);
    if (!fact)
        return GMR_ERR_NOMEM;
    if (traits->facts > 0)
        memcpy(fact, traits->fact, traits->facts * sizeof *fact);
    memory_release(traits->allocator, traits->fact, traits->fact_room * sizeof *fact);
    traits->fact = fact;
    traits->fact_room = room;
    return GMR_OK;
}

static uint32_t find_noun(const struct grammar *grammar, const struct draft *draft)
{
    for (int direct = 1; direct >= 0; direct--)
        for (size_t i = 0; i < draft->count; i++) {
            const uint32_t fact = draft->fact[i];
            if ((fact & FACT_MAIN) && (direct == 0 || (fact & FACT_DIRECT)) &&
                grammar->value[fact_value(fact)].noun)
                return fact_value(fact);
        }
    return GRAMMAR_OTHER;
}

static enum gmr_status pack(struct traits *traits, const struct grammar *grammar, size_t item,
                            struct draft *draft)
{
    if (draft->full)
        draft->count = 0; /* of what cannot be kept whole nothing is said */
    qsort(draft->fact, draft->count, sizeof *draft->fact, compare_facts);
    TRY(make_room(traits, draft->count));
    traits->item[item] =
        (struct item_traits){ find_noun(grammar, draft), (uint32_t)draft->count, traits->facts };
    memcpy(traits->fact + traits->facts, draft->fact, draft->count * sizeof *draft->fact);
    traits->facts += draft->count;
    for (size_t list = 0; list < traits->numbers; list++) {
        float *number = &traits->number[list * traits->items + item];
        *number = isinf(*number) ? NAN : *number;
    }
    return GMR_OK;
}

static enum gmr_status read_item(struct traits *traits, struct catalogue *catalogue,
                                 struct grammar *grammar, size_t position, struct arena *arena)
{
    struct gmr_item item;
    struct draft draft;
    draft.count = 0;
    draft.full = false;
    arena_clear(arena);
    TRY(catalogue_item(catalogue, position, arena, &item));
    for (size_t list = 0; list < traits->numbers; list++)
        traits->number[list * traits->items + position] = NAN;
    for (size_t i = 0; i < item.attribute_count; i++)
        TRY(read_attribute(traits, grammar, position, &item.attributes[i], &draft));
    add_maybes(&draft, grammar);
    return pack(traits, grammar, position, &draft);
}

enum gmr_status traits_read(struct traits *traits, const struct gmr_allocator *allocator,
                            struct catalogue *catalogue, struct grammar *grammar)
{
    enum gmr_status status = GMR_OK;
    struct arena arena;
    *traits = (struct traits){ .allocator = allocator,
                               .items = catalogue_count(catalogue),
                               .numbers = grammar->numbers };
    traits->item = memory_array(allocator, traits->items, sizeof *traits->item);
    traits->number =
        memory_array(allocator, traits->items * traits->numbers, sizeof *traits->number);
    if (!traits->item || !traits->number)
        return GMR_ERR_NOMEM;
    arena_init(&arena, allocator, 0);
    for (size_t i = 0; i < traits->items && status == GMR_OK; i++)
        status = read_item(traits, catalogue, grammar, i, &arena);
    arena_release(&arena);
    return status;
}

void traits_release(struct traits *traits)
{
    memory_release(traits->allocator, traits->item, traits->items * sizeof *traits->item);
    memory_release(traits->allocator, traits->number,
                   traits->items * traits->numbers * sizeof *traits->number);
    memory_release(traits->allocator, traits->fact, traits->fact_room * sizeof *traits->fact);
}
