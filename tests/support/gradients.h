/* The gradients of a whole model against differences. */
#ifndef SUPPORT_GRADIENTS_H
#define SUPPORT_GRADIENTS_H

#include "nn/parameters.h"

/* Compares the gradient of every trained parameter, at every `stride`-th of its numbers from the
 * first on, with `difference`, the slope of the loss by moving that number; they must agree to
 * `tolerance`, relative where the slope is above 1. Every trained parameter must have a gradient.
 * Returns how many parameters were compared. */
size_t check_gradients(const struct parameters *parameters,
                       double (*difference)(void *problem, real *value), void *problem,
                       size_t stride, double tolerance);

#endif
