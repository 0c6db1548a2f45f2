/* Textures of materials: a tile of single texels, each a little lighter or darker than the cloth.
 * Tiles repeat without a seam: their repeats divide the tile, their noise wraps around. */
#include <math.h>
#include <string.h>

#include "catalogue/generate/blend.h"
#include "catalogue/generate/patterns.h"

enum { TILE = BLEND_TILE };

/* White noise on a grid of cells, -1 .. 1. */
static double grain(int x, int y, int wide, int high, uint32_t salt)
{
    return 2 * sketch_scatter((x % TILE + TILE) % TILE / wide, (y % TILE + TILE) % TILE / high,
                              salt) -
           1;
}

/* The same, smooth between the cells. */
static double cloud(int x, int y, int cell, uint32_t salt)
{
    int x0 = x / cell * cell, y0 = y / cell * cell;
    double fx = (double)(x - x0) / cell, fy = (double)(y - y0) / cell;
    double top =
        (1 - fx) * grain(x0, y0, cell, cell, salt) + fx * grain(x0 + cell, y0, cell, cell, salt);
    double bottom = (1 - fx) * grain(x0, y0 + cell, cell, cell, salt) +
                    fx * grain(x0 + cell, y0 + cell, cell, cell, salt);
    return (1 - fy) * top + fy * bottom;
}

static double cotton(int x, int y)
{
    return 0.045 * grain(x, y, 1, 1, 1);
}

static double linen(int x, int y)
{
    return 0.06 * grain(x, y, 16, 1, 2) + 0.06 * grain(x, y, 1, 16, 3) +
           0.03 * grain(x, y, 1, 1, 4);
}

static double denim(int x, int y)
{
    double twill = (x + 2 * y) % 4 < 2 ? -0.1 : 0.07;
    return twill + 0.08 * grain(x, y, 1, 1, 5) + 0.06 * grain(x, y, 1, 8, 6) +
           0.05 * cloud(x, y, 16, 7);
}

static double wool(int x, int y)
{
    return 0.1 * grain(x, y, 2, 1, 8) + 0.08 * grain(x, y, 1, 2, 9) + 0.07 * cloud(x, y, 4, 10);
}

/* Columns of stitches like the letter V. */
static double knit(int x, int y)
{
    int column = x % 8;
    int slope = column < 4 ? column : 7 - column;
    int phase = (y - slope + TILE) % 4;
    double stitch = phase == 0 ? -0.2 : phase == 2 ? 0.09 : 0;
    return stitch + (column == 0 || column == 7 ? -0.12 : 0) + 0.03 * grain(x, y, 1, 1, 11);
}

static double leather(int x, int y)
{
    return 0.045 * cloud(x, y, 2, 12) + 0.025 * cloud(x, y, 8, 13);
}

static double suede(int x, int y)
{
    return 0.1 * cloud(x, y, 8, 14) + 0.09 * cloud(x, y, 4, 15) + 0.08 * grain(x, y, 1, 1, 16);
}

static double canvas(int x, int y)
{
    bool over = (x / 2 + y / 2) % 2;
    return (over ? 0.09 : -0.1) + 0.06 * grain(x, y, 2, 2, 17);
}

static double mesh(int x, int y)
{
    int row = y / 4 % 2, dx = (x + 2 * row) % 4, dy = y % 4;
    return dx < 2 && dy > 0 && dy < 3 ? -0.32 : 0.06;
}

static uint32_t texel(double value)
{
    uint32_t alpha = (uint32_t)(255 * fmin(1, fabs(value)) + 0.5);
    return value < 0 ? alpha << 24 : alpha << 24 | alpha << 16 | alpha << 8 | alpha;
}

cairo_surface_t *weave_create(const struct sketch *sketch)
{
    static double (*const weave[MATERIALS])(int, int) = {
        [MATERIAL_COTTON] = cotton, [MATERIAL_LINEN] = linen,   [MATERIAL_DENIM] = denim,
        [MATERIAL_WOOL] = wool,     [MATERIAL_KNIT] = knit,     [MATERIAL_LEATHER] = leather,
        [MATERIAL_SUEDE] = suede,   [MATERIAL_CANVAS] = canvas, [MATERIAL_MESH] = mesh,
    };
    double (*value)(int, int) = weave[sketch->value[TRAIT_MATERIAL]];
    if (!value)
        return NULL;
    cairo_surface_t *tile = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, TILE, TILE);
    unsigned char *pixels = cairo_image_surface_get_data(tile);
    size_t stride = (size_t)cairo_image_surface_get_stride(tile);
    for (int y = 0; pixels && y < TILE; y++)
        for (int x = 0; x < TILE; x++) {
            uint32_t word = texel(value(x, y));
            memcpy(pixels + (size_t)y * stride + 4 * (size_t)x, &word, sizeof word);
        }
    cairo_surface_mark_dirty(tile);
    return tile;
}
