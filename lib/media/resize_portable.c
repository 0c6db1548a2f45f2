/* The passes of a resize in portable C. */
#include "media/resize.h"

enum { BLOCK = 64 }; /* bytes that the vertical pass sums at once */

static uint32_t weight(const int16_t *high, const int16_t *low, size_t k)
{
    return (uint32_t)(high[k] * (1 << RESIZE_LOW_BITS) + low[k]);
}

/* Sums are signed numbers; they are kept unsigned since parts of them may wrap. */
static uint8_t clip(uint32_t sum)
{
    int32_t value = (int32_t)(sum + (1U << (RESIZE_FRACTION_BITS - 1))) >> RESIZE_FRACTION_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void narrow_row(const struct resize_axis *axis, const uint8_t *row, uint8_t *out)
{
    for (size_t x = 0; x < axis->size; x++, out += 3) {
        const uint8_t *p = row + 3 * (size_t)axis->first[x];
        const int16_t *high = axis->high + x * axis->stride, *low = axis->low + x * axis->stride;
        uint32_t r = 0, g = 0, b = 0;
        for (size_t k = 0; k < axis->count[x]; k++, p += 3) {
            uint32_t w = weight(high, low, k);
            r += w * p[0];
            g += w * p[1];
            b += w * p[2];
        }
        out[0] = clip(r);
        out[1] = clip(g);
        out[2] = clip(b);
    }
}

static void horizontal(const struct resize_axis *axis, const uint8_t *rows, size_t row_step,
                       uint8_t *out, size_t out_step)
{
    for (size_t i = 0; i < RESIZE_ROWS; i++)
        narrow_row(axis, rows + i * row_step, out + i * out_step);
}

static void vertical(const int16_t *high, const int16_t *low, size_t count,
                     const uint8_t *const *rows, uint8_t *out, size_t n)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        uint32_t sum[BLOCK] = { 0 };
        size_t width = n - at < BLOCK ? n - at : BLOCK;
        for (size_t k = 0; k < count; k++) {
            uint32_t w = weight(high, low, k);
            for (size_t i = 0; i < width; i++)
                sum[i] += w * rows[k][at + i];
        }
        for (size_t i = 0; i < width; i++)
            out[at + i] = clip(sum[i]);
    }
}

const struct resize_kernels resize_kernels_portable = { horizontal, vertical };
