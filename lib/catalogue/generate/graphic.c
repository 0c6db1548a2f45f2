/* Pictures on the fronts of t-shirts: simple signs in the second colour and shades of it. No
 * letters, no logos. */
#include <math.h>

#include "catalogue/generate/patterns.h"

static const double PI = 3.14159265358979323846;

/* All are drawn around (0, 0), 2 wide. */

static void draw_sun(struct sketch *s)
{
    for (int ray = 0; ray < 12; ray++) {
        double a = 2 * PI * ray / 12;
        cairo_move_to(s->cr, 0.98 * cos(a), 0.98 * sin(a));
        cairo_line_to(s->cr, 0.64 * cos(a + 0.17), 0.64 * sin(a + 0.17));
        cairo_line_to(s->cr, 0.64 * cos(a - 0.17), 0.64 * sin(a - 0.17));
        cairo_close_path(s->cr);
    }
    cairo_new_sub_path(s->cr);
    cairo_arc(s->cr, 0, 0, 0.54, 0, 2 * PI);
    cairo_fill(s->cr);
}

static void draw_mountains(struct sketch *s)
{
    cairo_t *cr = s->cr;
    cairo_arc(cr, 0, 0, 1, 0, 2 * PI);
    cairo_fill(cr);
    sketch_colour(s, s->base, 1);
    cairo_arc(cr, 0.42, -0.42, 0.2, 0, 2 * PI);
    cairo_fill(cr);
    cairo_move_to(cr, -0.83, 0.52);
    cairo_line_to(cr, -0.22, -0.46);
    cairo_line_to(cr, 0.14, 0.12);
    cairo_line_to(cr, 0.36, -0.14);
    cairo_line_to(cr, 0.83, 0.52);
    cairo_close_path(cr);
    cairo_fill(cr);
    sketch_colour(s, s->second, 1);
    cairo_move_to(cr, -0.22, -0.46);
    cairo_line_to(cr, -0.42, -0.14);
    cairo_line_to(cr, -0.24, -0.22);
    cairo_line_to(cr, -0.14, -0.1);
    cairo_line_to(cr, -0.02, -0.16);
    cairo_close_path(cr);
    cairo_fill(cr);
}

static void draw_star(struct sketch *s)
{
    for (int corner = 0; corner < 10; corner++) {
        double a = PI * corner / 5 - PI / 2, r = corner & 1 ? 0.42 : 1.05;
        cairo_line_to(s->cr, r * cos(a), r * sin(a));
    }
    cairo_close_path(s->cr);
    cairo_fill(s->cr);
}

static void draw_heart(struct sketch *s)
{
    cairo_move_to(s->cr, 0, 0.9);
    cairo_curve_to(s->cr, -1.5, -0.1, -0.8, -1.25, 0, -0.45);
    cairo_curve_to(s->cr, 0.8, -1.25, 1.5, -0.1, 0, 0.9);
    cairo_fill(s->cr);
}

static void draw_waves(struct sketch *s)
{
    cairo_t *cr = s->cr;
    cairo_arc(cr, 0, -0.28, 0.5, 0, 2 * PI);
    cairo_fill(cr);
    cairo_set_line_width(cr, 0.15);
    for (int row = 0; row < 3; row++) {
        double y = 0.38 + 0.28 * row;
        cairo_move_to(cr, -1, y);
        for (int i = 0; i < 4; i++) {
            double x = -1 + 0.5 * i;
            cairo_curve_to(cr, x + 0.12, y - 0.2, x + 0.38, y + 0.2, x + 0.5, y);
        }
        cairo_stroke(cr);
    }
}

static void draw_bolt(struct sketch *s)
{
    static const double POINT[][2] = { { 0.25, -1.05 }, { -0.6, 0.18 }, { -0.06, 0.18 },
                                       { -0.28, 1.05 }, { 0.6, -0.26 }, { 0.04, -0.26 } };
    for (size_t i = 0; i < sizeof POINT / sizeof POINT[0]; i++)
        cairo_line_to(s->cr, POINT[i][0], POINT[i][1]);
    cairo_close_path(s->cr);
    cairo_fill(s->cr);
}

static void draw_rainbow(struct sketch *s)
{
    cairo_set_line_width(s->cr, 0.2);
    cairo_set_line_cap(s->cr, CAIRO_LINE_CAP_BUTT);
    for (int band = 0; band < 3; band++) {
        sketch_colour(s, rgb_mix(s->second, s->base, 0.28 * band), 1);
        cairo_arc(s->cr, 0, 0.5, 1 - 0.27 * band, PI, 2 * PI);
        cairo_stroke(s->cr);
    }
}

static void draw_leaf(struct sketch *s)
{
    cairo_t *cr = s->cr;
    for (int pair = 0; pair < 8; pair++) {
        double side = pair & 1 ? 1 : -1, y = 0.62 - 0.4 * (pair / 2);
        cairo_move_to(cr, 0, y);
        cairo_curve_to(cr, side * 0.1, y - 0.42, side * 0.5, y - 0.5, side * 0.72, y - 0.42);
        cairo_curve_to(cr, side * 0.62, y - 0.1, side * 0.3, y + 0.08, 0, y);
    }
    cairo_fill(cr);
    cairo_set_line_width(cr, 0.07);
    cairo_move_to(cr, 0, 1);
    cairo_line_to(cr, 0, -0.9);
    cairo_stroke(cr);
}

void graphic_paint(struct sketch *sketch, double x, double y, double size)
{
    static void (*const sign[])(struct sketch *) = {
        draw_sun,   draw_mountains, draw_star,    draw_heart,
        draw_waves, draw_bolt,      draw_rainbow, draw_leaf,
    };
    cairo_save(sketch->cr);
    cairo_translate(sketch->cr, x, y);
    cairo_scale(sketch->cr, size / 2, size / 2);
    sketch_colour(sketch, sketch->second, 1);
    sign[sketch_pick(sketch, sizeof sign / sizeof sign[0])](sketch);
    cairo_restore(sketch->cr);
}
