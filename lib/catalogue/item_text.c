/* The grammar is a table: what part an attribute plays in a phrase, and how often it is spoken of.
 * Attributes that are not in it are features: "with a v-neck". */
#include "catalogue/item_text.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* In the order of a phrase: "blue striped cotton SHIRTS with long sleeves for men from Nike". */
enum part { PART_ADJECTIVE, PART_NOUN, PART_FEATURE, PART_PERSON, PART_BRAND, PARTS };

enum { SINGULAR = 1 /* the variant of a noun that is one */ };

/* Ways to say a value by itself. */
static const char *const FORM[PARTS][ITEM_TEXT_VARIANTS] = {
    [PART_ADJECTIVE] = { "%s", "in %s", "%s" },  [PART_NOUN] = { "%s", "%s", "%s" },
    [PART_FEATURE] = { "%s", "with %s", "%s" },  [PART_PERSON] = { "for %s", "%s", "%s's" },
    [PART_BRAND] = { "%s", "from %s", "by %s" },
};

/* Values that are said in words of their own. */
static const struct wording {
    const char *name, *value, *said[ITEM_TEXT_VARIANTS];
} WORDINGS[] = {
    { "pattern", "solid", { "solid", "no pattern", "plain" } },
    { "sleeve length", "sleeveless", { "sleeveless", "no sleeves", "without sleeves" } },
    { "heel height", "flat", { "flat", "no heel", "with a flat heel" } },
};

struct grammar {
    const char *name;
    enum part part;
    double weight; /* of being spoken of; 0: never */
};

static const struct grammar GRAMMAR[] = {
    { "category", PART_NOUN, 4 },
    { "kind", PART_NOUN, 0.5 },
    { "department", PART_NOUN, 0.3 },
    { "style", PART_NOUN, 0.3 },
    { "colour", PART_ADJECTIVE, 4 },
    { "second colour", PART_FEATURE, 0.5 },
    { "pattern", PART_ADJECTIVE, 1.5 },
    { "fabric", PART_ADJECTIVE, 0.6 },
    { "material", PART_ADJECTIVE, 0.8 },
    { "fit", PART_ADJECTIVE, 0.5 },
    { "shape", PART_ADJECTIVE, 1 },
    { "length", PART_ADJECTIVE, 1 },
    { "occasion", PART_ADJECTIVE, 0.8 },
    { "sleeve length", PART_FEATURE, 2.5 },
    { "gender", PART_PERSON, 3 },
    { "age group", PART_PERSON, 0.5 },
    { "brand", PART_BRAND, 0.4 },
    { "season", PART_ADJECTIVE, 0 },
    { "year", PART_FEATURE, 0 },
    { "price", PART_FEATURE, 0 },
    { "discounted price", PART_FEATURE, 0 },
    { "care", PART_FEATURE, 0 },
    { "spf", PART_FEATURE, 0 },
    { "water resistance", PART_FEATURE, 0 },
};

static const struct grammar FEATURE = { "", PART_FEATURE, 0.8 };

static const struct grammar *find_grammar(const struct gmr_attribute *attribute)
{
    static const struct grammar number = { "", PART_FEATURE, 0 };
    for (size_t i = 0; i < sizeof GRAMMAR / sizeof *GRAMMAR; i++)
        if (strcmp(GRAMMAR[i].name, attribute->name) == 0)
            return &GRAMMAR[i];
    return isnan(attribute->number) ? &FEATURE : &number;
}

/* ---- writing ---- */

/* Texts are for a tokeniser with limits of its own, so what does not fit may be cut. */
static void say(char *text, const char *format, ...) GMR_PRINTF(2, 3);

static void say(char *text, const char *format, ...)
{
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, ITEM_TEXT_SIZE - length, format, arguments);
    va_end(arguments);
}

/* Takes half a character, which a cut may have left, off the end. */
static void mend(char *text)
{
    const size_t length = strlen(text);
    for (size_t back = 1; back <= 4 && back <= length; back++) {
        const char *last = text + length - back;
        if (((unsigned char)*last & 0xC0) == 0x80)
            continue;
        if (text_utf8_length(last, back) != back)
            text[length - back] = '\0';
        return;
    }
}

/* "s" after a noun that takes it: "shirts", "dresses", "bags"; but "shoes", "jeans". */
static const char *plural(const char *noun)
{
    const size_t length = strlen(noun);
    const char last = length > 0 ? noun[length - 1] : 's';
    if (last == 's' && !(length > 1 && noun[length - 2] == 's'))
        return "";
    return last == 's' || last == 'x' || (length > 1 && last == 'h' && noun[length - 2] != 't')
               ? "es"
               : "s";
}

static void say_form(char *text, const struct gmr_attribute *attribute, size_t variant)
{
    const enum part part = find_grammar(attribute)->part;
    const char *form = FORM[part][variant], *at = strstr(form, "%s"), *value = attribute->value;
    const bool many = part == PART_NOUN && variant != SINGULAR;
    for (size_t i = 0; i < sizeof WORDINGS / sizeof *WORDINGS; i++)
        if (strcmp(WORDINGS[i].name, attribute->name) == 0 &&
            strcmp(WORDINGS[i].value, value) == 0) {
            say(text, "%s", WORDINGS[i].said[variant]);
            return;
        }
    say(text, "%.*s%s%s", (int)(at - form), form, value, many ? plural(value) : at + 2);
}

void item_text_phrase(const char *name, const char *value, size_t variant,
                      char text[ITEM_TEXT_SIZE])
{
    const struct gmr_attribute attribute = { name, value, NAN };
    text[0] = '\0';
    say_form(text, &attribute, variant);
    mend(text);
}

void item_text_full(const struct gmr_item *item, char text[ITEM_TEXT_SIZE])
{
    text[0] = '\0';
    say(text, "%s", item->title);
    for (size_t i = 0; i < item->attribute_count; i++) {
        const struct gmr_attribute *a = &item->attributes[i];
        if (find_grammar(a)->weight >= 0.5)
            say(text, ", %s", a->value);
    }
    mend(text);
}

/* ---- facts ---- */

/* FNV-1a, without regard to case: one shop writes "Nike", another "NIKE". */
static uint64_t hash(uint64_t state, const char *text)
{
    for (; *text; text++)
        state = (state ^ (uint64_t)tolower((unsigned char)*text)) * UINT64_C(0x100000001b3);
    return (state ^ 0xFF) * UINT64_C(0x100000001b3);
}

static uint64_t fact_of(const char *name, const char *value)
{
    return hash(hash(UINT64_C(0xcbf29ce484222325), name), value);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Names that no attribute has. */
static const char TITLE[] = "\ntitle", DESCRIPTION[] = "\ndescription";

enum gmr_status item_facts(const struct gmr_item *item, struct arena *arena,
                           struct item_facts *facts)
{
    uint64_t *fact = arena_array(arena, item->attribute_count + 2, sizeof *fact);
    if (!fact)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < item->attribute_count; i++)
        fact[i] = fact_of(item->attributes[i].name, item->attributes[i].value);
    fact[item->attribute_count] = fact_of(TITLE, item->title);
    fact[item->attribute_count + 1] = fact_of(DESCRIPTION, item->description);
    qsort(fact, item->attribute_count + 2, sizeof *fact, by_value);
    *facts = (struct item_facts){ fact, item->attribute_count + 2 };
    return GMR_OK;
}

bool item_text_is_true(const struct item_text *text, const struct item_facts *facts)
{
    for (size_t i = 0; i < text->facts; i++)
        if (!bsearch(&text->fact[i], facts->fact, facts->count, sizeof *facts->fact, by_value))
            return false;
    return true;
}

static void state_fact(struct item_text *text, const char *name, const char *value)
{
    if (text->facts < ITEM_TEXT_FACTS)
        text->fact[text->facts++] = fact_of(name, value);
}

/* ---- drawing ---- */

static size_t below(struct rng_stream *chance, size_t n)
{
    return (size_t)(rng_uniform(chance) * (double)n);
}

enum { MOST_PHRASES = 5, MOST_ATTRIBUTES = 64, DESCRIPTION_BYTES = 160 };

/* Attributes that a text speaks of, each once. */
struct choice {
    const struct gmr_attribute *attribute[MOST_PHRASES];
    size_t count;
};

static bool holds(const struct choice *choice, const struct gmr_attribute *attribute)
{
    for (size_t i = 0; i < choice->count; i++)
        if (choice->attribute[i] == attribute)
            return true;
    return false;
}

static double weight_of(const struct choice *choice, const struct gmr_attribute *attribute)
{
    return holds(choice, attribute) ? 0 : find_grammar(attribute)->weight;
}

/* Draws one more attribute by weight; false when none is left. */
static bool choose_one(struct choice *choice, const struct gmr_item *item, size_t count,
                       struct rng_stream *chance)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weight_of(choice, &item->attributes[i]);
    double rest = rng_uniform(chance) * sum;
    for (size_t i = 0; i < count; i++) {
        const struct gmr_attribute *a = &item->attributes[i];
        const double weight = weight_of(choice, a);
        if (weight > 0 && (rest -= weight) < 0) {
            choice->attribute[choice->count++] = a;
            return true;
        }
    }
    return false;
}

static void choose(struct choice *choice, const struct gmr_item *item, size_t phrases,
                   struct rng_stream *chance)
{
    const size_t count =
        item->attribute_count < MOST_ATTRIBUTES ? item->attribute_count : MOST_ATTRIBUTES;
    choice->count = 0;
    while (choice->count < phrases && choose_one(choice, item, count, chance))
        continue;
}

/* One after the other: "long sleeves, in black". */
static void say_list(struct item_text *text, const struct choice *choice, struct rng_stream *chance)
{
    const char *between = rng_uniform(chance) < 0.7 ? ", " : " and ";
    for (size_t i = 0; i < choice->count; i++) {
        say(text->text, "%s", text->text[0] ? between : "");
        say_form(text->text, choice->attribute[i], below(chance, ITEM_TEXT_VARIANTS));
    }
}

/* What stands before a value of each part inside a phrase. */
static const char *joint(enum part part, bool first)
{
    static const char *const word[PARTS] = { " ", " ", " with ", " for ", " by " };
    return first && part != PART_PERSON ? "" : word[part] + (first ? 1 : 0);
}

/* One noun phrase in the order of the parts: "black leather sandals with an ankle strap". */
static void say_phrase(struct item_text *text, const struct choice *choice,
                       struct rng_stream *chance)
{
    const bool many = rng_uniform(chance) < 0.7;
    for (int part = 0; part < PARTS; part++)
        for (size_t i = 0; i < choice->count; i++) {
            const struct gmr_attribute *a = choice->attribute[i];
            if ((int)find_grammar(a)->part != part)
                continue;
            say(text->text, "%s%s%s", joint((enum part)part, !text->text[0]), a->value,
                part == PART_NOUN && many ? plural(a->value) : "");
        }
}

/* How people begin a critique; mostly they do not. */
static void say_opening(struct item_text *text, struct rng_stream *chance)
{
    static const char *const opening[] = { "i want", "i prefer", "show me",      "looking for",
                                           "it is",  "they are", "it should be", "i would like" };
    if (rng_uniform(chance) < 0.12)
        say(text->text, "%s ", opening[below(chance, sizeof opening / sizeof *opening)]);
}

static void draw_phrases(struct item_text *text, const struct gmr_item *item,
                         struct rng_stream *chance)
{
    static const size_t many[] = { 1, 1, 1, 2, 2, 2, 3, 3, 4, 5 };
    struct choice choice;
    struct item_text body = { .facts = 0 };
    choose(&choice, item, many[below(chance, sizeof many / sizeof *many)], chance);
    if (choice.count == 0)
        return;
    if (choice.count == 1 || rng_uniform(chance) < 0.3)
        say_list(&body, &choice, chance);
    else
        say_phrase(&body, &choice, chance);
    say_opening(text, chance);
    say(text->text, "%s", body.text);
    for (size_t i = 0; i < choice.count; i++)
        state_fact(text, choice.attribute[i]->name, choice.attribute[i]->value);
}

const char *item_text_topic(const struct gmr_item *item, struct rng_stream *chance)
{
    struct choice choice;
    choose(&choice, item, 1, chance);
    return choice.count > 0 ? choice.attribute[0]->name : NULL;
}

bool item_text_draw_about(const struct gmr_item *item, const char *topic, struct rng_stream *chance,
                          struct item_text *text)
{
    text->text[0] = '\0';
    text->facts = 0;
    for (size_t i = 0; i < item->attribute_count; i++) {
        const struct gmr_attribute *a = &item->attributes[i];
        if (strcmp(a->name, topic) != 0)
            continue;
        say_opening(text, chance);
        say_form(text->text, a, below(chance, ITEM_TEXT_VARIANTS));
        state_fact(text, a->name, a->value);
        mend(text->text);
        return true;
    }
    return false;
}

static void draw_title(struct item_text *text, const struct gmr_item *item,
                       struct rng_stream *chance)
{
    struct choice choice = { .count = 0 };
    say(text->text, "%s", item->title);
    state_fact(text, TITLE, item->title);
    if (rng_uniform(chance) < 0.5)
        choose(&choice, item, MOST_PHRASES, chance);
    for (size_t i = 0; i < choice.count; i++) {
        say(text->text, ", %s", choice.attribute[i]->value);
        state_fact(text, choice.attribute[i]->name, choice.attribute[i]->value);
    }
}

/* From the start, or from a space somewhere inside. */
static void draw_description(struct item_text *text, const struct gmr_item *item,
                             struct rng_stream *chance)
{
    const size_t length = strlen(item->description);
    size_t from = rng_uniform(chance) < 0.5 ? 0 : below(chance, length);
    while (from > 0 && item->description[from - 1] != ' ')
        from--;
    say(text->text, "%.*s", DESCRIPTION_BYTES, item->description + from);
    state_fact(text, DESCRIPTION, item->description);
}

void item_text_draw(const struct gmr_item *item, struct rng_stream *chance, struct item_text *text)
{
    const double kind = rng_uniform(chance);
    text->text[0] = '\0';
    text->facts = 0;
    if (kind < 0.4 && item->title[0])
        draw_title(text, item, chance);
    else if (kind < 0.5 && item->description[0])
        draw_description(text, item, chance);
    else
        draw_phrases(text, item, chance);
    if (!text->text[0])
        draw_title(text, item, chance);
    mend(text->text);
}
