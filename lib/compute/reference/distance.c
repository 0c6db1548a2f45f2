/* Lengths and distances of rows. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

static const double SMALLEST_NORM = 1e-12;

static double squared_distance(const real *a, const real *b, size_t d)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += square((double)a[i] - b[i]);
    return sum;
}

void reference_l2_normalise_forward(const struct compute *c, real *y, real *norm, const real *x,
                                    size_t rows, size_t d)
{
    for (size_t r = 0; r < rows; r++, x += d, y += d) {
        double length = sqrt(dot(x, x, d)), divisor = fmax(length, SMALLEST_NORM);
        for (size_t i = 0; i < d; i++)
            y[i] = (real)(x[i] / divisor);
        norm[r] = (real)length;
    }
}

/* dx = (dy - y (y . dy)) / |x|; a row too short to be normalised is only divided by a constant. */
void reference_l2_normalise_backward(const struct compute *c, real *dx, const real *dy,
                                     const real *y, const real *norm, size_t rows, size_t d)
{
    for (size_t r = 0; r < rows; r++, dx += d, dy += d, y += d) {
        bool normalised = norm[r] > SMALLEST_NORM;
        double divisor = normalised ? norm[r] : SMALLEST_NORM;
        double along = normalised ? dot(y, dy, d) : 0;
        for (size_t i = 0; i < d; i++)
            accumulate(dx, i, (dy[i] - y[i] * along) / divisor);
    }
}

void reference_squared_distance_forward(const struct compute *c, real *y, const real *a,
                                        const real *b, size_t rows, size_t d)
{
    for (size_t r = 0; r < rows; r++)
        y[r] = (real)squared_distance(a + r * d, b + r * d, d);
}

void reference_squared_distance_backward(const struct compute *c, real *da, real *db,
                                         const real *dy, const real *a, const real *b, size_t rows,
                                         size_t d)
{
    for (size_t i = 0; i < rows * d; i++) {
        double slope = 2 * dy[i / d] * ((double)a[i] - b[i]);
        accumulate(da, i, slope);
        accumulate(db, i, -slope);
    }
}

void reference_triplet_forward(const struct compute *c, real *loss, const real *x, const real *p,
                               const real *n, real margin, size_t rows, size_t d)
{
    for (size_t r = 0; r < rows; r++) {
        double near = squared_distance(x + r * d, p + r * d, d);
        double far = squared_distance(x + r * d, n + r * d, d);
        double excess = near - far + margin;
        loss[r] = (real)(excess < 0 ? 0 : excess); /* a NaN stays */
    }
}

void reference_triplet_backward(const struct compute *c, real *dx, real *dp, real *dn,
                                const real *dloss, const real *loss, const real *x, const real *p,
                                const real *n, size_t rows, size_t d)
{
    for (size_t i = 0; i < rows * d; i++) {
        double slope = loss[i / d] > 0 ? 2 * dloss[i / d] : 0;
        accumulate(dx, i, slope * ((double)n[i] - p[i]));
        accumulate(dp, i, slope * ((double)p[i] - x[i]));
        accumulate(dn, i, slope * ((double)x[i] - n[i]));
    }
}
