/* A pair of shoes: the far one a little higher and darker, then the near one. Both come from the
 * same chance. */
#include "catalogue/generate/draw.h"
#include "catalogue/generate/shoe.h"

static void draw_one(struct sketch *s)
{
    struct foot foot;
    foot_choose(s, &foot);
    switch (s->value[TRAIT_CATEGORY]) {
    case CATEGORY_SNEAKERS: shoe_draw_sneaker(s, &foot); break;
    case CATEGORY_BOOTS: shoe_draw_boot(s, &foot); break;
    case CATEGORY_SANDALS: shoe_draw_sandal(s, &foot); break;
    default: shoe_draw_pump(s, &foot);
    }
}

void draw_shoes(struct sketch *s)
{
    struct rng_stream chance = s->chance;
    struct rgb base = s->base, second = s->second;
    cairo_save(s->cr);
    cairo_translate(s->cr, 24, -25);
    s->base = rgb_scale(base, 0.9);
    s->second = rgb_scale(second, 0.9);
    draw_one(s);
    cairo_restore(s->cr);
    s->base = base;
    s->second = second;
    s->chance = chance;
    draw_one(s);
}
