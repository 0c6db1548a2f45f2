/* Sandals: a footbed on any heel, bands over the toes, and what holds the heel. */
#include "catalogue/generate/shade.h"
#include "catalogue/generate/shoe.h"
#include "catalogue/generate/trim.h"

/* A band over the foot from x0 to x1 at the sole; its front edge is `front` high, its back edge
 * `back`. Behind it, what is seen of its inside. */
static void draw_band(struct sketch *s, const struct foot *f, double x0, double x1, double front,
                      double back, bool second)
{
    cairo_t *cr = s->cr;
    struct rgb colour = second ? s->second : s->base;
    double a0 = x0 + 0.5 * front, a1 = x1 + 0.32 * back;
    foot_move(cr, f, a1 - 4, -back);
    foot_curve(cr, f, a1 + 7, -back + 2, x1 + 17, -14, x1 + 15, -3);
    foot_line(cr, f, x1 - 6, -3);
    cairo_close_path(cr);
    cloth_paint(s, cloth_plain(rgb_mix(colour, shade_colour(s, colour), 0.6), 0.2));
    foot_move(cr, f, x0, 1);
    foot_curve(cr, f, x0 - 1, -0.6 * front, x0 + 0.22 * front, -front, a0, -front);
    foot_curve(cr, f, a0 + 0.3 * (a1 - a0), -front - 2, a1 - 0.3 * (a1 - a0), -back - 1, a1, -back);
    foot_curve(cr, f, x1 + 0.12 * back, -0.86 * back, x1 + 1, -0.5 * back, x1, 1);
    cairo_close_path(cr);
    struct cloth band = cloth_main(s, 0, 0.25);
    band.colour = colour;
    cloth_begin(s, &band);
    double fx = 0.6 * x0 + 0.4 * x1, fy = -3, gx = 0.6 * a0 + 0.4 * a1, gy = -0.85 * front;
    foot_place(f, &fx, &fy);
    foot_place(f, &gx, &gy);
    shade_fold(s, fx, fy, gx, gy, -4, 9, -1.6);
    cloth_end(s, &band);
}

/* What holds an ankle strap: a low piece around the heel. */
static void draw_heel_piece(struct sketch *s, const struct foot *f)
{
    foot_move(s->cr, f, 82, 1);
    foot_curve(s->cr, f, 87, -14, 84, -28, 80, -38);
    foot_curve(s->cr, f, 70, -32, 58, -16, 46, 1);
    cairo_close_path(s->cr);
    cloth_paint(s, cloth_main(s, 0, 0.5));
}

static void draw_footbed(struct sketch *s, const struct foot *f)
{
    cairo_t *cr = s->cr;
    cairo_new_path(cr);
    foot_along(cr, f, 82, -100, 1);
    foot_along(cr, f, -95, 82, -7);
    cairo_close_path(cr);
    struct cloth bed = cloth_plain((struct rgb){ 0.85, 0.72, 0.56 }, 0.35);
    cloth_begin(s, &bed);
    cairo_new_path(cr);
    foot_along(cr, f, -92, 80, -4);
    shade_stitches(s);
    cloth_end(s, &bed);
}

static void draw_heel_strap(struct sketch *s, const struct foot *f)
{
    if (s->value[TRAIT_STRAP] == STRAP_ANKLE) {
        draw_heel_piece(s, f);
        shoe_ankle_strap(s, f);
    } else if (s->value[TRAIT_STRAP] == STRAP_SLINGBACK) {
        foot_move(s->cr, f, 6, -4);
        foot_curve(s->cr, f, 30, -34, 60, -46, 80, -36);
        shoe_strap(s, 4.5, true);
        foot_move(s->cr, f, 2, -2);
        foot_curve(s->cr, f, 24, -22, 56, -30, 81, -36);
        shoe_strap(s, 6.5, false);
        double x = 36, y = -23.5;
        foot_place(f, &x, &y);
        trim_buckle(s, x, y, 8.5, 9.5);
    }
}

static void draw_decoration(struct sketch *s, const struct foot *f)
{
    double x = -58, y = -27, x1 = -26, y1 = -34;
    foot_place(f, &x, &y);
    foot_place(f, &x1, &y1);
    switch (s->value[TRAIT_DECORATION]) {
    case DECORATION_BOW: trim_bow(s, x + 6, y, 16); break;
    case DECORATION_FRINGE: trim_fringe(s, x, y + 2, x1 + 4, y1 + 2, 22); break;
    case DECORATION_STUDS:
        for (int i = 0; i < 4; i++) {
            double sx = -66 + 7 * i, sy = -5 - 7 * i;
            foot_place(f, &sx, &sy);
            trim_stud(s, sx, sy, 2.4);
        }
        break;
    default: break;
    }
}

void shoe_draw_sandal(struct sketch *s, struct foot *f)
{
    bool blocks = s->value[TRAIT_PATTERN] == PATTERN_BLOCKS;
    f->sole += s->value[TRAIT_HEEL] == HEEL_FLAT ? 4 : 1;
    foot_draw_sole(s, f, shoe_sole_colour(s));
    draw_footbed(s, f);
    unsigned style = s->print.variant % 3;
    if (style == 0) {
        draw_band(s, f, -84, -30, 21, 38, false);
    } else if (style == 1) {
        draw_band(s, f, -84, -62, 19, 25, false);
        draw_band(s, f, -46, -20, 31, 41, blocks);
    } else {
        draw_band(s, f, -86, -70, 17, 22, blocks);
        draw_band(s, f, -60, -44, 25, 31, false);
        draw_band(s, f, -34, -18, 34, 41, blocks);
    }
    draw_heel_strap(s, f);
    draw_decoration(s, f);
}
