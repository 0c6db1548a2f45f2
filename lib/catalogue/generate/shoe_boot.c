/* Boots: a shaft of three heights on any heel. */
#include "catalogue/generate/shade.h"
#include "catalogue/generate/shoe.h"
#include "catalogue/generate/trim.h"

static double shaft_top(const struct sketch *s)
{
    static const double TOP[] = {
        [0] = -96, [SHAFT_ANKLE] = -96, [SHAFT_CALF] = -148, [SHAFT_KNEE] = -214
    };
    return TOP[s->value[TRAIT_SHAFT]];
}

static void trace_boot(cairo_t *cr, const struct foot *f, double top)
{
    bool tall = top < -120;
    double back = top < -180 ? 88 : tall ? 85 : 80, front = top < -180 ? 11 : tall ? 14 : 20;
    foot_move(cr, f, 80, 0);
    foot_curve(cr, f, 86, -16, 82, -36, 76, -56);
    foot_curve(cr, f, 74, -74, back, 0.7 * top, back, top);
    foot_curve(cr, f, back - 20, top + 5, front + 20, top + 5, front, top - 2);
    foot_curve(cr, f, front + 1, 0.66 * top, 20, -84, 15, -70);
    foot_curve(cr, f, 8, -54, -24, -44, -46, -34);
    foot_toe(cr, f, -46, -34);
    foot_along(cr, f, f->tip + 2, 80, 0);
    cairo_close_path(cr);
}

static void draw_inside(struct sketch *s, const struct foot *f, double top)
{
    double x0 = top < -180 ? 11 : top < -120 ? 14 : 20, x1 = top < -180 ? 88 : top < -120 ? 85 : 80;
    double y0 = top - 2, y1 = top;
    foot_place(f, &x0, &y0);
    foot_place(f, &x1, &y1);
    cairo_move_to(s->cr, x0, y0);
    cairo_curve_to(s->cr, x0 + 18, y0 - 6, x1 - 18, y1 - 8, x1, y1);
    cairo_curve_to(s->cr, x1 - 18, y1 + 7, x0 + 18, y0 + 9, x0, y0);
    cairo_close_path(s->cr);
    cloth_paint(s, cloth_plain(rgb_mix(s->base, (struct rgb){ 0.2, 0.15, 0.12 }, 0.65), 0.4));
}

static void draw_creases(struct sketch *s, const struct foot *f, double top)
{
    for (int i = 0; i < 3; i++) {
        double x0 = 78, y0 = -52 - 11 * i, x1 = 26 + 6 * i, y1 = -64 - 8 * i;
        foot_place(f, &x0, &y0);
        foot_place(f, &x1, &y1);
        shade_fold(s, x0, y0, x1, y1, 5, 6, 0.9);
        shade_fold(s, x0 - 4, y0 - 4, x1, y1 - 3, 4, 4, -0.9);
    }
    double x = 30, y = top + 20, x2 = 34, y2 = -90;
    foot_place(f, &x, &y);
    foot_place(f, &x2, &y2);
    if (top < -120)
        shade_fold(s, x + 6, y, x2 + 2, y2, 2, 12, -1.6);
    shade_fold(s, -44, -30, -14, -16, 4, 7, 0.9);
    shade_fold(s, -84, -16, -56, -26, 4, 7, -1.6);
}

/* The toe, and a cuff at the top. */
static void add_blocks(struct sketch *s, const void *foot)
{
    const struct foot *f = foot;
    cairo_t *cr = s->cr;
    double top = shaft_top(s);
    foot_move(cr, f, -130, 8);
    foot_line(cr, f, -130, -50);
    foot_line(cr, f, -56, -50);
    foot_curve(cr, f, -52, -30, -56, -16, -48, 8);
    cairo_close_path(cr);
    foot_move(cr, f, 100, top - 20);
    foot_line(cr, f, 100, top + 26);
    foot_line(cr, f, -10, top + 26);
    foot_line(cr, f, -10, top - 20);
    cairo_close_path(cr);
}

static void draw_seams(struct sketch *s, const struct foot *f, double top)
{
    cairo_t *cr = s->cr;
    foot_move(cr, f, 84, -44);
    foot_curve(cr, f, 62, -44, 48, -24, 44, 0);
    shade_stitches(s);
    if (s->print.variant % 2) {
        foot_move(cr, f, -58, -40);
        foot_curve(cr, f, -52, -26, -56, -14, -48, 0);
        shade_stitches(s);
    }
    foot_move(cr, f, 96, top + 7);
    foot_line(cr, f, 0, top + 7);
    shade_stitches(s);
}

static void draw_fastening(struct sketch *s, const struct foot *f, double top)
{
    cairo_t *cr = s->cr;
    double x0 = 56, y0 = top + 8, x1 = 52, y1 = -18;
    switch (s->value[TRAIT_FASTENING]) {
    case FASTENING_ZIP:
        foot_place(f, &x0, &y0);
        foot_place(f, &x1, &y1);
        trim_zip(s, x0, y0, x1, y1);
        break;
    case FASTENING_LACES:
        shoe_laces(s, f, -34, -41, 10, -64, 4, 13);
        shoe_laces(s, f, 19, -78, top < -120 ? 14 : 18, top + 6, top < -120 ? 6 : 3, 14);
        break;
    case FASTENING_BUCKLE:
        for (int i = 0; i < (top < -120 ? 2 : 1); i++) {
            double y = i ? top + 20 : -66, bx = 46, by = y + 1;
            foot_move(cr, f, 92, y - 6);
            foot_curve(cr, f, 60, y + 4, 40, y + 5, 0, y - 6);
            shoe_strap(s, 9, false);
            foot_place(f, &bx, &by);
            trim_buckle(s, bx, by, 11, 12);
        }
        break;
    default: /* an elastic panel */
        foot_move(cr, f, 38, top - 1);
        foot_line(cr, f, 66, top + 1);
        foot_curve(cr, f, 64, top + 22, 60, top + 36, 54, top + 44);
        foot_curve(cr, f, 46, top + 34, 40, top + 18, 38, top - 1);
        cairo_close_path(cr);
        struct cloth gore = cloth_plain((struct rgb){ 0.17, 0.16, 0.17 }, 0.3);
        cloth_begin(s, &gore);
        foot_move(cr, f, 30, top + 22);
        foot_line(cr, f, 74, top + 22);
        shade_ribs(s, 60);
        cloth_end(s, &gore);
    }
}

static void draw_decoration(struct sketch *s, const struct foot *f, double top)
{
    double x0 = 20, y0 = top + 14, x1 = 84, y1 = top + 14;
    foot_place(f, &x0, &y0);
    foot_place(f, &x1, &y1);
    switch (s->value[TRAIT_DECORATION]) {
    case DECORATION_STUDS:
        for (int i = 0; i < 8; i++)
            trim_stud(s, x0 + 2 + (x1 - x0 - 6) * i / 7, y0 + (y1 - y0) * i / 7, 2.5);
        for (int i = 0; i < 6; i++) {
            double x = 76 - 11 * i, y = -7;
            foot_place(f, &x, &y);
            trim_stud(s, x, y, 2.2);
        }
        break;
    case DECORATION_FRINGE: trim_fringe(s, x0 - 1, y0, x1, y1, 32); break;
    case DECORATION_BOW: trim_bow(s, 0.5 * (x0 + x1), y0 + 3, 15); break;
    default: break;
    }
}

void shoe_draw_boot(struct sketch *s, struct foot *f)
{
    double top = shaft_top(s);
    foot_draw_sole(s, f, shoe_sole_colour(s));
    draw_inside(s, f, top);
    trace_boot(s->cr, f, top);
    struct cloth boot = cloth_main(s, 0, 0.8);
    boot.block = add_blocks;
    boot.subject = f;
    cloth_begin(s, &boot);
    draw_creases(s, f, top);
    draw_seams(s, f, top);
    draw_fastening(s, f, top);
    cloth_end(s, &boot);
    draw_decoration(s, f, top);
}
