/* Skirts: an outline from waist to hem, and folds that open towards it. Wide hems wave, pleats and
 * tiers have lines of their own. */
#include <math.h>

#include "catalogue/generate/draw.h"
#include "catalogue/generate/outline.h"
#include "catalogue/generate/shade.h"
#include "catalogue/generate/skirt.h"
#include "catalogue/generate/trim.h"

static const double LENGTH[] = {
    [LENGTH_MINI] = 66, [LENGTH_KNEE] = 106, [LENGTH_MIDI] = 146, [LENGTH_MAXI] = 182
};

void skirt_choose(struct sketch *s, struct skirt *k, double top, double top_x, double unit)
{
    static const struct {
        double hip, spread, most; /* hip beyond the waist; how much the hem widens by length */
    } SHAPE[] = {
        [SHAPE_A_LINE] = { 8, 0.26, 34 },   [SHAPE_FLARED] = { 16, 0.5, 54 },
        [SHAPE_STRAIGHT] = { 9, 0, 7 },     [SHAPE_TIERED] = { 10, 0.34, 44 },
        [SHAPE_PLEATED] = { 10, 0.24, 36 },
    };
    double length = LENGTH[s->value[TRAIT_LENGTH]] * unit * sketch_between(s, 0.98, 1.03);
    k->shape = (enum shape)s->value[TRAIT_SHAPE];
    k->top = top;
    k->top_x = top_x;
    k->hem = top + length;
    k->hip = top + fmin(36 * unit, 0.45 * length);
    k->hip_x = top_x + unit * SHAPE[k->shape].hip;
    double spread = unit * fmin(SHAPE[k->shape].most, 12 + SHAPE[k->shape].spread * length / unit);
    k->hem_x =
        top_x + (k->shape == SHAPE_STRAIGHT ? unit * 6.5 : spread * sketch_between(s, 0.95, 1.08));
    k->folds =
        k->shape == SHAPE_STRAIGHT ? 0 : (int)(k->hem_x / (k->shape == SHAPE_FLARED ? 9 : 11));
}

/* Half a hem, from the side to the middle, in waves. */
static void add_hem(struct outline *o, double hem_x, double hem, double sag, int waves, double high)
{
    double before_x = hem_x, before_y = hem;
    for (int i = 1; i <= waves; i++) {
        double t = (double)i / waves, x = hem_x * (1 - t), y = hem + sag * (1 - (1 - t) * (1 - t));
        double lift = i & 1 ? high : -high;
        outline_curve(o, before_x - 0.33 * (before_x - x), before_y + lift,
                      x + 0.33 * (before_x - x), y + lift, x, y);
        before_x = x;
        before_y = y;
    }
}

static void trace_skirt(struct sketch *s, const struct skirt *k)
{
    struct outline o;
    double length = k->hem - k->top;
    bool wavy = k->shape == SHAPE_FLARED || k->shape == SHAPE_TIERED;
    outline_start(&o, 0, k->top + 2);
    outline_curve(&o, k->top_x * 0.4, k->top + 2, k->top_x * 0.8, k->top + 1, k->top_x, k->top);
    if (k->shape == SHAPE_STRAIGHT) {
        outline_curve(&o, k->top_x + 3, k->top + 10, k->hip_x, k->hip - 16, k->hip_x, k->hip);
        outline_curve(&o, k->hip_x, k->hip + 0.3 * length, k->hem_x + 1, k->hem - 0.2 * length,
                      k->hem_x, k->hem);
    } else
        outline_curve(&o, k->hip_x - (wavy ? 0 : 3), k->top + 0.2 * length,
                      k->hem_x - (wavy ? 3 : 8), k->hem - 0.38 * length, k->hem_x, k->hem);
    int waves = k->shape == SHAPE_STRAIGHT || k->shape == SHAPE_A_LINE ? 1 : k->folds | 1;
    add_hem(&o, k->hem_x, k->hem, k->shape == SHAPE_STRAIGHT ? 3 : 8, waves, wavy ? 3 : 0.4);
    outline_trace_both(s->cr, &o);
}

static void draw_folds(struct sketch *s, const struct skirt *k, double from, double to, int folds,
                       double strength)
{
    for (int i = 0; i < folds; i++) {
        double t = -0.86 + 1.72 * (i + 0.5 + sketch_between(s, -0.25, 0.25)) / folds;
        double reach = sketch_between(s, 0, 0.35);
        shade_flare(s, t * (k->top_x + reach * (k->hem_x - k->top_x)), from + reach * (to - from),
                    t * k->hem_x * 0.98, to, k->hem_x * 0.9 / folds * 1.15, strength);
    }
}

static void draw_pleats(struct sketch *s, const struct skirt *k)
{
    int pleats = (int)(k->hem_x / 6.5);
    for (int i = -pleats; i < pleats; i++) {
        double t = (i + 0.5) / pleats, next = (i + 1.1) / pleats;
        cairo_move_to(s->cr, t * k->top_x, k->top);
        cairo_line_to(s->cr, t * k->hem_x, k->hem + 10);
        cairo_line_to(s->cr, next * k->hem_x, k->hem + 10);
        cairo_line_to(s->cr, next * k->top_x, k->top);
        cairo_close_path(s->cr);
        shade_area(s, 0.15);
        cairo_move_to(s->cr, t * k->top_x, k->top);
        cairo_line_to(s->cr, t * k->hem_x, k->hem + 10);
        shade_seam(s, 0.8);
    }
}

static void draw_tiers(struct sketch *s, const struct skirt *k)
{
    enum { TIERS = 3 };
    for (int tier = 0; tier < TIERS; tier++) {
        double from = k->top + (k->hem - k->top) * tier / TIERS;
        double to = k->top + (k->hem - k->top) * (tier + 1) / TIERS;
        struct skirt part = *k;
        double t0 = (double)tier / TIERS, t1 = (tier + 1.0) / TIERS;
        part.top_x = k->top_x + t0 * (k->hem_x - k->top_x) * 0.97;
        part.hem_x = k->top_x + t1 * (k->hem_x - k->top_x);
        draw_folds(s, &part, from + 3, to + 5, 9 + 2 * tier, 0.9);
        if (tier == 0)
            continue;
        cairo_move_to(s->cr, -k->hem_x - 4, from + 1);
        cairo_curve_to(s->cr, -k->hem_x / 3, from + 9, k->hem_x / 3, from + 9, k->hem_x + 4,
                       from + 1);
        cairo_line_to(s->cr, k->hem_x + 4, from + 5);
        cairo_curve_to(s->cr, k->hem_x / 3, from + 14, -k->hem_x / 3, from + 14, -k->hem_x - 4,
                       from + 5);
        cairo_close_path(s->cr);
        shade_area(s, 0.22);
        cairo_move_to(s->cr, -k->hem_x - 4, from + 1);
        cairo_curve_to(s->cr, -k->hem_x / 3, from + 9, k->hem_x / 3, from + 9, k->hem_x + 4,
                       from + 1);
        shade_seam(s, 0.8);
    }
}

/* The second colour from some height to the hem. */
static void add_block(struct sketch *s, const void *skirt)
{
    const struct skirt *k = skirt;
    double from = k->hem - (0.3 + 0.22 * s->print.share) * (k->hem - k->top);
    cairo_move_to(s->cr, -k->hem_x - 9, from);
    cairo_curve_to(s->cr, -k->hem_x / 3, from + 7, k->hem_x / 3, from + 7, k->hem_x + 9, from);
    cairo_line_to(s->cr, k->hem_x + 9, k->hem + 20);
    cairo_line_to(s->cr, -k->hem_x - 9, k->hem + 20);
    cairo_close_path(s->cr);
}

static void draw_hem_line(struct sketch *s, const struct skirt *k)
{
    cairo_move_to(s->cr, -k->hem_x, k->hem - 5);
    cairo_curve_to(s->cr, -k->hem_x / 3, k->hem + 4, k->hem_x / 3, k->hem + 4, k->hem_x,
                   k->hem - 5);
    shade_stitches(s);
}

void skirt_draw(struct sketch *s, const struct skirt *k)
{
    struct cloth cloth = cloth_main(s, 0, k->shape == SHAPE_STRAIGHT ? 1 : 0.75);
    cloth.block = add_block;
    cloth.subject = k;
    trace_skirt(s, k);
    cloth_begin(s, &cloth);
    switch (k->shape) {
    case SHAPE_PLEATED: draw_pleats(s, k); break;
    case SHAPE_TIERED: draw_tiers(s, k); break;
    case SHAPE_STRAIGHT:
        for (int side = -1; side <= 1; side += 2) {
            shade_fold(s, side * k->hip_x, k->hip + 4, side * 4, k->hip + 16, 4 * side, 8, 0.9);
            shade_fold(s, side * k->hip_x * 0.6, k->hip, side * k->hem_x * 0.5, k->hem, 2, 10,
                       -0.8);
        }
        draw_hem_line(s, k);
        break;
    default:
        draw_folds(s, k, k->top, k->hem, k->folds, k->shape == SHAPE_FLARED ? 1.15 : 0.8);
        draw_hem_line(s, k);
    }
    cloth_end(s, &cloth);
    if (s->value[TRAIT_DECORATION] == DECORATION_RUFFLES)
        trim_ruffle(s, -k->hem_x - 1, k->hem - 8, k->hem_x + 1, k->hem - 8, 8, 20);
}

/* ---- a skirt alone ---- */

static void draw_waistband(struct sketch *s, const struct skirt *k, double height)
{
    struct outline o;
    outline_start(&o, 0, k->top - height + 3);
    outline_curve(&o, k->top_x * 0.4, k->top - height + 3, k->top_x * 0.8, k->top - height + 2,
                  k->top_x * 0.97, k->top - height);
    outline_line(&o, k->top_x, k->top + 1);
    outline_curve(&o, k->top_x * 0.8, k->top + 3, k->top_x * 0.4, k->top + 4, 0, k->top + 4);
    outline_trace_both(s->cr, &o);
    struct cloth band = cloth_main(s, 0, 0.8);
    cloth_begin(s, &band);
    if (s->value[TRAIT_FASTENING] == FASTENING_SLIP_ON) {
        cairo_move_to(s->cr, -k->top_x, k->top - height / 2);
        cairo_curve_to(s->cr, -k->top_x / 3, k->top - height / 2 + 3, k->top_x / 3,
                       k->top - height / 2 + 3, k->top_x, k->top - height / 2);
        shade_ribs(s, height + 6);
    }
    cloth_end(s, &band);
}

static void draw_fastening(struct sketch *s, const struct skirt *k)
{
    double length = k->hem - k->top;
    if (s->value[TRAIT_FASTENING] == FASTENING_BUTTONS)
        trim_buttons(s, 0, k->top - 4, 0, k->top + 0.86 * length, (int)(length / 24) + 1, 3);
    else if (s->value[TRAIT_FASTENING] == FASTENING_ZIP)
        trim_zip(s, 0, k->top - 5, 0, k->top + fmin(44, 0.4 * length));
}

void draw_skirt(struct sketch *s)
{
    struct skirt k;
    skirt_choose(s, &k, 0, 40 + sketch_between(s, -2, 2), 1.25);
    double height = sketch_between(s, 10, 15);
    skirt_draw(s, &k);
    draw_waistband(s, &k, height);
    if (s->value[TRAIT_DECORATION] == DECORATION_POCKET)
        for (int side = -1; side <= 1; side += 2)
            trim_pocket(s, side * k.top_x * 0.56 - 13, k.top + 16, 26, 28);
    draw_fastening(s, &k);
    if (s->value[TRAIT_DECORATION] == DECORATION_BELT)
        trim_belt(s, k.top_x, k.top - height / 2 + 1, 12);
    else if (s->value[TRAIT_DECORATION] == DECORATION_BOW)
        trim_bow(s, 0, k.top - height / 2, 17);
}
