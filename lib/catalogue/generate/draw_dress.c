/* Dresses: a skirt, and a bodice over it. */

#include "catalogue/generate/bodice.h"
#include "catalogue/generate/draw.h"
#include "catalogue/generate/shade.h"
#include "catalogue/generate/skirt.h"
#include "catalogue/generate/trim.h"

static void draw_bodice(struct sketch *s, const struct bodice *b)
{
    struct cloth front = cloth_main(s, 0, 0.85);
    bodice_trace(s, b);
    cloth_begin(s, &front);
    bodice_draw_folds(s, b);
    cloth_end(s, &front);
}

static void draw_waist(struct sketch *s, const struct skirt *k)
{
    if (s->value[TRAIT_DECORATION] == DECORATION_BELT)
        trim_belt(s, k->top_x + 1, k->top, 10);
    if (s->value[TRAIT_DECORATION] == DECORATION_POCKET)
        for (int side = -1; side <= 1; side += 2)
            trim_pocket(s, side * k->top_x * 0.62 - 10, k->top + 20, 20, 23);
}

void draw_dress(struct sketch *s)
{
    struct bodice b;
    struct skirt k;
    bodice_choose(s, &b);
    bool empire = s->value[TRAIT_SHAPE] == SHAPE_A_LINE && sketch_maybe(s, 0.3);
    if (empire) {
        b.waist_y = b.hem_y = 78;
        b.waist_x = b.hem_x = b.waist_x + 2;
    }
    skirt_choose(s, &k, b.waist_y, b.waist_x, 1);
    k.hem += empire ? 14 : 0;
    bodice_draw_behind(s, &b);
    skirt_draw(s, &k);
    draw_bodice(s, &b);
    bodice_draw_neck(s, &b, b.open_front ? k.hem - 8 : b.waist_y);
    draw_waist(s, &k);
}
