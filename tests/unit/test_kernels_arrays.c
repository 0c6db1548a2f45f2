/* Reference kernels over strided arrays, sums and rows picked by number: values by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kernels.h"

/* a [2, 1] and b [1, 3], each repeated along the other's axis. */
static const struct broadcast outer = {
    .rank = 2, .dim = { 2, 3 }, .a_stride = { 1, 0 }, .b_stride = { 0, 1 }
};
static const real column[] = { 2, -3 }, row[] = { 1, 10, 100 };

static void combines_with_repetition(void **state)
{
    const struct compute *c = *state;
    real y[6];
    c->binary_forward(c, BINARY_ADD, y, column, row, &outer);
    assert_close(y, ((const double[]){ 3, 12, 102, -2, 7, 97 }));
    c->binary_forward(c, BINARY_SUBTRACT, y, column, row, &outer);
    assert_close(y, ((const double[]){ 1, -8, -98, -4, -13, -103 }));
    c->binary_forward(c, BINARY_MULTIPLY, y, column, row, &outer);
    assert_close(y, ((const double[]){ 2, 20, 200, -3, -30, -300 }));
}

static void repeated_operands_sum_their_slopes(void **state)
{
    const struct compute *c = *state;
    const real dy[] = { 1, 2, 3, 4, 5, 6 };
    real da[] = { 1, 1 }, db[] = { 2, 2, 2 };
    c->binary_backward(c, BINARY_SUBTRACT, da, db, dy, column, row, &outer);
    assert_close(da, ((const double[]){ 7, 16 }));
    assert_close(db, ((const double[]){ -3, -5, -7 }));
    c->fill(c, da, 0, 2);
    c->fill(c, db, 0, 3);
    c->binary_backward(c, BINARY_MULTIPLY, da, NULL, dy, column, row, &outer);
    c->binary_backward(c, BINARY_MULTIPLY, NULL, db, dy, column, row, &outer);
    assert_close(da, ((const double[]){ 321, 654 }));
    assert_close(db, ((const double[]){ -10, -11, -12 }));
}

/* A scalar repeated along all three axes, one of them in the middle of the other operand. */
static void scalar_against_array(void **state)
{
    const struct compute *c = *state;
    const struct broadcast shape = {
        .rank = 3, .dim = { 2, 3, 2 }, .a_stride = { 0, 0, 0 }, .b_stride = { 2, 0, 1 }
    };
    const real a[] = { 3 }, b[] = { 1, 2, 3, 4 };
    real y[12], da[] = { 0 }, db[4] = { 0 };
    c->binary_forward(c, BINARY_MULTIPLY, y, a, b, &shape);
    assert_close(y, ((const double[]){ 3, 6, 3, 6, 3, 6, 9, 12, 9, 12, 9, 12 }));
    const real dy[] = { 1, 0, 1, 0, 1, 1, 2, 0, 0, 0, 0, 1 };
    c->binary_backward(c, BINARY_MULTIPLY, da, db, dy, a, b, &shape);
    assert_close(da, ((const double[]){ 3 + 2 + 6 + 4 }));
    assert_close(db, ((const double[]){ 9, 3, 6, 3 }));
}

static void product_with_itself(void **state)
{
    const struct compute *c = *state;
    const struct broadcast shape = {
        .rank = 1, .dim = { 3 }, .a_stride = { 1 }, .b_stride = { 1 }
    };
    const real dy[] = { 1, 1, 2 };
    real dx[] = { 0, 0, 1 };
    c->binary_backward(c, BINARY_MULTIPLY, dx, dx, dy, row, row, &shape);
    assert_close(dx, ((const double[]){ 2, 20, 401 }));
}

static void copies_between_layouts(void **state)
{
    const struct compute *c = *state;
    const struct layout transpose = {
        .rank = 2, .dim = { 2, 3 }, .y_stride = { 1, 2 }, .x_stride = { 3, 1 }
    };
    const struct layout part = { /* columns 1 and 2 of 4 */
                                 .rank = 2,
                                 .dim = { 2, 2 },
                                 .y_stride = { 2, 1 },
                                 .x_stride = { 4, 1 }
    };
    const real x[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    real y[7];
    fill_nan(y, 7);
    c->copy_strided(c, y, x, &transpose, 0);
    assert_close(y, ((const double[]){ 1, 4, 2, 5, 3, 6 }));
    assert_true(isnan(y[6]));
    c->copy_strided(c, y, x + 1, &part, 1);
    assert_close(y, ((const double[]){ 3, 7, 8, 12, 3, 6 }));
}

static void rank_zero_is_one_element(void **state)
{
    const struct compute *c = *state;
    const struct layout none = { .rank = 0 };
    const struct broadcast scalars = { .rank = 0 };
    real y[] = { 5, 6 };
    c->copy_strided(c, y, row + 1, &none, 1);
    assert_close(y, ((const double[]){ 15, 6 }));
    c->binary_forward(c, BINARY_ADD, y, row, row + 1, &scalars);
    assert_close(y, ((const double[]){ 11, 6 }));
}

static void sums_along_an_axis(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }; /* [2, 3, 2] */
    real y[4], dx[12];
    c->sum_axis_forward(c, y, x, 2, 3, 2, 0.5);
    assert_close(y, ((const double[]){ 4.5, 6, 13.5, 15 }));
    fill_nan(dx, 12);
    c->sum_axis_backward(c, dx, y, 2, 3, 2, 2, 0);
    assert_close(dx, ((const double[]){ 9, 12, 9, 12, 9, 12, 27, 30, 27, 30, 27, 30 }));
    c->sum_axis_backward(c, dx, y, 2, 3, 2, 2, -1);
    assert_close(dx, ((const double[]){ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }));
}

static void sums_rows_in_double(void **state)
{
    const struct compute *c = *state;
    enum { ROWS = 4097 };
    /* Added to 1 one by one in float, 2^-25 would vanish each time. */
    static real dy[ROWS * 2], scratch[ROW_CHUNKS * 2];
    for (size_t r = 0; r < ROWS; r++) {
        dy[2 * r] = r == 0 ? 1 : (real)0x1p-25;
        dy[2 * r + 1] = 2;
    }
    real db[] = { 0, 5 };
    c->sum_rows(c, db, dy, scratch, ROWS, 2);
    assert_true(db[0] == (real)(1 + 0x1p-13));
    assert_true(db[1] == 2 * ROWS + 5);
}

static void sums_squares(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 3, -4, 12 };
    double sum = NAN;
    c->sum_squares(c, &sum, x, 3);
    assert_true(sum == 169);
    c->sum_squares(c, &sum, x, 0);
    assert_true(sum == 0);
}

static void finds_what_is_not_finite(void **state)
{
    const struct compute *c = *state;
    const double bad[] = { NAN, INFINITY, -INFINITY };
    real x[] = { 1, 2, 3 };
    bool finite = false;
    c->all_finite(c, &finite, x, 3);
    assert_true(finite);
    for (size_t i = 0; i < 3; i++) {
        x[i] = (real)bad[i];
        finite = true;
        c->all_finite(c, &finite, x, 3);
        assert_false(finite);
        finite = false;
        c->all_finite(c, &finite, x, i); /* those before it are fine */
        assert_true(finite);
        x[i] = 0;
    }
}

static void gathers_and_scatters_rows(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 1, 2, 3, 4, 5, 6 };
    const int64_t index[] = { 2, 0, 2 };
    real y[6], dx[] = { 0, 0, 7, 7, 0, 0 };
    c->gather_rows(c, y, x, index, 3, 2);
    assert_close(y, ((const double[]){ 5, 6, 1, 2, 5, 6 }));
    c->scatter_add_rows(c, dx, x, index, 3, 2);
    assert_close(dx, ((const double[]){ 3, 4, 7, 7, 6, 8 }));
}

static void finds_rows_that_hold_something(void **state)
{
    const struct compute *c = *state;
    enum { ROWS = 5, D = 100 };
    real x[ROWS * D] = { 0 };
    int64_t index[ROWS];
    size_t count = 7;
    c->find_rows(c, index, &count, x, ROWS, D);
    assert_int_equal(count, 0);
    x[0 * D + 3] = -(real)0;
    x[1 * D + D - 1] = (real)1e-40; /* the last of its row, and denormal */
    x[2 * D] = (real)NAN;
    x[4 * D + 70] = -1;
    c->find_rows(c, index, &count, x, ROWS, D);
    assert_int_equal(count, 3);
    assert_int_equal(index[0], 1);
    assert_int_equal(index[1], 2);
    assert_int_equal(index[2], 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combines_with_repetition),
        cmocka_unit_test(repeated_operands_sum_their_slopes),
        cmocka_unit_test(scalar_against_array),
        cmocka_unit_test(product_with_itself),
        cmocka_unit_test(copies_between_layouts),
        cmocka_unit_test(rank_zero_is_one_element),
        cmocka_unit_test(sums_along_an_axis),
        cmocka_unit_test(sums_rows_in_double),
        cmocka_unit_test(sums_squares),
        cmocka_unit_test(finds_what_is_not_finite),
        cmocka_unit_test(gathers_and_scatters_rows),
        cmocka_unit_test(finds_rows_that_hold_something),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
