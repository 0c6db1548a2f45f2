/* The innermost part of a matrix product. */
#include "compute/cpu/vector_tile.h"

enum { ROWS_PER_BASE = 3 };

/* `rows` is a constant in every caller, so that all sums live in registers; `row` and `step` are
 * the distances between neighbours in a, of which one is 1. Rows are reached from one pointer for
 * every three, since a processor adds once or twice the distance for nothing. */
ALWAYS_INLINE void multiply(size_t rows, size_t row, size_t step, size_t depth, const float *a,
                            const float *b, size_t b_stride, float *y, size_t y_stride, float alpha,
                            float beta)
{
    lanes sum[TILE_ROWS][2];
    const float *base[TILE_ROWS / ROWS_PER_BASE];
    for (size_t i = 0; i < rows; i++) {
        sum[i][0] = sum[i][1] = (lanes){ 0 };
        if (i % ROWS_PER_BASE == 0)
            base[i / ROWS_PER_BASE] = a + i * row;
    }
    for (size_t p = 0; p < depth; p++, b += b_stride) {
        lanes b0 = lanes_load(b), b1 = lanes_load(b + LANES);
        for (size_t i = 0; i < rows; i++) {
            lanes ai = lanes_all(base[i / ROWS_PER_BASE][p * step + i % ROWS_PER_BASE * row]);
            sum[i][0] += ai * b0;
            sum[i][1] += ai * b1;
        }
    }
    for (size_t i = 0; i < rows; i++, y += y_stride)
        for (size_t half = 0; half < 2; half++) {
            lanes result = alpha * sum[i][half];
            if (beta != 0)
                result += beta * lanes_load(y + half * LANES);
            lanes_store(y + half * LANES, result);
        }
}

#if VECTOR_BYTES == 64
#define FOR_ALL_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#else
#define FOR_ALL_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#endif

void tile_by_row(size_t rows, size_t depth, const float *a, size_t a_stride, const float *b,
                 size_t b_stride, float *y, size_t y_stride, float alpha, float beta)
{
    switch (rows) {
#define MULTIPLY(n) \
    case n: multiply(n, a_stride, 1, depth, a, b, b_stride, y, y_stride, alpha, beta); break;
        FOR_ALL_ROWS(MULTIPLY)
#undef MULTIPLY
    }
}

void tile_by_step(size_t rows, size_t depth, const float *a, size_t a_stride, const float *b,
                  size_t b_stride, float *y, size_t y_stride, float alpha, float beta)
{
    switch (rows) {
#define MULTIPLY(n) \
    case n: multiply(n, 1, a_stride, depth, a, b, b_stride, y, y_stride, alpha, beta); break;
        FOR_ALL_ROWS(MULTIPLY)
#undef MULTIPLY
    }
}
