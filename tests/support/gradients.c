#include "support/gradients.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Differences move values, not gradients, so the gradients stay those of one backward pass. */
static void check_parameter(const struct parameter *e,
                            double (*difference)(void *problem, real *value), void *problem,
                            size_t stride, double tolerance)
{
    real *value = tensor_real(e->tensor) + e->offset, *gradient = e->tensor->grad + e->offset;
    size_t numel;
    shape_numel(e->dim, e->rank, &numel);
    for (size_t i = 0; i < numel; i += stride) {
        const double expected = difference(problem, &value[i]), found = (double)gradient[i];
        if (!(fabs(found - expected) <= tolerance * fmax(1, fabs(expected))))
            fail_msg("%s[%zu]: %.12g, by differences %.12g", e->name, i, found, expected);
    }
}

size_t check_gradients(const struct parameters *parameters,
                       double (*difference)(void *problem, real *value), void *problem,
                       size_t stride, double tolerance)
{
    size_t checked = 0;
    for (size_t i = 0; i < parameters->count; i++) {
        const struct parameter *e = &parameters->entry[i];
        if (e->kind != PARAMETER_TRAINED)
            continue;
        assert_true(e->tensor->has_grad);
        check_parameter(e, difference, problem, stride, tolerance);
        checked++;
    }
    return checked;
}
