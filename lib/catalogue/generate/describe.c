/* An item as the catalogue stores it: key, title, description, attributes. */
#include <math.h>
#include <stdio.h>

#include "catalogue/generate/design.h"
#include "catalogue/generate/generate.h"
#include "catalogue/generate/words.h"

/* What people call a collar is no neck, though one excludes the other. */
static const char *attribute_name(enum trait trait, uint8_t value)
{
    return trait == TRAIT_NECK && value >= NECK_SHIRT ? "collar" : trait_tables[trait].name;
}

static enum gmr_status list_attributes(const struct design *design, struct arena *arena,
                                       struct generated_item *item)
{
    struct gmr_attribute *list = arena_array(arena, TRAITS + 1, sizeof *list);
    size_t count = 0;
    if (!list)
        return GMR_ERR_NOMEM;
    for (enum trait trait = 0; trait < TRAITS; trait++)
        if (design->value[trait])
            list[count++] =
                (struct gmr_attribute){ attribute_name(trait, design->value[trait]),
                                        trait_tables[trait].value[design->value[trait]], NAN };
    bool whole = floor(design->price) == design->price;
    const char *price = arena_printf(arena, "%.*f", whole ? 0 : 2, design->price);
    if (!price)
        return GMR_ERR_NOMEM;
    list[count++] = (struct gmr_attribute){ "price", price, design->price };
    item->attributes = list;
    item->attribute_count = count;
    return GMR_OK;
}

enum gmr_status generate_describe(uint64_t seed, size_t n, struct arena *arena,
                                  struct generated_item *item)
{
    char title[WORDS_SIZE], description[WORDS_SIZE];
    struct design design;
    struct rng_stream chance = design_stream(seed, n, DESIGN_WORDS);
    design_choose(seed, n, &design);
    wording_title(&design, &chance, title);
    wording_description(&design, &chance, description);
    item->key = arena_printf(arena, GENERATE_KEY, n);
    item->title = arena_strdup(arena, title);
    item->description = arena_strdup(arena, description);
    if (!item->key || !item->title || !item->description)
        return GMR_ERR_NOMEM;
    return list_attributes(&design, arena, item);
}
