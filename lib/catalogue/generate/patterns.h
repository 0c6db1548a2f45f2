/* Printed and woven patterns, and the textures of materials. */
#ifndef CATALOGUE_GENERATE_PATTERNS_H
#define CATALOGUE_GENERATE_PATTERNS_H

#include "catalogue/generate/sketch.h"

/* Chooses how this item's pattern is laid out. */
void pattern_choose(struct sketch *sketch);

/* Draws the item's pattern in its second colour over all that the clip leaves, turned by `turn`. A
 * solid, colourblocked or graphic item has nothing here: its drawing does it. */
void pattern_paint(struct sketch *sketch, double turn);

/* A picture for the front of a t-shirt, `size` wide around a point. */
void graphic_paint(struct sketch *sketch, double x, double y, double size);

/* A tile of the item's material, light and shadow only; NULL: smooth. The caller destroys it. */
cairo_surface_t *weave_create(const struct sketch *sketch);

#endif
