/* The upper part of dresses, tops, shirts, sweaters and jackets: neckline, shoulders, sleeves and
 * sides, down to a hem.
 *
 * Units: the point where the neckline meets the shoulder is at y = 0, the middle at x = 0; a
 * woman's shoulders are about 94 wide, her waist is at y = 96. */
#ifndef CATALOGUE_GENERATE_BODICE_H
#define CATALOGUE_GENERATE_BODICE_H

#include "catalogue/generate/outline.h"
#include "catalogue/generate/sketch.h"

struct bodice {
    enum neck neck;
    enum sleeve sleeve;
    double neck_x, neck_depth; /* half its width at the shoulder; its lowest point */
    double shoulder_x, shoulder_y;
    double armpit_x, armpit_y;
    double waist_x, waist_y;
    double hem_x, hem_y, hem_sag; /* the hem hangs lower in its middle */
    double sleeve_angle, sleeve_length, sleeve_cuff, sleeve_puff; /* cuff: half its width */
    bool open_front; /* a line of buttons or a zip from neck to hem */
};

/* A body for the item's neck, sleeves, fit and gender; its hem is at the waist until the caller
 * moves it. */
void bodice_choose(struct sketch *sketch, struct bodice *bodice);

/* Draws what lies behind: the inside of the back, both sleeves. */
void bodice_draw_behind(struct sketch *sketch, const struct bodice *bodice);

/* The front, all around, as a path. */
void bodice_trace(struct sketch *sketch, const struct bodice *bodice);

/* On the front, while it is being drawn: folds from armpits and waist, armhole seams. */
void bodice_draw_folds(struct sketch *sketch, const struct bodice *bodice);

/* On top: neckband, collar, fastening down to `bottom`, bow or ruffles at the neck. */
void bodice_draw_neck(struct sketch *sketch, const struct bodice *bodice, double bottom);

/* The neckline from the middle to the shoulder. */
void bodice_neckline(const struct bodice *bodice, struct outline *outline);

#endif
