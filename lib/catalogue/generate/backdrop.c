#include "catalogue/generate/backdrop.h"

#include <math.h>
#include <string.h>

#include "catalogue/generate/blend.h"
#include "catalogue/generate/generate.h"

static const double W = GENERATE_WIDTH, H = GENERATE_HEIGHT;

static const struct rgb TONE[] = {
    { 0.93, 0.92, 0.90 }, { 0.90, 0.91, 0.93 }, { 0.95, 0.91, 0.87 }, { 0.94, 0.88, 0.87 },
    { 0.87, 0.91, 0.89 }, { 0.85, 0.89, 0.93 }, { 0.92, 0.89, 0.80 }, { 0.90, 0.86, 0.92 },
    { 0.80, 0.82, 0.84 }, { 0.82, 0.76, 0.70 }, { 0.70, 0.76, 0.76 }, { 0.77, 0.70, 0.69 },
    { 0.68, 0.72, 0.78 }, { 0.76, 0.76, 0.66 },
};

/* A tone that the garment is not lost on. */
static struct rgb choose_tone(struct sketch *s)
{
    enum { TONES = sizeof TONE / sizeof TONE[0] };
    const double enough = 24;
    unsigned first = sketch_pick(s, TONES);
    struct rgb best = TONE[first];
    for (unsigned i = 0; i < TONES; i++) {
        struct rgb tone = TONE[(first + i) % TONES];
        if (rgb_distance(tone, s->base) >= enough)
            return tone;
        if (rgb_distance(tone, s->base) > rgb_distance(best, s->base))
            best = tone;
    }
    return best;
}

static void paint_and_drop(cairo_t *cr, cairo_pattern_t *source)
{
    cairo_set_source(cr, source);
    cairo_paint(cr);
    cairo_pattern_destroy(source);
}

static void add_stop(cairo_pattern_t *gradient, double at, struct rgb colour, double alpha)
{
    cairo_pattern_add_color_stop_rgba(gradient, at, colour.r, colour.g, colour.b, alpha);
}

/* Light from a lamp at the upper left. */
static void paint_wall(struct sketch *s, struct rgb tone)
{
    double x = W * sketch_between(s, 0.3, 0.5), y = H * sketch_between(s, 0.28, 0.42);
    const struct rgb white = { 1, 1, 1 };
    const struct blend_stop stops[] = { { 0, rgb_mix(tone, white, 0.42), 1 },
                                        { 0.55, tone, 1 },
                                        { 1, rgb_scale(tone, 0.87), 1 } };
    struct blend_ramp ramp;
    blend_ramp_fill(&ramp, stops, 3);
    blend_lamp(cairo_get_target(s->cr), x, y, 270, &ramp);
}

static void paint_floor(struct sketch *s, struct rgb tone, double floor)
{
    double line = floor - sketch_between(s, 34, 58);
    bool sharp = sketch_maybe(s, 0.45);
    struct rgb ground =
        sharp ? rgb_scale(tone, sketch_between(s, 0.88, 0.95)) : rgb_scale(tone, 1.03);
    double haze = sharp ? 1 : 60;
    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, line - haze, 0, H);
    add_stop(gradient, 0, ground, 0);
    add_stop(gradient, fmin(0.9, 2 * haze / (H - line)), ground, 1);
    add_stop(gradient, 1, rgb_scale(ground, 0.95), 1);
    paint_and_drop(s->cr, gradient);
}

/* A shape on the wall: an arch or a disc. */
static void paint_shape(struct sketch *s, struct rgb tone, double floor)
{
    cairo_t *cr = s->cr;
    struct rgb colour = rgb_mix(tone, (struct rgb){ 1, 1, 1 }, 0.4);
    if (sketch_maybe(s, 0.5))
        colour = rgb_scale(tone, 0.93);
    double x = W / 2, bottom = floor > 0 ? floor - 30 : H + 5;
    if (sketch_maybe(s, 0.5)) {
        double radius = sketch_between(s, 84, 100);
        cairo_move_to(cr, x - radius, bottom);
        cairo_line_to(cr, x - radius, H * 0.4);
        cairo_arc(cr, x, H * 0.4, radius, 3.14159265, 0);
        cairo_line_to(cr, x + radius, bottom);
    } else
        cairo_arc(cr, x, floor > 0 ? floor - 100 : H * 0.48, sketch_between(s, 92, 108), 0,
                  6.2831853);
    cairo_close_path(cr);
    sketch_colour(s, colour, 0.75);
    cairo_fill(cr);
}

/* Daylight through a window: two slanting bands. */
static void paint_daylight(struct sketch *s)
{
    cairo_t *cr = s->cr;
    double x = sketch_between(s, -60, 120), lean = sketch_between(s, 60, 120);
    for (int pane = 0; pane < 2; pane++) {
        double left = x + 62 * pane, wide = 52;
        cairo_move_to(cr, left + lean, 0);
        cairo_line_to(cr, left + wide + lean, 0);
        cairo_line_to(cr, left + wide - lean, H);
        cairo_line_to(cr, left - lean, H);
        cairo_close_path(cr);
    }
    cairo_set_source_rgba(cr, 1, 0.99, 0.95, 0.26);
    cairo_fill(cr);
}

/* Boards of a table, seen from above. */
static void paint_boards(struct sketch *s, struct rgb tone)
{
    cairo_t *cr = s->cr;
    double wide = sketch_between(s, 44, 64), x = -sketch_between(s, 0, wide);
    for (int board = 0; x < W; board++, x += wide) {
        double shift = 0.06 * (sketch_scatter(board, 1, s->print.salt) - 0.5);
        struct rgb colour = rgb_scale(tone, 1 + shift);
        sketch_colour(s, colour, 0.6);
        cairo_rectangle(cr, x, 0, wide, H);
        cairo_fill(cr);
        sketch_colour(s, rgb_scale(tone, 0.72), 0.5);
        cairo_rectangle(cr, x, 0, 1.3, H);
        cairo_fill(cr);
        sketch_colour(s, rgb_scale(tone, 0.86), 0.35);
        cairo_set_line_width(cr, 0.8);
        for (int line = 0; line < 4; line++) {
            double gx = x + wide * (0.15 + 0.22 * line);
            double bend = 9 * (sketch_scatter(board, 2 + line, s->print.salt) - 0.5);
            cairo_move_to(cr, gx, 0);
            cairo_curve_to(cr, gx + bend, H * 0.3, gx - bend, H * 0.6, gx, H);
            cairo_stroke(cr);
        }
    }
}

static void paint_plaster(struct sketch *s)
{
    cairo_t *cr = s->cr;
    for (int i = 0; i < 26; i++) {
        double x = W * sketch_scatter(i, 7, s->print.salt),
               y = H * sketch_scatter(i, 8, s->print.salt);
        double r = 24 + 46 * sketch_scatter(i, 9, s->print.salt);
        cairo_pattern_t *cloud = cairo_pattern_create_radial(x, y, 0, x, y, r);
        double v = i & 1 ? 1 : 0;
        cairo_pattern_add_color_stop_rgba(cloud, 0, v, v, v, v > 0 ? 0.085 : 0.03);
        cairo_pattern_add_color_stop_rgba(cloud, 1, v, v, v, 0);
        cairo_set_source(cr, cloud);
        cairo_rectangle(cr, x - r, y - r, 2 * r, 2 * r);
        cairo_fill(cr);
        cairo_pattern_destroy(cloud);
    }
}

void backdrop_paint(struct sketch *s, double floor)
{
    struct rgb tone = choose_tone(s);
    unsigned kind = sketch_pick(s, 10);
    paint_wall(s, tone);
    if (kind == 0 && floor <= 0)
        paint_boards(s, tone);
    else if (kind <= 2)
        paint_plaster(s);
    else if (kind <= 4)
        paint_shape(s, tone, floor);
    if (floor > 0)
        paint_floor(s, tone, floor);
    if (kind == 5 || kind == 6 || kind == 0)
        paint_daylight(s);
}

/* ---- shadow ---- */

enum { CELL = 4, SHADOW_W = GENERATE_WIDTH / CELL, SHADOW_H = GENERATE_HEIGHT / CELL };

/* Mean coverage of each cell of 4 x 4 pixels. */
static void shrink_alpha(cairo_surface_t *layer, uint8_t out[SHADOW_H][SHADOW_W])
{
    const uint8_t *data = cairo_image_surface_get_data(layer);
    size_t stride = (size_t)cairo_image_surface_get_stride(layer);
    for (size_t y = 0; y < SHADOW_H; y++)
        for (size_t x = 0; x < SHADOW_W; x++) {
            unsigned sum = 0;
            for (size_t i = 0; i < CELL * CELL; i++) {
                uint32_t pixel;
                const uint8_t *at =
                    data + (CELL * y + i / CELL) * stride + 4 * (CELL * x + i % CELL);
                memcpy(&pixel, at, sizeof pixel);
                sum += pixel >> 24;
            }
            out[y][x] = (uint8_t)(sum / (CELL * CELL));
        }
}

/* One pass of a box filter along lines of `n` bytes, `step` apart. */
static void blur_line(uint8_t *line, size_t n, size_t step, size_t radius)
{
    uint8_t copy[SHADOW_H > SHADOW_W ? SHADOW_H : SHADOW_W] = { 0 };
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        copy[i] = line[i * step];
    for (size_t i = 0; i < n + radius; i++) {
        sum += i < n ? copy[i] : 0;
        sum -= i > 2 * radius ? copy[i - 2 * radius - 1] : 0;
        if (i >= radius)
            line[(i - radius) * step] = (uint8_t)(sum / (2 * radius + 1));
    }
}

static void blur(uint8_t cell[SHADOW_H][SHADOW_W], size_t radius)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t y = 0; y < SHADOW_H; y++)
            blur_line(cell[y], SHADOW_W, 1, radius);
        for (size_t x = 0; x < SHADOW_W; x++)
            blur_line(&cell[0][x], SHADOW_H, SHADOW_W, radius);
    }
}

/* Casts the shadow of the layer's outline, blurred, moved by (dx, dy). */
static void cast_shadow(struct sketch *s, cairo_surface_t *layer, size_t radius, int dx, int dy,
                        double alpha)
{
    uint8_t cell[SHADOW_H][SHADOW_W];
    cairo_surface_t *picture = cairo_get_target(s->cr);
    shrink_alpha(layer, cell);
    blur(cell, radius);
    cairo_surface_flush(picture);
    blend_shadow(picture, cell[0], SHADOW_W, SHADOW_H, CELL, dx, dy, alpha);
}

/* Where the item touches the floor. */
static void paint_contact(struct sketch *s, double floor)
{
    cairo_pattern_t *dark = cairo_pattern_create_radial(0, 0, 8, 0, 0, 100);
    cairo_pattern_add_color_stop_rgba(dark, 0, 0.1, 0.08, 0.12, 0.5);
    cairo_pattern_add_color_stop_rgba(dark, 0.6, 0.1, 0.08, 0.12, 0.24);
    cairo_pattern_add_color_stop_rgba(dark, 1, 0.1, 0.08, 0.12, 0);
    cairo_save(s->cr);
    cairo_translate(s->cr, W / 2 + 4, floor - 4);
    cairo_scale(s->cr, 1.12, 0.13);
    cairo_set_source(s->cr, dark);
    cairo_arc(s->cr, 0, 0, 100, 0, 6.2831853);
    cairo_fill(s->cr);
    cairo_restore(s->cr);
    cairo_pattern_destroy(dark);
}

void backdrop_shadow(struct sketch *s, cairo_surface_t *layer, double floor)
{
    cairo_surface_flush(layer);
    if (floor > 0) {
        paint_contact(s, floor);
        cast_shadow(s, layer, 3, 5, 3, 0.2);
    } else {
        cast_shadow(s, layer, 3, 7, 9, 0.3);
        cast_shadow(s, layer, 1, 2, 3, 0.22);
    }
}
