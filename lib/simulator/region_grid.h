/* Feature maps to grids of fewer or more cells, by the rule of adaptive average pooling (spec
 * section 5.1): of H rows, cell i of n is the mean of floor(i H / n) .. ceil((i + 1) H / n) - 1,
 * and columns alike. */
#ifndef SIMULATOR_REGION_GRID_H
#define SIMULATOR_REGION_GRID_H

#include <stddef.h>

#include "base/real.h"

/* A map, or a part of its channels: value c of cell (y, x) at map[(y * width + x) * stride + c]. */
struct region_map {
    const real *map;
    size_t height, width;
    size_t channels, stride;
};

/* grid: [side, side, channels], cells `stride` apart. */
void region_grid_spread(const struct region_map *map, size_t side, real *grid, size_t stride);

/* mean [channels], of all cells. */
void region_grid_mean(const struct region_map *map, real *mean);

#endif
