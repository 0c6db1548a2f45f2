/* Reference kernels that treat elements alone: values by hand or by PyTorch 1.13. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kernels.h"

enum { N = 5 };

static const real points[N] = { -2, -0.5, 0, 0.5, 3 };

static const struct {
    enum activation kind;
    double y[N], slope[N];
} activations[] = {
    { ACTIVATE_RELU, { 0, 0, 0, 0.5, 3 }, { 0, 0, 0, 1, 1 } },
    { ACTIVATE_TANH,
      { -0.96402758, -0.462117157, 0, 0.462117157, 0.995054754 },
      { 0.0706508249, 0.786447733, 1, 0.786447733, 0.00986603717 } },
    { ACTIVATE_SIGMOID,
      { 0.119202922, 0.377540669, 0.5, 0.622459331, 0.952574127 },
      { 0.104993585, 0.235003712, 0.25, 0.235003712, 0.0451766597 } },
    { ACTIVATE_GELU,
      { -0.0455002639, -0.154268769, 0, 0.345731231, 2.99595031 },
      { -0.0852318011, 0.132504875, 0.5, 0.867495125, 1.01194565 } },
    { ACTIVATE_QUICK_GELU,
      { -0.0643413769, -0.149611563, 0, 0.350388437, 2.98192869 },
      { -0.0738153543, 0.120778088, 0.5, 0.879221912, 1.02454832 } },
    { ACTIVATE_EXP,
      { 0.135335283, 0.60653066, 1, 1.64872127, 20.0855369 },
      { 0.135335283, 0.60653066, 1, 1.64872127, 20.0855369 } },
};

enum { ACTIVATIONS = sizeof activations / sizeof *activations };

static void fills(void **state)
{
    const struct compute *c = *state;
    real y[N];
    fill_nan(y, N);
    c->fill(c, y, 0.5, N - 1);
    assert_close(y, ((const double[]){ 0.5, 0.5, 0.5, 0.5 }));
    assert_true(isnan(y[N - 1]));
}

static void adds_scaled(void **state)
{
    const struct compute *c = *state;
    real y[N];
    fill_nan(y, N);
    c->add_scaled(c, y, points, 2, 0, N);
    assert_close(y, ((const double[]){ -4, -1, 0, 1, 6 }));
    c->add_scaled(c, y, points, -1, 0.5, N);
    assert_close(y, ((const double[]){ 0, 0, 0, 0, 0 }));
}

static void clamps_and_keeps_nan(void **state)
{
    const struct compute *c = *state;
    real y[] = { -2, -0.5, 3, (real)INFINITY, -(real)INFINITY, (real)NAN };
    c->clamp(c, y, -1, 2, 6);
    assert_close(y, ((const double[]){ -1, -0.5, 2, 2, -1 }));
    assert_true(isnan(y[5]));
}

static void activates(void **state)
{
    const struct compute *c = *state;
    for (size_t i = 0; i < ACTIVATIONS; i++) {
        real y[N];
        c->unary_forward(c, activations[i].kind, y, points, N);
        assert_close(y, activations[i].y);
    }
}

static void activates_in_place(void **state)
{
    const struct compute *c = *state;
    real y[] = { -2, -0.5, 0, 0.5, 3 };
    c->unary_forward(c, ACTIVATE_TANH, y, y, N);
    assert_close(y, activations[1].y);
}

/* dy = 2, dx = beta dx + slope * dy; what the slope is not taken from is absent. */
static void activation_slopes(void **state)
{
    const struct compute *c = *state;
    for (size_t i = 0; i < ACTIVATIONS; i++) {
        enum activation kind = activations[i].kind;
        bool by_argument = activation_needs_argument(kind);
        real y[N], dy[N], dx[N];
        double written[N], added[N];
        for (size_t j = 0; j < N; j++) {
            written[j] = 2 * activations[i].slope[j];
            added[j] = 3 * activations[i].slope[j];
        }
        c->unary_forward(c, kind, y, points, N);
        c->fill(c, dy, 2, N);
        fill_nan(dx, N);
        c->unary_backward(c, kind, dx, dy, by_argument ? points : NULL, by_argument ? NULL : y, 0,
                          N);
        assert_close(dx, written);
        c->unary_backward(c, kind, dx, dy, points, y, 0.5, N);
        assert_close(dx, added);
    }
}

static void activation_slope_in_place(void **state)
{
    const struct compute *c = *state;
    real y[N], dy[] = { 1, 1, 1, 1, 1 };
    c->unary_forward(c, ACTIVATE_RELU, y, points, N);
    c->unary_backward(c, ACTIVATE_RELU, dy, dy, NULL, y, 0, N);
    assert_close(dy, activations[0].slope);
}

static void activations_do_not_overflow(void **state)
{
    const struct compute *c = *state;
    const real x[] = { -1000, 1000 };
    real y[2];
    c->unary_forward(c, ACTIVATE_SIGMOID, y, x, 2);
    assert_close(y, ((const double[]){ 0, 1 }));
    c->unary_forward(c, ACTIVATE_QUICK_GELU, y, x, 2);
    assert_close(y, ((const double[]){ 0, 1000 }));
    c->unary_forward(c, ACTIVATE_GELU, y, x, 2);
    assert_close(y, ((const double[]){ 0, 1000 }));
    c->unary_forward(c, ACTIVATE_TANH, y, x, 2);
    assert_close(y, ((const double[]){ -1, 1 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills),
        cmocka_unit_test(adds_scaled),
        cmocka_unit_test(clamps_and_keeps_nan),
        cmocka_unit_test(activates),
        cmocka_unit_test(activates_in_place),
        cmocka_unit_test(activation_slopes),
        cmocka_unit_test(activation_slope_in_place),
        cmocka_unit_test(activations_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
