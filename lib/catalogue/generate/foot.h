/* The form that shoes are made on, seen from the side, toe to the left. Shoes are drawn as if they
 * were flat; every point then goes through the form, which lifts the heel.
 *
 * Units: a shoe is about 200 long, from -100 at the toe to 82 at the heel; y = 0 is where the foot
 * stands in a flat shoe, the ground is at y = `sole` below it. */
#ifndef CATALOGUE_GENERATE_FOOT_H
#define CATALOGUE_GENERATE_FOOT_H

#include "catalogue/generate/sketch.h"

struct foot {
    double rise; /* of the heel above the ball */
    double sole; /* thickness below the ball */
    double tip;  /* x of the toe's tip */
    enum toe toe;
};

void foot_choose(struct sketch *sketch, struct foot *foot);

void foot_move(cairo_t *cr, const struct foot *foot, double x, double y);
void foot_line(cairo_t *cr, const struct foot *foot, double x, double y);
void foot_curve(cairo_t *cr, const struct foot *foot, double x1, double y1, double x2, double y2,
                double x3, double y3);

/* Follows the sole at height y from x0 to x1, in many small steps. */
void foot_along(cairo_t *cr, const struct foot *foot, double x0, double x1, double y);

/* Where a point of the flat shoe goes. */
void foot_place(const struct foot *foot, double *x, double *y);

/* From (x, y) on the vamp around the toe down to the sole, in the item's toe shape. */
void foot_toe(cairo_t *cr, const struct foot *foot, double x, double y);

/* The sole and the heel of dress shoes, boots and sandals. `foot->sole` is filled, too. */
void foot_draw_sole(struct sketch *sketch, const struct foot *foot, struct rgb colour);

#endif
