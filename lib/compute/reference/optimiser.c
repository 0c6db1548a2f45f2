/* Adam as PyTorch's torch.optim.Adam does it for one tensor. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

void reference_adam_step(const struct compute *c, const struct adam *settings, real *p, real *m,
                         real *v, const real *g, size_t n)
{
    double beta1 = settings->beta1, beta2 = settings->beta2, step = (double)settings->step;
    double rate = settings->rate / (1 - pow(beta1, step));
    double root = sqrt(1 - pow(beta2, step));
    for (size_t i = 0; i < n; i++) {
        double slope = g[i] + settings->weight_decay * p[i];
        double mean = beta1 * m[i] + (1 - beta1) * slope;
        double variance = beta2 * v[i] + (1 - beta2) * slope * slope;
        p[i] = (real)(p[i] - rate * mean / (sqrt(variance) / root + settings->epsilon));
        m[i] = (real)mean;
        v[i] = (real)variance;
    }
}
