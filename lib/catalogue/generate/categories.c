/* The categories: how common they are, what they cost, and how often each has which value. */
#include "catalogue/generate/palette.h"
#include "catalogue/generate/traits.h"

#define GENDER(women, men, unisex)                                               \
    {                                                                            \
        TRAIT_GENDER,                                                            \
        {                                                                        \
            [GENDER_WOMEN] = women, [GENDER_MEN] = men, [GENDER_UNISEX] = unisex \
        }                                                                        \
    }
#define BRANDS                                       \
    {                                                \
        TRAIT_BRAND,                                 \
        {                                            \
            0, 10, 12, 6, 9, 7, 8, 5, 9, 9, 10, 7, 8 \
        }                                            \
    }
#define COLOURS_OF_CLOTHES                                                                   \
    {                                                                                        \
        TRAIT_COLOUR,                                                                        \
        {                                                                                    \
            [COLOUR_BLACK] = 14, [COLOUR_WHITE] = 12, [COLOUR_GREY] = 6, [COLOUR_RED] = 7,   \
            [COLOUR_PINK] = 6, [COLOUR_ORANGE] = 4, [COLOUR_YELLOW] = 5, [COLOUR_GREEN] = 6, \
            [COLOUR_OLIVE] = 4, [COLOUR_TEAL] = 4, [COLOUR_BLUE] = 8, [COLOUR_NAVY] = 8,     \
            [COLOUR_LIGHT_BLUE] = 6, [COLOUR_PURPLE] = 4, [COLOUR_LAVENDER] = 4,             \
            [COLOUR_BROWN] = 4, [COLOUR_BEIGE] = 6, [COLOUR_BURGUNDY] = 5                    \
        }                                                                                    \
    }
#define COLOURS_OF_LEATHER                                                                   \
    {                                                                                        \
        TRAIT_COLOUR,                                                                        \
        {                                                                                    \
            [COLOUR_BLACK] = 18, [COLOUR_WHITE] = 8, [COLOUR_GREY] = 5, [COLOUR_RED] = 8,    \
            [COLOUR_PINK] = 5, [COLOUR_ORANGE] = 3, [COLOUR_YELLOW] = 4, [COLOUR_GREEN] = 4, \
            [COLOUR_OLIVE] = 4, [COLOUR_TEAL] = 3, [COLOUR_BLUE] = 5, [COLOUR_NAVY] = 6,     \
            [COLOUR_LIGHT_BLUE] = 3, [COLOUR_PURPLE] = 3, [COLOUR_LAVENDER] = 3,             \
            [COLOUR_BROWN] = 13, [COLOUR_BEIGE] = 9, [COLOUR_BURGUNDY] = 7                   \
        }                                                                                    \
    }
/* The second colour, where a pattern needs one; colours too like the first are left out. */
#define SECOND_COLOURS                                                                           \
    {                                                                                            \
        TRAIT_SECOND,                                                                            \
        {                                                                                        \
            [0] = 1, [COLOUR_BLACK] = 12, [COLOUR_WHITE] = 24, [COLOUR_GREY] = 4,                \
            [COLOUR_RED] = 6, [COLOUR_PINK] = 5, [COLOUR_ORANGE] = 4, [COLOUR_YELLOW] = 5,       \
            [COLOUR_GREEN] = 4, [COLOUR_OLIVE] = 3, [COLOUR_TEAL] = 4, [COLOUR_BLUE] = 5,        \
            [COLOUR_NAVY] = 8, [COLOUR_LIGHT_BLUE] = 5, [COLOUR_PURPLE] = 3,                     \
            [COLOUR_LAVENDER] = 3, [COLOUR_BROWN] = 4, [COLOUR_BEIGE] = 8, [COLOUR_BURGUNDY] = 4 \
        }                                                                                        \
    }

static const struct trait_choice dress[] = {
    BRANDS,
    GENDER(1, 0, 0),
    { TRAIT_MATERIAL,
      { [MATERIAL_COTTON] = 35,
        [MATERIAL_LINEN] = 14,
        [MATERIAL_DENIM] = 7,
        [MATERIAL_SILK] = 28,
        [MATERIAL_KNIT] = 12,
        [MATERIAL_LEATHER] = 4 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 40,
        [PATTERN_STRIPED] = 11,
        [PATTERN_CHECKED] = 8,
        [PATTERN_DOTS] = 12,
        [PATTERN_FLORAL] = 18,
        [PATTERN_GEOMETRIC] = 5,
        [PATTERN_ANIMAL] = 4,
        [PATTERN_BLOCKS] = 6 } },
    SECOND_COLOURS,
    { TRAIT_SHAPE,
      { [SHAPE_A_LINE] = 32, [SHAPE_FLARED] = 28, [SHAPE_STRAIGHT] = 26, [SHAPE_TIERED] = 14 } },
    { TRAIT_LENGTH,
      { [LENGTH_MINI] = 22, [LENGTH_KNEE] = 28, [LENGTH_MIDI] = 28, [LENGTH_MAXI] = 22 } },
    { TRAIT_NECK,
      { [NECK_ROUND] = 24,
        [NECK_V] = 22,
        [NECK_SQUARE] = 12,
        [NECK_BOAT] = 8,
        [NECK_HALTER] = 9,
        [NECK_OFF_SHOULDER] = 9,
        [NECK_HIGH] = 5,
        [NECK_SHIRT] = 11 } },
    { TRAIT_SLEEVE,
      { [SLEEVE_LESS] = 34,
        [SLEEVE_SHORT] = 28,
        [SLEEVE_THREE_QUARTER] = 14,
        [SLEEVE_LONG] = 24 } },
    { TRAIT_FASTENING, { [0] = 1, [FASTENING_BUTTONS] = 1 } },
    { TRAIT_DECORATION,
      { [0] = 52,
        [DECORATION_BOW] = 10,
        [DECORATION_RUFFLES] = 14,
        [DECORATION_POCKET] = 6,
        [DECORATION_BELT] = 18 } },
};

static const struct trait_choice t_shirt[] = {
    BRANDS,
    GENDER(45, 40, 15),
    { TRAIT_MATERIAL, { [MATERIAL_COTTON] = 80, [MATERIAL_LINEN] = 20 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 34,
        [PATTERN_STRIPED] = 18,
        [PATTERN_DOTS] = 5,
        [PATTERN_FLORAL] = 3,
        [PATTERN_GEOMETRIC] = 5,
        [PATTERN_ANIMAL] = 3,
        [PATTERN_BLOCKS] = 10,
        [PATTERN_GRAPHIC] = 24 } },
    SECOND_COLOURS,
    { TRAIT_FIT, { [FIT_SLIM] = 28, [FIT_REGULAR] = 46, [FIT_LOOSE] = 26 } },
    { TRAIT_LENGTH, { [LENGTH_CROP] = 16, [LENGTH_REGULAR] = 66, [LENGTH_LONG] = 18 } },
    { TRAIT_NECK,
      { [NECK_ROUND] = 48, [NECK_V] = 24, [NECK_BOAT] = 8, [NECK_SQUARE] = 5, [NECK_POLO] = 15 } },
    { TRAIT_SLEEVE,
      { [SLEEVE_LESS] = 12,
        [SLEEVE_SHORT] = 58,
        [SLEEVE_THREE_QUARTER] = 10,
        [SLEEVE_LONG] = 20 } },
    { TRAIT_FASTENING, { [0] = 1, [FASTENING_BUTTONS] = 1 } },
    { TRAIT_DECORATION, { [0] = 80, [DECORATION_POCKET] = 20 } },
};

static const struct trait_choice blouse[] = {
    BRANDS,
    GENDER(1, 0, 0),
    { TRAIT_MATERIAL, { [MATERIAL_COTTON] = 40, [MATERIAL_LINEN] = 20, [MATERIAL_SILK] = 40 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 44,
        [PATTERN_STRIPED] = 10,
        [PATTERN_CHECKED] = 5,
        [PATTERN_DOTS] = 13,
        [PATTERN_FLORAL] = 18,
        [PATTERN_GEOMETRIC] = 5,
        [PATTERN_ANIMAL] = 5 } },
    SECOND_COLOURS,
    { TRAIT_FIT, { [FIT_SLIM] = 22, [FIT_REGULAR] = 48, [FIT_LOOSE] = 30 } },
    { TRAIT_LENGTH, { [LENGTH_CROP] = 20, [LENGTH_REGULAR] = 62, [LENGTH_LONG] = 18 } },
    { TRAIT_NECK,
      { [NECK_ROUND] = 20,
        [NECK_V] = 28,
        [NECK_SQUARE] = 14,
        [NECK_BOAT] = 8,
        [NECK_HALTER] = 10,
        [NECK_OFF_SHOULDER] = 12,
        [NECK_HIGH] = 8 } },
    { TRAIT_SLEEVE,
      { [SLEEVE_LESS] = 20,
        [SLEEVE_SHORT] = 24,
        [SLEEVE_THREE_QUARTER] = 24,
        [SLEEVE_LONG] = 32 } },
    { TRAIT_DECORATION, { [0] = 46, [DECORATION_BOW] = 26, [DECORATION_RUFFLES] = 28 } },
};

static const struct trait_choice shirt[] = {
    BRANDS,
    GENDER(32, 60, 8),
    { TRAIT_MATERIAL,
      { [MATERIAL_COTTON] = 52,
        [MATERIAL_LINEN] = 24,
        [MATERIAL_DENIM] = 16,
        [MATERIAL_SILK] = 8 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 38,
        [PATTERN_STRIPED] = 22,
        [PATTERN_CHECKED] = 22,
        [PATTERN_DOTS] = 5,
        [PATTERN_FLORAL] = 7,
        [PATTERN_GEOMETRIC] = 6 } },
    SECOND_COLOURS,
    { TRAIT_FIT, { [FIT_SLIM] = 34, [FIT_REGULAR] = 44, [FIT_LOOSE] = 22 } },
    { TRAIT_LENGTH, { [LENGTH_CROP] = 7, [LENGTH_REGULAR] = 73, [LENGTH_LONG] = 20 } },
    { TRAIT_NECK, { [NECK_SHIRT] = 1 } },
    { TRAIT_SLEEVE,
      { [SLEEVE_LESS] = 5, [SLEEVE_SHORT] = 28, [SLEEVE_THREE_QUARTER] = 9, [SLEEVE_LONG] = 58 } },
    { TRAIT_FASTENING, { [FASTENING_BUTTONS] = 1 } },
    { TRAIT_DECORATION, { [0] = 55, [DECORATION_POCKET] = 45 } },
};

static const struct trait_choice sweater[] = {
    BRANDS,
    GENDER(48, 40, 12),
    { TRAIT_MATERIAL, { [MATERIAL_KNIT] = 70, [MATERIAL_WOOL] = 30 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 52,
        [PATTERN_STRIPED] = 20,
        [PATTERN_GEOMETRIC] = 12,
        [PATTERN_BLOCKS] = 16 } },
    SECOND_COLOURS,
    { TRAIT_FIT, { [FIT_SLIM] = 24, [FIT_REGULAR] = 44, [FIT_LOOSE] = 32 } },
    { TRAIT_LENGTH, { [LENGTH_CROP] = 16, [LENGTH_REGULAR] = 64, [LENGTH_LONG] = 20 } },
    { TRAIT_NECK, { [NECK_ROUND] = 42, [NECK_V] = 24, [NECK_BOAT] = 8, [NECK_HIGH] = 26 } },
    { TRAIT_SLEEVE,
      { [SLEEVE_LESS] = 7, [SLEEVE_SHORT] = 9, [SLEEVE_THREE_QUARTER] = 14, [SLEEVE_LONG] = 70 } },
    { TRAIT_DECORATION, { [0] = 88, [DECORATION_BOW] = 6, [DECORATION_POCKET] = 6 } },
};

static const struct trait_choice jacket[] = {
    BRANDS,
    GENDER(46, 44, 10),
    { TRAIT_MATERIAL,
      { [MATERIAL_COTTON] = 20,
        [MATERIAL_LINEN] = 8,
        [MATERIAL_DENIM] = 24,
        [MATERIAL_WOOL] = 22,
        [MATERIAL_LEATHER] = 20,
        [MATERIAL_SUEDE] = 6 } },
    COLOURS_OF_LEATHER,
    { TRAIT_PATTERN, { [PATTERN_SOLID] = 76, [PATTERN_CHECKED] = 14, [PATTERN_BLOCKS] = 10 } },
    SECOND_COLOURS,
    { TRAIT_FIT, { [FIT_SLIM] = 32, [FIT_REGULAR] = 44, [FIT_LOOSE] = 24 } },
    { TRAIT_LENGTH, { [LENGTH_CROP] = 20, [LENGTH_REGULAR] = 55, [LENGTH_LONG] = 25 } },
    { TRAIT_NECK, { [NECK_SHIRT] = 30, [NECK_STAND] = 32, [NECK_LAPEL] = 38 } },
    { TRAIT_SLEEVE, { [SLEEVE_LONG] = 1 } },
    { TRAIT_FASTENING, { [FASTENING_BUTTONS] = 1, [FASTENING_ZIP] = 1 } },
    { TRAIT_DECORATION, { [0] = 40, [DECORATION_POCKET] = 40, [DECORATION_BELT] = 20 } },
};

static const struct trait_choice skirt[] = {
    BRANDS,
    GENDER(1, 0, 0),
    { TRAIT_MATERIAL,
      { [MATERIAL_COTTON] = 28,
        [MATERIAL_LINEN] = 12,
        [MATERIAL_DENIM] = 18,
        [MATERIAL_SILK] = 18,
        [MATERIAL_WOOL] = 12,
        [MATERIAL_LEATHER] = 9,
        [MATERIAL_SUEDE] = 3 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 44,
        [PATTERN_STRIPED] = 9,
        [PATTERN_CHECKED] = 15,
        [PATTERN_DOTS] = 9,
        [PATTERN_FLORAL] = 12,
        [PATTERN_GEOMETRIC] = 5,
        [PATTERN_ANIMAL] = 4,
        [PATTERN_BLOCKS] = 4 } },
    SECOND_COLOURS,
    { TRAIT_SHAPE,
      { [SHAPE_A_LINE] = 30,
        [SHAPE_FLARED] = 20,
        [SHAPE_STRAIGHT] = 24,
        [SHAPE_TIERED] = 10,
        [SHAPE_PLEATED] = 20 } },
    { TRAIT_LENGTH,
      { [LENGTH_MINI] = 26, [LENGTH_KNEE] = 26, [LENGTH_MIDI] = 28, [LENGTH_MAXI] = 20 } },
    { TRAIT_FASTENING,
      { [FASTENING_BUTTONS] = 24, [FASTENING_ZIP] = 44, [FASTENING_SLIP_ON] = 32 } },
    { TRAIT_DECORATION,
      { [0] = 52,
        [DECORATION_BOW] = 8,
        [DECORATION_RUFFLES] = 10,
        [DECORATION_POCKET] = 16,
        [DECORATION_BELT] = 14 } },
};

static const struct trait_choice trousers[] = {
    BRANDS,
    GENDER(48, 42, 10),
    { TRAIT_MATERIAL,
      { [MATERIAL_COTTON] = 28,
        [MATERIAL_LINEN] = 14,
        [MATERIAL_DENIM] = 32,
        [MATERIAL_WOOL] = 16,
        [MATERIAL_LEATHER] = 6,
        [MATERIAL_SILK] = 4 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 66,
        [PATTERN_STRIPED] = 12,
        [PATTERN_CHECKED] = 14,
        [PATTERN_FLORAL] = 4,
        [PATTERN_GEOMETRIC] = 4 } },
    SECOND_COLOURS,
    { TRAIT_FIT, { [FIT_SLIM] = 34, [FIT_REGULAR] = 36, [FIT_LOOSE] = 30 } },
    { TRAIT_LENGTH, { [LENGTH_CROP] = 28, [LENGTH_REGULAR] = 72 } },
    { TRAIT_FASTENING,
      { [FASTENING_BUTTONS] = 34, [FASTENING_ZIP] = 40, [FASTENING_DRAWSTRING] = 26 } },
    { TRAIT_DECORATION, { [0] = 70, [DECORATION_BELT] = 30 } },
};

static const struct trait_choice shorts[] = {
    BRANDS,
    GENDER(48, 40, 12),
    { TRAIT_MATERIAL, { [MATERIAL_COTTON] = 42, [MATERIAL_LINEN] = 24, [MATERIAL_DENIM] = 34 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 60,
        [PATTERN_STRIPED] = 12,
        [PATTERN_CHECKED] = 12,
        [PATTERN_FLORAL] = 10,
        [PATTERN_GEOMETRIC] = 6 } },
    SECOND_COLOURS,
    { TRAIT_FIT, { [FIT_SLIM] = 30, [FIT_REGULAR] = 40, [FIT_LOOSE] = 30 } },
    { TRAIT_LENGTH, { [LENGTH_MINI] = 50, [LENGTH_KNEE] = 50 } },
    { TRAIT_FASTENING,
      { [FASTENING_BUTTONS] = 34, [FASTENING_ZIP] = 34, [FASTENING_DRAWSTRING] = 32 } },
    { TRAIT_DECORATION, { [0] = 72, [DECORATION_BELT] = 28 } },
};

static const struct trait_choice sneakers[] = {
    BRANDS,
    GENDER(36, 36, 28),
    { TRAIT_MATERIAL,
      { [MATERIAL_LEATHER] = 34,
        [MATERIAL_SUEDE] = 14,
        [MATERIAL_CANVAS] = 30,
        [MATERIAL_MESH] = 22 } },
    COLOURS_OF_CLOTHES,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 46,
        [PATTERN_STRIPED] = 14,
        [PATTERN_CHECKED] = 8,
        [PATTERN_FLORAL] = 4,
        [PATTERN_GEOMETRIC] = 3,
        [PATTERN_ANIMAL] = 3,
        [PATTERN_BLOCKS] = 26 } },
    SECOND_COLOURS,
    { TRAIT_HEEL, { [HEEL_FLAT] = 1 } },
    { TRAIT_TOE, { [TOE_ROUND] = 1 } },
    { TRAIT_ANKLE, { [ANKLE_LOW] = 66, [ANKLE_HIGH] = 34 } },
    { TRAIT_FASTENING,
      { [FASTENING_LACES] = 64, [FASTENING_SLIP_ON] = 22, [FASTENING_VELCRO] = 14 } },
};

static const struct trait_choice boots[] = {
    BRANDS,
    GENDER(66, 28, 6),
    { TRAIT_MATERIAL, { [MATERIAL_LEATHER] = 58, [MATERIAL_SUEDE] = 32, [MATERIAL_PATENT] = 10 } },
    COLOURS_OF_LEATHER,
    { TRAIT_PATTERN, { [PATTERN_SOLID] = 86, [PATTERN_ANIMAL] = 5, [PATTERN_BLOCKS] = 9 } },
    SECOND_COLOURS,
    { TRAIT_HEEL, { [HEEL_FLAT] = 24, [HEEL_LOW] = 28, [HEEL_MID] = 26, [HEEL_HIGH] = 22 } },
    { TRAIT_HEEL_TYPE, { [0] = 1, [HEEL_BLOCK] = 60, [HEEL_STILETTO] = 22, [HEEL_WEDGE] = 18 } },
    { TRAIT_TOE, { [TOE_ROUND] = 52, [TOE_POINTED] = 32, [TOE_SQUARE] = 16 } },
    { TRAIT_SHAFT, { [SHAFT_ANKLE] = 46, [SHAFT_CALF] = 28, [SHAFT_KNEE] = 26 } },
    { TRAIT_FASTENING,
      { [FASTENING_ZIP] = 34,
        [FASTENING_LACES] = 28,
        [FASTENING_BUCKLE] = 14,
        [FASTENING_SLIP_ON] = 24 } },
    { TRAIT_DECORATION,
      { [0] = 76, [DECORATION_STUDS] = 9, [DECORATION_FRINGE] = 10, [DECORATION_BOW] = 5 } },
};

static const struct trait_choice heels[] = {
    BRANDS,
    GENDER(1, 0, 0),
    { TRAIT_MATERIAL,
      { [MATERIAL_LEATHER] = 40,
        [MATERIAL_SUEDE] = 24,
        [MATERIAL_PATENT] = 22,
        [MATERIAL_SILK] = 14 } },
    COLOURS_OF_LEATHER,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 80,
        [PATTERN_DOTS] = 3,
        [PATTERN_FLORAL] = 3,
        [PATTERN_ANIMAL] = 6,
        [PATTERN_BLOCKS] = 10 } },
    SECOND_COLOURS,
    { TRAIT_HEEL, { [HEEL_LOW] = 22, [HEEL_MID] = 36, [HEEL_HIGH] = 42 } },
    { TRAIT_HEEL_TYPE, { [HEEL_BLOCK] = 40, [HEEL_STILETTO] = 44, [HEEL_WEDGE] = 16 } },
    { TRAIT_TOE, { [TOE_ROUND] = 28, [TOE_POINTED] = 38, [TOE_SQUARE] = 12, [TOE_OPEN] = 22 } },
    { TRAIT_STRAP,
      { [STRAP_ANKLE] = 28, [STRAP_SLINGBACK] = 18, [STRAP_INSTEP] = 12, [STRAP_STRAPLESS] = 42 } },
    { TRAIT_FASTENING, { [FASTENING_BUCKLE] = 1, [FASTENING_SLIP_ON] = 1 } },
    { TRAIT_DECORATION, { [0] = 74, [DECORATION_BOW] = 18, [DECORATION_STUDS] = 8 } },
};

static const struct trait_choice flats[] = {
    BRANDS,
    GENDER(1, 0, 0),
    { TRAIT_MATERIAL,
      { [MATERIAL_LEATHER] = 42,
        [MATERIAL_SUEDE] = 26,
        [MATERIAL_PATENT] = 14,
        [MATERIAL_CANVAS] = 18 } },
    COLOURS_OF_LEATHER,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 76,
        [PATTERN_STRIPED] = 4,
        [PATTERN_DOTS] = 4,
        [PATTERN_FLORAL] = 4,
        [PATTERN_ANIMAL] = 6,
        [PATTERN_BLOCKS] = 8 } },
    SECOND_COLOURS,
    { TRAIT_HEEL, { [HEEL_FLAT] = 1 } },
    { TRAIT_TOE, { [TOE_ROUND] = 46, [TOE_POINTED] = 38, [TOE_SQUARE] = 16 } },
    { TRAIT_STRAP,
      { [STRAP_ANKLE] = 16, [STRAP_SLINGBACK] = 14, [STRAP_INSTEP] = 24, [STRAP_STRAPLESS] = 46 } },
    { TRAIT_FASTENING, { [FASTENING_BUCKLE] = 1, [FASTENING_SLIP_ON] = 1 } },
    { TRAIT_DECORATION,
      { [0] = 50, [DECORATION_BOW] = 26, [DECORATION_STUDS] = 8, [DECORATION_TASSEL] = 16 } },
};

static const struct trait_choice sandals[] = {
    BRANDS,
    GENDER(72, 20, 8),
    { TRAIT_MATERIAL, { [MATERIAL_LEATHER] = 62, [MATERIAL_SUEDE] = 26, [MATERIAL_PATENT] = 12 } },
    COLOURS_OF_LEATHER,
    { TRAIT_PATTERN, { [PATTERN_SOLID] = 84, [PATTERN_ANIMAL] = 6, [PATTERN_BLOCKS] = 10 } },
    SECOND_COLOURS,
    { TRAIT_HEEL, { [HEEL_FLAT] = 44, [HEEL_LOW] = 20, [HEEL_MID] = 20, [HEEL_HIGH] = 16 } },
    { TRAIT_HEEL_TYPE, { [0] = 1, [HEEL_BLOCK] = 44, [HEEL_STILETTO] = 16, [HEEL_WEDGE] = 40 } },
    { TRAIT_TOE, { [TOE_OPEN] = 1 } },
    { TRAIT_STRAP, { [STRAP_ANKLE] = 40, [STRAP_SLINGBACK] = 26, [STRAP_STRAPLESS] = 34 } },
    { TRAIT_FASTENING, { [FASTENING_BUCKLE] = 1, [FASTENING_SLIP_ON] = 1 } },
    { TRAIT_DECORATION,
      { [0] = 72, [DECORATION_BOW] = 12, [DECORATION_STUDS] = 9, [DECORATION_FRINGE] = 7 } },
};

static const struct trait_choice bag[] = {
    BRANDS,
    GENDER(82, 6, 12),
    { TRAIT_MATERIAL,
      { [MATERIAL_LEATHER] = 46,
        [MATERIAL_SUEDE] = 18,
        [MATERIAL_CANVAS] = 24,
        [MATERIAL_PATENT] = 12 } },
    COLOURS_OF_LEATHER,
    { TRAIT_PATTERN,
      { [PATTERN_SOLID] = 62,
        [PATTERN_STRIPED] = 8,
        [PATTERN_CHECKED] = 4,
        [PATTERN_FLORAL] = 6,
        [PATTERN_GEOMETRIC] = 5,
        [PATTERN_ANIMAL] = 5,
        [PATTERN_BLOCKS] = 12 } },
    SECOND_COLOURS,
    { TRAIT_SHAPE,
      { [SHAPE_TOTE] = 28,
        [SHAPE_SATCHEL] = 22,
        [SHAPE_BUCKET] = 16,
        [SHAPE_SADDLE] = 18,
        [SHAPE_HOBO] = 16 } },
    { TRAIT_STRAP,
      { [STRAP_HANDLES] = 38, [STRAP_SHOULDER] = 26, [STRAP_CROSSBODY] = 20, [STRAP_CHAIN] = 16 } },
    { TRAIT_FASTENING,
      { [FASTENING_ZIP] = 36,
        [FASTENING_BUCKLE] = 24,
        [FASTENING_BUTTONS] = 24,
        [FASTENING_DRAWSTRING] = 1 } },
    { TRAIT_DECORATION,
      { [0] = 56,
        [DECORATION_TASSEL] = 16,
        [DECORATION_STUDS] = 8,
        [DECORATION_FRINGE] = 8,
        [DECORATION_BOW] = 6,
        [DECORATION_POCKET] = 14 } },
};

#define CATEGORY(domain, weight, price, plural, choices)                           \
    {                                                                              \
        domain, weight, price, plural, sizeof choices / sizeof choices[0], choices \
    }

const struct category_table category_tables[CATEGORIES] = {
    [CATEGORY_DRESS] = CATEGORY("apparel", 17, 79, false, dress),
    [CATEGORY_T_SHIRT] = CATEGORY("apparel", 11, 25, false, t_shirt),
    [CATEGORY_BLOUSE] = CATEGORY("apparel", 7, 45, false, blouse),
    [CATEGORY_SHIRT] = CATEGORY("apparel", 8, 49, false, shirt),
    [CATEGORY_SWEATER] = CATEGORY("apparel", 6, 59, false, sweater),
    [CATEGORY_JACKET] = CATEGORY("apparel", 5, 129, false, jacket),
    [CATEGORY_SKIRT] = CATEGORY("apparel", 8, 49, false, skirt),
    [CATEGORY_TROUSERS] = CATEGORY("apparel", 8, 59, true, trousers),
    [CATEGORY_SHORTS] = CATEGORY("apparel", 3, 39, true, shorts),
    [CATEGORY_SNEAKERS] = CATEGORY("footwear", 8, 79, true, sneakers),
    [CATEGORY_BOOTS] = CATEGORY("footwear", 7, 139, true, boots),
    [CATEGORY_HEELS] = CATEGORY("footwear", 8, 89, true, heels),
    [CATEGORY_FLATS] = CATEGORY("footwear", 4, 69, true, flats),
    [CATEGORY_SANDALS] = CATEGORY("footwear", 5, 59, true, sandals),
    [CATEGORY_BAG] = CATEGORY("accessories", 8, 99, false, bag),
};
