/* Reference norms: values by hand, from the specification or by PyTorch 1.13 in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kernels.h"

enum { ROWS = 2, D = 4 };

static const real x[] = { 1, 2, 3, 10, -1, 0.5, 0.25, 2 };
static const real scale[] = { 1, 2, -1, 0.5 }, shift[] = { 0, 1, 0.5, -2 };

static void norm_of_the_specification(void **state)
{
    const struct compute *c = *state;
    const real ones[] = { 1, 1, 1, 1 }, zeros[D] = { 0 };
    real y[D], mean[1], std[1];
    c->norm_forward(c, y, mean, std, x, ones, zeros, 1, D);
    assert_close(y, ((const double[]){ -0.734846743, -0.489897829, -0.244948914, 1.46969349 }));
    assert_close(mean, ((const double[]){ 4 }));
    assert_close(std, ((const double[]){ 4.0824829 }));
}

static void norm_with_scale_and_shift(void **state)
{
    const struct compute *c = *state;
    real y[ROWS * D], mean[ROWS], std[ROWS];
    c->norm_forward(c, y, mean, std, x, scale, shift, ROWS, D);
    assert_close(y, ((const double[]){ -0.734846743, 0.0202043429, 0.744948914, -1.26515326,
                                       -1.16764714, 1.10153453, 0.652301801, -1.36540916 }));
    assert_close(mean, ((const double[]){ 4, 0.4375 }));
    assert_close(std, ((const double[]){ 4.0824829, 1.23110723 }));
}

/* y is the shift alone; the slope is that of (x - mean) / 1e-6, none comes through std. */
static void norm_of_equal_values(void **state)
{
    const struct compute *c = *state;
    const real equal[] = { 0.75, 0.75, 0.75, 0.75 }, dy[] = { 1, 0, 0, 0 };
    real y[D], mean[1], std[1], dx[D], da[D] = { 0 }, db[D] = { 0 };
    real scratch[ROW_CHUNKS * 2 * D];
    c->norm_forward(c, y, mean, std, equal, scale, shift, 1, D);
    assert_close(y, ((const double[]){ 0, 1, 0.5, -2 }));
    assert_true(std[0] == 0);
    fill_nan(dx, D);
    c->norm_backward(c, dx, da, db, dy, equal, scale, mean, std, scratch, 0, 1, D);
    assert_close(dx, ((const double[]){ 750000, -250000, -250000, -250000 }));
    assert_close(da, ((const double[]){ 0, 0, 0, 0 }));
    assert_close(db, ((const double[]){ 1, 0, 0, 0 }));
}

static void layer_norm_is_another(void **state)
{
    const struct compute *c = *state;
    real y[ROWS * D], mean[ROWS], inv[ROWS];
    c->layer_norm_forward(c, y, mean, inv, x, scale, shift, (real)1e-5, ROWS, D);
    assert_close(y, ((const double[]){ -0.848527798, -0.131370397, 0.782842599, -1.1514722,
                                       -1.34827795, 1.11724156, 0.675862341, -1.26724025 }));
    assert_close(mean, ((const double[]){ 4, 0.4375 }));
    assert_close(inv, ((const double[]){ 0.282842599, 0.937932485 }));
}

enum { N = 2, CHANNELS = 3, SPACE = 4 };

static const real w[] = { 1, 2, -0.5 }, b[] = { 0, 0.25, 1 };

static void batch_norm_in_training(void **state)
{
    const struct compute *c = *state;
    real in[N * CHANNELS * SPACE], y[N * CHANNELS * SPACE], mean[CHANNELS], inv[CHANNELS];
    real running_mean[] = { 1, -1, 0.5 }, running_var[] = { 1, 2, 0.5 };
    fill_steps(in, N * CHANNELS * SPACE, 5);
    c->batch_norm_train_forward(c, y, mean, inv, running_mean, running_var, in, w, b, (real)0.1,
                                (real)1e-5, N, CHANNELS, SPACE);
    assert_close(
        y, ((const double[]){ -1.30188205, 0,           1.30188205,  -0.781129229, 0.178158354,
                              3.0518242,   -1.54604115, 1.32762469,  1.65094102,   1,
                              0.349058976, 1.39056461,  0.781129229, -1.30188205,  0,
                              1.30188205,  -2.69550749, 0.178158354, 3.0518242,    -1.54604115,
                              0.609435385, 1.65094102,  1,           0.349058976 }));
    assert_close(mean, ((const double[]){ -0.25, 0.28125, 0 }));
    assert_close(inv, ((const double[]){ 1.04150564, 1.14946634, 1.04150564 }));
    assert_close(running_mean, ((const double[]){ 0.875, -0.871875, 0.45 }));
    assert_close(running_var, ((const double[]){ 1.00535714, 1.88649554, 0.555357143 }));

    c->batch_norm_train_forward(c, y, mean, inv, NULL, NULL, in, w, b, (real)0.1, (real)1e-5, N,
                                CHANNELS, SPACE);
    assert_close(mean, ((const double[]){ -0.25, 0.28125, 0 }));
}

static void batch_norm_of_one_element(void **state)
{
    const struct compute *c = *state;
    const real in[] = { 3, -1 };
    real y[2], mean[2], inv[2], running_mean[] = { 0, 0 }, running_var[] = { 1, 2 };
    c->batch_norm_train_forward(c, y, mean, inv, running_mean, running_var, in, w, b, (real)0.1,
                                (real)1e-5, 1, 2, 1);
    assert_close(y, ((const double[]){ 0, 0.25 }));
    assert_close(running_mean, ((const double[]){ 0.3, -0.1 }));
    assert_close(running_var, ((const double[]){ 0.9, 1.8 }));
}

static void batch_norm_in_evaluation(void **state)
{
    const struct compute *c = *state;
    const real running_mean[] = { 1, -1, 0.5 }, running_var[] = { 1, 2, 0.5 };
    real in[N * CHANNELS * SPACE], y[N * CHANNELS * SPACE], inv[CHANNELS];
    fill_steps(in, N * CHANNELS * SPACE, 5);
    c->batch_norm_eval_forward(c, y, inv, running_mean, running_var, in, w, b, (real)1e-5, N,
                               CHANNELS, SPACE);
    assert_close(y,
                 ((const double[]){ -2.4999875,  -1.24999375, 0,          -1.99999,   2.01776253,
                                    3.78552507,  0.957105013, 2.72486755, 2.23742449, 1.35354986,
                                    0.469675217, 1.88387464,  -0.4999975, -2.4999875, -1.24999375,
                                    0,           0.25,        2.01776253, 3.78552507, 0.957105013,
                                    0.823225072, 2.23742449,  1.35354986, 0.469675217 }));
    assert_close(inv, ((const double[]){ 0.999995, 0.707105013, 1.41419942 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(norm_of_the_specification), cmocka_unit_test(norm_with_scale_and_shift),
        cmocka_unit_test(norm_of_equal_values),      cmocka_unit_test(layer_norm_is_another),
        cmocka_unit_test(batch_norm_in_training),    cmocka_unit_test(batch_norm_of_one_element),
        cmocka_unit_test(batch_norm_in_evaluation),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
