/* Silhouettes: a chain of Bezier curves that is drawn as it is, or closed with its mirror image, as
 * clothes are cut. */
#ifndef CATALOGUE_GENERATE_OUTLINE_H
#define CATALOGUE_GENERATE_OUTLINE_H

#include <cairo.h>
#include <stddef.h>

enum { OUTLINE_CURVES = 40 };

struct outline {
    size_t curves;
    struct outline_point {
        double x, y;
    } point[3 * OUTLINE_CURVES + 1]; /* the start, then three for each curve */
};

void outline_start(struct outline *outline, double x, double y);
void outline_line(struct outline *outline, double x, double y);
void outline_curve(struct outline *outline, double x1, double y1, double x2, double y2, double x3,
                   double y3);

/* Adds it to the path, open. */
void outline_trace(cairo_t *cr, const struct outline *outline);

/* Adds it, and back along its mirror image (x becomes -x), closed. It should start and end on the
 * axis x = 0. */
void outline_trace_both(cairo_t *cr, const struct outline *outline);

/* Adds it from the mirror image of its end to its end, open: a neckline, a hem. It should start on
 * the axis. */
void outline_trace_across(cairo_t *cr, const struct outline *outline);

#endif
