/* Making flat shapes look like cloth, leather and metal. */
#ifndef CATALOGUE_GENERATE_SHADE_H
#define CATALOGUE_GENERATE_SHADE_H

#include "catalogue/generate/sketch.h"

/* One part of a garment: a sleeve, a sole. */
struct cloth {
    struct rgb colour;
    bool printed; /* the item's pattern lies on it */
    bool woven;   /* it is of the item's material: texture and sheen */
    double turn;  /* radians by which pattern and texture are turned */
    double round; /* 0 flat .. 1 like a cylinder */
    /* Adds to the path what has the second colour on a colour-blocked item; NULL: nothing has. */
    void (*block)(struct sketch *sketch, const void *subject);
    const void *subject;
    cairo_path_t *path;
};

/* The item's own cloth: its colour, pattern and material. */
struct cloth cloth_main(const struct sketch *sketch, double turn, double round);

/* Something else: a sole, a button band in another colour. */
struct cloth cloth_plain(struct rgb colour, double round);

/* Takes the current path as the shape of a part and fills it. Until cloth_end, whatever is drawn
 * lies on this part and cannot leave it. */
void cloth_begin(struct sketch *sketch, struct cloth *cloth);

/* Darkens the rim, puts the part on the drawing and draws its outline. */
void cloth_end(struct sketch *sketch, struct cloth *cloth);

/* Both at once. */
void cloth_paint(struct sketch *sketch, struct cloth cloth);

/* A fold from one point to another, bending sideways by `bend`, `width` wide in its middle.
 * strength: 1 a clear shadow, -1 a clear light. */
void shade_fold(struct sketch *sketch, double x0, double y0, double x1, double y1, double bend,
                double width, double strength);

/* A fold that opens from a point to `width` at its far end: of a skirt. A shadow with a light
 * beside it. */
void shade_flare(struct sketch *sketch, double x0, double y0, double x1, double y1, double width,
                 double strength);

/* Strokes the current path, and forgets it: as a seam (a thin shadow), as stitches. */
void shade_seam(struct sketch *sketch, double strength);
void shade_stitches(struct sketch *sketch);

/* Strokes the current path, and forgets it, as ribs across it: cuffs, collars. */
void shade_ribs(struct sketch *sketch, double width);

/* A soft shadow on all that is drawn inside the current path, and forgets it. */
void shade_area(struct sketch *sketch, double alpha);

/* The colour of shadows on this item. */
struct rgb shade_colour(const struct sketch *sketch, struct rgb of);

/* How much the material shines, 0 .. 1, and how deep its folds are. */
double shade_sheen(const struct sketch *sketch);
double shade_depth(const struct sketch *sketch);

#endif
