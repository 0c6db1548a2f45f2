/* What tests of kernels share: the reference table, small exact numbers, comparison with literals.
 */
#ifndef SUPPORT_KERNELS_H
#define SUPPORT_KERNELS_H

#include <stddef.h>

#include "compute/compute.h"

/* Group setup and teardown: *state is a reference table. */
int reference_setup(void **state);
int reference_teardown(void **state);

/* x[i] = ((i step) mod 13 - 6) / 4: exact in any floating-point type. */
void fill_steps(real *x, size_t n, size_t step);

/* All NaN: what a kernel must overwrite unread, or leave alone. */
void fill_nan(real *x, size_t n);

/* Fails unless |actual - expected| <= 2e-6 (1 + |expected|) for every element of the array
 * `expected`; equal infinities are close. */
#define assert_close(actual, expected) \
    assert_close_at((actual), (expected), sizeof(expected) / sizeof *(expected), __FILE__, __LINE__)
void assert_close_at(const real *actual, const double *expected, size_t n, const char *file,
                     int line);

#endif
