/* A part is painted in a group as large as its box: colour, pattern, weave, the roundness of the
 * body below, then what the drawing adds, then a dark rim; the group is then filled into the part's
 * shape. So only one edge is antialiased, and nothing needs a clip. */
#include "catalogue/generate/shade.h"

#include <math.h>

#include "catalogue/generate/blend.h"
#include "catalogue/generate/patterns.h"

static const struct finish {
    double sheen; /* highlights, 0 .. 1 */
    double depth; /* folds, 1 = cotton */
} FINISH[MATERIALS] = {
    [0] = { 0.1, 1 },
    [MATERIAL_COTTON] = { 0.12, 1 },
    [MATERIAL_LINEN] = { 0.08, 1.25 },
    [MATERIAL_DENIM] = { 0.1, 0.8 },
    [MATERIAL_SILK] = { 0.55, 1.5 },
    [MATERIAL_WOOL] = { 0.05, 0.7 },
    [MATERIAL_KNIT] = { 0.06, 0.6 },
    [MATERIAL_LEATHER] = { 0.42, 0.9 },
    [MATERIAL_SUEDE] = { 0.06, 0.6 },
    [MATERIAL_CANVAS] = { 0.08, 0.6 },
    [MATERIAL_MESH] = { 0.14, 0.6 },
    [MATERIAL_PATENT] = { 0.9, 0.8 },
};

static const struct rgb LIGHT = { 1, 1, 0.98 };

double shade_sheen(const struct sketch *sketch)
{
    return FINISH[sketch->value[TRAIT_MATERIAL]].sheen;
}

double shade_depth(const struct sketch *sketch)
{
    return FINISH[sketch->value[TRAIT_MATERIAL]].depth;
}

struct rgb shade_colour(const struct sketch *sketch, struct rgb of)
{
    const struct rgb night = { 0.07, 0.06, 0.13 };
    return rgb_mix(rgb_scale(of, 0.28), night, 0.45);
}

struct cloth cloth_main(const struct sketch *sketch, double turn, double round)
{
    return (struct cloth){
        .colour = sketch->base, .printed = true, .woven = true, .turn = turn, .round = round
    };
}

struct cloth cloth_plain(struct rgb colour, double round)
{
    return (struct cloth){ .colour = colour, .round = round };
}

/* Light and shadow of something round that stands upright: dark on both sides, more on the right,
 * and a light left of the middle. */
static void fill_across(struct sketch *sketch, const struct cloth *cloth, struct blend_ramp *ramp)
{
    struct rgb dark = shade_colour(sketch, cloth->colour);
    double light = rgb_lightness(cloth->colour), sheen = cloth->woven ? shade_sheen(sketch) : 0.2;
    double shine = (0.1 + 0.4 * sheen) * (0.35 + 0.65 * light) * cloth->round;
    double shadow = (0.5 - 0.22 * light) * cloth->round;
    const struct blend_stop stops[] = {
        { 0, dark, 0.5 * shadow },
        { 0.16, dark, 0.08 * shadow },
        { 0.2, LIGHT, 0 },
        { 0.34, LIGHT, shine },
        { 0.5, LIGHT, 0 },
        { 0.55, dark, 0 },
        { 0.84, dark, 0.45 * shadow },
        { 1, dark, shadow },
    };
    blend_ramp_fill(ramp, stops, sizeof stops / sizeof stops[0]);
}

/* Light falls from above. */
static void fill_down(struct sketch *sketch, const struct cloth *cloth, struct blend_ramp *ramp)
{
    struct rgb dark = shade_colour(sketch, cloth->colour);
    const struct blend_stop stops[] = {
        { 0, LIGHT, 0.07 }, { 0.4, LIGHT, 0 }, { 0.41, dark, 0 }, { 1, dark, 0.14 }
    };
    blend_ramp_fill(ramp, stops, sizeof stops / sizeof stops[0]);
}

static void add_relief(struct sketch *sketch, const struct cloth *cloth, double left, double top,
                       double right, double bottom)
{
    struct blend_ramp across, down;
    struct blend_relief relief = { .weave = cloth->woven ? sketch->weave : NULL,
                                   .turn = cloth->turn,
                                   .left = left,
                                   .top = top,
                                   .right = right,
                                   .bottom = bottom,
                                   .across = &across,
                                   .down = &down };
    cairo_matrix_t matrix;
    cairo_get_matrix(sketch->cr, &matrix);
    if (matrix.xx < 0) { /* light comes from the left in the picture, too */
        relief.left = right;
        relief.right = left;
    }
    fill_across(sketch, cloth, &across);
    fill_down(sketch, cloth, &down);
    blend_relief(sketch->cr, &relief);
}

void cloth_begin(struct sketch *sketch, struct cloth *cloth)
{
    cairo_t *cr = sketch->cr;
    double left, top, right, bottom;
    cairo_path_extents(cr, &left, &top, &right, &bottom);
    cloth->path = cairo_copy_path(cr);
    cairo_new_path(cr);
    cairo_save(cr);
    cairo_rectangle(cr, left - 2, top - 2, right - left + 4, bottom - top + 4);
    cairo_clip(cr);
    cairo_push_group(cr);
    sketch_colour(sketch, cloth->colour, 1);
    cairo_paint(cr);
    if (cloth->printed)
        pattern_paint(sketch, cloth->turn);
    if (cloth->block && sketch->value[TRAIT_PATTERN] == PATTERN_BLOCKS) {
        cloth->block(sketch, cloth->subject);
        sketch_colour(sketch, sketch->second, 1);
        cairo_fill(cr);
    }
    add_relief(sketch, cloth, left, top, right + 1e-6, bottom + 1e-6);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
}

static void darken_rim(struct sketch *sketch, const struct cloth *cloth)
{
    static const double WIDTH[] = { 12, 5.5 };
    cairo_t *cr = sketch->cr;
    double light = rgb_lightness(cloth->colour);
    cairo_append_path(cr, cloth->path);
    sketch_colour(sketch, shade_colour(sketch, cloth->colour), 0.11 - 0.035 * light);
    for (size_t i = 0; i < sizeof WIDTH / sizeof WIDTH[0]; i++) {
        cairo_set_line_width(cr, WIDTH[i]);
        cairo_stroke_preserve(cr);
    }
    cairo_new_path(cr);
}

void cloth_end(struct sketch *sketch, struct cloth *cloth)
{
    cairo_t *cr = sketch->cr;
    darken_rim(sketch, cloth);
    cairo_pattern_t *group = cairo_pop_group(cr);
    cairo_restore(cr);
    cairo_pattern_set_filter(group, CAIRO_FILTER_NEAREST); /* it lies pixel on pixel */
    cairo_set_source(cr, group);
    cairo_pattern_destroy(group);
    cairo_append_path(cr, cloth->path);
    cairo_fill_preserve(cr);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    sketch_colour(sketch, shade_colour(sketch, cloth->colour), 0.42);
    cairo_set_line_width(cr, 0.9);
    cairo_stroke(cr);
    cairo_path_destroy(cloth->path);
    cloth->path = NULL;
}

void cloth_paint(struct sketch *sketch, struct cloth cloth)
{
    cloth_begin(sketch, &cloth);
    cloth_end(sketch, &cloth);
}

/* Shadow or light for folds: dark cloth shows its folds by their lights. */
static void fold_colour(struct sketch *sketch, double strength)
{
    double light = rgb_lightness(sketch->base);
    double depth = shade_depth(sketch);
    if (strength > 0)
        sketch_colour(sketch, shade_colour(sketch, sketch->base),
                      strength * depth * (0.13 - 0.04 * light));
    else
        sketch_colour(sketch, LIGHT,
                      -strength * (0.05 + 0.1 * shade_sheen(sketch)) * (0.55 + 0.6 * light));
}

void shade_fold(struct sketch *sketch, double x0, double y0, double x1, double y1, double bend,
                double width, double strength)
{
    cairo_t *cr = sketch->cr;
    double dx = x1 - x0, dy = y1 - y0, length = hypot(dx, dy) + 1e-9;
    double nx = -dy / length, ny = dx / length;
    double ax = x0 + dx / 3, ay = y0 + dy / 3, bx = x0 + dx * 2 / 3, by = y0 + dy * 2 / 3;
    fold_colour(sketch, strength);
    for (int layer = 1; layer <= 3; layer++) {
        double one = bend + width * layer / 4.5, other = bend - width * layer / 4.5;
        cairo_move_to(cr, x0, y0);
        cairo_curve_to(cr, ax + one * nx, ay + one * ny, bx + one * nx, by + one * ny, x1, y1);
        cairo_curve_to(cr, bx + other * nx, by + other * ny, ax + other * nx, ay + other * ny, x0,
                       y0);
        cairo_fill(cr);
    }
}

static void flare_half(struct sketch *sketch, double x0, double y0, double x1, double y1,
                       double shift, double width, double strength)
{
    cairo_t *cr = sketch->cr;
    fold_colour(sketch, strength);
    for (int layer = 1; layer <= 3; layer++) {
        double half = width * layer / 6, x = x1 + shift, middle = (y0 + y1) / 2;
        cairo_move_to(cr, x0, y0);
        cairo_curve_to(cr, x0, middle, x - half, middle, x - half, y1 + 6);
        cairo_line_to(cr, x + half, y1 + 6);
        cairo_curve_to(cr, x + half, middle, x0, middle, x0, y0);
        cairo_fill(cr);
    }
}

void shade_flare(struct sketch *sketch, double x0, double y0, double x1, double y1, double width,
                 double strength)
{
    flare_half(sketch, x0, y0, x1, y1, 0, width, strength);
    flare_half(sketch, x0, y0, x1, y1, -0.75 * width, width, -1.3 * strength);
}

void shade_seam(struct sketch *sketch, double strength)
{
    cairo_t *cr = sketch->cr;
    double light = rgb_lightness(sketch->base);
    cairo_set_line_width(cr, 1.1);
    if (light < 0.25)
        sketch_colour(sketch, LIGHT, 0.3 * strength);
    else
        sketch_colour(sketch, shade_colour(sketch, sketch->base), 0.55 * strength);
    cairo_stroke(cr);
}

/* The thread of denim is golden, any other nearly that of the cloth. */
void shade_stitches(struct sketch *sketch)
{
    static const double DASH[] = { 2.2, 1.6 };
    cairo_t *cr = sketch->cr;
    const struct rgb gold = { 0.85, 0.6, 0.25 };
    if (sketch->value[TRAIT_MATERIAL] == MATERIAL_DENIM)
        sketch_colour(sketch, gold, 0.85);
    else if (rgb_lightness(sketch->base) < 0.45)
        sketch_colour(sketch, LIGHT, 0.24);
    else
        sketch_colour(sketch, shade_colour(sketch, sketch->base), 0.4);
    cairo_set_line_width(cr, 0.8);
    cairo_set_dash(cr, DASH, 2, 0);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

void shade_ribs(struct sketch *sketch, double width)
{
    static const double DASH[] = { 1.1, 1.9 };
    cairo_t *cr = sketch->cr;
    cairo_line_cap_t cap = cairo_get_line_cap(cr);
    if (rgb_lightness(sketch->base) < 0.25)
        sketch_colour(sketch, LIGHT, 0.16);
    else
        sketch_colour(sketch, shade_colour(sketch, sketch->base), 0.3);
    cairo_set_line_width(cr, width);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_dash(cr, DASH, 2, 0);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
    cairo_set_line_cap(cr, cap);
}

void shade_area(struct sketch *sketch, double alpha)
{
    sketch_colour(sketch, shade_colour(sketch, sketch->base), alpha);
    cairo_fill(sketch->cr);
}
