#include "catalogue/generate/sketch.h"

double sketch_between(struct sketch *sketch, double low, double high)
{
    return low + (high - low) * rng_uniform(&sketch->chance);
}

bool sketch_maybe(struct sketch *sketch, double probability)
{
    return rng_uniform(&sketch->chance) < probability;
}

unsigned sketch_pick(struct sketch *sketch, unsigned count)
{
    return (unsigned)(rng_uniform(&sketch->chance) * count);
}

double sketch_scatter(int x, int y, uint32_t salt)
{
    uint32_t h = (uint32_t)x * 0x9E3779B1u ^ (uint32_t)y * 0x85EBCA77u ^ salt * 0xC2B2AE3Du;
    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    h = (h ^ h >> 12) * 0x297A2D39u;
    return (h ^ h >> 15) * 0x1p-32;
}

void sketch_colour(const struct sketch *sketch, struct rgb colour, double alpha)
{
    cairo_set_source_rgba(sketch->cr, colour.r, colour.g, colour.b, alpha);
}

bool sketch_is_straight(const struct sketch *sketch)
{
    return sketch->value[TRAIT_GENDER] != GENDER_WOMEN;
}
