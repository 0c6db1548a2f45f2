/* What is behind the item: a studio wall, with a floor when the item stands on one, in a soft tone
 * that the item stands out from; and the item's shadow on it. */
#ifndef CATALOGUE_GENERATE_BACKDROP_H
#define CATALOGUE_GENERATE_BACKDROP_H

#include "catalogue/generate/sketch.h"

/* Covers the whole picture, GENERATE_WIDTH x GENERATE_HEIGHT. `floor`: the height of the line where
 * the item stands; 0 when it does not. `sketch->cr` draws the picture itself. */
void backdrop_paint(struct sketch *sketch, double floor);

/* Draws the soft shadow of a layer of the picture's size: on the wall behind it, and where it
 * stands on the floor. */
void backdrop_shadow(struct sketch *sketch, cairo_surface_t *layer, double floor);

#endif
