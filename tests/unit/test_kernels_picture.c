/* Reference convolution and pooling: values by PyTorch 1.13 in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kernels.h"

/* 3 x 2 kernels at stride 2 in a border of 1. */
static const struct convolution strided = { .batch = 2,
                                            .in_channels = 2,
                                            .in_height = 5,
                                            .in_width = 4,
                                            .out_channels = 3,
                                            .out_height = 3,
                                            .out_width = 3,
                                            .kernel_height = 3,
                                            .kernel_width = 2,
                                            .stride = 2,
                                            .pad = 1 };
enum { IN = 2 * 2 * 5 * 4, WEIGHTS = 3 * 2 * 3 * 2, OUT = 2 * 3 * 3 * 3 };

static void convolves(void **state)
{
    const struct compute *c = *state;
    const real b[] = { 0, 0.5, -1 };
    real x[IN], w[WEIGHTS], y[OUT];
    fill_steps(x, IN, 5);
    fill_steps(w, WEIGHTS, 7);
    c->conv2d_forward(c, &strided, y, x, w, b);
    assert_close(y, ((const double[]){ -0.75,  -2.8125, -0.0625, -0.4375, -3.5625, -1.75,   0.6875,
                                       1.8125, -0.125,  1.9375,  0.1875,  1.5625,  1.375,   0.8125,
                                       2.125,  0.75,    -0.4375, -1.125,  -1.4375, -3.6875, -1.25,
                                       -1.25,  0.75,    -0.875,  -0.375,  -3.875,  2.375,   0.1875,
                                       0.875,  1.0625,  -0.375,  2.9375,  1.4375,  -0.4375, -2.6875,
                                       -0.25,  -0.1875, -1.4375, 0.4375,  -0.3125, -3.5,    1.9375,
                                       2.25,   0.3125,  1.375,   -0.9375, -0.0625, 0.25,    -1.4375,
                                       0.25,   -3.625,  -1.125,  -4.375,  -4.6875 }));
}

/* 1 x 1 at stride 2: the shortcut of a residual network. The weights are the first of each 3 x 2
 * kernel of the test above. */
static void convolves_points(void **state)
{
    const struct compute *c = *state;
    const struct convolution shape = { .batch = 2,
                                       .in_channels = 2,
                                       .in_height = 5,
                                       .in_width = 4,
                                       .out_channels = 3,
                                       .out_height = 3,
                                       .out_width = 2,
                                       .kernel_height = 1,
                                       .kernel_width = 1,
                                       .stride = 2 };
    real x[IN], all[WEIGHTS], w[6], y[36];
    fill_steps(x, IN, 5);
    fill_steps(all, WEIGHTS, 7);
    for (size_t i = 0; i < 6; i++)
        w[i] = all[i * 6];
    c->conv2d_forward(c, &shape, y, x, w, NULL);
    assert_close(y, ((const double[]){
                        1.6875, -1.5,    1.125,  -2.0625, 0.5625, -2.625, 0.5625,  0,      0.75,
                        0.1875, 0.9375,  0.375,  -3,      1.5,    -2.875, 1.625,   -2.75,  1.75,
                        1.3125, 0.5625,  0.75,   0,       0.1875, 1.875,  -0.9375, 0.9375, -0.75,
                        1.125,  -0.5625, -1.125, 0.875,   -2.75,  1,      -2.625,  1.125,  0.75 }));
}

static void convolution_slopes(void **state)
{
    const struct compute *c = *state;
    real x[IN], w[WEIGHTS], dy[OUT], dx[IN] = { 0 }, dw[WEIGHTS] = { 0 }, db[3] = { 1 };
    fill_steps(x, IN, 5);
    fill_steps(w, WEIGHTS, 7);
    fill_steps(dy, OUT, 3);
    c->conv2d_backward(c, &strided, dx, NULL, NULL, dy, x, w);
    c->conv2d_backward(c, &strided, NULL, dw, NULL, dy, x, w);
    c->conv2d_backward(c, &strided, NULL, NULL, db, dy, x, w);
    assert_close(dx,
                 ((const double[]){
                     0.5625,  1.1875, 0.1875,  -0.6875, -1.6875, -3.3125, 2.4375,  0.25,    -0.5625,
                     -0.375,  2.3125, 1.8125,  0.125,   0.0625,  1,       -2.875,  -0.0625, -1.9375,
                     -0.4375, 1.0625, -2.25,   0.0625,  -0.9375, -0.125,  -2.25,   -1.3125, 0.375,
                     0.75,    1.6875, -1.3125, 1.375,   0.125,   2.375,   -2.4375, 1.75,    1.25,
                     -0.0625, -0.25,  1.25,    2,       0.1875,  -0.6875, -0.1875, -2.5625, 2.4375,
                     0.25,    0.875,  -1.0625, 2.3125,  1.8125,  0.3125,  -0.0625, 1,       -2.875,
                     -2.1875, 0.6875, -0.4375, 1.0625,  -1.625,  2.4375,  -0.9375, -0.125,  0.375,
                     -0.3125, 0.375,  0.75,    -0.25,   0.375,   1.375,   0.125,   -1.375,  -0.0625,
                     1.75,    1.25,   -2.9375, 0.875,   1.25,    2,       -0.6875, 0.1875 }));
    assert_close(
        dw, ((const double[]){ 3.75,    1.1875,  0.1875,  3.875,  -4.8125, -4.375,  -0.5,   -1.9375,
                               -4.0625, -4.375,  2.4375,  0.75,   -1.4375, -1.625,  0.9375, -0.75,
                               -0.25,   1.75,    -2,      0.5625, -1.4375, -1.4375, 0.125,  1.625,
                               -4.1875, -4.4375, -1.5625, 0.3125, -0.5625, 2.1875,  2.1875, -0.1875,
                               1.1875,  3.9375,  0.25,    0.875 }));
    assert_close(db, ((const double[]){ 2.25, -0.75, -2.75 }));
}

static void assert_places(const int32_t *place, const int32_t *expected, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(place[i], expected[i]);
}

/* 6 x 6, windows of 3 at stride 2: the last row and column of windows lose a third. */
static void max_pool_in_ceil_mode(void **state)
{
    const struct compute *c = *state;
    const struct pooling shape = { .planes = 1,
                                   .in_height = 6,
                                   .in_width = 6,
                                   .out_height = 3,
                                   .out_width = 3,
                                   .kernel = 3,
                                   .stride = 2 };
    real x[36], y[9];
    int32_t place[9];
    fill_steps(x, 36, 5);
    c->max_pool_forward(c, &shape, y, place, x);
    assert_close(y, ((const double[]){ 1, 1.25, 1.5, 1.5, 1, 1.25, 1.5, 1, 1 }));
    assert_places(place, (const int32_t[]){ 2, 10, 5, 18, 15, 23, 31, 28, 28 }, 9);
}

/* All elements are negative: a padding of zeros would win. Two planes: places count from the start
 * of their own. */
static void padding_never_wins(void **state)
{
    const struct compute *c = *state;
    const struct pooling shape = { .planes = 2,
                                   .in_height = 4,
                                   .in_width = 4,
                                   .out_height = 2,
                                   .out_width = 2,
                                   .kernel = 3,
                                   .stride = 2,
                                   .pad = 1 };
    real x[32], y[8], dx[32] = { 0 };
    int32_t place[8];
    fill_steps(x, 16, 5);
    for (size_t i = 0; i < 16; i++)
        x[i + 16] = x[i] = -2 - x[i] / 4;
    c->max_pool_forward(c, &shape, y, place, x);
    assert_close(
        y, ((const double[]){ -1.625, -1.75, -1.625, -1.625, -1.625, -1.75, -1.625, -1.625 }));
    assert_places(place, (const int32_t[]){ 0, 3, 13, 13, 0, 3, 13, 13 }, 8);

    const real dy[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    c->max_pool_backward(c, &shape, dx, dy, place);
    for (size_t i = 0; i < 32; i++) {
        double sum = i == 0 ? 1 : i == 3 ? 2 : i == 13 ? 7 : i == 16 ? 5 : i == 19 ? 6 : 0;
        const double expected[] = { i == 29 ? 15 : sum };
        assert_close(&dx[i], expected);
    }
}

static void first_of_equals_wins(void **state)
{
    const struct compute *c = *state;
    const struct pooling shape = { .planes = 1,
                                   .in_height = 2,
                                   .in_width = 2,
                                   .out_height = 1,
                                   .out_width = 1,
                                   .kernel = 2,
                                   .stride = 2 };
    const real x[] = { 0, 7, 7, 7 };
    real y[1];
    int32_t place[1];
    c->max_pool_forward(c, &shape, y, place, x);
    assert_places(place, (const int32_t[]){ 1 }, 1);
}

/* 5 x 4: padding counts in the mean, what ceil mode cuts off does not. */
static void averages(void **state)
{
    const struct compute *c = *state;
    const struct pooling padded = { .planes = 2,
                                    .in_height = 5,
                                    .in_width = 4,
                                    .out_height = 3,
                                    .out_width = 3,
                                    .kernel = 3,
                                    .stride = 2,
                                    .pad = 1 };
    const struct pooling cut = { .planes = 2,
                                 .in_height = 5,
                                 .in_width = 4,
                                 .out_height = 3,
                                 .out_width = 2,
                                 .kernel = 2,
                                 .stride = 2 };
    real x[40], y[18];
    fill_steps(x, 40, 5);
    c->average_pool_forward(c, &padded, y, x);
    assert_close(y, ((const double[]){ 0, 0.166666667, -0.0416666667, -0.0555555556, 0.166666667,
                                       0.166666667, -0.194444444, 0.0555555556, 0.0833333333,
                                       -0.0833333333, -0.138888889, 0.166666667, 0, -0.111111111,
                                       0.208333333, 0.0833333333, -0.25, -0.25 }));
    c->average_pool_forward(c, &cut, y, x);
    assert_close(y, ((const double[]){ 0, 0.0625, -0.5625, 0.3125, -0.375, 0.5, -0.1875, -0.125,
                                       0.0625, 0.125, 0.25, -0.5 }));
}

static void adapts(void **state)
{
    const struct compute *c = *state;
    const struct pooling shape = {
        .planes = 2, .in_height = 5, .in_width = 4, .out_height = 3, .out_width = 3
    };
    real x[40], y[18], dy[18], dx[40] = { 0 };
    fill_steps(x, 40, 5);
    fill_steps(dy, 18, 3);
    c->adaptive_pool_forward(c, &shape, y, x);
    assert_close(y, ((const double[]){ 0, 0.4375, 0.0625, -0.0833333333, 0.0833333333, 0.25,
                                       -0.4375, 0, 0.4375, -0.1875, -0.5625, -0.125, 0, -0.375,
                                       -0.208333333, 0.1875, -0.1875, -0.5625 }));
    c->adaptive_pool_backward(c, &shape, dx, dy);
    assert_close(dx, ((const double[]){ -0.375,
                                        -0.5625,
                                        -0.1875,
                                        0,
                                        -0.25,
                                        -0.1875,
                                        -0.104166667,
                                        -0.166666667,
                                        0.125,
                                        0.375,
                                        0.0833333333,
                                        -0.166666667,
                                        0.0625,
                                        0.4375,
                                        0.520833333,
                                        0.145833333,
                                        -0.0625,
                                        0.0625,
                                        0.4375,
                                        0.3125,
                                        -0.3125,
                                        -0.4375,
                                        -0.0625,
                                        0.0625,
                                        -0.145833333,
                                        -0.520833333,
                                        -0.4375,
                                        -0.0625,
                                        0.166666667,
                                        -0.0833333333,
                                        -0.375,
                                        -0.125,
                                        0.166666667,
                                        0.104166667,
                                        0.1875,
                                        0.25,
                                        0,
                                        0.1875,
                                        0.5625,
                                        0.375 }));
}

static void adapts_to_more(void **state)
{
    const struct compute *c = *state;
    const struct pooling shape = {
        .planes = 1, .in_height = 2, .in_width = 2, .out_height = 3, .out_width = 3
    };
    const real x[] = { -1.5, -0.25, 0.25, 1.5 };
    real y[9];
    c->adaptive_pool_forward(c, &shape, y, x);
    assert_close(y, ((const double[]){ -1.5, -0.875, -0.25, -0.625, 0, 0.625, 0.25, 0.875, 1.5 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolves),          cmocka_unit_test(convolves_points),
        cmocka_unit_test(convolution_slopes), cmocka_unit_test(max_pool_in_ceil_mode),
        cmocka_unit_test(padding_never_wins), cmocka_unit_test(first_of_equals_wins),
        cmocka_unit_test(averages),           cmocka_unit_test(adapts),
        cmocka_unit_test(adapts_to_more),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
