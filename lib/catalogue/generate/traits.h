/* What can be said about a generated item: traits and their values, which categories have them and
 * how often, and what goes with what. All of it is tables (traits.c, categories.c); design.c draws
 * items from them.
 *
 * Value 0 of every trait is "the item has no such attribute". */
#ifndef CATALOGUE_GENERATE_TRAITS_H
#define CATALOGUE_GENERATE_TRAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which they are chosen: a trait may depend on those before it. */
enum trait {
    TRAIT_CATEGORY,
    TRAIT_BRAND,
    TRAIT_GENDER,
    TRAIT_MATERIAL,
    TRAIT_COLOUR,
    TRAIT_PATTERN,
    TRAIT_SECOND,
    TRAIT_SHAPE,
    TRAIT_FIT,
    TRAIT_LENGTH,
    TRAIT_NECK,
    TRAIT_SLEEVE,
    TRAIT_HEEL,
    TRAIT_HEEL_TYPE,
    TRAIT_TOE,
    TRAIT_ANKLE,
    TRAIT_SHAFT,
    TRAIT_STRAP,
    TRAIT_FASTENING,
    TRAIT_DECORATION,
    TRAITS
};

enum category {
    CATEGORY_DRESS = 1,
    CATEGORY_T_SHIRT,
    CATEGORY_BLOUSE,
    CATEGORY_SHIRT,
    CATEGORY_SWEATER,
    CATEGORY_JACKET,
    CATEGORY_SKIRT,
    CATEGORY_TROUSERS,
    CATEGORY_SHORTS,
    CATEGORY_SNEAKERS,
    CATEGORY_BOOTS,
    CATEGORY_HEELS,
    CATEGORY_FLATS,
    CATEGORY_SANDALS,
    CATEGORY_BAG,
    CATEGORIES
};

enum gender { GENDER_WOMEN = 1, GENDER_MEN, GENDER_UNISEX };

enum material {
    MATERIAL_COTTON = 1,
    MATERIAL_LINEN,
    MATERIAL_DENIM,
    MATERIAL_SILK,
    MATERIAL_WOOL,
    MATERIAL_KNIT,
    MATERIAL_LEATHER,
    MATERIAL_SUEDE,
    MATERIAL_CANVAS,
    MATERIAL_MESH,
    MATERIAL_PATENT,
    MATERIALS
};

enum pattern {
    PATTERN_SOLID = 1,
    PATTERN_STRIPED,
    PATTERN_CHECKED,
    PATTERN_DOTS,
    PATTERN_FLORAL,
    PATTERN_GEOMETRIC,
    PATTERN_ANIMAL,
    PATTERN_BLOCKS,
    PATTERN_GRAPHIC,
    PATTERNS
};

enum shape {
    SHAPE_A_LINE = 1,
    SHAPE_FLARED,
    SHAPE_STRAIGHT,
    SHAPE_TIERED,
    SHAPE_PLEATED,
    SHAPE_TOTE,
    SHAPE_SATCHEL,
    SHAPE_BUCKET,
    SHAPE_SADDLE,
    SHAPE_HOBO
};

enum fit { FIT_SLIM = 1, FIT_REGULAR, FIT_LOOSE };

enum length {
    LENGTH_MINI = 1,
    LENGTH_KNEE,
    LENGTH_MIDI,
    LENGTH_MAXI,
    LENGTH_CROP,
    LENGTH_REGULAR,
    LENGTH_LONG
};

enum neck {
    NECK_ROUND = 1,
    NECK_V,
    NECK_SQUARE,
    NECK_BOAT,
    NECK_HALTER,
    NECK_OFF_SHOULDER,
    NECK_HIGH,
    NECK_SHIRT,
    NECK_POLO,
    NECK_STAND,
    NECK_LAPEL
};

enum sleeve { SLEEVE_LESS = 1, SLEEVE_SHORT, SLEEVE_THREE_QUARTER, SLEEVE_LONG };

enum heel { HEEL_FLAT = 1, HEEL_LOW, HEEL_MID, HEEL_HIGH };

enum heel_type { HEEL_BLOCK = 1, HEEL_STILETTO, HEEL_WEDGE };

enum toe { TOE_ROUND = 1, TOE_POINTED, TOE_SQUARE, TOE_OPEN };

enum ankle { ANKLE_LOW = 1, ANKLE_HIGH };

enum shaft { SHAFT_ANKLE = 1, SHAFT_CALF, SHAFT_KNEE };

enum strap {
    STRAP_ANKLE = 1,
    STRAP_SLINGBACK,
    STRAP_INSTEP,
    STRAP_STRAPLESS,
    STRAP_HANDLES,
    STRAP_SHOULDER,
    STRAP_CROSSBODY,
    STRAP_CHAIN
};

enum fastening {
    FASTENING_BUTTONS = 1,
    FASTENING_ZIP,
    FASTENING_LACES,
    FASTENING_BUCKLE,
    FASTENING_SLIP_ON,
    FASTENING_DRAWSTRING,
    FASTENING_VELCRO
};

enum decoration {
    DECORATION_BOW = 1,
    DECORATION_RUFFLES,
    DECORATION_POCKET,
    DECORATION_BELT,
    DECORATION_STUDS,
    DECORATION_FRINGE,
    DECORATION_TASSEL
};

enum { TRAIT_VALUES = 20 }; /* room for the values of a trait, 0 included */

struct trait_table {
    const char *name;                /* of the attribute: "sleeve length" */
    const char *value[TRAIT_VALUES]; /* from 1; NULL after the last */
};

extern const struct trait_table trait_tables[TRAITS];

/* How often a category has each value of a trait; [0]: how often none. */
struct trait_choice {
    enum trait trait;
    uint8_t weight[TRAIT_VALUES];
};

struct category_table {
    const char *domain;  /* "footwear": splits are made per domain too */
    unsigned weight;     /* how many of a hundred items */
    unsigned price;      /* of a cotton item of a brand in the middle */
    bool plural;         /* "these boots" */
    size_t choice_count; /* in the order of enum trait */
    const struct trait_choice *choice;
};

extern const struct category_table category_tables[CATEGORIES];

/* An item with one of the values `when` of trait `of` has one of the values `allowed` of `trait`,
 * which is chosen after `of`.
 * Sets are bits, (1 << value); bit 0 of `allowed`: it may have none. */
struct trait_rule {
    enum trait of;
    uint32_t when;
    enum trait trait;
    uint32_t allowed;
};

extern const struct trait_rule trait_rules[];
extern const size_t trait_rule_count;

/* A brand has a level of prices, and a taste: some values are `times` as common. */
struct brand_taste {
    enum trait trait;
    uint8_t value;
    uint8_t times;
};

struct brand_table {
    double price_level; /* 1 in the middle */
    struct brand_taste taste[6];
};

extern const struct brand_table brand_tables[];

#endif
