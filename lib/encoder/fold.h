/* Batch norm with its running statistics as what it is after training: one factor and one summand a
 * channel, which networks of convolutions take in (compute/convnet.h). */
#ifndef ENCODER_FOLD_H
#define ENCODER_FOLD_H

#include <stddef.h>

#include "base/real.h"

/* weight (x - mean) / sqrt(var + 1e-5) + bias = scale x + shift; all [channels]. */
void fold_batch_norm(real *scale, real *shift, const real *weight, const real *bias,
                     const real *mean, const real *var, size_t channels);

#endif
