/* Adaptive average pooling of maps whose channels lie together. */
#include "simulator/region_grid.h"

#include <string.h>

struct span {
    size_t first, end;
};

static struct span span_of(size_t index, size_t count, size_t length)
{
    return (struct span){ index * length / count, ((index + 1) * length + count - 1) / count };
}

static void average(const struct region_map *m, struct span rows, struct span columns, real *y)
{
    const size_t cells = (rows.end - rows.first) * (columns.end - columns.first);
    memset(y, 0, m->channels * sizeof *y);
    for (size_t row = rows.first; row < rows.end; row++)
        for (size_t column = columns.first; column < columns.end; column++) {
            const real *x = m->map + (row * m->width + column) * m->stride;
            for (size_t c = 0; c < m->channels; c++)
                y[c] += x[c];
        }
    for (size_t c = 0; cells > 1 && c < m->channels; c++)
        y[c] /= (real)cells;
}

void region_grid_spread(const struct region_map *map, size_t side, real *grid, size_t stride)
{
    for (size_t row = 0; row < side; row++)
        for (size_t column = 0; column < side; column++)
            average(map, span_of(row, side, map->height), span_of(column, side, map->width),
                    grid + (row * side + column) * stride);
}

void region_grid_mean(const struct region_map *map, real *mean)
{
    average(map, (struct span){ 0, map->height }, (struct span){ 0, map->width }, mean);
}
