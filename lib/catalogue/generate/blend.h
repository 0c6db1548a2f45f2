/* Passes over the pixels of cairo's image surfaces, for what cairo would do slowly: laying a weave
 * and soft gradients on a whole part, casting shadows. Pixels are premultiplied ARGB32. */
#ifndef CATALOGUE_GENERATE_BLEND_H
#define CATALOGUE_GENERATE_BLEND_H

#include <cairo.h>
#include <stddef.h>
#include <stdint.h>

#include "catalogue/generate/palette.h"

enum { BLEND_STEPS = 256 };

/* Colours along a line, premultiplied. */
struct blend_ramp {
    uint32_t at[BLEND_STEPS];
};

/* A stop of a gradient; the first must be at 0, the last at 1. */
struct blend_stop {
    double at;
    struct rgb colour;
    double alpha;
};

void blend_ramp_fill(struct blend_ramp *ramp, const struct blend_stop *stops, size_t count);

/* `source` over `under`. */
static inline uint32_t blend_over(uint32_t under, uint32_t source)
{
    const uint32_t mask = 0x00FF00FF, half = 0x00800080;
    uint32_t rest = 255 - (source >> 24);
    uint32_t rb = (under & mask) * rest + half, ag = (under >> 8 & mask) * rest + half;
    rb = (rb + (rb >> 8 & mask)) >> 8 & mask;
    ag = (ag + (ag >> 8 & mask)) & ~mask;
    return source + (rb | ag);
}

/* Lays on every pixel of the surface that `cr` draws on (a group): the tile `weave`, NULL or of
 * BLEND_TILE x BLEND_TILE pixels, turned by `turn`; `across` from left to right and `down` from top
 * to bottom of a box in the user's units. */
enum { BLEND_TILE = 64 };

struct blend_relief {
    cairo_surface_t *weave;
    double turn;
    double left, top, right, bottom;
    const struct blend_ramp *across, *down;
};

void blend_relief(cairo_t *cr, const struct blend_relief *relief);

/* Fills an image surface with a ramp of `reach` pixels around a point. */
void blend_lamp(cairo_surface_t *surface, double x, double y, double reach,
                const struct blend_ramp *ramp);

/* Darkens an image surface by a small picture of coverage, width x height, enlarged `cell` times
 * and moved by (dx, dy) pixels; `alpha` where coverage is 255. */
void blend_shadow(cairo_surface_t *surface, const uint8_t *coverage, int width, int height,
                  int cell, int dx, int dy, double alpha);

#endif
