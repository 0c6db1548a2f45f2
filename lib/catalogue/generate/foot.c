#include "catalogue/generate/foot.h"

#include <math.h>

#include "catalogue/generate/shade.h"

static const double BALL = -34, SEAT = 52; /* the heel rises between them */

void foot_choose(struct sketch *s, struct foot *f)
{
    static const double RISE[] = {
        [0] = 0, [HEEL_FLAT] = 0, [HEEL_LOW] = 21, [HEEL_MID] = 41, [HEEL_HIGH] = 66
    };
    static const double TIP[] = {
        [0] = -98, [TOE_ROUND] = -98, [TOE_POINTED] = -113, [TOE_SQUARE] = -99, [TOE_OPEN] = -98
    };
    uint8_t heel = s->value[TRAIT_HEEL], category = s->value[TRAIT_CATEGORY];
    bool platform = heel >= HEEL_MID && s->value[TRAIT_HEEL_TYPE] != HEEL_STILETTO;
    f->toe = (enum toe)s->value[TRAIT_TOE];
    f->rise = RISE[heel] * sketch_between(s, 0.95, 1.05);
    f->tip = TIP[f->toe];
    f->sole = 4.5 + (platform && sketch_maybe(s, 0.35) ? sketch_between(s, 4, 9) : 0);
    if (heel == HEEL_FLAT)
        f->rise = category == CATEGORY_BOOTS ? 8 : 3;
}

void foot_place(const struct foot *f, double *x, double *y)
{
    double t = fmin(1, fmax(0, (*x - BALL) / (SEAT - BALL)));
    double smooth = t * t * (3 - 2 * t), high = fmin(1, fmax(0, -*y / 70 - 0.3));
    *y -= f->rise * (smooth + high * (1 - smooth) * 0.85);
    *x *= 1 - 0.0012 * f->rise;
}

void foot_move(cairo_t *cr, const struct foot *f, double x, double y)
{
    foot_place(f, &x, &y);
    cairo_move_to(cr, x, y);
}

void foot_line(cairo_t *cr, const struct foot *f, double x, double y)
{
    foot_place(f, &x, &y);
    cairo_line_to(cr, x, y);
}

void foot_curve(cairo_t *cr, const struct foot *f, double x1, double y1, double x2, double y2,
                double x3, double y3)
{
    foot_place(f, &x1, &y1);
    foot_place(f, &x2, &y2);
    foot_place(f, &x3, &y3);
    cairo_curve_to(cr, x1, y1, x2, y2, x3, y3);
}

void foot_along(cairo_t *cr, const struct foot *f, double x0, double x1, double y)
{
    enum { STEPS = 24 };
    for (int i = 0; i <= STEPS; i++) {
        double x = x0 + (x1 - x0) * i / STEPS;
        double spring = x < -60 ? 0.0017 * (x + 60) * (x + 60) : 0;
        foot_line(cr, f, x, y - spring);
    }
}

void foot_toe(cairo_t *cr, const struct foot *f, double x, double y)
{
    double tip = f->tip;
    switch (f->toe) {
    case TOE_POINTED:
        foot_curve(cr, f, x - 24, y + 3, tip + 26, -13, tip + 1, -8);
        foot_curve(cr, f, tip - 2, -7, tip - 2, -5, tip, -4);
        break;
    case TOE_SQUARE:
        foot_curve(cr, f, x - 20, y + 1, tip + 14, -24, tip + 4, -21);
        foot_curve(cr, f, tip + 0.5, -20, tip, -17, tip - 1, -4);
        break;
    case TOE_OPEN: foot_curve(cr, f, x - 8, y + 1, x - 16, y + 3, x - 22, y + 6); break;
    default:
        foot_curve(cr, f, x - 20, y - 1, tip + 3, -27, tip, -10);
        foot_curve(cr, f, tip - 1, -7, tip - 1, -5, tip + 1, -3);
    }
}

/* ---- soles ---- */

static void trace_sole(cairo_t *cr, const struct foot *f)
{
    double end = f->tip + (f->toe == TOE_POINTED ? 1 : 0);
    cairo_new_path(cr);
    foot_along(cr, f, 81, end, -1);
    foot_along(cr, f, end + 5, 81, f->sole);
    cairo_close_path(cr);
}

/* Heels stand below the seat, from x = 36 to 81 there. */
static void trace_heel(struct sketch *s, const struct foot *f)
{
    cairo_t *cr = s->cr;
    double ground = f->sole, top = f->sole - f->rise - 1, k = 1 - 0.0012 * f->rise;
    switch (s->value[TRAIT_HEEL_TYPE]) {
    case HEEL_STILETTO:
        cairo_move_to(cr, 44 * k, top + 1);
        cairo_curve_to(cr, 62 * k, top + 6, 70 * k, top + 0.5 * f->rise, 70 * k, ground);
        cairo_line_to(cr, 76 * k, ground);
        cairo_curve_to(cr, 77 * k, ground - 0.4 * f->rise, 84 * k, top + 12, 81 * k, top - 3);
        break;
    case HEEL_WEDGE:
        foot_move(cr, f, -52, f->sole);
        foot_along(cr, f, -52, 81, f->sole - 1);
        cairo_curve_to(cr, 82 * k, top + 0.4 * f->rise, 78 * k, ground - 6, 77 * k, ground);
        break;
    default:
        cairo_move_to(cr, 36 * k, top + 2);
        cairo_curve_to(cr, 42 * k, top + 0.3 * f->rise, 43 * k, ground - 4, 42 * k, ground);
        cairo_line_to(cr, 79 * k, ground);
        cairo_curve_to(cr, 80 * k, ground - 0.4 * f->rise, 83 * k, top + 8, 81 * k, top - 2);
    }
    cairo_close_path(cr);
}

/* Layers of a wedge of cork or of stacked leather. */
static void draw_layers(struct sketch *s, const struct foot *f, struct rgb colour)
{
    for (double y = f->sole - 5; y > f->sole - f->rise; y -= 6) {
        cairo_move_to(s->cr, -60, y);
        cairo_line_to(s->cr, 90, y);
        sketch_colour(s, rgb_scale(colour, 0.55), 0.4);
        cairo_set_line_width(s->cr, 0.9);
        cairo_stroke(s->cr);
    }
}

void foot_draw_sole(struct sketch *s, const struct foot *f, struct rgb colour)
{
    struct cloth heel = cloth_plain(rgb_scale(colour, 0.92), 1);
    bool wedge = s->value[TRAIT_HEEL_TYPE] == HEEL_WEDGE;
    if (f->rise > 2) {
        trace_heel(s, f);
        cloth_begin(s, &heel);
        if (wedge && s->print.variant % 2)
            draw_layers(s, f, colour);
        cloth_end(s, &heel);
        if (!wedge) { /* the tap */
            double k = 1 - 0.0012 * f->rise;
            bool thin = s->value[TRAIT_HEEL_TYPE] == HEEL_STILETTO;
            cairo_rectangle(s->cr, (thin ? 70 : 42) * k, f->sole - 2, (thin ? 6 : 37) * k, 2.2);
            sketch_colour(s, (struct rgb){ 0.1, 0.09, 0.09 }, 0.9);
            cairo_fill(s->cr);
        }
    }
    trace_sole(s->cr, f);
    cloth_paint(s, cloth_plain(colour, 0.6));
}
