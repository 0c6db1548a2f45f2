/* What every drawing has at hand: a cairo context in which the garment alone is drawn, on nothing;
 * the item's traits; its tones, print and weave; and its own chance.
 *
 * Units: pixels of the finished picture, y down, unless a drawing sets its own. Light comes from
 * the upper left. */
#ifndef CATALOGUE_GENERATE_SKETCH_H
#define CATALOGUE_GENERATE_SKETCH_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "catalogue/generate/palette.h"
#include "catalogue/generate/traits.h"

/* How the pattern of this item is laid out; the same on all its parts. */
struct print {
    double pitch;     /* from one repeat to the next */
    double share;     /* 0 .. 1: how much of it the second colour covers */
    double angle;     /* radians */
    double x, y;      /* where it begins */
    unsigned variant; /* which of the pattern's designs */
    uint32_t salt;    /* of scattered things */
};

struct sketch {
    cairo_t *cr;
    const uint8_t *value; /* [TRAITS] */
    struct rng_stream chance;
    struct rgb base, second; /* the item's tones of its colours; second: of a trim when it has one
                                colour */
    struct rgb metal;        /* of buckles, zips, chains */
    struct print print;
    cairo_surface_t *weave; /* a tile of the material's texture; NULL: smooth */
};

/* Uniform in [low, high). */
double sketch_between(struct sketch *sketch, double low, double high);
bool sketch_maybe(struct sketch *sketch, double probability);

/* 0 .. count - 1 */
unsigned sketch_pick(struct sketch *sketch, unsigned count);

/* A number in [0, 1) that depends on a place and a salt alone: for scattering things. */
double sketch_scatter(int x, int y, uint32_t salt);

void sketch_colour(const struct sketch *sketch, struct rgb colour, double alpha);

/* Men's and unisex wear is cut wider at the shoulders and straighter at the waist. */
bool sketch_is_straight(const struct sketch *sketch);

#endif
