/* The uppers of shoes, drawn on a foot (foot.h). */
#ifndef CATALOGUE_GENERATE_SHOE_H
#define CATALOGUE_GENERATE_SHOE_H

#include "catalogue/generate/foot.h"

void shoe_draw_sneaker(struct sketch *sketch, struct foot *foot);
void shoe_draw_boot(struct sketch *sketch, struct foot *foot);
void shoe_draw_pump(struct sketch *sketch, struct foot *foot); /* heels and flats */
void shoe_draw_sandal(struct sketch *sketch, struct foot *foot);

/* Strokes the current path as a strap of the item's material, and forgets the path. */
void shoe_strap(struct sketch *sketch, double width, bool far_side);

/* A strap around the ankle, held by a strip from the heel; its buckle. */
void shoe_ankle_strap(struct sketch *sketch, const struct foot *foot);

/* The colour of soles that goes with the upper. */
struct rgb shoe_sole_colour(struct sketch *sketch);

/* Laces between two points of the front edge, `wide` long each. */
void shoe_laces(struct sketch *sketch, const struct foot *foot, double x0, double y0, double x1,
                double y1, int count, double wide);

#endif
