/* The two passes of a resize: weights of the pixels that each output pixel is made of, and the
 * kernels that apply them, in portable C and for AVX2. Both give the same bytes. */
#ifndef MEDIA_RESIZE_H
#define MEDIA_RESIZE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum {
    RESIZE_ROWS = 4,    /* rows of a horizontal pass */
    RESIZE_PADDING = 32 /* bytes that kernels may touch beyond the end of a row, unless said */
};

/* One axis: output i is the sum of count[i] pixels from first[i] on. Weights are fixed-point
 * numbers of 22 fractional bits, in two halves that 16-bit multiplication takes: high * 2^11 + low,
 * low not negative. Each output has `stride` of them, an even number, zero beyond count[i]. */
struct resize_axis {
    size_t size;       /* outputs */
    size_t begin, end; /* the pixels used; first[] counts from begin */
    size_t most;       /* largest count */
    size_t stride;
    uint32_t *first, *count;
    int16_t *high, *low;
};

enum { RESIZE_FRACTION_BITS = 22, RESIZE_LOW_BITS = 11 };

/* Weights of outputs [start, start + size) of an axis that goes from `in` to `out` pixels. Memory
 * is the arena's. Errors: GMR_ERR_NOMEM. */
enum gmr_status resize_axis_init(struct resize_axis *axis, struct arena *arena, size_t in,
                                 size_t out, size_t start, size_t size);

struct resize_kernels {
    /* RESIZE_ROWS rows of RGB, `row_step` bytes apart, from axis->begin on, to as many of
     * axis->size pixels, `out_step` bytes apart. All rows are padded. */
    void (*horizontal)(const struct resize_axis *axis, const uint8_t *rows, size_t row_step,
                       uint8_t *out, size_t out_step);

    /* n bytes, each the weighted sum of the bytes at its place in `count` rows, even. The rows are
     * padded; `out` is not. */
    void (*vertical)(const int16_t *high, const int16_t *low, size_t count,
                     const uint8_t *const *rows, uint8_t *out, size_t n);
};

extern const struct resize_kernels resize_kernels_portable;

/* NULL on other processors. */
const struct resize_kernels *resize_kernels_avx2(void);

#endif
