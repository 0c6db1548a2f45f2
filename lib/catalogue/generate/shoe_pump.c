/* Pumps on any heel, and flats: a low upper that is open on top. A slingback has no heel piece, an
 * open toe shows the footbed. */
#include "catalogue/generate/shade.h"
#include "catalogue/generate/shoe.h"
#include "catalogue/generate/trim.h"

static void trace_upper(cairo_t *cr, const struct foot *f, bool slingback)
{
    if (slingback) {
        foot_move(cr, f, 30, 0);
        foot_curve(cr, f, 34, -10, 34, -18, 28, -25);
        foot_curve(cr, f, 10, -22, -20, -18, -44, -30);
    } else {
        foot_move(cr, f, 80, 0);
        foot_curve(cr, f, 86, -14, 84, -30, 79, -44);
        foot_curve(cr, f, 64, -34, 40, -20, 10, -17);
        foot_curve(cr, f, -14, -15, -34, -22, -44, -30);
    }
    foot_toe(cr, f, -44, -30);
    if (f->toe == TOE_OPEN)
        foot_curve(cr, f, -70, -14, -76, -6, -78, -1);
    foot_along(cr, f, f->toe == TOE_OPEN ? -78 : f->tip + 2, slingback ? 30 : 80, 0);
    cairo_close_path(cr);
}

/* The far side of the upper, seen through the opening. */
static void draw_inside(struct sketch *s, const struct foot *f, bool slingback)
{
    cairo_t *cr = s->cr;
    const struct rgb nude = { 0.86, 0.74, 0.6 };
    if (slingback)
        foot_move(cr, f, 30, -23);
    else {
        foot_move(cr, f, 79, -44);
        foot_curve(cr, f, 66, -44, 46, -34, 16, -27);
    }
    foot_curve(cr, f, 0, -26, -30, -30, -46, -32);
    foot_curve(cr, f, -30, -14, 0, -8, 30, -12);
    if (!slingback)
        foot_curve(cr, f, 50, -14, 70, -24, 79, -44);
    cairo_close_path(cr);
    cloth_paint(s, cloth_plain(rgb_scale(nude, 0.9), 0.3));
}

static void draw_footbed(struct sketch *s, const struct foot *f)
{
    cairo_t *cr = s->cr;
    cairo_new_path(cr);
    foot_along(cr, f, 80, -97, 0);
    foot_along(cr, f, -94, 80, -6);
    cairo_close_path(cr);
    cloth_paint(s, cloth_plain((struct rgb){ 0.88, 0.77, 0.63 }, 0.3));
}

static void draw_slingback(struct sketch *s, const struct foot *f)
{
    foot_move(s->cr, f, 29, -21);
    foot_curve(s->cr, f, 48, -26, 66, -32, 79, -38);
    shoe_strap(s, 5.5, false);
    foot_move(s->cr, f, 30, -27);
    foot_curve(s->cr, f, 48, -33, 74, -48, 80, -38);
    shoe_strap(s, 4, true);
    double x = 44, y = -24.5;
    foot_place(f, &x, &y);
    trim_buckle(s, x, y, 7.5, 8.5);
}

static void draw_instep_strap(struct sketch *s, const struct foot *f)
{
    cairo_t *cr = s->cr;
    foot_move(cr, f, 24, -18);
    foot_curve(cr, f, 18, -38, 4, -46, -4, -44);
    foot_curve(cr, f, -8, -40, -10, -32, -8, -26);
    shoe_strap(s, 7, true);
    foot_move(cr, f, 24, -15);
    foot_curve(cr, f, 22, -34, 10, -47, -3, -45);
    shoe_strap(s, 7.5, false);
    double x = 21, y = -27;
    foot_place(f, &x, &y);
    trim_buckle(s, x, y, 9, 8);
}

static void draw_decoration(struct sketch *s, const struct foot *f)
{
    double x = -46, y = -30;
    foot_place(f, &x, &y);
    switch (s->value[TRAIT_DECORATION]) {
    case DECORATION_BOW: trim_bow(s, x, y - 1, 15); break;
    case DECORATION_TASSEL:
        trim_tassel(s, x - 3, y - 2, 20);
        trim_tassel(s, x + 5, y - 1, 19);
        break;
    case DECORATION_STUDS:
        for (int i = 0; i < 6; i++) {
            double sx = -50 - 8 * i, sy = -9;
            foot_place(f, &sx, &sy);
            trim_stud(s, sx, sy, 2.3);
        }
        break;
    default: break;
    }
}

/* The toe. */
static void add_block(struct sketch *s, const void *foot)
{
    const struct foot *f = foot;
    cairo_t *cr = s->cr;
    foot_move(cr, f, -130, 8);
    foot_line(cr, f, -130, -50);
    foot_line(cr, f, -66, -50);
    foot_curve(cr, f, -58, -30, -60, -12, -52, 8);
    cairo_close_path(cr);
}

void shoe_draw_pump(struct sketch *s, struct foot *f)
{
    uint8_t strap = s->value[TRAIT_STRAP];
    bool slingback = strap == STRAP_SLINGBACK;
    foot_draw_sole(s, f, shoe_sole_colour(s));
    if (slingback || f->toe == TOE_OPEN)
        draw_footbed(s, f);
    draw_inside(s, f, slingback);
    trace_upper(s->cr, f, slingback);
    struct cloth upper = cloth_main(s, 0, 0.7);
    upper.block = add_block;
    upper.subject = f;
    cloth_begin(s, &upper);
    double x0 = -58, y0 = -25, x1 = f->tip + 16, y1 = -12;
    foot_place(f, &x0, &y0);
    foot_place(f, &x1, &y1);
    shade_fold(s, x0, y0, x1, y1, -3, 9, -2);
    cairo_save(s->cr);
    cairo_translate(s->cr, 0, 3);
    trace_upper(s->cr, f, slingback);
    shade_stitches(s);
    cairo_restore(s->cr);
    cloth_end(s, &upper);
    if (slingback)
        draw_slingback(s, f);
    else if (strap == STRAP_ANKLE)
        shoe_ankle_strap(s, f);
    else if (strap == STRAP_INSTEP)
        draw_instep_strap(s, f);
    draw_decoration(s, f);
}
