/* Batch norm as scale and shift. */
#include "encoder/fold.h"

#include <math.h>

static const double EPSILON = 1e-5;

void fold_batch_norm(real *scale, real *shift, const real *weight, const real *bias,
                     const real *mean, const real *var, size_t channels)
{
    for (size_t i = 0; i < channels; i++) {
        const double factor = (double)weight[i] / sqrt((double)var[i] + EPSILON);
        scale[i] = (real)factor;
        shift[i] = (real)((double)bias[i] - factor * (double)mean[i]);
    }
}
