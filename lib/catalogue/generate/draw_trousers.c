/* Trousers and shorts: one leg, its mirror image, and what lies over both: waistband, fly, pockets,
 * belt. */

#include "catalogue/generate/draw.h"
#include "catalogue/generate/outline.h"
#include "catalogue/generate/shade.h"
#include "catalogue/generate/trim.h"

struct legs {
    double waist, hip, hip_y; /* half widths */
    double crotch, hem;       /* heights */
    double inner, outer;      /* of a leg at its hem */
    double band;              /* height of the waistband */
    bool cuffed;
};

static void choose_legs(struct sketch *s, struct legs *l)
{
    static const struct {
        double inner, outer, hip;
    } FIT[] = {
        [FIT_SLIM] = { 17, 36, 49 }, [FIT_REGULAR] = { 14, 45, 51 }, [FIT_LOOSE] = { 8, 63, 54 }
    };
    bool is_short = s->value[TRAIT_CATEGORY] == CATEGORY_SHORTS;
    uint8_t fit = s->value[TRAIT_FIT], length = s->value[TRAIT_LENGTH];
    *l = (struct legs){ .waist = 40, .hip_y = 44, .band = sketch_between(s, 10, 14) };
    l->hip = FIT[fit].hip + sketch_between(s, -1, 1);
    l->crotch = 76 + (fit == FIT_LOOSE ? 6 : 0) + sketch_between(s, -2, 2);
    l->inner = FIT[fit].inner;
    l->outer = FIT[fit].outer + sketch_between(s, -1.5, 1.5);
    l->hem = (length == LENGTH_CROP ? 196 : 256) + sketch_between(s, -3, 3);
    if (is_short) {
        l->hem = (length == LENGTH_MINI ? 108 : 152) + sketch_between(s, -2, 2);
        l->inner = length == LENGTH_MINI ? 6 : 9;
        l->outer = (length == LENGTH_MINI ? 51 : 49) + 6.0 * (fit - FIT_REGULAR);
    } else if (length == LENGTH_CROP && fit != FIT_LOOSE)
        l->outer += 4;
    l->cuffed = sketch_maybe(s, length == LENGTH_CROP || is_short ? 0.45 : 0.12);
}

static void trace_leg(cairo_t *cr, const struct legs *l)
{
    double drop = l->hem - l->crotch;
    cairo_move_to(cr, -0.6, 1);
    cairo_line_to(cr, l->waist, 0);
    cairo_curve_to(cr, l->waist + 4, 14, l->hip - 1, 28, l->hip, l->hip_y);
    cairo_curve_to(cr, l->hip + 2, l->hip_y + 0.3 * drop, l->outer + 1, l->hem - 0.5 * drop,
                   l->outer, l->hem);
    cairo_curve_to(cr, l->outer - 6, l->hem + 3, l->inner + 6, l->hem + 3, l->inner, l->hem + 0.5);
    cairo_curve_to(cr, l->inner - 1, l->hem - 0.5 * drop, 4, l->crotch + 0.25 * drop, -0.6,
                   l->crotch);
    cairo_close_path(cr);
}

/* Where denim has been worn pale. */
static void draw_fade(struct sketch *s, const struct legs *l)
{
    double x = l->hip * 0.52, y = l->crotch + 0.2 * (l->hem - l->crotch);
    cairo_pattern_t *light = cairo_pattern_create_radial(x, y, 2, x, y, 24);
    cairo_pattern_add_color_stop_rgba(light, 0, 1, 1, 1, 0.24);
    cairo_pattern_add_color_stop_rgba(light, 1, 1, 1, 1, 0);
    cairo_save(s->cr);
    cairo_translate(s->cr, 0, y);
    cairo_scale(s->cr, 1, 2.1);
    cairo_translate(s->cr, 0, -y);
    cairo_set_source(s->cr, light);
    cairo_paint(s->cr);
    cairo_restore(s->cr);
    cairo_pattern_destroy(light);
}

static void draw_creases(struct sketch *s, const struct legs *l)
{
    double middle = 0.5 * (l->inner + l->outer), drop = l->hem - l->crotch;
    shade_fold(s, 2, l->crotch - 4, l->hip * 0.6, l->crotch - 14, -3, 5, 0.7);
    shade_fold(s, 1, l->crotch + 4, l->hip * 0.66, l->crotch + 4, -4, 5, 0.5);
    shade_fold(s, l->hip, l->hip_y + 18, l->hip * 0.5, l->hip_y + 32, 3, 6, 0.8);
    if (drop > 90)
        for (int i = 0; i < 3; i++) { /* behind the knee */
            double y = l->crotch + drop * (0.42 + 0.07 * i) + sketch_between(s, -3, 3);
            shade_fold(s, l->inner - 1, y, middle + 5, y + 7, 2, 5, 0.5);
        }
    uint8_t material = s->value[TRAIT_MATERIAL];
    if (material == MATERIAL_WOOL || material == MATERIAL_LINEN) { /* ironed */
        cairo_move_to(s->cr, l->hip * 0.55, 26);
        cairo_curve_to(s->cr, l->hip * 0.55, 80, middle, l->hem - 80, middle, l->hem);
        shade_seam(s, 0.8);
    }
    shade_fold(s, l->hip * 0.4, 30, middle - 3, l->hem, 2, 9, -0.9);
}

static void draw_leg_hem(struct sketch *s, const struct legs *l)
{
    double high = l->cuffed ? 12 : 5;
    cairo_move_to(s->cr, l->inner - 6, l->hem - high);
    cairo_curve_to(s->cr, l->inner + 6, l->hem - high + 3, l->outer - 6, l->hem - high + 3,
                   l->outer + 6, l->hem - high);
    if (!l->cuffed) {
        shade_stitches(s);
        return;
    }
    cairo_path_t *line = cairo_copy_path(s->cr);
    shade_seam(s, 1.2);
    cairo_append_path(s->cr, line);
    cairo_path_destroy(line);
    cairo_line_to(s->cr, l->outer + 6, l->hem + 9);
    cairo_line_to(s->cr, l->inner - 6, l->hem + 9);
    cairo_close_path(s->cr);
    sketch_colour(s, (struct rgb){ 1, 1, 1 }, 0.13);
    cairo_fill(s->cr);
}

static void draw_leg(struct sketch *s, const struct legs *l)
{
    struct cloth leg = cloth_main(s, 0, 0.95);
    trace_leg(s->cr, l);
    cloth_begin(s, &leg);
    if (s->value[TRAIT_MATERIAL] == MATERIAL_DENIM)
        draw_fade(s, l);
    draw_creases(s, l);
    draw_leg_hem(s, l);
    cairo_move_to(s->cr, l->waist * 0.52, 0); /* the pocket */
    cairo_curve_to(s->cr, l->waist * 0.6, 14, l->waist * 0.8, 24, l->hip + 2, 27);
    shade_seam(s, 1.1);
    cairo_move_to(s->cr, l->waist * 0.52 - 2, 2);
    cairo_curve_to(s->cr, l->waist * 0.6 - 2, 16, l->waist * 0.8 - 1, 27, l->hip + 2, 30);
    shade_stitches(s);
    cloth_end(s, &leg);
}

static void draw_fly(struct sketch *s, const struct legs *l)
{
    cairo_move_to(s->cr, 0, 0);
    cairo_line_to(s->cr, 0, l->crotch);
    shade_seam(s, 1.2);
    if (s->value[TRAIT_FASTENING] == FASTENING_DRAWSTRING)
        return;
    cairo_move_to(s->cr, 9, 2);
    cairo_curve_to(s->cr, 9, 30, 9, 38, 1, 46);
    shade_stitches(s);
    if (s->value[TRAIT_FASTENING] == FASTENING_BUTTONS)
        trim_buttons(s, 3.6, 10, 3.6, 36, 3, 2.6);
    else
        trim_zip(s, 2, 2, 2, 38);
}

static void draw_cords(struct sketch *s, double y)
{
    cairo_t *cr = s->cr;
    struct rgb cord =
        rgb_lightness(s->base) > 0.6 ? rgb_scale(s->base, 0.62) : (struct rgb){ 0.94, 0.93, 0.9 };
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    for (int side = -1; side <= 1; side += 2)
        for (int layer = 0; layer < 2; layer++) {
            cairo_move_to(cr, side * 3, y);
            cairo_curve_to(cr, side * 8, y + 12, side * 5, y + 20, side * 9, y + 37);
            sketch_colour(s, layer ? cord : shade_colour(s, s->base), layer ? 1 : 0.6);
            cairo_set_line_width(cr, layer ? 2.5 : 3.9);
            cairo_stroke(cr);
        }
}

static void draw_band(struct sketch *s, const struct legs *l)
{
    struct outline o;
    bool cord = s->value[TRAIT_FASTENING] == FASTENING_DRAWSTRING;
    outline_start(&o, 0, -l->band + 3);
    outline_curve(&o, l->waist * 0.4, -l->band + 3, l->waist * 0.8, -l->band + 1.5, l->waist - 1,
                  -l->band);
    outline_line(&o, l->waist + 1, 2);
    outline_curve(&o, l->waist * 0.8, 3.5, l->waist * 0.4, 4, 0, 4);
    outline_trace_both(s->cr, &o);
    struct cloth band = cloth_main(s, 0, 0.8);
    cloth_begin(s, &band);
    cairo_move_to(s->cr, -l->waist, -l->band / 2);
    cairo_curve_to(s->cr, -l->waist / 3, -l->band / 2 + 3, l->waist / 3, -l->band / 2 + 3, l->waist,
                   -l->band / 2);
    if (cord)
        shade_ribs(s, l->band + 6);
    else
        cairo_new_path(s->cr);
    cloth_end(s, &band);
    if (cord)
        draw_cords(s, -l->band / 2 + 2);
    else if (s->value[TRAIT_DECORATION] != DECORATION_BELT)
        trim_button(s, 0, -l->band / 2 + 2.5, 3.3);
}

static void draw_loops(struct sketch *s, const struct legs *l)
{
    for (int i = -1; i <= 1; i += 2) {
        cairo_rectangle(s->cr, i * l->waist * 0.6 - 2.2, -l->band, 4.4, l->band + 5);
        cloth_paint(s, cloth_main(s, 0, 0.3));
    }
}

void draw_trousers(struct sketch *s)
{
    struct legs l;
    choose_legs(s, &l);
    draw_leg(s, &l);
    cairo_save(s->cr);
    cairo_scale(s->cr, -1, 1);
    draw_leg(s, &l);
    cairo_restore(s->cr);
    draw_fly(s, &l);
    draw_band(s, &l);
    if (s->value[TRAIT_DECORATION] == DECORATION_BELT)
        trim_belt(s, l.waist, -l.band / 2 + 0.5, 10);
    if (s->value[TRAIT_FASTENING] != FASTENING_DRAWSTRING)
        draw_loops(s, &l);
}
