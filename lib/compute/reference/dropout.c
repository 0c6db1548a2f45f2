/* Dropout. Whether element i stays is a pure function of (key, stream, i), so the backward pass is
 * the same kernel on the gradient. */
#include "base/rng.h"
#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

void reference_dropout(const struct compute *c, real *y, const real *x, real chance, uint64_t key,
                       uint64_t stream, real beta, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool dropped = rng_uniform_at(key, stream, i) < chance;
        blend(y, i, beta, dropped ? 0 : x[i] / (1 - (double)chance));
    }
}
