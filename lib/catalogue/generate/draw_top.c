/* Tops: t-shirts, blouses, shirts, sweaters and jackets: a bodice that goes on to a hem. */
#include <math.h>

#include "catalogue/generate/bodice.h"
#include "catalogue/generate/draw.h"
#include "catalogue/generate/patterns.h"
#include "catalogue/generate/shade.h"
#include "catalogue/generate/trim.h"

static void choose_hem(struct sketch *s, struct bodice *b)
{
    static const double HEM[] = {
        [0] = 138, [LENGTH_CROP] = 97, [LENGTH_REGULAR] = 138, [LENGTH_LONG] = 174
    };
    uint8_t length = s->value[TRAIT_LENGTH], category = s->value[TRAIT_CATEGORY];
    b->hem_y = HEM[length] + sketch_between(s, -3, 3);
    b->waist_y = fmin(92, b->hem_y - 2);
    b->neck_depth = fmin(b->neck_depth, 0.66 * b->hem_y);
    b->hem_x = b->waist_x + (length == LENGTH_LONG ? 7 : length == LENGTH_CROP ? 0.5 : 4);
    b->hem_sag = category == CATEGORY_SHIRT && sketch_maybe(s, 0.5) ? 11 : 4;
    if (category == CATEGORY_SWEATER)
        b->hem_x -= 2;
}

static void trace_hem(cairo_t *cr, const struct bodice *b, double above)
{
    double y = b->hem_y - above, low = y + 1.33 * b->hem_sag * 0.95;
    cairo_move_to(cr, -b->hem_x - 3, y - 0.5);
    cairo_curve_to(cr, -b->hem_x * 0.5, low, b->hem_x * 0.5, low, b->hem_x + 3, y - 0.5);
}

static void draw_hem(struct sketch *s, const struct bodice *b)
{
    uint8_t category = s->value[TRAIT_CATEGORY];
    bool bomber = category == CATEGORY_JACKET && b->neck == NECK_STAND;
    if (category == CATEGORY_SWEATER || bomber) {
        trace_hem(s->cr, b, 5);
        shade_ribs(s, 13);
        trace_hem(s->cr, b, 12);
        shade_seam(s, 0.9);
    } else {
        trace_hem(s->cr, b, 5);
        shade_stitches(s);
    }
}

/* The second colour below a line, across the chest, or on one side; on the sleeves too, or not. */
static void add_blocks(struct sketch *s, const void *bodice)
{
    const struct bodice *b = bodice;
    cairo_t *cr = s->cr;
    double wide = 2 * b->shoulder_x + 20, share = s->print.share;
    switch (s->print.variant / 2) {
    case 0: cairo_rectangle(cr, -wide, b->hem_y * (0.52 + 0.12 * share), 2 * wide, b->hem_y); break;
    case 1: cairo_rectangle(cr, -wide, b->armpit_y - 8, 2 * wide, 30 + 14 * share); break;
    default: cairo_rectangle(cr, 0, -20, wide, b->hem_y + 60);
    }
}

/* Cables, or folds that fall from the chest. */
static void draw_surface(struct sketch *s, const struct bodice *b)
{
    double low = b->hem_y - 12;
    for (int i = 0; i < 4; i++) {
        double x = b->hem_x * (-0.75 + 0.5 * i) + sketch_between(s, -5, 5);
        double y = sketch_between(s, b->waist_y - 22, b->waist_y + 2);
        shade_fold(s, x * 0.85, fmin(y, low - 14), x + sketch_between(s, -4, 4), b->hem_y,
                   sketch_between(s, -4, 4), 9, i & 1 ? -0.9 : 0.9);
    }
}

static void draw_cables(struct sketch *s, const struct bodice *b)
{
    cairo_t *cr = s->cr;
    for (int column = -1; column <= 1; column++) {
        double x = 21 * column;
        for (double y = b->neck_depth + 8; y < b->hem_y - 16; y += 13)
            for (int strand = -1; strand <= 1; strand += 2) {
                cairo_move_to(cr, x - 4.5 * strand, y);
                cairo_curve_to(cr, x - 4.5 * strand, y + 6, x + 4.5 * strand, y + 7,
                               x + 4.5 * strand, y + 13);
                shade_seam(s, 0.85);
            }
    }
}

static void draw_front(struct sketch *s, const struct bodice *b)
{
    uint8_t pattern = s->value[TRAIT_PATTERN];
    struct cloth front = cloth_main(s, 0, 0.7);
    front.block = add_blocks;
    front.subject = b;
    bodice_trace(s, b);
    cloth_begin(s, &front);
    bodice_draw_folds(s, b);
    draw_surface(s, b);
    if (s->value[TRAIT_MATERIAL] == MATERIAL_KNIT && pattern == PATTERN_SOLID &&
        sketch_maybe(s, 0.5))
        draw_cables(s, b);
    if (pattern == PATTERN_GRAPHIC)
        graphic_paint(s, 0, b->neck_depth * 0.4 + 55, sketch_between(s, 46, 56));
    draw_hem(s, b);
    cloth_end(s, &front);
}

static void draw_pockets(struct sketch *s, const struct bodice *b)
{
    bool jacket = s->value[TRAIT_CATEGORY] == CATEGORY_JACKET;
    double y = b->armpit_y - 4;
    if (!jacket) {
        trim_pocket(s, 10, y, 20, 22);
        return;
    }
    for (int side = -1; side <= 1; side += 2) {
        double low = fmin(b->hem_y - 34, b->waist_y + 8);
        trim_pocket(s, side * b->waist_x * 0.58 - 11, low, 22, 22);
    }
}

void draw_top(struct sketch *s)
{
    struct bodice b;
    bodice_choose(s, &b);
    choose_hem(s, &b);
    bodice_draw_behind(s, &b);
    draw_front(s, &b);
    if (s->value[TRAIT_DECORATION] == DECORATION_POCKET)
        draw_pockets(s, &b);
    bodice_draw_neck(s, &b, b.hem_y + 0.7 * b.hem_sag);
    if (s->value[TRAIT_DECORATION] == DECORATION_BELT)
        trim_belt(s, b.waist_x + 1, b.waist_y, 11);
}
