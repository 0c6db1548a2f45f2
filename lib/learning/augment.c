#include "learning/augment.h"

#include <math.h>
#include <stdbool.h>

#include "encoder/preprocess.h"

enum { CHANNELS = 3 };

/* What chance decides. */
struct change {
    double left, top, step; /* source pixel of output (x, y): left + x step, top + y step */
    bool mirrored;
    double gain, offset; /* of values 0 .. 1 */
};

static const double LEAST_VIEW = 0.86, MOST_VIEW = 1.1; /* of the square's side */
static const double SHIFT = 0.06, CONTRAST = 0.15, LIGHT = 0.05;

static double between(struct rng_stream *chance, double low, double high)
{
    return low + (high - low) * rng_uniform(chance);
}

static struct change draw_change(struct rng_stream *chance, size_t side, size_t out)
{
    const double size = (double)side, view = size * between(chance, LEAST_VIEW, MOST_VIEW);
    const double x = between(chance, -SHIFT, SHIFT) * size;
    const double y = between(chance, -SHIFT, SHIFT) * size;
    struct change c = { .step = view / (double)out };
    c.left = (size - view) / 2 + x + c.step / 2 - 0.5;
    c.top = (size - view) / 2 + y + c.step / 2 - 0.5;
    c.mirrored = rng_uniform(chance) < 0.5;
    c.gain = between(chance, 1 - CONTRAST, 1 + CONTRAST);
    c.offset = between(chance, -LIGHT, LIGHT) + 0.5 * (1 - c.gain);
    return c;
}

/* The pixels on both sides of a place, the border repeated, and how far it is to the second. */
struct place {
    size_t low, high;
    double share;
};

static struct place find_place(double at, size_t side)
{
    const double last = (double)(side - 1), inside = fmin(fmax(at, 0), last);
    const size_t low = (size_t)inside;
    return (struct place){ low, low + 1 < side ? low + 1 : low, inside - (double)low };
}

static double mix(double a, double b, double share)
{
    return a + (b - a) * share;
}

void augment_square(const uint8_t *square, size_t side, struct rng_stream *chance, real *values,
                    size_t out)
{
    const struct change change = draw_change(chance, side, out);
    for (size_t y = 0; y < out; y++) {
        const struct place row = find_place(change.top + (double)y * change.step, side);
        const uint8_t *upper = square + row.low * side * CHANNELS;
        const uint8_t *lower = square + row.high * side * CHANNELS;
        for (size_t x = 0; x < out; x++) {
            const size_t from = change.mirrored ? out - 1 - x : x;
            const struct place p = find_place(change.left + (double)from * change.step, side);
            const uint8_t *a = upper + p.low * CHANNELS, *b = upper + p.high * CHANNELS;
            const uint8_t *c = lower + p.low * CHANNELS, *d = lower + p.high * CHANNELS;
            for (size_t k = 0; k < CHANNELS; k++) {
                const double light =
                    mix(mix(a[k], b[k], p.share), mix(c[k], d[k], p.share), row.share) / 255;
                const double lit = fmin(fmax(change.gain * light + change.offset, 0), 1);
                values[(k * out + y) * out + x] =
                    (real)((lit - (double)preprocess_mean[k]) / (double)preprocess_deviation[k]);
            }
        }
    }
}
