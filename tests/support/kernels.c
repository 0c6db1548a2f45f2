/* What tests of kernels share. */
#include "support/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

int reference_setup(void **state)
{
    struct compute *compute;
    enum gmr_status status = compute_create_reference(NULL, &compute);
    *state = status == GMR_OK ? compute : NULL;
    return (int)status;
}

int reference_teardown(void **state)
{
    compute_destroy(*state);
    return 0;
}

void fill_steps(real *x, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (real)((int)(i * step % 13) - 6) / 4;
}

void fill_nan(real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (real)NAN;
}

void assert_close_at(const real *actual, const double *expected, size_t n, const char *file,
                     int line)
{
    for (size_t i = 0; i < n; i++) {
        bool close = isinf(expected[i])
                         ? actual[i] == expected[i]
                         : fabs(actual[i] - expected[i]) <= 2e-6 * (1 + fabs(expected[i]));
        if (close)
            continue;
        print_error("element %zu is %.9g, expected %.9g\n", i, (double)actual[i], expected[i]);
        _fail(file, line);
    }
}
