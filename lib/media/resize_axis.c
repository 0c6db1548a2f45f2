/* The weights of bicubic resizing (spec section 1.6), in the order of operations that gives
 * Pillow's rounding. Smaller pictures widen the cubic, so that all input pixels count. */
#include "media/resize.h"

static double cubic(double t)
{
    const double a = -0.5;
    if (t < 0)
        t = -t;
    if (t < 1)
        return ((a + 2) * t - (a + 3)) * t * t + 1;
    if (t < 2)
        return (((t - 5) * t + 8) * t - 4) * a;
    return 0;
}

/* The axis in pixels, before it is cut to the outputs wanted. */
struct geometry {
    size_t in;
    double scale, widening, reach;
};

static struct geometry geometry(size_t in, size_t out)
{
    double scale = (double)in / (double)out, widening = scale < 1 ? 1 : scale;
    return (struct geometry){ in, scale, widening, 2 * widening };
}

/* Pixels [*first, *end) have a weight in output i. */
static void range(const struct geometry *g, size_t i, size_t *first, size_t *end)
{
    double centre = ((double)i + 0.5) * g->scale;
    double low = centre - g->reach + 0.5, high = centre + g->reach + 0.5;
    *first = low > 0 ? (size_t)low : 0;
    *end = high < (double)g->in ? (size_t)high : g->in;
}

/* Sum 1, then rounded to fixed point, halves away from zero. */
static void store(const double *weight, size_t count, double sum, int16_t *high, int16_t *low)
{
    for (size_t k = 0; k < count; k++) {
        double exact = weight[k] / sum * (1 << RESIZE_FRACTION_BITS);
        int32_t fixed = (int32_t)(exact < 0 ? exact - 0.5 : exact + 0.5);
        high[k] = (int16_t)(fixed >> RESIZE_LOW_BITS);
        low[k] = (int16_t)(fixed & ((1 << RESIZE_LOW_BITS) - 1));
    }
}

static void fill(struct resize_axis *axis, const struct geometry *g, size_t start, double *weight)
{
    for (size_t i = 0; i < axis->size; i++) {
        size_t first, end;
        double sum = 0, centre = ((double)(start + i) + 0.5) * g->scale, inverse = 1 / g->widening;
        range(g, start + i, &first, &end);
        for (size_t k = first; k < end; k++) {
            weight[k - first] = cubic(((double)k - centre + 0.5) * inverse);
            sum += weight[k - first];
        }
        axis->first[i] = (uint32_t)(first - axis->begin);
        axis->count[i] = (uint32_t)(end - first);
        store(weight, end - first, sum, axis->high + i * axis->stride,
              axis->low + i * axis->stride);
    }
}

static void measure(struct resize_axis *axis, const struct geometry *g, size_t start)
{
    for (size_t i = 0; i < axis->size; i++) {
        size_t first, end;
        range(g, start + i, &first, &end);
        if (i == 0)
            axis->begin = first;
        axis->end = end;
        if (axis->most < end - first)
            axis->most = end - first;
    }
}

enum gmr_status resize_axis_init(struct resize_axis *axis, struct arena *arena, size_t in,
                                 size_t out, size_t start, size_t size)
{
    struct geometry g = geometry(in, out);
    *axis = (struct resize_axis){ .size = size };
    measure(axis, &g, start);
    axis->stride = axis->most + axis->most % 2;
    axis->first = arena_array(arena, size, sizeof *axis->first);
    axis->count = arena_array(arena, size, sizeof *axis->count);
    axis->high = arena_array(arena, size, axis->stride * sizeof *axis->high);
    axis->low = arena_array(arena, size, axis->stride * sizeof *axis->low);
    double *weight = arena_array(arena, axis->most, sizeof *weight);
    if (!axis->first || !axis->count || !axis->high || !axis->low || !weight)
        return GMR_ERR_NOMEM;
    fill(axis, &g, start, weight);
    return GMR_OK;
}
