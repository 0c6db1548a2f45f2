/* Sneakers: a thick rubber sole, an upper with overlays, and laces, straps or elastic. */
#include "catalogue/generate/shade.h"
#include "catalogue/generate/shoe.h"
#include "catalogue/generate/trim.h"

struct sneaker {
    bool high, canvas;
    double top; /* of the collar at the heel */
    double tongue_y;
    uint8_t fastening;
};

static void trace_upper(cairo_t *cr, const struct foot *f, const struct sneaker *n)
{
    foot_move(cr, f, 80, 2);
    foot_curve(cr, f, 90, -20, 74, -34, 83, n->top);
    if (n->fastening == FASTENING_SLIP_ON) {
        foot_curve(cr, f, 76, n->top - 6, 62, -48, 44, -49);
        foot_curve(cr, f, 26, -50, 14, -58, 2, -60);
        foot_curve(cr, f, -14, -56, -28, -46, -44, -40);
    } else {
        foot_curve(cr, f, 77, n->top - 7, 70, n->top + 15, 50, n->top + 17);
        foot_curve(cr, f, 36, n->top + 17, 27, n->top + 4, 21, n->tongue_y + 3);
        foot_curve(cr, f, 10, n->high ? -84 : -72, -20, -48, -44, -38);
    }
    foot_curve(cr, f, -64, -33, -100, -36, -103, 2);
    cairo_close_path(cr);
}

static void draw_lining(struct sketch *s, const struct foot *f, const struct sneaker *n)
{
    foot_move(s->cr, f, 82, n->top);
    foot_curve(s->cr, f, 68, n->top - 3, 36, n->top - 3, 14, n->tongue_y + 8);
    foot_curve(s->cr, f, 22, -40, 70, -40, 82, n->top);
    cairo_close_path(s->cr);
    cloth_paint(s, cloth_plain(rgb_mix(s->base, (struct rgb){ 0.25, 0.24, 0.26 }, 0.6), 0.4));
    if (n->fastening == FASTENING_SLIP_ON)
        return;
    foot_move(s->cr, f, 24, n->tongue_y + 14);
    foot_curve(s->cr, f, 24, n->tongue_y + 2, 20, n->tongue_y - 9, 11, n->tongue_y - 9);
    foot_curve(s->cr, f, 2, n->tongue_y - 7, -2, -62, -34, -38);
    foot_line(s->cr, f, -10, -36);
    cairo_close_path(s->cr);
    cloth_paint(s, cloth_plain(rgb_mix(s->base, (struct rgb){ 1, 1, 1 }, 0.14), 0.5));
}

/* A second layer of material: in the second colour when the item is colourblocked. */
static void overlay(struct sketch *s)
{
    bool blocks = s->value[TRAIT_PATTERN] == PATTERN_BLOCKS;
    bool dark = rgb_lightness(s->base) < 0.3;
    struct cloth patch = cloth_main(s, 0, 0.35);
    patch.printed = false;
    patch.colour = blocks ? s->second
                   : dark ? rgb_mix(s->base, (struct rgb){ 1, 1, 1 }, 0.1)
                          : rgb_scale(s->base, 0.9);
    cloth_paint(s, patch);
}

static void draw_overlays(struct sketch *s, const struct foot *f, const struct sneaker *n)
{
    cairo_t *cr = s->cr;
    foot_move(cr, f, 84, 2); /* heel */
    foot_curve(cr, f, 94, -20, 78, -34, 86, n->top + 2);
    foot_line(cr, f, 70, n->top + 8);
    foot_curve(cr, f, 66, -40, 60, -24, 40, 2);
    cairo_close_path(cr);
    overlay(s);
    if (!n->canvas) { /* toe */
        foot_move(cr, f, -104, 2);
        foot_curve(cr, f, -102, -40, -66, -36, -50, -41);
        foot_curve(cr, f, -58, -30, -66, -10, -30, 2);
        cairo_close_path(cr);
        overlay(s);
    }
    if (n->fastening == FASTENING_LACES) { /* eyelets */
        foot_move(cr, f, 23, n->tongue_y + 2);
        foot_curve(cr, f, 10, n->high ? -84 : -72, -20, -48, -48, -39);
        foot_curve(cr, f, -40, -24, -28, -26, -20, -28);
        foot_curve(cr, f, 4, -44, 22, -56, 34, n->top + 12);
        cairo_close_path(cr);
        overlay(s);
    }
}

static void draw_holes(struct sketch *s, const struct foot *f)
{
    for (int i = 0; i < 9; i++) {
        double x = 2 + 7.0 * (i % 3) - 3.0 * (i / 3), y = -15 - 6.5 * (i / 3);
        foot_place(f, &x, &y);
        cairo_arc(s->cr, x, y, 1.1, 0, 6.3);
        shade_area(s, 0.7);
    }
}

static void draw_fastening(struct sketch *s, const struct foot *f, const struct sneaker *n)
{
    cairo_t *cr = s->cr;
    if (n->fastening == FASTENING_LACES) {
        shoe_laces(s, f, -36, -42, 14, n->tongue_y + 7, n->high ? 7 : 5, 13);
        return;
    }
    if (n->fastening == FASTENING_VELCRO) {
        int straps = n->high ? 3 : 2;
        for (int i = 0; i < straps; i++) {
            double x = -26 + 22 * i, y = -45 - (n->high ? 17 : 13) * i;
            foot_move(cr, f, x - 7, y - 1);
            foot_line(cr, f, x + 12, y - 12);
            foot_line(cr, f, x + 38, y + 22);
            foot_curve(cr, f, x + 34, y + 32, x + 26, y + 34, x + 21, y + 29);
            cairo_close_path(cr);
            overlay(s);
        }
        return;
    }
    foot_move(cr, f, 8, -56);
    foot_curve(cr, f, 16, -52, 24, -50, 32, -47);
    foot_line(cr, f, 22, -22);
    foot_line(cr, f, 12, -26);
    cairo_close_path(cr);
    struct cloth elastic = cloth_plain((struct rgb){ 0.2, 0.2, 0.22 }, 0.2);
    cloth_begin(s, &elastic);
    foot_move(cr, f, 2, -38);
    foot_line(cr, f, 34, -34);
    shade_ribs(s, 44);
    cloth_end(s, &elastic);
}

static void draw_rubber(struct sketch *s, const struct foot *f, const struct sneaker *n)
{
    cairo_t *cr = s->cr;
    const struct rgb white = { 0.95, 0.95, 0.93 }, gum = { 0.76, 0.58, 0.38 };
    bool dark = sketch_maybe(s, 0.14), brown = sketch_maybe(s, 0.16);
    struct rgb rubber = dark ? (struct rgb){ 0.16, 0.16, 0.18 } : brown ? gum : white;
    if (n->canvas) {
        foot_move(cr, f, -104, 2);
        foot_curve(cr, f, -104, -32, -84, -36, -72, -34);
        foot_curve(cr, f, -66, -22, -66, -8, -62, 2);
        cairo_close_path(cr);
        cloth_paint(s, cloth_plain(dark ? rubber : white, 0.5));
    }
    cairo_new_path(cr);
    foot_move(cr, f, 85, -3);
    foot_along(cr, f, 84, -103, -2);
    foot_curve(cr, f, -108, -2, -109, 5, -103, 9);
    foot_along(cr, f, -100, 82, f->sole);
    foot_curve(cr, f, 88, f->sole - 2, 88, 2, 85, -3);
    cairo_close_path(cr);
    struct cloth sole = cloth_plain(rubber, 0.45);
    cloth_begin(s, &sole);
    foot_move(cr, f, -104, f->sole - 5);
    foot_along(cr, f, -104, 88, f->sole - 5);
    sketch_colour(s, s->value[TRAIT_SECOND] ? s->second : rgb_scale(rubber, 0.72), 0.9);
    cairo_set_line_width(cr, 1.8);
    cairo_stroke(cr);
    cloth_end(s, &sole);
}

void shoe_draw_sneaker(struct sketch *s, struct foot *f)
{
    struct sneaker n = { .high = s->value[TRAIT_ANKLE] == ANKLE_HIGH,
                         .canvas = s->value[TRAIT_MATERIAL] == MATERIAL_CANVAS,
                         .fastening = s->value[TRAIT_FASTENING] };
    n.top = n.high ? -96 : -55;
    n.tongue_y = n.high ? -106 : -72;
    f->rise = 0;
    f->sole = sketch_between(s, 14, 21);
    draw_lining(s, f, &n);
    trace_upper(s->cr, f, &n);
    struct cloth upper = cloth_main(s, 0, 0.6);
    cloth_begin(s, &upper);
    shade_fold(s, -44, -36, -20, -12, 4, 7, 0.9);
    shade_fold(s, -30, -40, -4, -20, 4, 6, 0.6);
    if (n.high)
        for (int i = 0; i < 2; i++)
            shade_fold(s, 84, -50 - 9 * i, 40, -44 - 10 * i, 3, 5, 0.8);
    if (!n.canvas)
        draw_holes(s, f);
    draw_overlays(s, f, &n);
    cloth_end(s, &upper);
    draw_fastening(s, f, &n);
    draw_rubber(s, f, &n);
}
