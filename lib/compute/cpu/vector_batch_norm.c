/* BatchNorm over x [n, channels, space]. With space 1, a row is all channels side by side, and they
 * are worked on in strips; otherwise a channel is n pieces of `space` numbers, and channels are
 * worked on one by one. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"

enum { STRIP = 64 /* channels at a time when space is 1 */ };

/* Where to find channel `first` and its neighbours. */
struct extent {
    size_t n, channels, space;
    size_t first, width; /* channels first .. first + width - 1; width is 1 unless space is 1 */
};

/* Two sums for each channel of the extent. In double: a channel may have millions of elements. */
struct sums {
    double a[STRIP], b[STRIP];
};

static size_t strip_count(size_t channels, size_t space)
{
    return space == 1 ? (channels + STRIP - 1) / STRIP : channels;
}

static struct extent extent_of(size_t n, size_t channels, size_t space, size_t strip)
{
    struct extent e = { n, channels, space, strip, 1 };
    if (space == 1) {
        e.first = strip * STRIP;
        e.width = smaller(STRIP, channels - e.first);
    }
    return e;
}

static size_t place(const struct extent *e, size_t i)
{
    return (i * e->channels + e->first) * e->space;
}

/* a += sum of x - origin, b += sum of its square */
ALWAYS_INLINE void piece_moments(const float *x, float origin, size_t n, double *a, double *b)
{
    float sum = 0, squares = 0;
    SIMD_SUM(sum, squares)
    for (size_t i = 0; i < n; i++) {
        float d = x[i] - origin;
        sum += d;
        squares += d * d;
    }
    *a += (double)sum;
    *b += (double)squares;
}

/* Sums of x - origin and of its square, for each channel. */
static void moments(const struct extent *e, const float *x, const float *origin, struct sums *s)
{
    *s = (struct sums){ 0 };
    for (size_t i = 0; i < e->n; i++) {
        const float *piece = x + place(e, i);
        if (e->space > 1) {
            piece_moments(piece, origin[0], e->space, &s->a[0], &s->b[0]);
            continue;
        }
        SIMD
        for (size_t j = 0; j < e->width; j++) {
            double d = (double)(piece[j] - origin[j]);
            s->a[j] += d;
            s->b[j] += d * d;
        }
    }
}

/* y = x * scale + shift, per channel */
static void apply(const struct extent *e, float *y, const float *x, const float *scale,
                  const float *shift)
{
    for (size_t i = 0; i < e->n; i++) {
        const float *from = x + place(e, i);
        float *to = y + place(e, i);
        if (e->space > 1) {
            float a = scale[0], b = shift[0];
            SIMD
            for (size_t j = 0; j < e->space; j++)
                to[j] = from[j] * a + b;
        } else {
            SIMD
            for (size_t j = 0; j < e->width; j++)
                to[j] = from[j] * scale[j] + shift[j];
        }
    }
}

static void move_towards(float *running, float momentum, double value)
{
    *running = (float)((1 - (double)momentum) * *running + momentum * value);
}

struct train {
    float *y, *mean, *inv, *running_mean, *running_var;
    const float *x, *w, *b;
    float momentum, epsilon;
};

/* Taken from the first pass's mean, the second moment loses no digits, and the first corrects what
 * the mean lost when it was rounded. */
static void train_strip(const struct train *t, const struct extent *e)
{
    struct sums s;
    float origin[STRIP] = { 0 }, scale[STRIP], shift[STRIP];
    double count = (double)(e->n * e->space), unbias = count > 1 ? count / (count - 1) : 1;
    for (size_t j = 0; j < e->width; j++)
        origin[j] = t->x[e->first * e->space + j];
    moments(e, t->x, origin, &s);
    for (size_t j = 0; j < e->width; j++)
        origin[j] = (float)(origin[j] + s.a[j] / count);
    moments(e, t->x, origin, &s);
    for (size_t j = 0; j < e->width; j++) {
        size_t channel = e->first + j;
        double rest = s.a[j] / count, mean = origin[j] + rest;
        double variance = s.b[j] / count - rest * rest, inv = 1 / sqrt(variance + t->epsilon);
        scale[j] = (float)(inv * t->w[channel]);
        shift[j] = (float)(t->b[channel] - mean * inv * t->w[channel]);
        t->mean[channel] = (float)mean;
        t->inv[channel] = (float)inv;
        if (t->running_mean) {
            move_towards(&t->running_mean[channel], t->momentum, mean);
            move_towards(&t->running_var[channel], t->momentum, variance * unbias);
        }
    }
    apply(e, t->y, t->x, scale, shift);
}

static void batch_norm_train_forward(const struct compute *c, real *y, real *mean, real *inv,
                                     real *running_mean, real *running_var, const real *x,
                                     const real *w, const real *b, real momentum, real epsilon,
                                     size_t n, size_t channels, size_t space)
{
    struct train t = { y, mean, inv, running_mean, running_var, x, w, b, momentum, epsilon };
    PARALLEL(c, n * channels * space)
    for (size_t strip = 0; strip < strip_count(channels, space); strip++) {
        struct extent e = extent_of(n, channels, space, strip);
        train_strip(&t, &e);
    }
}

static void batch_norm_eval_forward(const struct compute *c, real *y, real *inv,
                                    const real *running_mean, const real *running_var,
                                    const real *x, const real *w, const real *b, real epsilon,
                                    size_t n, size_t channels, size_t space)
{
    PARALLEL(c, n * channels * space)
    for (size_t strip = 0; strip < strip_count(channels, space); strip++) {
        struct extent e = extent_of(n, channels, space, strip);
        float scale[STRIP], shift[STRIP];
        for (size_t j = 0; j < e.width; j++) {
            size_t channel = e.first + j;
            double factor = 1 / sqrt((double)running_var[channel] + epsilon);
            inv[channel] = (float)factor;
            scale[j] = (float)(factor * w[channel]);
            shift[j] = (float)(b[channel] - running_mean[channel] * factor * w[channel]);
        }
        apply(&e, y, x, scale, shift);
    }
}

struct slopes {
    float *dx, *dw, *db;
    const float *dy, *x, *w, *mean, *inv;
    bool train; /* mean and inv depend on x */
};

ALWAYS_INLINE void piece_slopes(const float *dy, const float *x, float mean, size_t n, double *a,
                                double *b)
{
    float sum = 0, along = 0;
    SIMD_SUM(sum, along)
    for (size_t i = 0; i < n; i++) {
        sum += dy[i];
        along += dy[i] * (x[i] - mean);
    }
    *a += (double)sum;
    *b += (double)along;
}

/* Sums of dy and of dy (x - mean) for each channel. */
static void sum_slopes(const struct slopes *s, const struct extent *e, struct sums *sums)
{
    const float *mean = s->mean + e->first;
    *sums = (struct sums){ 0 };
    for (size_t i = 0; i < e->n; i++) {
        const float *dy = s->dy + place(e, i), *x = s->x + place(e, i);
        if (e->space > 1) {
            piece_slopes(dy, x, mean[0], e->space, &sums->a[0], &sums->b[0]);
            continue;
        }
        SIMD
        for (size_t j = 0; j < e->width; j++) {
            sums->a[j] += (double)dy[j];
            sums->b[j] += (double)(dy[j] * (x[j] - mean[j]));
        }
    }
}

/* dx += dy * scale - x' * along - share, x' = x - mean, per channel */
static void add_slopes(const struct slopes *s, const struct extent *e, const float *scale,
                       const float *along, const float *share)
{
    const float *mean = s->mean + e->first;
    for (size_t i = 0; i < e->n; i++) {
        const float *dy = s->dy + place(e, i), *x = s->x + place(e, i);
        float *dx = s->dx + place(e, i);
        if (e->space > 1) {
            float m = mean[0], a = scale[0], k = along[0], h = share[0];
            SIMD
            for (size_t j = 0; j < e->space; j++)
                dx[j] += (dy[j] * a - (x[j] - m) * k) - h;
        } else {
            SIMD
            for (size_t j = 0; j < e->width; j++)
                dx[j] += (dy[j] * scale[j] - (x[j] - mean[j]) * along[j]) - share[j];
        }
    }
}

/* With n = (x - mean) inv: dx = w inv (dy - mean(dy) - n mean(dy n)); the means only in training.
 */
static void strip_backward(const struct slopes *s, const struct extent *e)
{
    struct sums sums;
    float scale[STRIP], along[STRIP] = { 0 }, share[STRIP] = { 0 };
    double count = (double)(e->n * e->space);
    sum_slopes(s, e, &sums);
    for (size_t j = 0; j < e->width; j++) {
        size_t channel = e->first + j;
        double inv = s->inv[channel], factor = inv * s->w[channel];
        scale[j] = (float)factor;
        if (s->train) {
            along[j] = (float)(factor * inv * inv * sums.b[j] / count);
            share[j] = (float)(factor * sums.a[j] / count);
        }
        if (s->dw)
            s->dw[channel] += (float)(sums.b[j] * inv);
        if (s->db)
            s->db[channel] += (float)sums.a[j];
    }
    if (s->dx)
        add_slopes(s, e, scale, along, share);
}

static void backward(const struct compute *c, const struct slopes *s, size_t n, size_t channels,
                     size_t space)
{
    PARALLEL(c, n * channels * space)
    for (size_t strip = 0; strip < strip_count(channels, space); strip++) {
        struct extent e = extent_of(n, channels, space, strip);
        strip_backward(s, &e);
    }
}

static void batch_norm_train_backward(const struct compute *c, real *dx, real *dw, real *db,
                                      const real *dy, const real *x, const real *w,
                                      const real *mean, const real *inv, size_t n, size_t channels,
                                      size_t space)
{
    backward(c, &(struct slopes){ dx, dw, db, dy, x, w, mean, inv, true }, n, channels, space);
}

static void batch_norm_eval_backward(const struct compute *c, real *dx, real *dw, real *db,
                                     const real *dy, const real *x, const real *w,
                                     const real *running_mean, const real *inv, size_t n,
                                     size_t channels, size_t space)
{
    backward(c, &(struct slopes){ dx, dw, db, dy, x, w, running_mean, inv, false }, n, channels,
             space);
}

void VECTOR(batch_norm_install)(struct compute *c)
{
    c->batch_norm_train_forward = batch_norm_train_forward;
    c->batch_norm_train_backward = batch_norm_train_backward;
    c->batch_norm_eval_forward = batch_norm_eval_forward;
    c->batch_norm_eval_backward = batch_norm_eval_backward;
}
