/* Skirts, alone or as the lower part of a dress. */
#ifndef CATALOGUE_GENERATE_SKIRT_H
#define CATALOGUE_GENERATE_SKIRT_H

#include "catalogue/generate/sketch.h"

struct skirt {
    enum shape shape;
    double top, top_x; /* where it begins, half its width there */
    double hem, hem_x; /* where it ends, half its width there */
    double hip, hip_x;
    int folds;
};

/* A skirt of the item's shape and length from a waist; `unit`: how long a hand's breadth is, 1 on a
 * dress. */
void skirt_choose(struct sketch *sketch, struct skirt *skirt, double top, double top_x,
                  double unit);

void skirt_draw(struct sketch *sketch, const struct skirt *skirt);

#endif
