/* The innermost part of a matrix product, for products whose operands lie in the first caches.
 *
 * A tile is TILE_ROWS x TILE_COLUMNS elements of the result, summed in registers. Its right operand
 * is read step by step, TILE_COLUMNS numbers each; its left operand by row or by step, as it lies.
 * Whatever the number of rows, an element is summed over k in order by one chain of additions, so
 * its bytes depend on its row and its column only. */
#ifndef COMPUTE_CPU_VECTOR_TILE_H
#define COMPUTE_CPU_VECTOR_TILE_H

#include "compute/cpu/vector.h"

enum {
    TILE_COLUMNS = 2 * LANES,
    TILE_ROWS = VECTOR_BYTES == 64 ? 12 : 6 /* 24 of 32, or 12 of 16 registers hold sums */
};

#define tile_by_row  VECTOR(tile_by_row)
#define tile_by_step VECTOR(tile_by_step)

/* y = beta y + alpha a b, for `rows` (1 .. TILE_ROWS) x TILE_COLUMNS elements of y. With beta 0, y
 * is not read. a is [rows, depth] for the first, [depth, rows] for the second. */
void tile_by_row(size_t rows, size_t depth, const float *a, size_t a_stride, const float *b,
                 size_t b_stride, float *y, size_t y_stride, float alpha, float beta);
void tile_by_step(size_t rows, size_t depth, const float *a, size_t a_stride, const float *b,
                  size_t b_stride, float *y, size_t y_stride, float alpha, float beta);

#endif
