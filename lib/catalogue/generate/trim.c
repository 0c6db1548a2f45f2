#include "catalogue/generate/trim.h"

#include <math.h>

#include "catalogue/generate/shade.h"

static const double PI = 3.14159265358979323846;

static void metal_fill(struct sketch *s)
{
    cairo_t *cr = s->cr;
    sketch_colour(s, s->metal, 1);
    cairo_fill_preserve(cr);
    sketch_colour(s, rgb_scale(s->metal, 0.45), 0.9);
    cairo_set_line_width(cr, 0.7);
    cairo_stroke(cr);
}

static void bow_loop(struct sketch *s, double x, double y, double size)
{
    cairo_t *cr = s->cr;
    cairo_move_to(cr, x, y - 0.1 * fabs(size));
    cairo_curve_to(cr, x + 0.4 * size, y - 0.62 * fabs(size), x + 1.05 * size, y - 0.7 * fabs(size),
                   x + size, y - 0.1 * fabs(size));
    cairo_curve_to(cr, x + 1.0 * size, y + 0.5 * fabs(size), x + 0.5 * size, y + 0.4 * fabs(size),
                   x, y + 0.12 * fabs(size));
    cairo_close_path(cr);
    struct cloth loop = cloth_main(s, 0.5, 0.9);
    cloth_begin(s, &loop);
    shade_fold(s, x, y, x + 0.75 * size, y - 0.12 * fabs(size), 0, 0.35 * fabs(size), 1.6);
    cloth_end(s, &loop);
}

static void bow_tail(struct sketch *s, double x, double y, double size)
{
    cairo_t *cr = s->cr;
    double high = fabs(size);
    cairo_move_to(cr, x, y);
    cairo_curve_to(cr, x + 0.1 * size, y + 0.5 * high, x + 0.35 * size, y + 0.9 * high,
                   x + 0.4 * size, y + 1.5 * high);
    cairo_line_to(cr, x + 0.66 * size, y + 1.28 * high);
    cairo_line_to(cr, x + 0.84 * size, y + 1.38 * high);
    cairo_curve_to(cr, x + 0.7 * size, y + 0.8 * high, x + 0.45 * size, y + 0.4 * high,
                   x + 0.16 * size, y);
    cairo_close_path(cr);
    cloth_paint(s, cloth_main(s, -0.3, 0.7));
}

void trim_bow(struct sketch *s, double x, double y, double size)
{
    bow_tail(s, x, y, size);
    bow_tail(s, x, y, -size);
    bow_loop(s, x, y, size);
    bow_loop(s, x, y, -size);
    cairo_save(s->cr);
    cairo_translate(s->cr, x, y);
    cairo_scale(s->cr, 0.2 * size, 0.24 * size);
    cairo_arc(s->cr, 0, 0, 1, 0, 2 * PI);
    cairo_restore(s->cr);
    cloth_paint(s, cloth_main(s, 0, 1));
}

void trim_button(struct sketch *s, double x, double y, double radius)
{
    cairo_t *cr = s->cr;
    const struct rgb pearl = { 0.95, 0.93, 0.88 }, horn = { 0.22, 0.17, 0.15 };
    struct rgb colour = rgb_lightness(s->base) > 0.72 ? rgb_mix(horn, s->base, 0.45) : pearl;
    sketch_colour(s, shade_colour(s, s->base), 0.35);
    cairo_arc(cr, x + 0.5, y + 0.9, radius, 0, 2 * PI);
    cairo_fill(cr);
    sketch_colour(s, colour, 1);
    cairo_arc(cr, x, y, radius, 0, 2 * PI);
    cairo_fill_preserve(cr);
    sketch_colour(s, rgb_scale(colour, 0.45), 0.8);
    cairo_set_line_width(cr, 0.5);
    cairo_stroke(cr);
    for (int hole = -1; hole <= 1; hole += 2) {
        cairo_arc(cr, x + 0.3 * hole * radius, y, 0.17 * radius, 0, 2 * PI);
        cairo_fill(cr);
    }
}

void trim_buttons(struct sketch *s, double x0, double y0, double x1, double y1, int count,
                  double radius)
{
    for (int i = 0; i < count; i++) {
        double t = count > 1 ? (double)i / (count - 1) : 0;
        trim_button(s, x0 + t * (x1 - x0), y0 + t * (y1 - y0), radius);
    }
}

void trim_stud(struct sketch *s, double x, double y, double radius)
{
    cairo_arc(s->cr, x, y, radius, 0, 2 * PI);
    metal_fill(s);
    sketch_colour(s, (struct rgb){ 1, 1, 1 }, 0.75);
    cairo_arc(s->cr, x - 0.3 * radius, y - 0.35 * radius, 0.32 * radius, 0, 2 * PI);
    cairo_fill(s->cr);
}

void trim_buckle(struct sketch *s, double x, double y, double width, double height)
{
    cairo_t *cr = s->cr;
    double left = x - width / 2, top = y - height / 2;
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_rectangle(cr, left, top, width, height);
    sketch_colour(s, rgb_scale(s->metal, 0.4), 1);
    cairo_set_line_width(cr, 3.4);
    cairo_stroke_preserve(cr);
    sketch_colour(s, s->metal, 1);
    cairo_set_line_width(cr, 2.1);
    cairo_stroke(cr);
    cairo_move_to(cr, x - 0.1 * width, y);
    cairo_line_to(cr, left + width, y);
    cairo_set_line_width(cr, 1.5);
    cairo_stroke(cr);
    sketch_colour(s, (struct rgb){ 1, 1, 1 }, 0.7);
    cairo_move_to(cr, left, top + height * 0.7);
    cairo_line_to(cr, left, top);
    cairo_line_to(cr, left + width * 0.6, top);
    cairo_set_line_width(cr, 0.7);
    cairo_stroke(cr);
}

void trim_tassel(struct sketch *s, double x, double y, double length)
{
    cairo_t *cr = s->cr;
    double half = 0.2 * length;
    cairo_move_to(cr, x - 0.5 * half, y + 0.28 * length);
    cairo_line_to(cr, x - half, y + length);
    cairo_line_to(cr, x + half, y + length);
    cairo_line_to(cr, x + 0.5 * half, y + 0.28 * length);
    cairo_close_path(cr);
    struct cloth skirt = cloth_plain(s->base, 0.8);
    cloth_begin(s, &skirt);
    for (int i = -2; i <= 2; i++) {
        cairo_move_to(cr, x + 0.2 * i * half, y + 0.28 * length);
        cairo_line_to(cr, x + 0.42 * i * half, y + length);
        shade_seam(s, 0.9);
    }
    cloth_end(s, &skirt);
    cairo_arc(cr, x, y + 0.2 * length, 0.13 * length, 0, 2 * PI);
    metal_fill(s);
}

void trim_zip(struct sketch *s, double x0, double y0, double x1, double y1)
{
    static const double TEETH[] = { 1.2, 1.2 };
    cairo_t *cr = s->cr;
    struct rgb dark = shade_colour(s, s->base);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    sketch_colour(s, dark, 0.75);
    cairo_set_line_width(cr, 4.6);
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
    cairo_stroke(cr);
    sketch_colour(s, s->metal, 1);
    cairo_set_line_width(cr, 2.6);
    cairo_set_dash(cr, TEETH, 2, 0);
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
    double length = hypot(x1 - x0, y1 - y0), ux = (x1 - x0) / length, uy = (y1 - y0) / length;
    double x = x0 + 3 * ux, y = y0 + 3 * uy;
    cairo_move_to(cr, x + 2.4 * uy, y - 2.4 * ux);
    cairo_line_to(cr, x + 1.5 * uy + 11 * ux, y - 1.5 * ux + 11 * uy);
    cairo_line_to(cr, x - 1.5 * uy + 11 * ux, y + 1.5 * ux + 11 * uy);
    cairo_line_to(cr, x - 2.4 * uy, y + 2.4 * ux);
    cairo_close_path(cr);
    metal_fill(s);
}

void trim_pocket(struct sketch *s, double x, double y, double width, double height)
{
    cairo_t *cr = s->cr;
    double right = x + width, low = y + 0.8 * height, bottom = y + height;
    sketch_colour(s, shade_colour(s, s->base), 0.22);
    cairo_rectangle(cr, x + 1, y + 2, width + 1, height * 0.86);
    cairo_fill(cr);
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, x, low);
    cairo_line_to(cr, x + width / 2, bottom);
    cairo_line_to(cr, right, low);
    cairo_line_to(cr, right, y);
    cairo_close_path(cr);
    struct cloth patch = cloth_main(s, 0, 0.25);
    cloth_begin(s, &patch);
    cairo_move_to(cr, x, y + 5);
    cairo_line_to(cr, right, y + 5);
    shade_stitches(s);
    cairo_move_to(cr, x + 2, y + 1);
    cairo_line_to(cr, x + 2, low - 1);
    cairo_line_to(cr, x + width / 2, bottom - 2);
    cairo_line_to(cr, right - 2, low - 1);
    cairo_line_to(cr, right - 2, y + 1);
    shade_stitches(s);
    cloth_end(s, &patch);
}

/* A wavy lower edge, back from the far end; then along the sagging upper one. */
static void ruffle_path(cairo_t *cr, double x0, double y0, double x1, double y1, double sag,
                        double depth, int waves)
{
    cairo_move_to(cr, x0, y0);
    cairo_curve_to(cr, x0 + (x1 - x0) / 3, y0 + (y1 - y0) / 3 + sag, x0 + 2 * (x1 - x0) / 3,
                   y0 + 2 * (y1 - y0) / 3 + sag, x1, y1);
    for (int i = waves; i >= 0; i--) {
        double t = (double)i / waves, drop = 3 * sag * t * (1 - t);
        double x = x0 + t * (x1 - x0) + (t - 0.5) * 0.25 * depth;
        double y = y0 + t * (y1 - y0) + drop + depth;
        if (i == waves)
            cairo_line_to(cr, x, y);
        else {
            double step = (x1 - x0) / waves;
            cairo_curve_to(cr, x + 0.75 * step, y + 0.22 * depth, x + 0.25 * step, y - 0.3 * depth,
                           x, y);
        }
    }
    cairo_close_path(cr);
}

void trim_ruffle(struct sketch *s, double x0, double y0, double x1, double y1, double sag,
                 double depth)
{
    int waves = (int)(hypot(x1 - x0, y1 - y0) / (0.85 * depth)) + 2;
    sketch_colour(s, shade_colour(s, s->base), 0.2);
    ruffle_path(s->cr, x0, y0 + 2.5, x1, y1 + 2.5, sag, depth, waves);
    cairo_fill(s->cr);
    ruffle_path(s->cr, x0, y0, x1, y1, sag, depth, waves);
    struct cloth band = cloth_main(s, 0, 0.3);
    cloth_begin(s, &band);
    for (int i = 0; i <= waves; i++) {
        double t = (i + 0.4) / waves, drop = 3 * sag * t * (1 - t);
        double x = x0 + t * (x1 - x0), y = y0 + t * (y1 - y0) + drop;
        shade_flare(s, x, y, x + (t - 0.5) * 0.25 * depth, y + depth, 0.34 * depth, 1.5);
    }
    cloth_end(s, &band);
}

void trim_fringe(struct sketch *s, double x0, double y0, double x1, double y1, double length)
{
    int strips = (int)(hypot(x1 - x0, y1 - y0) / 3.4) + 1;
    for (int i = 0; i <= strips; i++) {
        double t = (double)i / strips, x = x0 + t * (x1 - x0), y = y0 + t * (y1 - y0);
        double end = length * sketch_between(s, 0.88, 1.05), lean = sketch_between(s, -1.2, 1.2);
        cairo_move_to(s->cr, x - 1.2, y);
        cairo_line_to(s->cr, x - 1.1 + lean, y + end);
        cairo_line_to(s->cr, x + 1.1 + lean, y + end);
        cairo_line_to(s->cr, x + 1.2, y);
        cairo_close_path(s->cr);
        sketch_colour(s, rgb_scale(s->base, i & 1 ? 0.86 : 1), 1);
        cairo_fill_preserve(s->cr);
        sketch_colour(s, shade_colour(s, s->base), 0.5);
        cairo_set_line_width(s->cr, 0.6);
        cairo_stroke(s->cr);
    }
}

static struct rgb belt_colour(const struct sketch *s)
{
    const struct rgb tan = { 0.55, 0.34, 0.2 }, night = { 0.13, 0.12, 0.14 };
    if (s->value[TRAIT_SECOND])
        return s->second;
    return rgb_distance(s->base, night) > 45 && rgb_distance(s->base, tan) < 55 ? night : tan;
}

void trim_belt(struct sketch *s, double half, double y, double height)
{
    cairo_t *cr = s->cr;
    double top = y - height / 2, bottom = y + height / 2;
    cairo_move_to(cr, -half, top);
    cairo_curve_to(cr, -half / 2, top + 3, half / 2, top + 3, half, top);
    cairo_line_to(cr, half, bottom);
    cairo_curve_to(cr, half / 2, bottom + 3, -half / 2, bottom + 3, -half, bottom);
    cairo_close_path(cr);
    struct cloth belt = cloth_plain(belt_colour(s), 0.9);
    cloth_begin(s, &belt);
    cloth_end(s, &belt);
    trim_buckle(s, 0, y + 2.2, 1.25 * height, 1.15 * height);
}

void trim_hanger(struct sketch *s, double half, double y, double drop)
{
    cairo_t *cr = s->cr;
    const struct rgb wood = { 0.72, 0.53, 0.35 }, steel = { 0.62, 0.63, 0.66 };
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    sketch_colour(s, steel, 1);
    cairo_set_line_width(cr, 2.4);
    cairo_move_to(cr, 0, y);
    cairo_curve_to(cr, 0, y - 9, 7, y - 9, 7, y - 16);
    cairo_curve_to(cr, 7, y - 25, -7, y - 25, -7, y - 16);
    cairo_stroke(cr);
    cairo_move_to(cr, -half, y + drop);
    cairo_curve_to(cr, -half * 0.6, y + drop * 0.5, -10, y, 0, y);
    cairo_curve_to(cr, 10, y, half * 0.6, y + drop * 0.5, half, y + drop);
    sketch_colour(s, rgb_scale(wood, 0.6), 1);
    cairo_set_line_width(cr, 7);
    cairo_stroke_preserve(cr);
    sketch_colour(s, wood, 1);
    cairo_set_line_width(cr, 5.4);
    cairo_stroke(cr);
}
