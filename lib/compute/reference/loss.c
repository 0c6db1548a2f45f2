/* Loss functions. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

/* sum over v of q[v] (lse - logits[v]). Without smoothing only the target counts, so that a class
 * ruled out by a logit of -infinity adds nothing. */
static double smoothed_loss(const real *logits, int64_t target, double smoothing, double lse,
                            size_t classes)
{
    double loss = (1 - smoothing) * (lse - logits[target]);
    for (size_t v = 0; smoothing > 0 && v < classes; v++)
        loss += smoothing / (double)classes * (lse - logits[v]);
    return loss;
}

void reference_cross_entropy_forward(const struct compute *c, real *loss, real *lse,
                                     const real *logits, const int64_t *target, const real *weight,
                                     real smoothing, size_t rows, size_t classes)
{
    for (size_t r = 0; r < rows; r++, logits += classes) {
        double log_sum = log_sum_exp(logits, classes, 1);
        loss[r] = (real)((weight ? weight[r] : 1) *
                         smoothed_loss(logits, target[r], smoothing, log_sum, classes));
        lse[r] = (real)log_sum;
    }
}

void reference_cross_entropy_backward(const struct compute *c, real *dlogits, const real *dloss,
                                      const real *lse, const real *logits, const int64_t *target,
                                      const real *weight, real smoothing, size_t rows,
                                      size_t classes)
{
    for (size_t r = 0; r < rows; r++) {
        double slope = (double)dloss[r] * (weight ? weight[r] : 1);
        double elsewhere = smoothing / (double)classes,
               at_target = 1 - (double)smoothing + elsewhere;
        for (size_t v = 0; v < classes; v++) {
            size_t i = r * classes + v;
            double q = v == (size_t)target[r] ? at_target : elsewhere;
            accumulate(dlogits, i, slope * (exp((double)logits[i] - lse[r]) - q));
        }
    }
}

void reference_smooth_l1_forward(const struct compute *c, real *y, const real *x,
                                 const real *target, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double e = fabs((double)x[i] - target[i]);
        y[i] = (real)(e < 1 ? e * e / 2 : e - 0.5);
    }
}

void reference_smooth_l1_backward(const struct compute *c, real *dx, real *dtarget, const real *dy,
                                  const real *x, const real *target, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double e = (double)x[i] - target[i], slope = fabs(e) < 1 ? e : copysign(1, e);
        accumulate(dx, i, dy[i] * slope);
        accumulate(dtarget, i, -dy[i] * slope);
    }
}

void reference_contrastive_forward(const struct compute *c, real *loss, real *row_lse,
                                   real *column_lse, const real *logits, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double row = log_sum_exp(logits + i * n, n, 1), column = log_sum_exp(logits + i, n, n);
        sum += row + column - 2 * (double)logits[i * n + i];
        row_lse[i] = (real)row;
        column_lse[i] = (real)column;
    }
    *loss = (real)(sum / (2 * (double)n));
}

void reference_contrastive_backward(const struct compute *c, real *dlogits, const real *dloss,
                                    const real *row_lse, const real *column_lse, const real *logits,
                                    size_t n)
{
    double slope = *dloss / (2 * (double)n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double x = logits[i * n + j];
            double p = exp(x - row_lse[i]) + exp(x - column_lse[j]);
            accumulate(dlogits, i * n + j, slope * (p - (i == j ? 2 : 0)));
        }
}
