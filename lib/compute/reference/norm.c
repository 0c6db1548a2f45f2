/* Norm of the recommender and LayerNorm of CLIP, over the last axis. They differ: Norm divides by
 * the unbiased standard deviation (d - 1) with epsilon outside the root (spec section 0), LayerNorm
 * by the root of the biased variance plus epsilon. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

static const double STD_EPSILON = 1e-6;

static double mean_of(const real *x, size_t d)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += x[i];
    return sum / (double)d;
}

static double squared_deviations(const real *x, double mean, size_t d)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += square(x[i] - mean);
    return sum;
}

static double inverse_of_std(double std)
{
    return 1 / (std + STD_EPSILON);
}

static double inverse_as_kept(double inv)
{
    return inv;
}

void reference_norm_forward(const struct compute *c, real *y, real *mean, real *std, const real *x,
                            const real *a, const real *b, size_t rows, size_t d)
{
    for (size_t r = 0; r < rows; r++, x += d, y += d) {
        double m = mean_of(x, d), s = sqrt(squared_deviations(x, m, d) / (double)(d - 1));
        double inv = inverse_of_std(s);
        for (size_t i = 0; i < d; i++)
            y[i] = (real)(a[i] * (x[i] - m) * inv + b[i]);
        mean[r] = (real)m;
        std[r] = (real)s;
    }
}

static void norm_backward_row(real *dx, const real *dy, const real *x, const real *a, double mean,
                              double std, double beta, size_t d)
{
    double n = (double)d, inv = inverse_of_std(std), sum_g = 0, sum_gc = 0;
    for (size_t i = 0; i < d; i++) {
        double g = (double)dy[i] * a[i];
        sum_g += g;
        sum_gc += g * (x[i] - mean);
    }
    /* d std / d x[i] = (x[i] - mean) / ((d - 1) std); at a row of equal values it counts as 0 */
    double k = std > 0 ? sum_gc * inv * inv / ((n - 1) * std) : 0;
    for (size_t i = 0; i < d; i++)
        blend(dx, i, beta, inv * ((double)dy[i] * a[i] - sum_g / n) - k * (x[i] - mean));
}

/* Both norms are y = scale * (x - mean) * inv + shift, with inv a function of what they kept. */
static void scale_backward(real *dscale, real *dshift, const real *dy, const real *x,
                           const real *mean, const real *spread, double (*inverse)(double),
                           size_t rows, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        double sum_scale = 0, sum_shift = 0;
        for (size_t r = 0; r < rows; r++) {
            double g = dy[r * d + i];
            sum_scale += g * (x[r * d + i] - (double)mean[r]) * inverse(spread[r]);
            sum_shift += g;
        }
        accumulate(dscale, i, sum_scale);
        accumulate(dshift, i, sum_shift);
    }
}

void reference_norm_backward(const struct compute *c, real *dx, real *da, real *db, const real *dy,
                             const real *x, const real *a, const real *mean, const real *std,
                             real *scratch, real beta, size_t rows, size_t d)
{
    scale_backward(da, db, dy, x, mean, std, inverse_of_std, rows, d);
    for (size_t r = 0; dx && r < rows; r++)
        norm_backward_row(dx + r * d, dy + r * d, x + r * d, a, mean[r], std[r], beta, d);
}

void reference_layer_norm_forward(const struct compute *c, real *y, real *mean, real *inv,
                                  const real *x, const real *w, const real *b, real epsilon,
                                  size_t rows, size_t d)
{
    for (size_t r = 0; r < rows; r++, x += d, y += d) {
        double m = mean_of(x, d);
        double scale = 1 / sqrt(squared_deviations(x, m, d) / (double)d + epsilon);
        for (size_t i = 0; i < d; i++)
            y[i] = (real)(w[i] * (x[i] - m) * scale + b[i]);
        mean[r] = (real)m;
        inv[r] = (real)scale;
    }
}

/* With n = (x - mean) inv and g = dy w: dx = inv (g - mean(g) - n mean(g n)). */
static void layer_norm_backward_row(real *dx, const real *dy, const real *x, const real *w,
                                    double mean, double inv, double beta, size_t d)
{
    double sum_g = 0, sum_gn = 0;
    for (size_t i = 0; i < d; i++) {
        double g = (double)dy[i] * w[i];
        sum_g += g;
        sum_gn += g * (x[i] - mean) * inv;
    }
    for (size_t i = 0; i < d; i++) {
        double g = (double)dy[i] * w[i], n = (x[i] - mean) * inv;
        blend(dx, i, beta, inv * (g - (sum_g + n * sum_gn) / (double)d));
    }
}

void reference_layer_norm_backward(const struct compute *c, real *dx, real *dw, real *db,
                                   const real *dy, const real *x, const real *w, const real *mean,
                                   const real *inv, real *scratch, real beta, size_t rows, size_t d)
{
    scale_backward(dw, db, dy, x, mean, inv, inverse_as_kept, rows, d);
    for (size_t r = 0; dx && r < rows; r++)
        layer_norm_backward_row(dx + r * d, dy + r * d, x + r * d, w, mean[r], inv[r], beta, d);
}
