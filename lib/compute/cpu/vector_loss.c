/* Loss functions. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"
#include "compute/cpu/vector_rows.h"

/* log of the sum of e^x; the largest is taken out first, so that nothing overflows. */
static float log_sum_exp(const float *x, size_t n)
{
    float max = row_max(x, n), sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < n; i++)
        sum += exp_of(x[i] - max);
    return (float)(max + log(sum));
}

/* sum over v of q[v] (lse - logits[v]). Without smoothing only the target counts, so that a class
 * ruled out by a logit of -infinity adds nothing. */
static float row_loss(const float *logits, float at_target, float smoothing, float lse, size_t n)
{
    float loss = (1 - smoothing) * (lse - at_target);
    if (smoothing > 0) {
        float sum = 0;
        SIMD_SUM(sum)
        for (size_t i = 0; i < n; i++)
            sum += lse - logits[i];
        loss += smoothing * (sum / (float)n);
    }
    return loss;
}

static void cross_entropy_forward(const struct compute *c, real *loss, real *lse,
                                  const real *logits, const int64_t *target, const real *weight,
                                  real smoothing, size_t rows, size_t classes)
{
    PARALLEL(c, rows * classes * 4)
    for (size_t r = 0; r < rows; r++) {
        const float *row = logits + r * classes;
        lse[r] = log_sum_exp(row, classes);
        loss[r] =
            (weight ? weight[r] : 1) * row_loss(row, row[target[r]], smoothing, lse[r], classes);
    }
}

static void cross_entropy_backward(const struct compute *c, real *dlogits, const real *dloss,
                                   const real *lse, const real *logits, const int64_t *target,
                                   const real *weight, real smoothing, size_t rows, size_t classes)
{
    float q = smoothing / (float)classes;
    PARALLEL(c, rows * classes * 4)
    for (size_t r = 0; r < rows; r++) {
        float *to = dlogits + r * classes, slope = dloss[r] * (weight ? weight[r] : 1);
        const float *from = logits + r * classes;
        float log_sum = lse[r];
        SIMD
        for (size_t i = 0; i < classes; i++)
            to[i] += slope * (exp_of(from[i] - log_sum) - q);
        to[target[r]] -= slope * (1 - smoothing);
    }
}

static void smooth_l1_forward(const struct compute *c, real *y, const real *x, const real *target,
                              size_t n)
{
    PARALLEL(c, n)
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = smaller(at + BLOCK, n);
        SIMD
        for (size_t i = at; i < end; i++) {
            float e = fabsf(x[i] - target[i]);
            y[i] = e < 1 ? 0.5f * e * e : e - 0.5f;
        }
    }
}

ALWAYS_INLINE float smooth_l1_slope(float e)
{
    float sign = e < 0 ? -1.0f : 1.0f;
    return fabsf(e) >= 1 ? sign : e; /* a NaN stays */
}

static void add_smooth_l1_slopes(float *dx, float sign, const float *dy, const float *x,
                                 const float *target, size_t n)
{
    SIMD
    for (size_t i = 0; i < n; i++)
        dx[i] += sign * dy[i] * smooth_l1_slope(x[i] - target[i]);
}

static void smooth_l1_backward(const struct compute *c, real *dx, real *dtarget, const real *dy,
                               const real *x, const real *target, size_t n)
{
    PARALLEL(c, n)
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t count = smaller(BLOCK, n - at);
        if (dx)
            add_smooth_l1_slopes(dx + at, 1, dy + at, x + at, target + at, count);
        if (dtarget)
            add_smooth_l1_slopes(dtarget + at, -1, dy + at, x + at, target + at, count);
    }
}

void VECTOR(loss_install)(struct compute *c)
{
    c->cross_entropy_forward = cross_entropy_forward;
    c->cross_entropy_backward = cross_entropy_backward;
    c->smooth_l1_forward = smooth_l1_forward;
    c->smooth_l1_backward = smooth_l1_backward;
}
