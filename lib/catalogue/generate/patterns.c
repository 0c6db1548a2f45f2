/* Each pattern is one function that covers a box; pattern_paint turns the box with the part. What
 * one colour covers is one path, filled once, which is what makes many small shapes cheap. Patterns
 * are large enough to be seen in a thumbnail. */
#include "catalogue/generate/patterns.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

struct box {
    double left, top, right, bottom;
};

/* Repeats of `pitch` from `offset` that reach from low to high. */
#define FOR_REPEATS(i, low, high, offset, pitch)               \
    for (int i = (int)floor(((low) - (offset)) / (pitch)) - 1; \
         (offset) + i * (pitch) < (high) + (pitch); i++)

static void add_bars(const struct sketch *s, const struct box *b, double shift, double width,
                     bool upright)
{
    double low = upright ? b->left : b->top, high = upright ? b->right : b->bottom;
    FOR_REPEATS(i, low, high, shift, s->print.pitch)
    {
        double at = shift + i * s->print.pitch;
        if (upright)
            cairo_rectangle(s->cr, at, b->top, width, b->bottom - b->top);
        else
            cairo_rectangle(s->cr, b->left, at, b->right - b->left, width);
    }
}

static void paint_stripes(struct sketch *s, const struct box *b)
{
    const struct print *p = &s->print;
    double width = p->share * p->pitch;
    add_bars(s, b, p->y, width, false);
    if (p->variant % 3 == 1) /* a thin line beside each */
        add_bars(s, b, p->y + width + 0.3 * (p->pitch - width), 0.16 * p->pitch, false);
    cairo_fill(s->cr);
}

/* Gingham: two sets of bars that shine through one another. */
static void paint_gingham(struct sketch *s, const struct box *b)
{
    double width = 0.5 * s->print.pitch;
    sketch_colour(s, s->second, 0.55);
    add_bars(s, b, s->print.y, width, false);
    cairo_fill(s->cr);
    add_bars(s, b, s->print.x, width, true);
    cairo_fill(s->cr);
}

/* Tartan: wide bars, and narrow ones between them. */
static void paint_tartan(struct sketch *s, const struct box *b)
{
    double pitch = s->print.pitch;
    for (int upright = 0; upright < 2; upright++) {
        double at = upright ? s->print.x : s->print.y;
        sketch_colour(s, s->second, 0.62);
        add_bars(s, b, at, 0.36 * pitch, upright);
        cairo_fill(s->cr);
        sketch_colour(s, s->second, 0.9);
        add_bars(s, b, at + 0.62 * pitch, 0.07 * pitch, upright);
        add_bars(s, b, at + 0.76 * pitch, 0.07 * pitch, upright);
        cairo_fill(s->cr);
    }
}

static void paint_windowpane(struct sketch *s, const struct box *b)
{
    for (int upright = 0; upright < 2; upright++)
        add_bars(s, b, upright ? s->print.x : s->print.y, 0.15 * s->print.pitch, upright);
    cairo_fill(s->cr);
}

static void paint_checks(struct sketch *s, const struct box *b)
{
    static void (*const design[])(struct sketch *, const struct box *) = {
        paint_gingham,
        paint_tartan,
        paint_windowpane,
    };
    design[s->print.variant % 3](s, b);
}

static void add_circle(cairo_t *cr, double x, double y, double radius)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y, radius, 0, 2 * PI);
}

static void paint_dots(struct sketch *s, const struct box *b)
{
    const struct print *p = &s->print;
    double rows = 0.72 * p->pitch, radius = (0.16 + 0.2 * p->share) * p->pitch;
    FOR_REPEATS(j, b->top, b->bottom, p->y, rows)
    FOR_REPEATS(i, b->left, b->right, p->x, p->pitch)
    {
        double shift = j & 1 ? 0.5 * p->pitch : 0;
        double size = p->variant % 3 == 2 ? 0.55 + 0.7 * sketch_scatter(i, j, p->salt) : 1;
        add_circle(s->cr, p->x + i * p->pitch + shift, p->y + j * rows, size * radius);
    }
    cairo_fill(s->cr);
}

/* ---- flowers ---- */

struct flower {
    double x, y, size, angle;
};

static struct flower flower_at(const struct print *p, int i, int j)
{
    double jitter = 0.34 * p->pitch;
    return (struct flower){
        .x = p->x + (i + (j & 1 ? 0.5 : 0)) * p->pitch +
             jitter * (sketch_scatter(i, j, p->salt) - 0.5),
        .y = p->y + j * 0.86 * p->pitch + jitter * (sketch_scatter(i, j, p->salt + 1) - 0.5),
        .size = p->pitch * (0.2 + 0.2 * sketch_scatter(i, j, p->salt + 2)),
        .angle = 2 * PI * sketch_scatter(i, j, p->salt + 3),
    };
}

static void add_petals(cairo_t *cr, struct flower f, int petals)
{
    for (int k = 0; k < petals; k++) {
        double a = f.angle + 2 * PI * k / petals, wide = 2.4 / petals;
        cairo_move_to(cr, f.x, f.y);
        cairo_curve_to(cr, f.x + 1.25 * f.size * cos(a - wide), f.y + 1.25 * f.size * sin(a - wide),
                       f.x + 1.25 * f.size * cos(a + wide), f.y + 1.25 * f.size * sin(a + wide),
                       f.x, f.y);
    }
}

static void add_leaf(cairo_t *cr, struct flower f, double turn)
{
    double a = f.angle + turn, tip = 1.75 * f.size;
    cairo_move_to(cr, f.x, f.y);
    cairo_curve_to(cr, f.x + tip * 0.6 * cos(a - 0.6), f.y + tip * 0.6 * sin(a - 0.6),
                   f.x + tip * 0.9 * cos(a - 0.25), f.y + tip * 0.9 * sin(a - 0.25),
                   f.x + tip * cos(a), f.y + tip * sin(a));
    cairo_curve_to(cr, f.x + tip * 0.9 * cos(a + 0.25), f.y + tip * 0.9 * sin(a + 0.25),
                   f.x + tip * 0.6 * cos(a + 0.6), f.y + tip * 0.6 * sin(a + 0.6), f.x, f.y);
}

enum flower_part { FLOWER_LEAVES, FLOWER_PETALS, FLOWER_HEARTS };

static void add_flower_part(cairo_t *cr, struct flower f, enum flower_part part, unsigned variant)
{
    switch (part) {
    case FLOWER_LEAVES:
        add_leaf(cr, f, 0.4);
        add_leaf(cr, f, 2.6);
        break;
    case FLOWER_PETALS: add_petals(cr, f, variant % 3 == 1 ? 6 : 5); break;
    case FLOWER_HEARTS: add_circle(cr, f.x, f.y, 0.26 * f.size); break;
    }
}

static void paint_flowers(struct sketch *s, const struct box *b)
{
    const struct rgb green = { 0.3, 0.46, 0.3 }, yolk = { 0.96, 0.76, 0.3 };
    const struct print *p = &s->print;
    bool yellow = rgb_distance(s->second, yolk) < 30;
    const struct rgb colour[] = { rgb_mix(s->base, green, 0.62), s->second,
                                  yellow ? rgb_scale(s->second, 0.55) : yolk };
    for (enum flower_part part = 0; part <= FLOWER_HEARTS; part++) {
        FOR_REPEATS(j, b->top, b->bottom, p->y, 0.86 * p->pitch)
        FOR_REPEATS(i, b->left, b->right, p->x, p->pitch)
        add_flower_part(s->cr, flower_at(p, i, j), part, p->variant);
        sketch_colour(s, colour[part], 1);
        cairo_fill(s->cr);
    }
}

/* ---- geometric ---- */

static void paint_zigzag(struct sketch *s, const struct box *b)
{
    const struct print *p = &s->print;
    double step = 0.5 * p->pitch, high = 0.42 * p->pitch;
    FOR_REPEATS(j, b->top, b->bottom, p->y, p->pitch)
    {
        bool begun = false;
        FOR_REPEATS(i, b->left, b->right, p->x, step)
        {
            double x = p->x + i * step, y = p->y + j * p->pitch + (i & 1 ? high : 0);
            if (begun)
                cairo_line_to(s->cr, x, y);
            else
                cairo_move_to(s->cr, x, y);
            begun = true;
        }
    }
    cairo_set_line_join(s->cr, CAIRO_LINE_JOIN_MITER);
    cairo_set_line_width(s->cr, (0.22 + 0.3 * p->share) * p->pitch);
    cairo_stroke(s->cr);
}

static void add_polygon(cairo_t *cr, double x, double y, double radius, int corners, double angle)
{
    cairo_new_sub_path(cr);
    for (int k = 0; k < corners; k++) {
        double a = angle + 2 * PI * k / corners;
        cairo_line_to(cr, x + radius * cos(a), y + radius * sin(a));
    }
    cairo_close_path(cr);
}

/* Triangles or diamonds in rows. */
static void paint_polygons(struct sketch *s, const struct box *b)
{
    const struct print *p = &s->print;
    int corners = p->variant % 3 == 1 ? 3 : 4;
    double rows = 0.8 * p->pitch;
    FOR_REPEATS(j, b->top, b->bottom, p->y, rows)
    FOR_REPEATS(i, b->left, b->right, p->x, p->pitch)
    add_polygon(s->cr, p->x + (i + (j & 1 ? 0.5 : 0)) * p->pitch, p->y + j * rows,
                (0.34 + 0.12 * p->share) * p->pitch, corners, j & 1 ? PI / 2 : -PI / 2);
    cairo_fill(s->cr);
}

static void paint_geometry(struct sketch *s, const struct box *b)
{
    if (s->print.variant % 3 == 0)
        paint_zigzag(s, b);
    else
        paint_polygons(s, b);
}

/* ---- animal print ---- */

/* Zebra: wavy stripes that taper. */
static void paint_zebra(struct sketch *s, const struct box *b)
{
    const struct print *p = &s->print;
    double pitch = 0.75 * p->pitch, length = 2.6 * p->pitch;
    FOR_REPEATS(j, b->top, b->bottom, p->y, pitch)
    FOR_REPEATS(i, b->left, b->right, p->x, length)
    {
        double bend = p->pitch * (0.9 * sketch_scatter(i, j, p->salt) - 0.45);
        double x = p->x + i * length + (j & 1 ? 0.5 * length : 0), y = p->y + j * pitch;
        double thick = (0.24 + 0.22 * sketch_scatter(i, j, p->salt + 1)) * p->pitch;
        cairo_move_to(s->cr, x, y);
        cairo_curve_to(s->cr, x + 0.3 * length, y + bend - thick, x + 0.6 * length,
                       y - bend - thick, x + 1.05 * length, y);
        cairo_curve_to(s->cr, x + 0.6 * length, y - bend + thick, x + 0.3 * length,
                       y + bend + thick, x, y);
    }
    cairo_fill(s->cr);
}

/* Leopard: open rings around a darker heart. */
static void paint_leopard(struct sketch *s, const struct box *b)
{
    const struct print *p = &s->print;
    double pitch = 0.72 * p->pitch;
    cairo_set_line_cap(s->cr, CAIRO_LINE_CAP_ROUND);
    for (int ring = 0; ring < 2; ring++) {
        FOR_REPEATS(j, b->top, b->bottom, p->y, 0.85 * pitch)
        FOR_REPEATS(i, b->left, b->right, p->x, pitch)
        {
            struct print grid = *p;
            grid.pitch = pitch;
            struct flower f = flower_at(&grid, i, j);
            double radius = 0.82 * f.size;
            if (ring) {
                cairo_new_sub_path(s->cr);
                cairo_arc(s->cr, f.x, f.y, radius, f.angle, f.angle + 1.9);
                cairo_new_sub_path(s->cr);
                cairo_arc(s->cr, f.x, f.y, radius, f.angle + 2.6, f.angle + 5.4);
            } else
                add_circle(s->cr, f.x, f.y, radius);
        }
        sketch_colour(s, s->second, ring ? 1 : 0.4);
        cairo_set_line_width(s->cr, 0.17 * pitch);
        if (ring)
            cairo_stroke(s->cr);
        else
            cairo_fill(s->cr);
    }
}

static void paint_animal(struct sketch *s, const struct box *b)
{
    if (s->print.variant % 3 == 0)
        paint_zebra(s, b);
    else
        paint_leopard(s, b);
}

/* ---- all ---- */

static const struct layout {
    void (*paint)(struct sketch *, const struct box *);
    double pitch_low, pitch_high;
    double share_low, share_high;
    double angle; /* of every third item */
} LAYOUT[PATTERNS] = {
    [PATTERN_STRIPED] = { paint_stripes, 13, 23, 0.34, 0.56, 1.5707963267948966 },
    [PATTERN_CHECKED] = { paint_checks, 18, 30, 0.5, 0.5, 0.7853981633974483 },
    [PATTERN_DOTS] = { paint_dots, 18, 30, 0.2, 0.75, 0 },
    [PATTERN_FLORAL] = { paint_flowers, 26, 40, 0.5, 0.5, 0 },
    [PATTERN_GEOMETRIC] = { paint_geometry, 20, 32, 0.2, 0.9, 0 },
    [PATTERN_ANIMAL] = { paint_animal, 18, 27, 0.5, 0.5, 0.9 },
};

void pattern_choose(struct sketch *sketch)
{
    const struct layout *layout = &LAYOUT[sketch->value[TRAIT_PATTERN]];
    struct print *print = &sketch->print;
    print->pitch = sketch_between(sketch, layout->pitch_low, layout->pitch_high);
    print->share = sketch_between(sketch, layout->share_low, layout->share_high);
    print->angle = sketch_maybe(sketch, 0.33) ? layout->angle : 0;
    print->x = sketch_between(sketch, 0, print->pitch);
    print->y = sketch_between(sketch, 0, print->pitch);
    print->variant = sketch_pick(sketch, 6);
    print->salt = sketch_pick(sketch, 1u << 30);
}

void pattern_paint(struct sketch *sketch, double turn)
{
    const struct layout *layout = &LAYOUT[sketch->value[TRAIT_PATTERN]];
    cairo_t *cr = sketch->cr;
    struct box box;
    if (!layout->paint)
        return;
    cairo_save(cr);
    cairo_rotate(cr, turn + sketch->print.angle);
    cairo_clip_extents(cr, &box.left, &box.top, &box.right, &box.bottom);
    sketch_colour(sketch, sketch->second, 1);
    layout->paint(sketch, &box);
    cairo_restore(cr);
}
