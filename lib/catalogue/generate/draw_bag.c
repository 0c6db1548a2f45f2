/* Bags, seen from the front: five bodies, four ways to carry them. The bottom is at y = 0. */
#include <math.h>

#include "catalogue/generate/draw.h"
#include "catalogue/generate/outline.h"
#include "catalogue/generate/shade.h"
#include "catalogue/generate/trim.h"

struct bag {
    enum shape shape;
    double top_x, bottom_x; /* half widths */
    double high;
    double grip_x, grip_y; /* where straps begin */
};

static void choose_bag(struct sketch *s, struct bag *b)
{
    static const struct {
        double top_x, bottom_x, high, grip_x, grip_y;
    } SHAPE[] = {
        [SHAPE_TOTE] = { 70, 57, 112, 32, 100 },  [SHAPE_SATCHEL] = { 68, 70, 94, 30, 90 },
        [SHAPE_BUCKET] = { 51, 55, 116, 48, 96 }, [SHAPE_SADDLE] = { 62, 62, 92, 58, 86 },
        [SHAPE_HOBO] = { 58, 74, 96, 52, 92 },
    };
    b->shape = (enum shape)s->value[TRAIT_SHAPE];
    double wide = sketch_between(s, 0.95, 1.05);
    b->top_x = SHAPE[b->shape].top_x * wide;
    b->bottom_x = SHAPE[b->shape].bottom_x * wide;
    b->high = SHAPE[b->shape].high * sketch_between(s, 0.96, 1.05);
    b->grip_x = SHAPE[b->shape].grip_x * wide;
    b->grip_y = -SHAPE[b->shape].grip_y * b->high / SHAPE[b->shape].high;
}

/* Half of the body's outline, from the middle of the top to the middle of the bottom. */
static void body_outline(const struct bag *b, struct outline *o)
{
    double t = b->top_x, w = b->bottom_x, h = b->high;
    switch (b->shape) {
    case SHAPE_TOTE:
        outline_start(o, 0, -h + 2);
        outline_curve(o, t * 0.4, -h + 2, t * 0.8, -h + 1, t, -h);
        outline_curve(o, t - 1, -h * 0.6, w + 4, -h * 0.3, w + 1, -9);
        outline_curve(o, w, -2, w - 5, 0, w - 12, 0);
        break;
    case SHAPE_SATCHEL:
        outline_start(o, 0, -h);
        outline_curve(o, t * 0.3, -h, t * 0.6, -h, t - 14, -h + 1);
        outline_curve(o, t - 4, -h + 1, t, -h + 5, t + 0.5, -h + 14);
        outline_curve(o, t + 2, -h * 0.5, w + 2, -h * 0.3, w, -12);
        outline_curve(o, w, -3, w - 5, 0, w - 13, 0);
        break;
    case SHAPE_BUCKET:
        outline_start(o, 0, -h + 5);
        outline_curve(o, t * 0.4, -h + 5, t * 0.8, -h + 3, t, -h);
        outline_curve(o, t - 7, -h + 14, t - 8, -h + 20, t - 5, -h + 26);
        outline_curve(o, t + 5, -h * 0.5, w + 5, -h * 0.3, w + 1, -8);
        outline_curve(o, w, -1, w - 12, 3, w - 26, 4);
        break;
    case SHAPE_SADDLE:
        outline_start(o, 0, -h);
        outline_curve(o, t * 0.4, -h, t * 0.8, -h, t - 6, -h + 2);
        outline_curve(o, t + 1, -h + 3, t + 3, -h + 10, t + 2, -h + 24);
        outline_curve(o, t + 4, -h * 0.25, t * 0.75, 0, t * 0.3, 0);
        break;
    default:
        outline_start(o, 0, -h * 0.64);
        outline_curve(o, t * 0.4, -h * 0.64, t * 0.75, -h * 0.74, t - 6, -h);
        outline_curve(o, t - 2, -h - 4, t + 3, -h - 3, t + 4, -h + 2);
        outline_curve(o, w + 8, -h * 0.5, w + 12, -6, w * 0.62, -1);
        outline_curve(o, w * 0.4, 2, w * 0.2, 3, 0, 3);
    }
    if (o->point[3 * o->curves].x > 0)
        outline_line(o, 0, o->point[3 * o->curves].y);
}

/* ---- straps ---- */

static void trace_arch(cairo_t *cr, double half, double y, double high, double narrow)
{
    cairo_move_to(cr, -half, y);
    cairo_curve_to(cr, -half * narrow, y - 1.32 * high, half * narrow, y - 1.32 * high, half, y);
}

static void draw_band(struct sketch *s, struct rgb colour, double width)
{
    cairo_t *cr = s->cr;
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    sketch_colour(s, shade_colour(s, colour), 0.8);
    cairo_set_line_width(cr, width + 1.4);
    cairo_stroke_preserve(cr);
    sketch_colour(s, colour, 1);
    cairo_set_line_width(cr, width);
    cairo_stroke_preserve(cr);
    sketch_colour(s, (struct rgb){ 1, 1, 1 }, 0.08 + 0.2 * shade_sheen(s));
    cairo_set_line_width(cr, 0.35 * width);
    cairo_stroke_preserve(cr);
    cairo_new_path(cr);
}

/* A point of the arch, and its direction. */
static void arch_point(double half, double y, double high, double narrow, double t, double *px,
                       double *py, double *angle)
{
    double u = 1 - t, hx = half * narrow, hy = y - 1.32 * high;
    *px = u * u * u * -half + 3 * u * u * t * -hx + 3 * u * t * t * hx + t * t * t * half;
    *py = (u * u * u + t * t * t) * y + 3 * u * t * hy;
    double dx = 3 * (u * u * (half - hx) + 4 * u * t * hx * 0.5 * 2 + t * t * (half - hx));
    double dy = 3 * (u * u * (hy - y) + t * t * (y - hy));
    *angle = atan2(dy, dx);
}

static void draw_chain(struct sketch *s, double half, double y, double high, double narrow)
{
    cairo_t *cr = s->cr;
    int links = (int)(high / 3.1);
    for (int i = 0; i <= links; i++) {
        double x, py, angle;
        arch_point(half, y, high, narrow, (double)i / links, &x, &py, &angle);
        cairo_save(cr);
        cairo_translate(cr, x, py);
        cairo_rotate(cr, angle);
        cairo_scale(cr, 5, i & 1 ? 3.2 : 1.5);
        cairo_new_sub_path(cr);
        cairo_arc(cr, 0, 0, 1, 0, 6.2832);
        cairo_restore(cr);
        sketch_colour(s, rgb_scale(s->metal, 0.42), 1);
        cairo_set_line_width(cr, 3);
        cairo_stroke_preserve(cr);
        sketch_colour(s, s->metal, 1);
        cairo_set_line_width(cr, 1.7);
        cairo_stroke(cr);
    }
}

static void draw_ring(struct sketch *s, double x, double y)
{
    cairo_t *cr = s->cr;
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y, 4.2, 0, 6.2832);
    sketch_colour(s, rgb_scale(s->metal, 0.42), 1);
    cairo_set_line_width(cr, 3.2);
    cairo_stroke_preserve(cr);
    sketch_colour(s, s->metal, 1);
    cairo_set_line_width(cr, 1.9);
    cairo_stroke(cr);
}

static void draw_strap(struct sketch *s, const struct bag *b, struct rgb colour)
{
    double side = b->shape == SHAPE_TOTE || b->shape == SHAPE_SATCHEL ? b->top_x - 5 : b->grip_x;
    double y = b->grip_y;
    switch (s->value[TRAIT_STRAP]) {
    case STRAP_SHOULDER:
        trace_arch(s->cr, side, y, 84, 0.86);
        draw_band(s, colour, 10);
        break;
    case STRAP_CROSSBODY:
        trace_arch(s->cr, side, y, 128, 0.52);
        draw_band(s, colour, 4.6);
        double x, py, angle;
        arch_point(side, y, 128, 0.52, 0.25, &x, &py, &angle);
        trim_buckle(s, x, py, 9, 12);
        break;
    case STRAP_CHAIN: draw_chain(s, side, y, 96, 0.8); break;
    default: return;
    }
    draw_ring(s, -side, y);
    draw_ring(s, side, y);
}

static void draw_handles(struct sketch *s, const struct bag *b, struct rgb colour, bool far_side)
{
    if (s->value[TRAIT_STRAP] != STRAP_HANDLES)
        return;
    if (far_side) {
        trace_arch(s->cr, b->grip_x - 2, b->grip_y - 4, 53, 0.95);
        draw_band(s, rgb_mix(colour, shade_colour(s, colour), 0.4), 6.5);
        return;
    }
    trace_arch(s->cr, b->grip_x, b->grip_y + 6, 49, 0.98);
    draw_band(s, colour, 7.5);
    for (int side = -1; side <= 1; side += 2) {
        cairo_rectangle(s->cr, side * b->grip_x - 5, b->grip_y, 10, 17);
        cloth_paint(s, cloth_plain(colour, 0.3));
        trim_stud(s, side * b->grip_x, b->grip_y + 12, 1.9);
    }
}

/* ---- body ---- */

static void add_block(struct sketch *s, const void *bag)
{
    const struct bag *b = bag;
    cairo_rectangle(s->cr, -100, -(0.34 + 0.16 * s->print.share) * b->high, 200, b->high);
}

static void draw_surface(struct sketch *s, const struct bag *b)
{
    double soft = b->shape == SHAPE_HOBO || b->shape == SHAPE_BUCKET ? 1.5 : 0.7;
    for (int i = 0; i < 5; i++) {
        double x = b->bottom_x * (-0.8 + 0.4 * i) + sketch_between(s, -6, 6);
        shade_fold(s, x * 0.8, -b->high * sketch_between(s, 0.7, 0.95), x, -b->high * 0.2,
                   sketch_between(s, -6, 6), 10, (i & 1 ? -1 : 1) * soft);
    }
    if (b->shape == SHAPE_BUCKET)
        for (int i = -4; i <= 4; i++)
            shade_flare(s, 9.6 * i, -b->high + 24, 10.5 * i, -b->high - 2, 7, 1.4);
    double x = -b->bottom_x * 0.55;
    shade_fold(s, x, -b->high * 0.88, x + 3, -10, -5, 16, -1.7);
}

static void draw_body(struct sketch *s, const struct bag *b)
{
    struct outline o;
    struct cloth body = cloth_main(s, 0, 0.7);
    body_outline(b, &o);
    outline_trace_both(s->cr, &o);
    body.block = add_block;
    body.subject = b;
    cloth_begin(s, &body);
    draw_surface(s, b);
    cairo_save(s->cr);
    cairo_scale(s->cr, 0.945, 0.945);
    cairo_translate(s->cr, 0, -3);
    outline_trace_both(s->cr, &o);
    shade_stitches(s);
    cairo_restore(s->cr);
    cloth_end(s, &body);
}

static void trace_flap(const struct bag *b, struct outline *o)
{
    double t = b->top_x, h = b->high;
    outline_start(o, 0, -h - 2);
    outline_curve(o, t * 0.3, -h - 2, t * 0.6, -h - 2, t - 12, -h - 1);
    outline_curve(o, t - 2, -h - 1, t + 2, -h + 4, t + 3, -h + 14);
    if (b->shape == SHAPE_SATCHEL) {
        outline_curve(o, t + 3, -h * 0.6, t + 3, -h * 0.46, t - 8, -h * 0.44);
        outline_curve(o, t * 0.6, -h * 0.42, t * 0.3, -h * 0.41, 0, -h * 0.41);
    } else
        outline_curve(o, t + 4, -h * 0.36, t * 0.6, -h * 0.2, 0, -h * 0.2);
}

static void draw_clasp(struct sketch *s, double x, double y)
{
    cairo_t *cr = s->cr;
    if (s->value[TRAIT_FASTENING] == FASTENING_BUCKLE) {
        cairo_rectangle(cr, x - 4.5, y - 16, 9, 30);
        cloth_paint(s, cloth_plain(rgb_scale(s->base, 0.86), 0.3));
        trim_buckle(s, x, y, 13, 10);
    } else {
        trim_stud(s, x, y, 6);
        trim_stud(s, x, y, 3);
    }
}

static void draw_flap(struct sketch *s, const struct bag *b)
{
    struct outline o;
    struct cloth flap = cloth_main(s, 0, 0.7);
    cairo_save(s->cr);
    cairo_translate(s->cr, 0, 3.5);
    trace_flap(b, &o);
    outline_trace_both(s->cr, &o);
    shade_area(s, 0.3);
    cairo_restore(s->cr);
    outline_trace_both(s->cr, &o);
    cloth_begin(s, &flap);
    cairo_save(s->cr);
    cairo_translate(s->cr, 0, -4);
    outline_trace_both(s->cr, &o);
    shade_stitches(s);
    cairo_restore(s->cr);
    double x = -b->top_x * 0.5;
    shade_fold(s, x, -b->high, x + 6, -b->high * 0.5, -4, 16, -1.6);
    cloth_end(s, &flap);
    double y = -b->high * (b->shape == SHAPE_SATCHEL ? 0.42 : 0.24);
    if (b->shape == SHAPE_SATCHEL && s->value[TRAIT_FASTENING] == FASTENING_BUCKLE) {
        draw_clasp(s, -b->top_x * 0.5, y);
        draw_clasp(s, b->top_x * 0.5, y);
    } else
        draw_clasp(s, 0, y);
}

static void draw_opening(struct sketch *s, const struct bag *b)
{
    cairo_t *cr = s->cr;
    double top = b->shape == SHAPE_HOBO ? -b->high * 0.64 : -b->high;
    switch (s->value[TRAIT_FASTENING]) {
    case FASTENING_ZIP:
        if (b->shape == SHAPE_TOTE)
            trim_zip(s, -b->top_x + 8, top + 8, b->top_x - 8, top + 8);
        else
            trim_zip(s, -b->top_x * 0.42, top + 9, b->top_x * 0.42, top + 9);
        break;
    case FASTENING_BUTTONS:
        cairo_rectangle(cr, -8, top - 3, 16, 27);
        cloth_paint(s, cloth_plain(rgb_scale(s->base, 0.86), 0.3));
        trim_stud(s, 0, top + 16, 4.2);
        break;
    default: /* a cord through the gathers of a bucket bag */
        for (int side = -1; side <= 1; side += 2) {
            cairo_move_to(cr, 0, top + 26);
            cairo_curve_to(cr, side * 10, top + 34, side * 6, top + 46, side * 11, top + 60);
            draw_band(s, rgb_scale(s->base, 0.78), 3);
            trim_stud(s, side * 11, top + 61, 2.8);
        }
        cairo_move_to(cr, -b->top_x + 6, top + 22);
        cairo_curve_to(cr, -b->top_x / 3, top + 28, b->top_x / 3, top + 28, b->top_x - 6, top + 22);
        draw_band(s, rgb_scale(s->base, 0.78), 3);
    }
}

static void draw_decoration(struct sketch *s, const struct bag *b)
{
    double low = b->shape == SHAPE_SADDLE ? b->bottom_x * 0.45 : b->bottom_x * 0.86;
    switch (s->value[TRAIT_DECORATION]) {
    case DECORATION_TASSEL: trim_tassel(s, -b->grip_x + 3, b->grip_y + 6, 42); break;
    case DECORATION_STUDS:
        for (int i = 0; i < 11; i++)
            trim_stud(s, low * (i - 5) / 5, -8 - 3.0 * (i & 1), 2.6);
        break;
    case DECORATION_FRINGE: trim_fringe(s, -low, -b->high * 0.36, low, -b->high * 0.36, 40); break;
    case DECORATION_BOW: trim_bow(s, 0, -b->high * 0.62, 22); break;
    case DECORATION_POCKET: trim_pocket(s, -26, -b->high * 0.52, 52, 42); break;
    default: break;
    }
}

void draw_bag(struct sketch *s)
{
    struct bag b;
    const struct rgb tan = { 0.56, 0.36, 0.22 };
    choose_bag(s, &b);
    bool canvas = s->value[TRAIT_MATERIAL] == MATERIAL_CANVAS && sketch_maybe(s, 0.6);
    struct rgb strap = s->value[TRAIT_PATTERN] == PATTERN_BLOCKS ? s->second
                       : canvas                                  ? tan
                                                                 : rgb_scale(s->base, 0.88);
    draw_handles(s, &b, strap, true);
    draw_strap(s, &b, strap);
    draw_body(s, &b);
    if (b.shape == SHAPE_SATCHEL || b.shape == SHAPE_SADDLE)
        draw_flap(s, &b);
    else
        draw_opening(s, &b);
    draw_handles(s, &b, strap, false);
    draw_decoration(s, &b);
}
