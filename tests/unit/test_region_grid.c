/* Adaptive average pooling of maps: against the rule written down for one value at a time, for maps
 * smaller, larger and as large as the grid, whatever lies around them in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "simulator/region_grid.h"
#include "support/support.h"

enum { MOST = 16, CHANNELS = 3, STRIDE = 5, SIDE = 7 };

/* Two columns of a map: 0, 0, 0, both, 1, 1, 1. */
static void a_small_map_by_hand(void **state)
{
    (void)state;
    static const real values[] = { 1, 3, 5, 11 };
    static const real expected[] = { 1, 2, 3, 3, 5, 7, 5, 8, 11 }; /* of cells 0, 3, 6 */
    const struct region_map map = { values, 2, 2, 1, 1 };
    real grid[SIDE * SIDE], mean;
    region_grid_spread(&map, SIDE, grid, 1);
    for (size_t i = 0; i < SIDE; i++)
        for (size_t j = 0; j < SIDE; j++) {
            const size_t row = i < 3 ? 0 : i == 3 ? 1 : 2, column = j < 3 ? 0 : j == 3 ? 1 : 2;
            assert_true(grid[i * SIDE + j] == expected[row * 3 + column]);
        }
    region_grid_mean(&map, &mean);
    assert_true(mean == 5);
}

/* The mean of all cells that overlap [i / side, (i + 1) / side). */
static double expected_at(const struct region_map *m, size_t i, size_t j, size_t channel)
{
    double sum = 0, count = 0;
    for (size_t row = 0; row < m->height; row++)
        for (size_t column = 0; column < m->width; column++)
            if ((row + 1) * SIDE > i * m->height && row * SIDE < (i + 1) * m->height &&
                (column + 1) * SIDE > j * m->width && column * SIDE < (j + 1) * m->width) {
                sum += (double)m->map[(row * m->width + column) * m->stride + channel];
                count++;
            }
    return sum / count;
}

static void check_map(const real *values, size_t height, size_t width)
{
    const struct region_map map = { values, height, width, CHANNELS, STRIDE };
    real grid[SIDE * SIDE * STRIDE], mean[CHANNELS];
    memset(grid, 0, sizeof grid);
    region_grid_spread(&map, SIDE, grid, STRIDE);
    region_grid_mean(&map, mean);
    for (size_t c = 0; c < CHANNELS; c++) {
        double sum = 0;
        for (size_t i = 0; i < height * width; i++)
            sum += (double)values[i * STRIDE + c];
        assert_true(fabs((double)mean[c] - sum / (double)(height * width)) < 1e-5);
    }
    for (size_t i = 0; i < SIDE * SIDE; i++)
        for (size_t c = 0; c < STRIDE; c++) {
            const double expected = c < CHANNELS ? expected_at(&map, i / SIDE, i % SIDE, c) : 0;
            assert_true(fabs((double)grid[i * STRIDE + c] - expected) < 1e-5);
        }
}

static void maps_of_all_sizes(void **state)
{
    (void)state;
    static real values[MOST * MOST * STRIDE];
    fill_normal(values, MOST * MOST * STRIDE, 1);
    for (size_t height = 1; height <= MOST; height++)
        for (size_t width = 1; width <= MOST; width++)
            check_map(values, height, width);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_map_by_hand),
        cmocka_unit_test(maps_of_all_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
