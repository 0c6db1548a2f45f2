#include "catalogue/generate/frame.h"

#include <math.h>

#include "catalogue/generate/traits.h"

static double sleeve_reach(const uint8_t *value)
{
    static const double REACH[] = { 52, 52, 82, 92, 92 };
    return REACH[value[TRAIT_SLEEVE]] + (value[TRAIT_FIT] == FIT_LOOSE ? 5 : 0);
}

static double skirt_reach(const uint8_t *value, double waist)
{
    static const double SPREAD[] = { [SHAPE_A_LINE] = 37,
                                     [SHAPE_FLARED] = 58,
                                     [SHAPE_STRAIGHT] = 12,
                                     [SHAPE_TIERED] = 48,
                                     [SHAPE_PLEATED] = 39 };
    return waist + SPREAD[value[TRAIT_SHAPE]];
}

static double skirt_length(const uint8_t *value)
{
    static const double LENGTH[] = {
        [LENGTH_MINI] = 78, [LENGTH_KNEE] = 118, [LENGTH_MIDI] = 158, [LENGTH_MAXI] = 194
    };
    return LENGTH[value[TRAIT_LENGTH]];
}

static struct frame frame_dress(const uint8_t *value)
{
    return (struct frame){ .half = fmax(sleeve_reach(value), skirt_reach(value, 36)),
                           .top = -16,
                           .bottom = 96 + skirt_length(value),
                           .most = 1.26,
                           .hangs = value[TRAIT_NECK] != NECK_OFF_SHOULDER };
}

static struct frame frame_top(const uint8_t *value)
{
    static const double HEM[] = {
        [LENGTH_CROP] = 106, [LENGTH_REGULAR] = 150, [LENGTH_LONG] = 186
    };
    double hem = HEM[value[TRAIT_LENGTH]];
    return (struct frame){ .half = sleeve_reach(value) + 3,
                           .top = -18,
                           .bottom = value[TRAIT_SLEEVE] == SLEEVE_LONG ? fmax(hem, 158) : hem,
                           .most = 1.5,
                           .hangs = value[TRAIT_NECK] != NECK_OFF_SHOULDER };
}

static struct frame frame_skirt(const uint8_t *value)
{
    return (struct frame){ .half = 1.22 * skirt_reach(value, 36),
                           .top = -16,
                           .bottom = 1.25 * skirt_length(value),
                           .most = 1.3 };
}

static struct frame frame_trousers(const uint8_t *value)
{
    bool is_short = value[TRAIT_CATEGORY] == CATEGORY_SHORTS;
    double hem = value[TRAIT_LENGTH] == LENGTH_CROP ? 202 : 262;
    if (is_short)
        hem = value[TRAIT_LENGTH] == LENGTH_MINI ? 116 : 160;
    return (struct frame){ .half = 66, .top = -16, .bottom = hem, .most = is_short ? 1.5 : 1.25 };
}

static struct frame frame_shoes(const uint8_t *value)
{
    static const double RISE[] = { 0, 0, 21, 41, 66 };
    static const double SHAFT[] = { 64, 100, 154, 220 };
    double high = SHAFT[value[TRAIT_SHAFT]];
    if (value[TRAIT_ANKLE])
        high = value[TRAIT_ANKLE] == ANKLE_HIGH ? 116 : 82;
    if (value[TRAIT_STRAP] == STRAP_ANKLE)
        high = 78;
    return (struct frame){ .half = 114,
                           .top = -high - RISE[value[TRAIT_HEEL]] - 25,
                           .bottom = value[TRAIT_CATEGORY] == CATEGORY_SNEAKERS ? 18 : 7,
                           .most = 1.1,
                           .stands = true };
}

static struct frame frame_bag(const uint8_t *value)
{
    static const double STRAP[] = {
        [STRAP_HANDLES] = 56, [STRAP_SHOULDER] = 84, [STRAP_CROSSBODY] = 128, [STRAP_CHAIN] = 98
    };
    return (struct frame){ .half = 84,
                           .top = -114 - STRAP[value[TRAIT_STRAP]],
                           .bottom = 5,
                           .most = 1.25,
                           .stands = true };
}

struct frame frame_find(const uint8_t *value)
{
    switch (value[TRAIT_CATEGORY]) {
    case CATEGORY_DRESS: return frame_dress(value);
    case CATEGORY_SKIRT: return frame_skirt(value);
    case CATEGORY_TROUSERS:
    case CATEGORY_SHORTS: return frame_trousers(value);
    case CATEGORY_SNEAKERS:
    case CATEGORY_BOOTS:
    case CATEGORY_HEELS:
    case CATEGORY_FLATS:
    case CATEGORY_SANDALS: return frame_shoes(value);
    case CATEGORY_BAG: return frame_bag(value);
    default: return frame_top(value);
    }
}
