/* The front is one outline: neckline, shoulder, armhole, side, hem. Halter and off-shoulder cuts
 * have a top edge of their own. */
#include "catalogue/generate/bodice.h"

#include <math.h>

#include "catalogue/generate/shade.h"
#include "catalogue/generate/trim.h"

static const struct cut {
    double neck_x, depth;
} CUT[] = {
    [NECK_ROUND] = { 20, 17 }, [NECK_V] = { 19, 47 },      [NECK_SQUARE] = { 27, 31 },
    [NECK_BOAT] = { 35, 8 },   [NECK_HALTER] = { 15, 30 }, [NECK_OFF_SHOULDER] = { 47, 34 },
    [NECK_HIGH] = { 17, 6 },   [NECK_SHIRT] = { 17, 17 },  [NECK_POLO] = { 18, 18 },
    [NECK_STAND] = { 18, 12 }, [NECK_LAPEL] = { 18, 72 },
};

static const struct arm {
    double angle, length, cuff;
} ARM[] = {
    [SLEEVE_LESS] = { 0, 0, 0 },
    [SLEEVE_SHORT] = { 0.62, 36, 15.5 },
    [SLEEVE_THREE_QUARTER] = { 0.36, 80, 12.5 },
    [SLEEVE_LONG] = { 0.25, 124, 9.5 },
};

static void choose_sleeve(struct sketch *s, struct bodice *b)
{
    const struct arm *arm = &ARM[b->sleeve];
    uint8_t category = s->value[TRAIT_CATEGORY];
    bool wide = s->value[TRAIT_FIT] == FIT_LOOSE;
    bool soft = category == CATEGORY_BLOUSE || category == CATEGORY_DRESS;
    b->sleeve_angle = arm->angle + sketch_between(s, -0.05, 0.07);
    b->sleeve_length = arm->length * sketch_between(s, 0.96, 1.04);
    b->sleeve_cuff = arm->cuff * (wide ? 1.2 : 1) * sketch_between(s, 0.95, 1.08);
    b->sleeve_puff = soft && sketch_maybe(s, 0.45) ? sketch_between(s, 5, 11) : 0;
    if (category == CATEGORY_JACKET)
        b->sleeve_cuff *= 1.15;
}

static void choose_body(struct sketch *s, struct bodice *b)
{
    static const struct {
        double shoulder, armpit, waist;
    } FIT[] = {
        [0] = { 46, 42, 35 },
        [FIT_SLIM] = { 46, 41, 34.5 },
        [FIT_REGULAR] = { 48, 44.5, 41 },
        [FIT_LOOSE] = { 53, 50, 50 },
    };
    uint8_t fit = s->value[TRAIT_FIT];
    double wide = sketch_is_straight(s) ? 5 : 0;
    b->shoulder_x = FIT[fit].shoulder + wide + sketch_between(s, -1.5, 1.5);
    b->shoulder_y = 9 + sketch_between(s, -1.5, 2);
    b->armpit_x = FIT[fit].armpit + wide + sketch_between(s, -1, 1);
    b->armpit_y = 49 + (fit == FIT_LOOSE ? 5 : 0) + sketch_between(s, -2, 2);
    b->waist_x = FIT[fit].waist + 1.6 * wide + sketch_between(s, -1.5, 1.5);
    b->waist_y = 96;
    if (b->sleeve == SLEEVE_LESS) {
        b->shoulder_x -= 9;
        b->shoulder_y -= 2;
    }
}

void bodice_choose(struct sketch *s, struct bodice *b)
{
    *b = (struct bodice){ .neck = (enum neck)s->value[TRAIT_NECK],
                          .sleeve = (enum sleeve)s->value[TRAIT_SLEEVE] };
    choose_body(s, b);
    choose_sleeve(s, b);
    b->neck_x = fmin(CUT[b->neck].neck_x * sketch_between(s, 0.95, 1.06), b->shoulder_x - 2);
    b->neck_depth = CUT[b->neck].depth * sketch_between(s, 0.93, 1.08);
    b->hem_x = b->waist_x;
    b->hem_y = b->waist_y;
    b->hem_sag = 4;
    uint8_t fastening = s->value[TRAIT_FASTENING];
    b->open_front =
        (fastening == FASTENING_BUTTONS || fastening == FASTENING_ZIP) && b->neck != NECK_POLO;
}

void bodice_neckline(const struct bodice *b, struct outline *o)
{
    double x = b->neck_x, depth = b->neck_depth;
    outline_start(o, 0, depth);
    switch (b->neck) {
    case NECK_V:
    case NECK_LAPEL: outline_curve(o, x * 0.4, depth * 0.62, x * 0.85, depth * 0.25, x, 0); break;
    case NECK_SQUARE:
        outline_line(o, x * 0.94, depth);
        outline_curve(o, x * 0.96, depth * 0.6, x * 0.98, depth * 0.3, x, 0);
        break;
    case NECK_OFF_SHOULDER: outline_curve(o, x * 0.4, depth, x * 0.8, depth - 6, x, 23); break;
    case NECK_HALTER:
        outline_curve(o, x * 0.5, depth, x * 0.75, depth * 0.3, x * 0.7, -5);
        outline_curve(o, x * 0.8, -7, x * 1.1, -7, x * 1.2, -4);
        break;
    default: outline_curve(o, x * 0.62, depth, x, depth * 0.62, x, 0);
    }
}

/* From the end of the neckline to the armpit. */
static void add_shoulder(const struct bodice *b, struct outline *o)
{
    double ax = b->armpit_x, ay = b->armpit_y;
    switch (b->neck) {
    case NECK_HALTER: outline_curve(o, b->neck_x + 6, 18, ax - 10, ay - 10, ax, ay); break;
    case NECK_OFF_SHOULDER: outline_curve(o, ax + 3, 30, ax + 1, ay - 8, ax, ay); break;
    default:
        outline_curve(o, b->neck_x + 8, 1.5, b->shoulder_x - 10, b->shoulder_y - 3.5, b->shoulder_x,
                      b->shoulder_y);
        outline_curve(o, b->shoulder_x - 5, b->shoulder_y + 13, ax - 8, ay - 8, ax, ay);
    }
}

void bodice_trace(struct sketch *s, const struct bodice *b)
{
    struct outline o;
    bodice_neckline(b, &o);
    add_shoulder(b, &o);
    double below = b->hem_y - b->waist_y;
    outline_curve(&o, b->armpit_x - 1, b->armpit_y + 16, b->waist_x + 0.5, b->waist_y - 18,
                  b->waist_x, b->waist_y);
    if (below > 1)
        outline_curve(&o, b->waist_x, b->waist_y + 0.4 * below, b->hem_x, b->hem_y - 0.4 * below,
                      b->hem_x, b->hem_y);
    outline_curve(&o, b->hem_x * 0.7, b->hem_y + b->hem_sag, b->hem_x * 0.3, b->hem_y + b->hem_sag,
                  0, b->hem_y + b->hem_sag);
    outline_trace_both(s->cr, &o);
}

/* ---- behind ---- */

static void draw_back(struct sketch *s, const struct bodice *b)
{
    struct outline o;
    double x = b->neck_x - 0.5, low = b->neck_depth + 8;
    if (b->neck == NECK_OFF_SHOULDER || b->neck == NECK_HALTER)
        return;
    outline_start(&o, 0, 5);
    outline_curve(&o, x * 0.5, 5, x * 0.8, 3, x, 0.5);
    outline_curve(&o, x * 1.05, low * 0.4, x * 0.9, low, x * 0.4, low);
    outline_line(&o, 0, low);
    outline_trace_both(s->cr, &o);
    struct cloth back = cloth_main(s, 0, 0.4);
    back.colour = rgb_mix(s->base, shade_colour(s, s->base), 0.3);
    cloth_begin(s, &back);
    sketch_colour(s, shade_colour(s, s->base), 0.3);
    cairo_paint(s->cr);
    cloth_end(s, &back);
}

struct arm_points {
    double sx, sy, ax, ay, mx, my, ux, uy, vx, vy;
};

static struct arm_points arm_points(const struct bodice *b)
{
    struct arm_points p = {
        .sx = b->shoulder_x, .sy = b->shoulder_y, .ax = b->armpit_x, .ay = b->armpit_y
    };
    if (b->neck == NECK_OFF_SHOULDER) {
        p.sx = b->neck_x + 3;
        p.sy = 29;
    }
    p.ux = sin(b->sleeve_angle);
    p.uy = cos(b->sleeve_angle);
    p.vx = p.uy;
    p.vy = -p.ux;
    p.mx = 0.5 * (p.sx + p.ax) + b->sleeve_length * p.ux + 4;
    p.my = 0.5 * (p.sy + p.ay) + b->sleeve_length * p.uy;
    return p;
}

static void trace_arm(cairo_t *cr, const struct bodice *b, const struct arm_points *p)
{
    double w = b->sleeve_cuff, reach = 0.42 * b->sleeve_length, puff = b->sleeve_puff;
    cairo_move_to(cr, p->sx - 9, p->sy - 1.5);
    cairo_line_to(cr, p->sx - 1, p->sy);
    cairo_curve_to(
        cr, p->sx + 9 + puff, p->sy + 5 - puff * 0.5, p->mx + p->vx * (w + puff) - p->ux * reach,
        p->my + p->vy * (w + puff) - p->uy * reach, p->mx + p->vx * w, p->my + p->vy * w);
    cairo_curve_to(cr, p->mx + p->ux * 2 + p->vx * w * 0.4, p->my + p->uy * 2 + p->vy * w * 0.4,
                   p->mx + p->ux * 2 - p->vx * w * 0.4, p->my + p->uy * 2 - p->vy * w * 0.4,
                   p->mx - p->vx * w, p->my - p->vy * w);
    cairo_curve_to(cr, p->mx - p->vx * (w + 0.5 * puff) - p->ux * reach,
                   p->my - p->vy * (w + 0.5 * puff) - p->uy * reach, p->ax + 5, p->ay + 8, p->ax,
                   p->ay);
    cairo_line_to(cr, p->ax - 9, p->ay - 8);
    cairo_close_path(cr);
}

/* A line across the sleeve, `back` from its end. */
static void trace_cuff(cairo_t *cr, const struct bodice *b, const struct arm_points *p, double back)
{
    double w = b->sleeve_cuff + 3, x = p->mx - back * p->ux, y = p->my - back * p->uy;
    cairo_move_to(cr, x + w * p->vx, y + w * p->vy);
    cairo_curve_to(cr, x + 2 * p->ux, y + 2 * p->uy, x + 2 * p->ux, y + 2 * p->uy, x - w * p->vx,
                   y - w * p->vy);
}

static void draw_cuff(struct sketch *s, const struct bodice *b, const struct arm_points *p)
{
    uint8_t category = s->value[TRAIT_CATEGORY];
    if (category == CATEGORY_SWEATER) {
        trace_cuff(s->cr, b, p, 5);
        shade_ribs(s, 12);
        trace_cuff(s->cr, b, p, 12);
        shade_seam(s, 0.8);
    } else if (b->sleeve == SLEEVE_LONG && b->neck == NECK_SHIRT) {
        trace_cuff(s->cr, b, p, 13);
        shade_seam(s, 1);
        trace_cuff(s->cr, b, p, 10.5);
        shade_stitches(s);
    } else {
        trace_cuff(s->cr, b, p, 4);
        shade_stitches(s);
    }
}

static void draw_arm_folds(struct sketch *s, const struct bodice *b, const struct arm_points *p)
{
    double length = b->sleeve_length, w = b->sleeve_cuff;
    double x = p->mx - length * p->ux, y = p->my - length * p->uy;
    shade_fold(s, p->ax - 2, p->ay - 4, x + 0.5 * length * p->ux + w * p->vx * 0.3,
               y + 0.5 * length * p->uy, 3, 7, 1.2);
    if (b->sleeve == SLEEVE_SHORT)
        return;
    for (int i = 0; i < 3; i++) { /* at the elbow */
        double t = 0.42 + 0.14 * i + sketch_between(s, -0.03, 0.03);
        double ex = x + t * length * p->ux, ey = y + t * length * p->uy;
        shade_fold(s, ex - w * p->vx, ey - w * p->vy, ex + 0.5 * w * p->vx + 4 * p->ux,
                   ey + 0.5 * w * p->vy + 7 * p->uy, 2, 4.5, 1);
        shade_fold(s, ex - w * p->vx, ey - w * p->vy - 4, ex + 0.5 * w * p->vx + 4 * p->ux,
                   ey + 0.5 * w * p->vy + 3 * p->uy, 2, 3, -1);
    }
}

static void draw_arm(struct sketch *s, const struct bodice *b)
{
    struct arm_points p = arm_points(b);
    trace_arm(s->cr, b, &p);
    struct cloth arm = cloth_main(s, -b->sleeve_angle, 0.75);
    if (s->value[TRAIT_PATTERN] == PATTERN_BLOCKS && s->print.variant % 2)
        arm.colour = s->second;
    cloth_begin(s, &arm);
    draw_arm_folds(s, b, &p);
    draw_cuff(s, b, &p);
    cloth_end(s, &arm);
}

void bodice_draw_behind(struct sketch *s, const struct bodice *b)
{
    draw_back(s, b);
    if (b->sleeve == SLEEVE_LESS)
        return;
    draw_arm(s, b);
    cairo_save(s->cr);
    cairo_scale(s->cr, -1, 1);
    draw_arm(s, b);
    cairo_restore(s->cr);
}

/* ---- on the front ---- */

void bodice_draw_folds(struct sketch *s, const struct bodice *b)
{
    for (int side = -1; side <= 1; side += 2) {
        double bust = b->armpit_x * sketch_between(s, 0.45, 0.6);
        double low = b->waist_y - sketch_between(s, 0, 10);
        shade_fold(s, side * (b->armpit_x + 1), b->armpit_y + 1, side * bust, b->armpit_y + 6,
                   -3 * side, 5, 0.9);
        shade_fold(s, side * (b->waist_x + 1), low, side * b->waist_x * 0.45,
                   low - sketch_between(s, 8, 20), 4 * side, 6, 0.75);
        shade_fold(s, side * b->waist_x, b->waist_y + 3, side * b->waist_x * 0.5,
                   b->waist_y - sketch_between(s, 2, 10), 3 * side, 5, -0.9);
        if (b->sleeve != SLEEVE_LESS && b->neck != NECK_OFF_SHOULDER) {
            cairo_move_to(s->cr, side * (b->shoulder_x - 2), b->shoulder_y);
            cairo_curve_to(s->cr, side * (b->shoulder_x - 7), b->shoulder_y + 13,
                           side * (b->armpit_x - 10), b->armpit_y - 8, side * (b->armpit_x - 2),
                           b->armpit_y);
            shade_seam(s, 0.45);
        }
    }
}
