#include "catalogue/generate/blend.h"

#include <math.h>

static uint32_t premultiplied(struct rgb colour, double alpha)
{
    uint32_t a = (uint32_t)(255 * alpha + 0.5), r = (uint32_t)(255 * alpha * colour.r + 0.5);
    uint32_t g = (uint32_t)(255 * alpha * colour.g + 0.5);
    uint32_t b = (uint32_t)(255 * alpha * colour.b + 0.5);
    return a << 24 | r << 16 | g << 8 | b;
}

void blend_ramp_fill(struct blend_ramp *ramp, const struct blend_stop *stops, size_t count)
{
    size_t next = 1;
    for (int i = 0; i < BLEND_STEPS; i++) {
        double at = (double)i / (BLEND_STEPS - 1);
        while (next + 1 < count && stops[next].at < at)
            next++;
        const struct blend_stop *a = &stops[next - 1], *b = &stops[next];
        double t = b->at > a->at ? fmin(1, fmax(0, (at - a->at) / (b->at - a->at))) : 1;
        ramp->at[i] =
            premultiplied(rgb_mix(a->colour, b->colour, t), a->alpha + t * (b->alpha - a->alpha));
    }
}

/* A number that grows linearly over the surface, in 16.16 fixed point. */
struct plane {
    int64_t start, right, down;
};

static struct plane plane_of(double start, double right, double down)
{
    return (struct plane){ llround(start * 65536), llround(right * 65536), llround(down * 65536) };
}

static int clamp_step(int64_t fixed)
{
    int64_t step = fixed >> 16;
    return step < 0 ? 0 : step >= BLEND_STEPS ? BLEND_STEPS - 1 : (int)step;
}

struct planes {
    struct plane across, down; /* in steps of the ramps */
    struct plane x, y;         /* in texels */
};

static struct planes find_planes(cairo_t *cr, cairo_surface_t *surface,
                                 const struct blend_relief *relief)
{
    cairo_matrix_t m;
    double ox, oy, c = cos(relief->turn), s = sin(relief->turn);
    cairo_get_matrix(cr, &m);
    double scale = sqrt(fabs(m.xx * m.yy - m.xy * m.yx));
    cairo_surface_get_device_offset(surface, &ox, &oy);
    cairo_matrix_invert(&m);
    double x = 0.5 - ox, y = 0.5 - oy;
    cairo_matrix_transform_point(&m, &x, &y);
    double wide = BLEND_STEPS / (relief->right - relief->left);
    double high = BLEND_STEPS / (relief->bottom - relief->top);
    return (struct planes){
        plane_of(wide * (x - relief->left), wide * m.xx, wide * m.xy),
        plane_of(high * (y - relief->top), high * m.yx, high * m.yy),
        plane_of(scale * (c * x + s * y), scale * (c * m.xx + s * m.yx),
                 scale * (c * m.xy + s * m.yy)),
        plane_of(scale * (c * y - s * x), scale * (c * m.yx - s * m.xx),
                 scale * (c * m.yy - s * m.xy)),
    };
}

static void relief_row(uint32_t *row, int width, struct planes p, const uint32_t *tile,
                       const struct blend_relief *relief)
{
    for (int x = 0; x < width; x++) {
        uint32_t pixel = row[x];
        if (tile)
            pixel = blend_over(pixel, tile[(p.y.start >> 16 & (BLEND_TILE - 1)) * BLEND_TILE +
                                           (p.x.start >> 16 & (BLEND_TILE - 1))]);
        pixel = blend_over(pixel, relief->across->at[clamp_step(p.across.start)]);
        row[x] = blend_over(pixel, relief->down->at[clamp_step(p.down.start)]);
        p.x.start += p.x.right;
        p.y.start += p.y.right;
        p.across.start += p.across.right;
        p.down.start += p.down.right;
    }
}

void blend_relief(cairo_t *cr, const struct blend_relief *relief)
{
    cairo_surface_t *surface = cairo_get_group_target(cr);
    cairo_surface_flush(surface);
    uint8_t *data = cairo_image_surface_get_data(surface);
    const uint32_t *tile = NULL;
    if (!data || cairo_image_surface_get_format(surface) != CAIRO_FORMAT_ARGB32)
        return; /* the context has failed, as its status says */
    if (relief->weave)
        tile = (const uint32_t *)(const void *)cairo_image_surface_get_data(relief->weave);
    int width = cairo_image_surface_get_width(surface);
    int height = cairo_image_surface_get_height(surface);
    int stride = cairo_image_surface_get_stride(surface);
    struct planes p = find_planes(cr, surface, relief);
    for (int y = 0; y < height; y++) {
        relief_row((uint32_t *)(void *)(data + (size_t)y * (size_t)stride), width, p, tile, relief);
        p.x.start += p.x.down;
        p.y.start += p.y.down;
        p.across.start += p.across.down;
        p.down.start += p.down.down;
    }
    cairo_surface_mark_dirty(surface);
}

void blend_lamp(cairo_surface_t *surface, double x, double y, double reach,
                const struct blend_ramp *ramp)
{
    uint8_t *data = cairo_image_surface_get_data(surface);
    int width = cairo_image_surface_get_width(surface);
    int height = cairo_image_surface_get_height(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    float step = (float)(BLEND_STEPS / reach);
    for (int j = 0; data && j < height; j++) {
        uint32_t *row = (uint32_t *)(void *)(data + (size_t)j * stride);
        float dy = ((float)j - (float)y) * step;
        for (int i = 0; i < width; i++) {
            float dx = ((float)i - (float)x) * step, far = sqrtf(dx * dx + dy * dy);
            row[i] = ramp->at[far < BLEND_STEPS - 1 ? (int)far : BLEND_STEPS - 1];
        }
    }
    cairo_surface_mark_dirty(surface);
}

/* Coverage of cell (x, y), 0 outside. */
static int coverage_at(const uint8_t *coverage, int width, int height, int x, int y)
{
    return x < 0 || y < 0 || x >= width || y >= height ? 0 : coverage[y * width + x];
}

/* One column of cells' worth of pixels: bilinear between four cells. */
static void shadow_cell(uint32_t *row, const int corner[4], int cell, int fy, uint32_t strength)
{
    int left = corner[0] * (cell - fy) + corner[2] * fy;
    int right = corner[1] * (cell - fy) + corner[3] * fy;
    for (int fx = 0; fx < cell; fx++) {
        uint32_t cover = (uint32_t)(left * (cell - fx) + right * fx) / (uint32_t)(cell * cell);
        uint32_t alpha = cover * strength >> 8;
        row[fx] = blend_over(row[fx], alpha << 24 | (alpha * 26 >> 8) << 16 |
                                          (alpha * 22 >> 8) << 8 | alpha * 36 >> 8);
    }
}

void blend_shadow(cairo_surface_t *surface, const uint8_t *coverage, int width, int height,
                  int cell, int dx, int dy, double alpha)
{
    uint8_t *data = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    uint32_t strength = (uint32_t)(256 * alpha);
    for (int j = 0; data && j < cell * height; j++) {
        int at = j - dy + cell * cell, y = at / cell - cell, fy = at % cell;
        uint32_t *row = (uint32_t *)(void *)(data + (size_t)j * stride);
        for (int x = -1; x < width; x++) {
            int begin = cell * x + dx + cell / 2;
            const int corner[4] = { coverage_at(coverage, width, height, x, y),
                                    coverage_at(coverage, width, height, x + 1, y),
                                    coverage_at(coverage, width, height, x, y + 1),
                                    coverage_at(coverage, width, height, x + 1, y + 1) };
            if ((corner[0] | corner[1] | corner[2] | corner[3]) && begin >= 0 &&
                begin + cell <= cell * width)
                shadow_cell(row + begin, corner, cell, fy, strength);
        }
    }
    cairo_surface_mark_dirty(surface);
}
