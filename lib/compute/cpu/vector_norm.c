/* Norm of the recommender and LayerNorm of CLIP, a row at a time while it is in the first cache.
 * Both are y = scale * (x - mean) * inv + shift; they differ in inv and in its slope. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"
#include "compute/cpu/vector_rows.h"

static const double STD_EPSILON = 1e-6;

ALWAYS_INLINE float row_excess(const float *x, float origin, size_t d)
{
    float sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < d; i++)
        sum += x[i] - origin;
    return sum;
}

/* Taken again from the first result, so that a row of equal values has exactly that mean, and a
 * mean far from 0 costs no digits. */
ALWAYS_INLINE float row_mean(const float *x, size_t d)
{
    float rough = row_sum(x, d) / (float)d;
    return rough + row_excess(x, rough, d) / (float)d;
}

ALWAYS_INLINE float row_squared_deviations(const float *x, float mean, size_t d)
{
    float sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < d; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum;
}

ALWAYS_INLINE void row_scale(float *y, const float *x, const float *scale, const float *shift,
                             float mean, float inv, size_t d)
{
    SIMD
    for (size_t i = 0; i < d; i++)
        y[i] = scale[i] * ((x[i] - mean) * inv) + shift[i];
}

static void norm_forward(const struct compute *c, real *y, real *mean, real *std, const real *x,
                         const real *a, const real *b, size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + r * d;
        float m = row_mean(row, d);
        double s = sqrt(row_squared_deviations(row, m, d) / (double)(d - 1));
        row_scale(y + r * d, row, a, b, m, (float)(1 / (s + STD_EPSILON)), d);
        mean[r] = m;
        std[r] = (float)s;
    }
}

static void layer_norm_forward(const struct compute *c, real *y, real *mean, real *inv,
                               const real *x, const real *w, const real *b, real epsilon,
                               size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + r * d;
        float m = row_mean(row, d);
        double variance = row_squared_deviations(row, m, d) / (double)d;
        mean[r] = m;
        inv[r] = (float)(1 / sqrt(variance + epsilon));
        row_scale(y + r * d, row, w, b, m, inv[r], d);
    }
}

/* One backward pass of either kind. */
struct norm {
    bool unbiased; /* Norm; else LayerNorm */
    float *dx, *dscale, *dshift;
    const float *dy, *x, *scale, *mean, *spread;
    float *scratch;
    float beta;
    size_t rows, d;
};

ALWAYS_INLINE void add_scale_slopes(float *dscale, float *dshift, const float *dy, const float *x,
                                    float mean, float inv, size_t d)
{
    SIMD
    for (size_t i = 0; i < d; i++) {
        dscale[i] += dy[i] * ((x[i] - mean) * inv);
        dshift[i] += dy[i];
    }
}

/* With g = dy scale and c = x - mean: dx = inv (g - mean(g)) - along * c, where `along` is
 * sum(g c) times inv^3 / d for LayerNorm, and inv^2 / ((d - 1) std) for Norm. */
ALWAYS_INLINE void row_backward(const struct norm *n, size_t r, float inv, double along)
{
    size_t d = n->d;
    const float *dy = n->dy + r * d, *x = n->x + r * d, *scale = n->scale;
    float *dx = n->dx + r * d, mean = n->mean[r], sum_g = 0, sum_gc = 0;
    SIMD_SUM(sum_g, sum_gc)
    for (size_t i = 0; i < d; i++) {
        float g = dy[i] * scale[i];
        sum_g += g;
        sum_gc += g * (x[i] - mean);
    }
    float share = (float)(inv * (double)sum_g / (double)d), k = (float)(along * sum_gc);
    if (n->beta == 0) {
        SIMD
        for (size_t i = 0; i < d; i++)
            dx[i] = (inv * (dy[i] * scale[i]) - share) - k * (x[i] - mean);
    } else {
        float beta = n->beta;
        SIMD
        for (size_t i = 0; i < d; i++)
            dx[i] = (inv * (dy[i] * scale[i]) - share) - k * (x[i] - mean) + beta * dx[i];
    }
}

/* 1 / (std + epsilon), or what LayerNorm kept; and the factor of sum(g c). */
static float inverse_spread(const struct norm *n, size_t r, double *along)
{
    double spread = n->spread[r], d = (double)n->d;
    double inv = n->unbiased ? 1 / (spread + STD_EPSILON) : spread;
    if (n->unbiased) /* a row of equal values has no slope */
        *along = spread > 0 ? inv * inv / ((d - 1) * spread) : 0;
    else
        *along = inv * inv * inv / d;
    return (float)inv;
}

static void chunk_backward(const struct norm *n, size_t chunk)
{
    size_t d = n->d, end = chunk_begin(n->rows, chunk + 1);
    float *dscale = n->scratch + chunk * 2 * d;
    if (n->dscale)
        memset(dscale, 0, 2 * d * sizeof *dscale);
    for (size_t r = chunk_begin(n->rows, chunk); r < end; r++) {
        double along;
        float inv = inverse_spread(n, r, &along);
        if (n->dscale)
            add_scale_slopes(dscale, dscale + d, n->dy + r * d, n->x + r * d, n->mean[r], inv, d);
        if (n->dx)
            row_backward(n, r, inv, along);
    }
}

static void backward(const struct compute *c, const struct norm *n)
{
    PARALLEL(c, n->rows * n->d)
    for (size_t chunk = 0; chunk < ROW_CHUNKS; chunk++)
        chunk_backward(n, chunk);
    if (n->dscale) {
        add_chunks(n->dscale, n->scratch, 2 * n->d, n->d);
        add_chunks(n->dshift, n->scratch + n->d, 2 * n->d, n->d);
    }
}

static void norm_backward(const struct compute *c, real *dx, real *da, real *db, const real *dy,
                          const real *x, const real *a, const real *mean, const real *std,
                          real *scratch, real beta, size_t rows, size_t d)
{
    backward(c, &(struct norm){ true, dx, da, db, dy, x, a, mean, std, scratch, beta, rows, d });
}

static void layer_norm_backward(const struct compute *c, real *dx, real *dw, real *db,
                                const real *dy, const real *x, const real *w, const real *mean,
                                const real *inv, real *scratch, real beta, size_t rows, size_t d)
{
    backward(c, &(struct norm){ false, dx, dw, db, dy, x, w, mean, inv, scratch, beta, rows, d });
}

void VECTOR(norm_install)(struct compute *c)
{
    c->norm_forward = norm_forward;
    c->norm_backward = norm_backward;
    c->layer_norm_forward = layer_norm_forward;
    c->layer_norm_backward = layer_norm_backward;
}
