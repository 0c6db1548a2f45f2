#include "catalogue/generate/outline.h"

#include <assert.h>

void outline_start(struct outline *outline, double x, double y)
{
    outline->curves = 0;
    outline->point[0] = (struct outline_point){ x, y };
}

void outline_curve(struct outline *outline, double x1, double y1, double x2, double y2, double x3,
                   double y3)
{
    assert(outline->curves < OUTLINE_CURVES);
    struct outline_point *next = &outline->point[3 * outline->curves++ + 1];
    next[0] = (struct outline_point){ x1, y1 };
    next[1] = (struct outline_point){ x2, y2 };
    next[2] = (struct outline_point){ x3, y3 };
}

void outline_line(struct outline *outline, double x, double y)
{
    struct outline_point from = outline->point[3 * outline->curves];
    outline_curve(outline, from.x, from.y, x, y, x, y);
}

static void forwards(cairo_t *cr, const struct outline *outline)
{
    for (size_t i = 0; i < outline->curves; i++) {
        const struct outline_point *p = &outline->point[3 * i + 1];
        cairo_curve_to(cr, p[0].x, p[0].y, p[1].x, p[1].y, p[2].x, p[2].y);
    }
}

/* From the mirrored end to the mirrored start. */
static void backwards(cairo_t *cr, const struct outline *outline)
{
    for (size_t i = outline->curves; i-- > 0;) {
        const struct outline_point *p = &outline->point[3 * i];
        cairo_curve_to(cr, -p[2].x, p[2].y, -p[1].x, p[1].y, -p[0].x, p[0].y);
    }
}

void outline_trace(cairo_t *cr, const struct outline *outline)
{
    cairo_move_to(cr, outline->point[0].x, outline->point[0].y);
    forwards(cr, outline);
}

void outline_trace_both(cairo_t *cr, const struct outline *outline)
{
    outline_trace(cr, outline);
    backwards(cr, outline);
    cairo_close_path(cr);
}

void outline_trace_across(cairo_t *cr, const struct outline *outline)
{
    const struct outline_point *end = &outline->point[3 * outline->curves];
    cairo_move_to(cr, -end->x, end->y);
    backwards(cr, outline);
    forwards(cr, outline);
}
