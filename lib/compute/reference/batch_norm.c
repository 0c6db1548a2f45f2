/* BatchNorm over x [n, channels, space]: a channel's elements, of all n and of all places in space,
 * share one mean and one variance. Trained on, those are the batch's own; evaluated, they are
 * constants. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

struct extent {
    size_t channels, space;
    size_t count; /* elements of a channel */
};

static struct extent extent_of(size_t n, size_t channels, size_t space)
{
    return (struct extent){ .channels = channels, .space = space, .count = n * space };
}

/* Where element e of a channel lies. */
static size_t place(const struct extent *x, size_t channel, size_t e)
{
    return (e / x->space * x->channels + channel) * x->space + e % x->space;
}

static double channel_mean(const struct extent *extent, const real *x, size_t channel)
{
    double sum = 0;
    for (size_t e = 0; e < extent->count; e++)
        sum += x[place(extent, channel, e)];
    return sum / (double)extent->count;
}

static double channel_variance(const struct extent *extent, const real *x, size_t channel,
                               double mean)
{
    double sum = 0;
    for (size_t e = 0; e < extent->count; e++)
        sum += square(x[place(extent, channel, e)] - mean);
    return sum / (double)extent->count;
}

static void normalise(const struct extent *extent, real *y, const real *x, size_t channel,
                      double mean, double scale, double shift)
{
    for (size_t e = 0; e < extent->count; e++) {
        size_t i = place(extent, channel, e);
        y[i] = (real)((x[i] - mean) * scale + shift);
    }
}

static void move_towards(real *running, double momentum, double value)
{
    *running = (real)((1 - momentum) * *running + momentum * value);
}

void reference_batch_norm_train_forward(const struct compute *c, real *y, real *mean, real *inv,
                                        real *running_mean, real *running_var, const real *x,
                                        const real *w, const real *b, real momentum, real epsilon,
                                        size_t n, size_t channels, size_t space)
{
    struct extent extent = extent_of(n, channels, space);
    double count = (double)extent.count, unbias = extent.count > 1 ? count / (count - 1) : 1;
    for (size_t channel = 0; channel < channels; channel++) {
        double m = channel_mean(&extent, x, channel);
        double variance = channel_variance(&extent, x, channel, m);
        double scale = 1 / sqrt(variance + epsilon);
        normalise(&extent, y, x, channel, m, scale * w[channel], b[channel]);
        mean[channel] = (real)m;
        inv[channel] = (real)scale;
        if (running_mean) {
            move_towards(&running_mean[channel], momentum, m);
            move_towards(&running_var[channel], momentum, variance * unbias);
        }
    }
}

/* Sums of dy and of dy * (x - mean) * inv over a channel: the gradients of shift and scale. */
struct slopes {
    double shift, scale;
};

static struct slopes channel_slopes(const struct extent *extent, const real *dy, const real *x,
                                    size_t channel, double mean, double inv)
{
    struct slopes sum = { 0 };
    for (size_t e = 0; e < extent->count; e++) {
        size_t i = place(extent, channel, e);
        sum.shift += dy[i];
        sum.scale += dy[i] * (x[i] - mean) * inv;
    }
    return sum;
}

/* With n = (x - mean) inv: dx = w inv (dy - mean(dy) - n mean(dy n)). */
void reference_batch_norm_train_backward(const struct compute *c, real *dx, real *dw, real *db,
                                         const real *dy, const real *x, const real *w,
                                         const real *mean, const real *inv, size_t n,
                                         size_t channels, size_t space)
{
    struct extent extent = extent_of(n, channels, space);
    for (size_t channel = 0; channel < channels; channel++) {
        double m = mean[channel], scale = inv[channel], count = (double)extent.count;
        struct slopes sum = channel_slopes(&extent, dy, x, channel, m, scale);
        accumulate(dw, channel, sum.scale);
        accumulate(db, channel, sum.shift);
        for (size_t e = 0; e < extent.count; e++) {
            size_t i = place(&extent, channel, e);
            double centred = dy[i] - (sum.shift + (x[i] - m) * scale * sum.scale) / count;
            accumulate(dx, i, w[channel] * scale * centred);
        }
    }
}

void reference_batch_norm_eval_forward(const struct compute *c, real *y, real *inv,
                                       const real *running_mean, const real *running_var,
                                       const real *x, const real *w, const real *b, real epsilon,
                                       size_t n, size_t channels, size_t space)
{
    struct extent extent = extent_of(n, channels, space);
    for (size_t channel = 0; channel < channels; channel++) {
        double scale = 1 / sqrt((double)running_var[channel] + epsilon);
        normalise(&extent, y, x, channel, running_mean[channel], scale * w[channel], b[channel]);
        inv[channel] = (real)scale;
    }
}

void reference_batch_norm_eval_backward(const struct compute *c, real *dx, real *dw, real *db,
                                        const real *dy, const real *x, const real *w,
                                        const real *running_mean, const real *inv, size_t n,
                                        size_t channels, size_t space)
{
    struct extent extent = extent_of(n, channels, space);
    for (size_t channel = 0; channel < channels; channel++) {
        double scale = inv[channel];
        struct slopes sum = channel_slopes(&extent, dy, x, channel, running_mean[channel], scale);
        accumulate(dw, channel, sum.scale);
        accumulate(db, channel, sum.shift);
        for (size_t e = 0; e < extent.count; e++) {
            size_t i = place(&extent, channel, e);
            accumulate(dx, i, w[channel] * scale * dy[i]);
        }
    }
}
