/* Traits are chosen one after the other. The weight of a value is what its category gives it, times
 * the taste of the brand, unless a rule forbids it next to what was chosen before. */
#include "catalogue/generate/design.h"

#include <math.h>
#include <stdbool.h>

#include "catalogue/generate/palette.h"

struct rng_stream design_stream(uint64_t seed, size_t n, enum design_purpose purpose)
{
    struct rng_stream stream;
    uint64_t kind = (uint64_t)RNG_DATA << 8 | (uint64_t)purpose;
    rng_stream_init(&stream, seed, kind << 48 ^ (uint64_t)n);
    return stream;
}

static const struct trait_choice *find_choice(enum category category, enum trait trait)
{
    const struct category_table *table = &category_tables[category];
    for (size_t i = 0; i < table->choice_count; i++)
        if (table->choice[i].trait == trait)
            return &table->choice[i];
    return NULL;
}

static bool is_allowed(const struct design *design, enum trait trait, size_t value)
{
    for (size_t i = 0; i < trait_rule_count; i++) {
        const struct trait_rule *rule = &trait_rules[i];
        if (rule->trait == trait && design->value[rule->of] &&
            rule->when >> design->value[rule->of] & 1 && !(rule->allowed >> value & 1))
            return false;
    }
    return true;
}

/* A second colour must stand out from the first, even in a thumbnail. */
static bool is_readable(const struct design *design, enum trait trait, size_t value)
{
    const double least = 45;
    return trait != TRAIT_SECOND || !value ||
           rgb_distance(palette_rgb((enum colour)design->value[TRAIT_COLOUR]),
                        palette_rgb((enum colour)value)) >= least;
}

static unsigned taste_of_brand(size_t brand, enum trait trait, size_t value)
{
    const struct brand_taste *taste = brand_tables[brand].taste;
    for (; taste->times; taste++)
        if (taste->trait == trait && taste->value == value)
            return taste->times;
    return 1;
}

unsigned design_weight(const struct design *design, enum trait trait, size_t value)
{
    if (trait == TRAIT_CATEGORY)
        return value < CATEGORIES ? category_tables[value].weight : 0;
    const struct trait_choice *choice =
        find_choice((enum category)design->value[TRAIT_CATEGORY], trait);
    if (!choice)
        return value == 0;
    if (!choice->weight[value] || !is_allowed(design, trait, value) ||
        !is_readable(design, trait, value))
        return 0;
    size_t brand = design->value[TRAIT_BRAND];
    return choice->weight[value] * (brand ? taste_of_brand(brand, trait, value) : 1);
}

static uint8_t choose_value(const struct design *design, enum trait trait, double chance)
{
    unsigned weight[TRAIT_VALUES], total = 0;
    for (size_t i = 0; i < TRAIT_VALUES; i++)
        total += weight[i] = design_weight(design, trait, i);
    double left = chance * total;
    uint8_t value = 0;
    for (uint8_t i = 0; i < TRAIT_VALUES && left >= 0; i++)
        if (weight[i]) {
            value = i;
            left -= weight[i];
        }
    return value;
}

/* Relative to cotton. */
static const double MATERIAL_PRICE[MATERIALS] = {
    [0] = 1,
    [MATERIAL_COTTON] = 1,
    [MATERIAL_LINEN] = 1.15,
    [MATERIAL_DENIM] = 1.1,
    [MATERIAL_SILK] = 1.7,
    [MATERIAL_WOOL] = 1.35,
    [MATERIAL_KNIT] = 1.1,
    [MATERIAL_LEATHER] = 1.6,
    [MATERIAL_SUEDE] = 1.45,
    [MATERIAL_CANVAS] = 0.8,
    [MATERIAL_MESH] = 0.95,
    [MATERIAL_PATENT] = 1.4,
};

/* 24.95 below fifty, 89 above, 240 above two hundred. */
static double round_price(double price)
{
    if (price < 50)
        return floor(price) + 0.95;
    return price < 200 ? floor(price / 10) * 10 + 9 : floor(price / 10) * 10;
}

static double find_price(const struct design *design, double chance)
{
    const struct category_table *category = &category_tables[design->value[TRAIT_CATEGORY]];
    double price = category->price * brand_tables[design->value[TRAIT_BRAND]].price_level *
                   MATERIAL_PRICE[design->value[TRAIT_MATERIAL]];
    if (design->value[TRAIT_DECORATION])
        price *= 1.08;
    if (design->value[TRAIT_SHAFT] == SHAFT_KNEE || design->value[TRAIT_LENGTH] == LENGTH_MAXI)
        price *= 1.15;
    return round_price(price * (0.85 + 0.3 * chance));
}

void design_choose(uint64_t seed, size_t n, struct design *design)
{
    struct rng_stream stream = design_stream(seed, n, DESIGN_TRAITS);
    *design = (struct design){ .price = 0 };
    for (enum trait trait = 0; trait < TRAITS; trait++)
        design->value[trait] = choose_value(design, trait, rng_uniform(&stream));
    design->price = find_price(design, rng_uniform(&stream));
}
