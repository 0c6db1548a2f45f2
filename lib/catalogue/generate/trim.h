/* Small things sewn onto garments: bows, ruffles, belts, pockets, buttons, zips, buckles, studs,
 * tassels, fringes. */
#ifndef CATALOGUE_GENERATE_TRIM_H
#define CATALOGUE_GENERATE_TRIM_H

#include "catalogue/generate/outline.h"
#include "catalogue/generate/sketch.h"

/* Around a point; `size` is half its width. */
void trim_bow(struct sketch *sketch, double x, double y, double size);
void trim_button(struct sketch *sketch, double x, double y, double radius);
void trim_stud(struct sketch *sketch, double x, double y, double radius);
void trim_buckle(struct sketch *sketch, double x, double y, double width, double height);
void trim_tassel(struct sketch *sketch, double x, double y, double length);

/* `count` buttons on a line from one point to another. */
void trim_buttons(struct sketch *sketch, double x0, double y0, double x1, double y1, int count,
                  double radius);

/* Metal teeth and a slider, from one point to another. */
void trim_zip(struct sketch *sketch, double x0, double y0, double x1, double y1);

/* A patch pocket: its upper left corner, width and height. */
void trim_pocket(struct sketch *sketch, double x, double y, double width, double height);

/* A band of gathered cloth along a line that may sag by `sag` in its middle. */
void trim_ruffle(struct sketch *sketch, double x0, double y0, double x1, double y1, double sag,
                 double depth);

/* Strips that hang from a line, `length` long. */
void trim_fringe(struct sketch *sketch, double x0, double y0, double x1, double y1, double length);

/* A belt around a body that is 2 * `half` wide at (0, y), with a buckle or a knot. */
void trim_belt(struct sketch *sketch, double half, double y, double height);

/* A loop in the shape of a clothes hanger whose arms end at (+-half, y + drop), hook above (0, y).
 */
void trim_hanger(struct sketch *sketch, double half, double y, double drop);

#endif
