/* Lengths and distances of rows. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"
#include "compute/cpu/vector_rows.h"

static const float SMALLEST_NORM = 1e-12f;

ALWAYS_INLINE float row_squared_distance(const float *a, const float *b, size_t d)
{
    float sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < d; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static void l2_normalise_forward(const struct compute *c, real *y, real *norm, const real *x,
                                 size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++) {
        const float *from = x + r * d;
        float *to = y + r * d, length = (float)sqrt(row_squares(from, d));
        float inv = 1 / (length < SMALLEST_NORM ? SMALLEST_NORM : length);
        SIMD
        for (size_t i = 0; i < d; i++)
            to[i] = from[i] * inv;
        norm[r] = length;
    }
}

/* dx = (dy - y (y . dy)) / |x|; a row too short to be normalised is only divided by a constant. */
static void l2_normalise_backward(const struct compute *c, real *dx, const real *dy, const real *y,
                                  const real *norm, size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++) {
        const float *slope = dy + r * d, *row = y + r * d;
        float *to = dx + r * d;
        bool normalised = norm[r] > SMALLEST_NORM;
        float along = normalised ? row_dot(row, slope, d) : 0;
        float inv = 1 / (normalised ? norm[r] : SMALLEST_NORM);
        SIMD
        for (size_t i = 0; i < d; i++)
            to[i] += (slope[i] - row[i] * along) * inv;
    }
}

static void squared_distance_forward(const struct compute *c, real *y, const real *a, const real *b,
                                     size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++)
        y[r] = row_squared_distance(a + r * d, b + r * d, d);
}

/* to += k (a - b), where that gradient is wanted */
ALWAYS_INLINE void add_difference(float *to, float k, const float *a, const float *b, size_t d)
{
    if (!to)
        return;
    SIMD
    for (size_t i = 0; i < d; i++)
        to[i] += k * (a[i] - b[i]);
}

static float *row_or_null(float *x, size_t place)
{
    return x ? x + place : NULL;
}

static void squared_distance_backward(const struct compute *c, real *da, real *db, const real *dy,
                                      const real *a, const real *b, size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++) {
        size_t at = r * d;
        add_difference(row_or_null(da, at), 2 * dy[r], a + at, b + at, d);
        add_difference(row_or_null(db, at), -2 * dy[r], a + at, b + at, d);
    }
}

static void triplet_forward(const struct compute *c, real *loss, const real *x, const real *p,
                            const real *n, real margin, size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++) {
        float near = row_squared_distance(x + r * d, p + r * d, d);
        float far = row_squared_distance(x + r * d, n + r * d, d);
        float excess = near - far + margin;
        loss[r] = excess < 0 ? 0 : excess; /* a NaN stays */
    }
}

static void triplet_backward(const struct compute *c, real *dx, real *dp, real *dn,
                             const real *dloss, const real *loss, const real *x, const real *p,
                             const real *n, size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++) {
        float slope = loss[r] > 0 ? 2 * dloss[r] : 0;
        size_t at = r * d;
        add_difference(row_or_null(dx, at), slope, n + at, p + at, d);
        add_difference(row_or_null(dp, at), slope, p + at, x + at, d);
        add_difference(row_or_null(dn, at), slope, x + at, n + at, d);
    }
}

void VECTOR(distance_install)(struct compute *c)
{
    c->l2_normalise_forward = l2_normalise_forward;
    c->l2_normalise_backward = l2_normalise_backward;
    c->squared_distance_forward = squared_distance_forward;
    c->squared_distance_backward = squared_distance_backward;
    c->triplet_forward = triplet_forward;
    c->triplet_backward = triplet_backward;
}
