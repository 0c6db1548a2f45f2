/* Reference products of matrices: values by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kernels.h"

/* [1 2 3; 4 5 6] [7 8; 9 10; 11 12] = [58 64; 139 154], stored either way. */
static const real a_rows[] = { 1, 2, 3, 4, 5, 6 }, a_columns[] = { 1, 4, 2, 5, 3, 6 };
static const real b_rows[] = { 7, 8, 9, 10, 11, 12 }, b_columns[] = { 7, 9, 11, 8, 10, 12 };
static const double product[] = { 58, 64, 139, 154 };

static void multiplies_every_way_of_storage(void **state)
{
    const struct compute *c = *state;
    for (int way = 0; way < 4; way++) {
        bool ta = way & 1, tb = way & 2;
        struct matmul shape = { .transpose_a = ta,
                                .transpose_b = tb,
                                .m = 2,
                                .n = 2,
                                .k = 3,
                                .batch = 1,
                                .alpha = 1,
                                .a_stride = ta ? 2 : 3,
                                .b_stride = tb ? 3 : 2,
                                .y_stride = 2 };
        real y[4];
        fill_nan(y, 4);
        c->matmul(c, &shape, y, ta ? a_columns : a_rows, tb ? b_columns : b_rows, 0);
        assert_close(y, product);
    }
}

static void scales_and_adds(void **state)
{
    const struct compute *c = *state;
    struct matmul shape = { .m = 2,
                            .n = 2,
                            .k = 3,
                            .batch = 1,
                            .alpha = 0.5,
                            .a_stride = 3,
                            .b_stride = 2,
                            .y_stride = 2 };
    real y[] = { 1, 2, 3, 4 };
    c->matmul(c, &shape, y, a_rows, b_rows, -1);
    assert_close(y, ((const double[]){ 28, 30, 66.5, 73 }));
    shape.k = 0;
    c->matmul(c, &shape, y, a_rows, b_rows, 2);
    assert_close(y, ((const double[]){ 56, 60, 133, 146 }));
    c->matmul(c, &shape, y, a_rows, b_rows, 0);
    assert_close(y, ((const double[]){ 0, 0, 0, 0 }));
}

/* Two matrices A against one shared B, with gaps in every array: reading one gives NaN, and those
 * of y stay as they are. */
static void respects_strides_and_steps(void **state)
{
    const struct compute *c = *state;
    struct matmul shape = { .m = 1,
                            .n = 2,
                            .k = 2,
                            .batch = 2,
                            .alpha = 1,
                            .a_stride = 3,
                            .b_stride = 3,
                            .y_stride = 3,
                            .a_step = 3,
                            .b_step = 0,
                            .y_step = 3 };
    const real gap = (real)NAN, a[] = { 1, 2, gap, 3, 4, gap }, b[] = { 1, 10, gap, 100, 1000 };
    real y[6];
    fill_nan(y, 6);
    c->matmul(c, &shape, y, a, b, 0);
    assert_close(y, ((const double[]){ 201, 2010 }));
    assert_close(y + 3, ((const double[]){ 403, 4030 }));
    assert_true(isnan(y[2]) && isnan(y[5]));
}

/* x w^T = [1*1 + 2*0.5, 1*-3 + 2*1] = [2, -1] */
static void linear_in_steps(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 1, 2 }, w[] = { 1, 0.5, -3, 1 }, b[] = { -4, 0.25 };
    real y[2], pre[2], residual[] = { 10, 20 };
    c->linear_forward(c, y, NULL, x, w, NULL, NULL, ACTIVATE_NONE, 1, 2, 2);
    assert_close(y, ((const double[]){ 2, -1 }));
    c->linear_forward(c, y, pre, x, w, b, NULL, ACTIVATE_RELU, 1, 2, 2);
    assert_close(y, ((const double[]){ 0, 0 }));
    assert_close(pre, ((const double[]){ -2, -0.75 }));
    c->linear_forward(c, residual, pre, x, w, NULL, residual, ACTIVATE_SIGMOID, 1, 2, 2);
    assert_close(residual, ((const double[]){ 10.8807971, 20.2689414 }));
    assert_close(pre, ((const double[]){ 2, -1 }));
}

static void linear_of_rows(void **state)
{
    const struct compute *c = *state;
    const real b[] = { 0.5, -100 };
    real y[4];
    c->linear_forward(c, y, NULL, a_rows, b_columns, b, NULL, ACTIVATE_NONE, 2, 3, 2);
    assert_close(y, ((const double[]){ 58.5, -36, 139.5, 54 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplies_every_way_of_storage),
        cmocka_unit_test(scales_and_adds),
        cmocka_unit_test(respects_strides_and_steps),
        cmocka_unit_test(linear_in_steps),
        cmocka_unit_test(linear_of_rows),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
