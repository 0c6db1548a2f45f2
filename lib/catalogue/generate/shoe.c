/* What several kinds of shoes have: straps, laces, soles. */
#include "catalogue/generate/shoe.h"

#include <math.h>

#include "catalogue/generate/shade.h"
#include "catalogue/generate/trim.h"

struct rgb shoe_sole_colour(struct sketch *s)
{
    static const struct rgb SOLE[] = { { 0.16, 0.13, 0.12 },
                                       { 0.62, 0.45, 0.3 },
                                       { 0.82, 0.71, 0.56 } };
    if (s->value[TRAIT_PATTERN] == PATTERN_BLOCKS)
        return s->second;
    unsigned pick = sketch_pick(s, 5);
    return pick < 3 ? SOLE[pick] : rgb_scale(s->base, 0.8);
}

void shoe_strap(struct sketch *s, double width, bool far_side)
{
    cairo_t *cr = s->cr;
    struct rgb colour = far_side ? rgb_mix(s->base, shade_colour(s, s->base), 0.4) : s->base;
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    sketch_colour(s, shade_colour(s, s->base), 0.75);
    cairo_set_line_width(cr, width + 1.4);
    cairo_stroke_preserve(cr);
    sketch_colour(s, colour, 1);
    cairo_set_line_width(cr, width);
    cairo_stroke_preserve(cr);
    if (!far_side) {
        sketch_colour(s, (struct rgb){ 1, 1, 1 }, 0.07 + 0.22 * shade_sheen(s));
        cairo_set_line_width(cr, 0.4 * width);
        cairo_stroke_preserve(cr);
    }
    cairo_new_path(cr);
}

void shoe_ankle_strap(struct sketch *s, const struct foot *f)
{
    cairo_t *cr = s->cr;
    double x = 54, y = -66;
    foot_place(f, &x, &y);
    cairo_move_to(cr, x - 25, y + 3);
    cairo_curve_to(cr, x - 24, y - 6, x + 22, y - 10, x + 23, y - 3);
    shoe_strap(s, 5.5, true);
    foot_move(cr, f, 80, -34);
    cairo_curve_to(cr, x + 28, y + 20, x + 26, y + 8, x + 22, y - 1);
    shoe_strap(s, 7, false);
    cairo_move_to(cr, x + 23, y - 4);
    cairo_curve_to(cr, x + 20, y + 8, x - 24, y + 12, x - 25, y + 2);
    shoe_strap(s, 6, false);
    trim_buckle(s, x - 9, y + 7.5, 8.5, 9);
}

static void lace(struct sketch *s, double x0, double y0, double x1, double y1, struct rgb colour)
{
    cairo_t *cr = s->cr;
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    for (int layer = 0; layer < 2; layer++) {
        cairo_move_to(cr, x0, y0);
        cairo_curve_to(cr, x0 + 0.3 * (x1 - x0), y0 - 2.5, x1 - 3, y1 - 2.5, x1, y1);
        sketch_colour(s, layer ? colour : rgb_scale(colour, 0.45), layer ? 1 : 0.8);
        cairo_set_line_width(cr, layer ? 3.6 : 5);
        cairo_stroke(cr);
    }
}

void shoe_laces(struct sketch *s, const struct foot *f, double x0, double y0, double x1, double y1,
                int count, double wide)
{
    const struct rgb white = { 0.97, 0.97, 0.95 }, dark = { 0.17, 0.16, 0.18 };
    struct rgb colour = rgb_lightness(s->base) > 0.78 && s->value[TRAIT_SECOND] ? s->second : white;
    if (s->value[TRAIT_CATEGORY] == CATEGORY_BOOTS)
        colour = rgb_lightness(s->base) < 0.35 ? rgb_mix(s->base, white, 0.55) : dark;
    double length = hypot(x1 - x0, y1 - y0), nx = -(y1 - y0) / length, ny = (x1 - x0) / length;
    if (nx < 0) {
        nx = -nx;
        ny = -ny;
    }
    for (int i = 0; i < count; i++) {
        double t = count > 1 ? (double)i / (count - 1) : 0;
        double x = x0 + t * (x1 - x0), y = y0 + t * (y1 - y0);
        double ex = x + wide * nx, ey = y + wide * ny + 3;
        foot_place(f, &x, &y);
        foot_place(f, &ex, &ey);
        trim_stud(s, ex + 0.5, ey, 1.7);
        lace(s, x - 1.5, y - 0.5, ex, ey, colour);
    }
}
