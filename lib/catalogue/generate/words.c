/* Each value has at most three forms: before the noun ("striped"), after "with" ("a v-neck"), and
 * in a sentence about the pattern. A text is put together from the forms that the item's values
 * have; what is said first, and how sentences begin, is chance. */
#include "catalogue/generate/words.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "catalogue/generate/palette.h"

struct text {
    char *at; /* [WORDS_SIZE] */
    size_t length;
};

static void add(struct text *text, const char *format, ...) GMR_PRINTF(2, 3);

static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->at + text->length, WORDS_SIZE - text->length, format, arguments);
    va_end(arguments);
    assert(length >= 0 && text->length + (size_t)length < WORDS_SIZE);
    text->length += (size_t)length;
}

static size_t pick(struct rng_stream *chance, size_t count)
{
    return (size_t)(rng_uniform(chance) * (double)count);
}

/* ---- forms ---- */

static const char *const NOUN[CATEGORIES] = {
    [CATEGORY_DRESS] = "dress",     [CATEGORY_T_SHIRT] = "t-shirt",
    [CATEGORY_BLOUSE] = "blouse",   [CATEGORY_SHIRT] = "shirt",
    [CATEGORY_SWEATER] = "sweater", [CATEGORY_JACKET] = "jacket",
    [CATEGORY_SKIRT] = "skirt",     [CATEGORY_TROUSERS] = "trousers",
    [CATEGORY_SHORTS] = "shorts",   [CATEGORY_SNEAKERS] = "sneakers",
    [CATEGORY_BOOTS] = "boots",     [CATEGORY_HEELS] = "heels",
    [CATEGORY_FLATS] = "flats",     [CATEGORY_SANDALS] = "sandals",
    [CATEGORY_BAG] = "bag",
};

static const char *const BAG_NOUN[] = {
    [SHAPE_TOTE] = "tote bag",     [SHAPE_SATCHEL] = "satchel", [SHAPE_BUCKET] = "bucket bag",
    [SHAPE_SADDLE] = "saddle bag", [SHAPE_HOBO] = "hobo bag",
};

/* Traits that have a word before the noun, in the order in which English has them. */
struct adjective {
    enum trait trait;
    const char *word[TRAIT_VALUES];
};

static const struct adjective ADJECTIVES[] = {
    { TRAIT_PATTERN,
      { [PATTERN_STRIPED] = "striped",
        "checked",
        "polka dot",
        "floral",
        "geometric",
        "animal print",
        "colour-block",
        "graphic" } },
    { TRAIT_FIT, { [FIT_SLIM] = "slim", [FIT_LOOSE] = "loose" } },
    { TRAIT_SLEEVE, { [SLEEVE_LESS] = "sleeveless" } },
    { TRAIT_SHAPE, { [SHAPE_A_LINE] = "a-line", "flared", "straight", "tiered", "pleated" } },
    { TRAIT_LENGTH,
      { [LENGTH_MINI] = "mini", "knee-length", "midi", "maxi", "cropped", NULL, "long" } },
    { TRAIT_HEEL, { [HEEL_FLAT] = "flat", NULL, NULL, "high-heeled" } },
    { TRAIT_ANKLE, { [ANKLE_LOW] = "low-top", "high-top" } },
    { TRAIT_SHAFT, { [SHAFT_ANKLE] = "ankle", "mid-calf", "knee-high" } },
    { TRAIT_MATERIAL,
      { [MATERIAL_COTTON] = "cotton",
        "linen",
        "denim",
        "silk",
        "wool",
        "knitted",
        "leather",
        "suede",
        "canvas",
        "mesh",
        "patent leather" } },
};

enum { ADJECTIVE_COUNT = sizeof ADJECTIVES / sizeof ADJECTIVES[0] };

/* A feature: what follows "with". */
struct feature {
    enum trait trait;
    const char *phrase[TRAIT_VALUES];
};

static const struct feature FEATURES[] = {
    { TRAIT_NECK,
      { [NECK_ROUND] = "a round neck",
        "a v-neck",
        "a square neck",
        "a boat neck",
        "a halter neck",
        "an off-shoulder neckline",
        "a high neck",
        "a shirt collar",
        "a polo collar",
        "a mandarin collar",
        "a notched lapel" } },
    { TRAIT_SLEEVE, { [SLEEVE_SHORT] = "short sleeves", "three-quarter sleeves", "long sleeves" } },
    { TRAIT_HEEL_TYPE, { [0] = NULL } }, /* with its height: see heel_phrase */
    { TRAIT_TOE, { [TOE_ROUND] = "a round toe", "a pointed toe", "a square toe", "an open toe" } },
    { TRAIT_STRAP,
      { [STRAP_ANKLE] = "an ankle strap",
        "a slingback",
        "an instep strap",
        NULL,
        "top handles",
        "a shoulder strap",
        "a long crossbody strap",
        "a chain strap" } },
    { TRAIT_FASTENING,
      { [FASTENING_BUTTONS] = "buttons",
        "a zip",
        "laces",
        "a buckle",
        NULL,
        "a drawstring",
        "velcro straps" } },
    { TRAIT_DECORATION,
      { [DECORATION_BOW] = "a bow",
        "ruffles",
        "a pocket",
        "a belt",
        "studs",
        "fringe",
        "a tassel" } },
};

enum { FEATURE_COUNT = sizeof FEATURES / sizeof FEATURES[0] };

static const char *const HEEL_HEIGHT[] = { NULL, "flat", "low", "mid", "high" };
static const char *const HEEL_TYPE[] = { NULL, "block", "stiletto", "wedge" };

static const char *value_name(const struct design *design, enum trait trait)
{
    return trait_tables[trait].value[design->value[trait]];
}

static bool is_plural(const struct design *design)
{
    return category_tables[design->value[TRAIT_CATEGORY]].plural;
}

static const char *noun(const struct design *design)
{
    const uint8_t *value = design->value;
    if (value[TRAIT_CATEGORY] == CATEGORY_BAG)
        return BAG_NOUN[value[TRAIT_SHAPE]];
    if (value[TRAIT_CATEGORY] == CATEGORY_TROUSERS && value[TRAIT_MATERIAL] == MATERIAL_DENIM)
        return "jeans";
    return NOUN[value[TRAIT_CATEGORY]];
}

/* Jeans are denim, mini shorts just short, flats flat. */
static const char *adjective(const struct design *design, const struct adjective *adjective)
{
    const uint8_t *value = design->value;
    const char *word = adjective->word[value[adjective->trait]];
    uint8_t category = value[TRAIT_CATEGORY];
    switch (adjective->trait) {
    case TRAIT_MATERIAL: return strcmp(noun(design), "jeans") == 0 ? NULL : word;
    case TRAIT_LENGTH:
        return category == CATEGORY_SHORTS && value[TRAIT_LENGTH] == LENGTH_MINI ? "short" : word;
    case TRAIT_HEEL:
        return category == CATEGORY_BOOTS || category == CATEGORY_SANDALS ? word : NULL;
    default: return word;
    }
}

/* The features of an item, in the table's order; returns how many. */
static size_t list_features(const struct design *design, const char *phrases[FEATURE_COUNT],
                            char heel[64])
{
    const uint8_t *value = design->value;
    size_t count = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const char *phrase = FEATURES[i].phrase[value[FEATURES[i].trait]];
        if (FEATURES[i].trait == TRAIT_HEEL_TYPE && value[TRAIT_HEEL_TYPE]) {
            snprintf(heel, 64, "a %s %s heel", HEEL_HEIGHT[value[TRAIT_HEEL]],
                     HEEL_TYPE[value[TRAIT_HEEL_TYPE]]);
            phrase = heel;
        }
        if (phrase)
            phrases[count++] = phrase;
    }
    return count;
}

static void add_adjectives(struct text *text, const struct design *design, bool material)
{
    for (size_t i = 0; i < ADJECTIVE_COUNT; i++) {
        const char *word = adjective(design, &ADJECTIVES[i]);
        if (word && (material || ADJECTIVES[i].trait != TRAIT_MATERIAL))
            add(text, "%s ", word);
    }
}

static void add_colours(struct text *text, const struct design *design)
{
    add(text, "%s", value_name(design, TRAIT_COLOUR));
    if (design->value[TRAIT_SECOND])
        add(text, " and %s", value_name(design, TRAIT_SECOND));
}

/* "a", "a and b", "a, b and c" */
static void add_list(struct text *text, const char *const *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(text, "%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", phrases[i]);
}

static void start_upper(struct text *text, size_t from)
{
    text->at[from] = (char)toupper((unsigned char)text->at[from]);
}

void wording_title(const struct design *design, struct rng_stream *chance, char title[WORDS_SIZE])
{
    struct text text = { title, 0 };
    const char *phrases[FEATURE_COUNT];
    char heel[64];
    size_t count = list_features(design, phrases, heel);
    bool material = pick(chance, 2);
    add_colours(&text, design);
    add(&text, " ");
    add_adjectives(&text, design, material);
    add(&text, "%s", noun(design));
    if (count > 0 && pick(chance, 4) > 0)
        add(&text, " with %s", phrases[pick(chance, count)]);
    start_upper(&text, 0);
}

/* ---- descriptions ---- */

static const char *const PATTERN_CLAUSE[PATTERNS] = {
    [PATTERN_STRIPED] = "with %s stripes",
    [PATTERN_CHECKED] = "with %s checks",
    [PATTERN_DOTS] = "with %s polka dots",
    [PATTERN_FLORAL] = "printed with %s flowers",
    [PATTERN_GEOMETRIC] = "with a geometric pattern in %s",
    [PATTERN_ANIMAL] = "with an animal print in %s",
    [PATTERN_BLOCKS] = "with blocks of %s",
    [PATTERN_GRAPHIC] = "with a %s graphic on the front",
};

/* "light blue cotton with white stripes" */
static void add_cloth(struct text *text, const struct design *design)
{
    const char *clause = PATTERN_CLAUSE[design->value[TRAIT_PATTERN]];
    add(text, "%s %s", value_name(design, TRAIT_COLOUR), value_name(design, TRAIT_MATERIAL));
    if (clause) {
        add(text, " ");
        add(text, clause, value_name(design, TRAIT_SECOND));
    }
}

static const char *article(const char *word)
{
    return strchr("aeio", word[0]) ? "an" : "a";
}

/* The shape, sleeves and length without pattern or material, and the noun. */
static void add_cut(struct text *text, const struct design *design, bool with_article)
{
    char words[WORDS_SIZE];
    struct text cut = { words, 0 };
    for (size_t i = 0; i < ADJECTIVE_COUNT; i++) {
        const char *word = adjective(design, &ADJECTIVES[i]);
        enum trait trait = ADJECTIVES[i].trait;
        if (word && trait != TRAIT_MATERIAL && trait != TRAIT_PATTERN)
            add(&cut, "%s ", word);
    }
    add(&cut, "%s", noun(design));
    if (with_article && is_plural(design))
        add(text, "a pair of ");
    else if (with_article)
        add(text, "%s ", article(words));
    add(text, "%s", words);
}

static void add_opening(struct text *text, const struct design *design, struct rng_stream *chance)
{
    size_t from = text->length;
    bool plural = is_plural(design);
    const char *brand = value_name(design, TRAIT_BRAND);
    switch (pick(chance, 4)) {
    case 0:
        add_cut(text, design, true);
        add(text, " in ");
        add_cloth(text, design);
        break;
    case 1:
        add(text, "%s ", plural ? "these" : "this");
        add_cut(text, design, false);
        add(text, " by %s %s in ", brand, plural ? "come" : "comes");
        add_cloth(text, design);
        break;
    case 2:
        add(text, "%s brings us ", brand);
        add_cut(text, design, true);
        add(text, " in ");
        add_cloth(text, design);
        break;
    default:
        add_cloth(text, design);
        add(text, " for ");
        add_cut(text, design, true);
    }
    start_upper(text, from);
    add(text, ".");
}

static void add_features(struct text *text, const struct design *design, struct rng_stream *chance)
{
    static const char *const OPENING[][2] = {
        { "It has", "They have" },
        { "It comes with", "They come with" },
        { "Look for", "Look for" },
        { "It is finished with", "They are finished with" },
    };
    const char *phrases[FEATURE_COUNT];
    char heel[64];
    size_t count = list_features(design, phrases, heel);
    if (count == 0)
        return;
    size_t turn = pick(chance, count); /* the list begins anywhere */
    const char *turned[FEATURE_COUNT];
    for (size_t i = 0; i < count; i++)
        turned[i] = phrases[(i + turn) % count];
    add(text, " %s ", OPENING[pick(chance, 4)][is_plural(design)]);
    add_list(text, turned, count);
    add(text, ".");
}

static const char *const WEARER[] = { NULL, "for women", "for men", "for everyone" };

static void add_wearing(struct text *text, const struct design *design, struct rng_stream *chance)
{
    uint8_t fit = design->value[TRAIT_FIT], gender = design->value[TRAIT_GENDER];
    bool slips = design->value[TRAIT_FASTENING] == FASTENING_SLIP_ON;
    bool plural = is_plural(design);
    if (fit == FIT_REGULAR && pick(chance, 2))
        add(text, " A regular fit, made %s.", WEARER[gender]);
    else if (slips)
        add(text, " %s, and %s made %s.", plural ? "They slip on" : "It slips on",
            plural ? "are" : "is", WEARER[gender]);
    else if (pick(chance, 2))
        add(text, " Made %s.", WEARER[gender]);
}

void wording_description(const struct design *design, struct rng_stream *chance,
                         char description[WORDS_SIZE])
{
    struct text text = { description, 0 };
    add_opening(&text, design, chance);
    add_features(&text, design, chance);
    add_wearing(&text, design, chance);
}
