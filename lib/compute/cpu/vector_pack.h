/* Brings the right operand of a matrix product into the order that tiles want (vector_tile.h). */
#ifndef COMPUTE_CPU_VECTOR_PACK_H
#define COMPUTE_CPU_VECTOR_PACK_H

#include "compute/cpu/vector_tile.h"

/* Transposes LANES x LANES numbers by exchanging ever larger blocks off the diagonal. */
#define LOW_LANE(i, d)   ((i) & (d) ? LANES + (i) - (d) : (i))
#define HIGH_LANE(i, d)  ((i) & (d) ? LANES + (i) : (i) + (d))
#define LANES_4(f, i, d) f(i, d), f(i + 1, d), f(i + 2, d), f(i + 3, d)
#define LANES_8(f, i, d) LANES_4(f, i, d), LANES_4(f, i + 4, d)
#if LANES == 16
#define ALL_LANES(f, d) LANES_8(f, 0, d), LANES_8(f, 8, d)
#elif LANES == 8
#define ALL_LANES(f, d) LANES_8(f, 0, d)
#else
#define ALL_LANES(f, d) LANES_4(f, 0, d)
#endif
#define EXCHANGE(r, d)                                                                       \
    for (size_t i = 0; i < LANES; i++)                                                       \
        if (!(i & (d))) {                                                                    \
            lanes low = __builtin_shufflevector(r[i], r[i + (d)], ALL_LANES(LOW_LANE, d));   \
            r[i + (d)] = __builtin_shufflevector(r[i], r[i + (d)], ALL_LANES(HIGH_LANE, d)); \
            r[i] = low;                                                                      \
        }

ALWAYS_INLINE void transpose(lanes r[LANES])
{
    EXCHANGE(r, 1)
    EXCHANGE(r, 2)
#if LANES >= 8
    EXCHANGE(r, 4)
#endif
#if LANES >= 16
    EXCHANGE(r, 8)
#endif
}

/* Right operand, LANES of its columns: to[p * TILE_COLUMNS + j] = from[j * stride + p]. */
ALWAYS_INLINE void pack_half_transposed(float *to, const float *from, size_t stride, size_t depth,
                                        size_t columns)
{
    size_t p = 0;
    if (columns == 0) {
        for (; p < depth; p++)
            lanes_store(to + p * TILE_COLUMNS, (lanes){ 0 });
        return;
    }
    for (; p + LANES <= depth; p += LANES) {
        lanes r[LANES];
        for (size_t j = 0; j < LANES; j++)
            r[j] = j < columns ? lanes_load(from + j * stride + p) : (lanes){ 0 };
        transpose(r);
        for (size_t j = 0; j < LANES; j++)
            lanes_store(to + (p + j) * TILE_COLUMNS, r[j]);
    }
    for (; p < depth; p++)
        for (size_t j = 0; j < LANES; j++)
            to[p * TILE_COLUMNS + j] = j < columns ? from[j * stride + p] : 0;
}

/* Right operand from rows that are its columns. */
ALWAYS_INLINE void pack_transposed(float *to, const float *from, size_t stride, size_t depth,
                                   size_t columns)
{
    if (columns == TILE_COLUMNS) { /* known numbers of columns leave no tests inside */
        pack_half_transposed(to, from, stride, depth, LANES);
        pack_half_transposed(to + LANES, from + LANES * stride, stride, depth, LANES);
    } else {
        size_t first = smaller(columns, LANES);
        pack_half_transposed(to, from, stride, depth, first);
        pack_half_transposed(to + LANES, from + first * stride, stride, depth, columns - first);
    }
}

/* Right operand from its own rows. */
ALWAYS_INLINE void pack_plain(float *to, const float *from, size_t stride, size_t depth,
                              size_t columns)
{
    if (columns == TILE_COLUMNS) {
        for (size_t p = 0; p < depth; p++, to += TILE_COLUMNS, from += stride) {
            lanes_store(to, lanes_load(from));
            lanes_store(to + LANES, lanes_load(from + LANES));
        }
        return;
    }
    for (size_t p = 0; p < depth; p++, to += TILE_COLUMNS, from += stride)
        for (size_t j = 0; j < TILE_COLUMNS; j++)
            to[j] = j < columns ? from[j] : 0;
}

#endif
