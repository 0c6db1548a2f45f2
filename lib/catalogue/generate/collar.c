/* Necklines as they are finished: bands, collars, lapels, fastenings, bows and ruffles. */
#include <math.h>

#include "catalogue/generate/bodice.h"
#include "catalogue/generate/shade.h"
#include "catalogue/generate/trim.h"

/* A band that follows the neckline: ribbed on knits and t-shirts, stitched elsewhere. */
static void draw_band(struct sketch *s, const struct bodice *b)
{
    struct outline o;
    cairo_t *cr = s->cr;
    uint8_t category = s->value[TRAIT_CATEGORY];
    bool ribbed =
        category == CATEGORY_SWEATER || (category == CATEGORY_T_SHIRT && b->neck != NECK_SQUARE);
    bodice_neckline(b, &o);
    if (!ribbed) {
        cairo_save(cr);
        cairo_translate(cr, 0, 3.2);
        outline_trace_across(cr, &o);
        shade_stitches(s);
        cairo_restore(cr);
        return;
    }
    double width = category == CATEGORY_SWEATER ? 8 : 5;
    outline_trace_across(cr, &o);
    sketch_colour(s, shade_colour(s, s->base), 0.6);
    cairo_set_line_width(cr, width + 1.4);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_stroke_preserve(cr);
    sketch_colour(s, s->value[TRAIT_SECOND] ? s->second : rgb_scale(s->base, 0.94), 1);
    cairo_set_line_width(cr, width);
    cairo_stroke_preserve(cr);
    shade_ribs(s, width);
}

/* A turtleneck. */
static void draw_high_neck(struct sketch *s, const struct bodice *b)
{
    struct outline o;
    double x = b->neck_x, high = s->value[TRAIT_CATEGORY] == CATEGORY_SWEATER ? 19 : 15;
    outline_start(&o, 0, -high + 4);
    outline_curve(&o, x * 0.5, -high + 4, x * 0.8, -high + 2, x * 0.88, -high);
    outline_curve(&o, x * 0.92, -high * 0.6, x * 0.95, -3, x + 4, 3);
    outline_curve(&o, x * 0.7, b->neck_depth + 4, x * 0.3, b->neck_depth + 5, 0, b->neck_depth + 5);
    outline_trace_both(s->cr, &o);
    struct cloth tube = cloth_main(s, 0, 0.9);
    cloth_begin(s, &tube);
    if (s->value[TRAIT_CATEGORY] == CATEGORY_SWEATER) {
        cairo_move_to(s->cr, -x - 4, -high / 2 + 2);
        cairo_curve_to(s->cr, -x / 2, -high / 2 + 6, x / 2, -high / 2 + 6, x + 4, -high / 2 + 2);
        shade_ribs(s, high + 14);
    } else
        for (int i = -1; i <= 1; i++)
            shade_fold(s, -x, -4 + 5 * i, x, -5 + 5 * i, -4, 4, 1);
    cloth_end(s, &tube);
}

/* The right half of a turned-down collar; the left is its mirror image. */
static void trace_collar(cairo_t *cr, const struct bodice *b, double tip_x, double tip_y)
{
    double x = b->neck_x;
    cairo_move_to(cr, 0.5, b->neck_depth);
    cairo_curve_to(cr, x * 0.45, b->neck_depth - 4, x * 0.8, 4, x * 0.82, -9);
    cairo_curve_to(cr, x * 1.05, -10, x * 1.2, -4, x * 1.28, 2);
    cairo_curve_to(cr, x * 1.3, 10, tip_x + 2, tip_y - 10, tip_x, tip_y);
    cairo_curve_to(cr, tip_x * 0.7, tip_y - 3, 4, b->neck_depth + 4, 0.5, b->neck_depth);
    cairo_close_path(cr);
}

static void draw_collar_back(struct sketch *s, const struct bodice *b)
{
    struct outline o;
    double x = b->neck_x * 0.84;
    outline_start(&o, 0, -8);
    outline_curve(&o, x * 0.5, -8.5, x * 0.8, -9, x, -10);
    outline_curve(&o, x * 0.98, 0, x * 0.8, 7, 0, 8);
    outline_trace_both(s->cr, &o);
    struct cloth back = cloth_main(s, 0, 0.5);
    back.colour = rgb_mix(s->base, shade_colour(s, s->base), 0.25);
    cloth_paint(s, back);
}

static void draw_collar(struct sketch *s, const struct bodice *b)
{
    double tip_x = sketch_between(s, 14, 20), tip_y = b->neck_depth + sketch_between(s, 9, 15);
    bool contrast = b->neck == NECK_POLO && s->value[TRAIT_SECOND];
    draw_collar_back(s, b);
    cairo_save(s->cr);
    for (int side = 0; side < 2; side++) {
        trace_collar(s->cr, b, tip_x, tip_y);
        struct cloth leaf = cloth_main(s, -0.5, 0.35);
        if (contrast)
            leaf.colour = s->second, leaf.printed = false;
        cloth_begin(s, &leaf);
        cairo_save(s->cr);
        cairo_translate(s->cr, -1.6, -2.2);
        trace_collar(s->cr, b, tip_x, tip_y);
        shade_stitches(s);
        cairo_restore(s->cr);
        cloth_end(s, &leaf);
        cairo_scale(s->cr, -1, 1);
    }
    cairo_restore(s->cr);
}

static void draw_stand_collar(struct sketch *s, const struct bodice *b)
{
    draw_collar_back(s, b);
    cairo_save(s->cr);
    for (int side = 0; side < 2; side++) {
        double x = b->neck_x;
        cairo_move_to(s->cr, 0.5, b->neck_depth + 2);
        cairo_curve_to(s->cr, 2, 4, 3, 0, 4, -4);
        cairo_curve_to(s->cr, x * 0.6, -5, x * 0.8, -9, x * 0.86, -11);
        cairo_curve_to(s->cr, x * 1.0, -8, x * 1.08, -4, x * 1.12, 2);
        cairo_curve_to(s->cr, x * 0.8, b->neck_depth, x * 0.4, b->neck_depth + 2, 0.5,
                       b->neck_depth + 2);
        cairo_close_path(s->cr);
        cloth_paint(s, cloth_main(s, 0, 0.4));
        cairo_scale(s->cr, -1, 1);
    }
    cairo_restore(s->cr);
}

/* The shirt that is seen under an open jacket would be another garment; its lining is not. */
static void draw_lapels(struct sketch *s, const struct bodice *b)
{
    double x = b->neck_x, depth = b->neck_depth, notch = sketch_between(s, 20, 27);
    draw_collar_back(s, b);
    cairo_save(s->cr);
    for (int side = 0; side < 2; side++) {
        cairo_move_to(s->cr, 0, depth);
        cairo_curve_to(s->cr, x * 0.4, depth * 0.6, x * 0.85, depth * 0.25, x * 0.8, -9);
        cairo_curve_to(s->cr, x, -10, x * 1.2, -4, x * 1.3, 3);
        cairo_line_to(s->cr, x * 1.42, notch - 4);
        cairo_line_to(s->cr, x * 1.18, notch + 1);
        cairo_line_to(s->cr, x * 1.62, notch + 5);
        cairo_curve_to(s->cr, x * 1.3, depth * 0.7, x * 0.5, depth * 0.9, 0, depth + 2);
        cairo_close_path(s->cr);
        struct cloth lapel = cloth_main(s, -0.3, 0.35);
        cloth_begin(s, &lapel);
        cairo_move_to(s->cr, x * 0.8, notch - 8);
        cairo_line_to(s->cr, x * 1.2, notch + 1);
        shade_seam(s, 0.9);
        cloth_end(s, &lapel);
        cairo_scale(s->cr, -1, 1);
    }
    cairo_restore(s->cr);
}

/* The band of buttons or the zip down the front. */
static void draw_front(struct sketch *s, const struct bodice *b, double bottom)
{
    cairo_t *cr = s->cr;
    double top = b->neck_depth + 1;
    if (s->value[TRAIT_FASTENING] == FASTENING_ZIP) {
        trim_zip(s, 0, top + 2, 0, bottom);
        return;
    }
    for (int side = -1; side <= 1; side += 2) {
        cairo_move_to(cr, side * 4.5, top + 3);
        cairo_line_to(cr, side * 4.5, bottom);
        if (side > 0)
            shade_seam(s, 0.9);
        else
            shade_stitches(s);
    }
    bool large = s->value[TRAIT_CATEGORY] == CATEGORY_JACKET;
    double last = bottom - 10, step = large ? 24 : 18;
    if (b->neck == NECK_LAPEL)
        last = fmin(last, top + 32);
    int count = (int)((last - top - 6) / step + 0.5) + 1;
    trim_buttons(s, 0, top + 6, 0, fmax(top + 6, last), count > 1 ? count : 1, large ? 3.3 : 2.3);
}

static void draw_polo_front(struct sketch *s, const struct bodice *b)
{
    double bottom = b->neck_depth + 34;
    cairo_rectangle(s->cr, -5, b->neck_depth, 10, 34);
    cloth_paint(s, cloth_main(s, 0, 0.1));
    trim_buttons(s, 0, b->neck_depth + 9, 0, bottom - 6, 3, 2);
}

static void draw_halter_band(struct sketch *s, const struct bodice *b)
{
    double x = b->neck_x;
    cairo_move_to(s->cr, -x * 0.95, -5);
    cairo_curve_to(s->cr, -x * 0.5, -14, x * 0.5, -14, x * 0.95, -5);
    sketch_colour(s, shade_colour(s, s->base), 0.75);
    cairo_set_line_width(s->cr, 6.4);
    cairo_stroke_preserve(s->cr);
    sketch_colour(s, rgb_scale(s->base, 0.86), 1);
    cairo_set_line_width(s->cr, 5);
    cairo_stroke(s->cr);
}

static void draw_decoration(struct sketch *s, const struct bodice *b)
{
    bool dress = s->value[TRAIT_CATEGORY] == CATEGORY_DRESS;
    double y = b->neck_depth + (b->neck == NECK_V ? 0 : 6);
    if (s->value[TRAIT_DECORATION] == DECORATION_BOW)
        trim_bow(s, 0, y, dress ? 15 : 17);
    else if (s->value[TRAIT_DECORATION] == DECORATION_RUFFLES && !dress)
        trim_ruffle(s, -b->hem_x - 3, b->hem_y - 9, b->hem_x + 3, b->hem_y - 9, 5, 22);
}

void bodice_draw_neck(struct sketch *s, const struct bodice *b, double bottom)
{
    if (b->open_front)
        draw_front(s, b, bottom);
    switch (b->neck) {
    case NECK_HIGH: draw_high_neck(s, b); break;
    case NECK_POLO: draw_polo_front(s, b); /* fall through */
    case NECK_SHIRT: draw_collar(s, b); break;
    case NECK_STAND: draw_stand_collar(s, b); break;
    case NECK_LAPEL: draw_lapels(s, b); break;
    case NECK_HALTER: draw_halter_band(s, b); break;
    case NECK_OFF_SHOULDER: trim_ruffle(s, -b->neck_x - 6, 22, b->neck_x + 6, 22, 12, 19); break;
    default: draw_band(s, b);
    }
    draw_decoration(s, b);
}
