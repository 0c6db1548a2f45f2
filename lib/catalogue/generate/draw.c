/* A picture: backdrop, shadow, garment. The garment is drawn on a layer of its own, so that its
 * shadow can be made from it; both are cairo surfaces in memory of ours. */
#include "catalogue/generate/draw.h"

#include <math.h>
#include <string.h>

#include "catalogue/generate/backdrop.h"
#include "catalogue/generate/design.h"
#include "catalogue/generate/frame.h"
#include "catalogue/generate/generate.h"
#include "catalogue/generate/patterns.h"
#include "catalogue/generate/trim.h"

enum { BYTES = 4 * GENERATE_WIDTH * GENERATE_HEIGHT }; /* of a surface */

static void (*const DRAWING[CATEGORIES])(struct sketch *) = {
    [CATEGORY_DRESS] = draw_dress,     [CATEGORY_T_SHIRT] = draw_top,
    [CATEGORY_BLOUSE] = draw_top,      [CATEGORY_SHIRT] = draw_top,
    [CATEGORY_SWEATER] = draw_top,     [CATEGORY_JACKET] = draw_top,
    [CATEGORY_SKIRT] = draw_skirt,     [CATEGORY_TROUSERS] = draw_trousers,
    [CATEGORY_SHORTS] = draw_trousers, [CATEGORY_SNEAKERS] = draw_shoes,
    [CATEGORY_BOOTS] = draw_shoes,     [CATEGORY_HEELS] = draw_shoes,
    [CATEGORY_FLATS] = draw_shoes,     [CATEGORY_SANDALS] = draw_shoes,
    [CATEGORY_BAG] = draw_bag,
};

/* A tone of a named colour that still deserves the name. */
static struct rgb choose_tone(struct sketch *s, uint8_t colour)
{
    struct rgb rgb = palette_rgb((enum colour)colour);
    double light = sketch_between(s, 0.94, 1.05), warm = sketch_between(s, -0.02, 0.02);
    rgb = rgb_scale(rgb, light);
    return (struct rgb){ fmin(1, rgb.r * (1 + warm)), rgb.g, fmin(1, rgb.b * (1 - warm)) };
}

/* Of a solid item: what its trim is made of, near its own colour. */
static struct rgb choose_trim(struct sketch *s)
{
    return rgb_lightness(s->base) > 0.4 ? rgb_scale(s->base, 0.72)
                                        : rgb_mix(s->base, (struct rgb){ 1, 1, 1 }, 0.3);
}

static void choose_look(struct sketch *s)
{
    static const struct rgb METAL[] = { { 0.83, 0.68, 0.36 },
                                        { 0.78, 0.79, 0.82 },
                                        { 0.72, 0.52, 0.38 } };
    s->base = choose_tone(s, s->value[TRAIT_COLOUR]);
    s->second = choose_trim(s);
    if (s->value[TRAIT_SECOND])
        s->second = choose_tone(s, s->value[TRAIT_SECOND]);
    s->metal = METAL[sketch_pick(s, 3)];
    pattern_choose(s);
}

struct placing {
    double scale, x, y, tilt;
    bool mirrored, hanger;
    double floor;
};

static struct placing choose_place(struct sketch *s, const struct frame *f)
{
    const double margin = 15, high = GENERATE_HEIGHT, wide = GENERATE_WIDTH;
    struct placing p = { .mirrored = sketch_maybe(s, f->stands ? 0.35 : 0.5) };
    p.hanger = f->hangs && sketch_maybe(s, 0.3);
    double top = f->top - (p.hanger ? 18 : 0), tall = f->bottom - top;
    double room = fmin((high - 2 * margin) / tall, (wide - 2 * margin + 8) / (2 * f->half));
    p.scale = fmin(f->most, room) * sketch_between(s, 0.965, 1);
    p.tilt = f->stands ? 0 : sketch_between(s, -0.03, 0.03);
    p.x = 0.5 * wide + sketch_between(s, -3, 3);
    double middle = f->stands ? 0.55 : 0.5;
    p.y = middle * high - 0.5 * (top + f->bottom) * p.scale + sketch_between(s, -4, 4);
    p.y = fmin(p.y, high - margin - f->bottom * p.scale);
    p.floor = f->stands ? p.y + f->bottom * p.scale : 0;
    return p;
}

static void place_and_draw(struct sketch *s, const struct placing *p)
{
    cairo_t *cr = s->cr;
    cairo_translate(cr, p->x, p->y);
    cairo_rotate(cr, p->tilt);
    cairo_scale(cr, p->mirrored ? -p->scale : p->scale, p->scale);
    if (p->hanger)
        trim_hanger(s, 37, -5, 16);
    DRAWING[s->value[TRAIT_CATEGORY]](s);
}

/* A cleared surface on memory of ours. */
static cairo_surface_t *surface_on(uint8_t *pixels, int shrink)
{
    int width = GENERATE_WIDTH / shrink, height = GENERATE_HEIGHT / shrink;
    memset(pixels, 0, 4 * (size_t)width * (size_t)height);
    return cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_ARGB32, width, height,
                                               4 * width);
}

static void to_rgb(const uint8_t *pixels, uint8_t *out)
{
    for (size_t i = 0; i < GENERATE_WIDTH * GENERATE_HEIGHT; i++) {
        uint32_t pixel;
        memcpy(&pixel, pixels + 4 * i, sizeof pixel);
        out[3 * i] = (uint8_t)(pixel >> 16);
        out[3 * i + 1] = (uint8_t)(pixel >> 8);
        out[3 * i + 2] = (uint8_t)pixel;
    }
}

/* Draws on a surface and destroys the context. */
static cairo_status_t finish(struct sketch *s, cairo_surface_t *surface)
{
    cairo_status_t status = cairo_status(s->cr);
    cairo_destroy(s->cr);
    cairo_surface_flush(surface);
    return status;
}

static cairo_status_t draw_front(struct sketch *s, cairo_surface_t *surface, int shrink,
                                 double *floor)
{
    struct frame frame = frame_find(s->value);
    struct placing place = choose_place(s, &frame);
    s->cr = cairo_create(surface);
    s->weave = weave_create(s);
    cairo_scale(s->cr, 1.0 / shrink, 1.0 / shrink);
    place_and_draw(s, &place);
    if (s->weave)
        cairo_surface_destroy(s->weave);
    *floor = place.floor;
    return finish(s, surface);
}

static cairo_status_t draw_behind(struct sketch *s, cairo_surface_t *surface,
                                  cairo_surface_t *front, double floor)
{
    s->cr = cairo_create(surface);
    backdrop_paint(s, floor);
    backdrop_shadow(s, front, floor);
    cairo_set_source_surface(s->cr, front, 0, 0);
    cairo_paint(s->cr);
    return finish(s, surface);
}

/* Draws the garment on `layer` and, where `whole` is not NULL, the picture on it. */
static enum gmr_status draw_all(const struct design *design, struct rng_stream chance, int shrink,
                                uint8_t *layer, uint8_t *whole)
{
    cairo_surface_t *front = surface_on(layer, shrink);
    struct sketch s = { .value = design->value, .chance = chance };
    double floor;
    choose_look(&s);
    struct sketch behind = s; /* its chance does not depend on how much of it a drawing uses */
    behind.chance.counter += 1u << 16;
    cairo_status_t status = draw_front(&s, front, shrink, &floor);
    if (whole && status == CAIRO_STATUS_SUCCESS) {
        cairo_surface_t *back = surface_on(whole, 1);
        status = draw_behind(&behind, back, front, floor);
        cairo_surface_destroy(back);
    }
    cairo_surface_destroy(front);
    if (status == CAIRO_STATUS_SUCCESS)
        return GMR_OK;
    return gmr_error(GMR_ERR_NOMEM, "cannot draw a picture: %s", cairo_status_to_string(status));
}

enum gmr_status draw_garment(const struct design *design, struct rng_stream chance, int shrink,
                             uint8_t *pixels)
{
    return draw_all(design, chance, shrink, pixels, NULL);
}

enum gmr_status draw_design(const struct gmr_allocator *allocator, const struct design *design,
                            struct rng_stream chance, struct picture *picture)
{
    enum gmr_status status = GMR_OK;
    uint8_t *layer = memory_allocate(allocator, 2 * (size_t)BYTES);
    *picture = (struct picture){ .allocator = allocator };
    if (!layer)
        return GMR_ERR_NOMEM;
    status = picture_init(picture, allocator, GENERATE_WIDTH, GENERATE_HEIGHT);
    if (status == GMR_OK)
        status = draw_all(design, chance, 1, layer, layer + BYTES);
    if (status == GMR_OK)
        to_rgb(layer + BYTES, picture->pixels);
    else
        picture_release(picture);
    memory_release(allocator, layer, 2 * (size_t)BYTES);
    return status;
}

enum gmr_status generate_draw(const struct gmr_allocator *allocator, uint64_t seed, size_t n,
                              struct picture *picture)
{
    struct design design;
    design_choose(seed, n, &design);
    return draw_design(allocator, &design, design_stream(seed, n, DESIGN_LOOK), picture);
}
