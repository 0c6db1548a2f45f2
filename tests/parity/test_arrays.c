/* Kernels of the cpu table that add up, repeat and move numbers, against the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/parity.h"

static const double TOLERANCE = 2e-6;

/* ---- sums ---- */

static void sum_squares(struct parity *p)
{
    size_t n = p->large ? parity_size(p, 300000, 400000) : parity_size(p, 1, 5000);
    const real *x = parity_normal(p, n);
    double sum[2];
    FOR_TABLES(p, c, side)
    {
        c->sum_squares(c, &sum[side], x, n);
    }
    if (p->exact)
        assert_memory_equal(&sum[0], &sum[1], sizeof sum[0]);
    assert_true(fabs(sum[0] - sum[1]) <= 1e-12 * sum[0]);
}

static void all_finite(struct parity *p)
{
    const real odd[] = { (real)NAN, (real)INFINITY, -(real)INFINITY, (real)1e38 };
    size_t n = p->large ? parity_size(p, 60000, 90000) : parity_size(p, 1, 500);
    size_t pick = parity_size(p, 0, 3);
    real *x = parity_normal(p, n);
    x[parity_size(p, 0, n - 1)] = odd[pick];
    FOR_TABLES(p, c, side)
    {
        bool finite;
        c->all_finite(c, &finite, x, n);
        assert_int_equal(finite, pick == 3);
    }
}

static void sum_axis(struct parity *p)
{
    size_t inner = parity_flip(p) ? 1 : parity_size(p, 2, 600), axis = parity_size(p, 1, 40);
    size_t outer = parity_rows(p, axis * inner), n = outer * axis * inner;
    real beta = parity_beta(p);
    const real *x = parity_normal(p, n), *dy = parity_normal(p, outer * inner);
    struct outcome y = parity_output(p, outer * inner), dx = parity_blend(p, n, beta);
    FOR_TABLES(p, c, side)
    {
        c->sum_axis_forward(c, y.at[side], x, outer, axis, inner, (real)0.3);
        c->sum_axis_backward(c, dx.at[side], dy, outer, axis, inner, (real)0.3, beta);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "dx", dx, TOLERANCE);
}

static void sum_rows(struct parity *p)
{
    size_t d = parity_size(p, 1, 600), rows = parity_rows(p, d);
    const real *dy = parity_normal(p, rows * d);
    real *scratch = parity_normal(p, ROW_CHUNKS * d);
    struct outcome db = parity_gradient(p, d);
    FOR_TABLES(p, c, side)
    {
        c->sum_rows(c, db.at[side], dy, scratch, rows, d);
    }
    parity_compare(p, "db", db, TOLERANCE);
}

static void find_rows(struct parity *p)
{
    size_t d = parity_size(p, 1, 200), rows = parity_rows(p, d), count[2];
    real *x = parity_normal(p, rows * d);
    int64_t *index[2];
    for (size_t i = 0; i < rows; i++)
        if (parity_flip(p))
            memset(x + i * d, 0, d * sizeof *x);
    FOR_TABLES(p, c, side)
    {
        index[side] = arena_array(&p->memory, rows, sizeof **index);
        assert_non_null(index[side]);
        c->find_rows(c, index[side], &count[side], x, rows, d);
    }
    assert_int_equal(count[0], count[1]);
    assert_memory_equal(index[0], index[1], count[0] * sizeof **index);
}

/* ---- two operands ---- */

/* Strides of a dense operand that has length 1 along the axes that `repeated` names. */
static size_t dense_strides(size_t *stride, const struct broadcast *s, unsigned repeated)
{
    size_t n = 1;
    for (size_t axis = s->rank; axis-- > 0;) {
        bool is_repeated = repeated & 1u << axis;
        stride[axis] = is_repeated ? 0 : n;
        n *= is_repeated ? 1 : s->dim[axis];
    }
    return n;
}

static void binary(struct parity *p)
{
    enum binary kind = (enum binary)parity_size(p, BINARY_ADD, BINARY_MULTIPLY);
    struct broadcast s = { .rank = parity_size(p, 0, 4) };
    size_t n = 1;
    for (size_t axis = 0; axis < s.rank; axis++)
        n *= s.dim[axis] = parity_size(p, 1, p->large ? 24 : 7);
    size_t a_count = dense_strides(s.a_stride, &s, (unsigned)parity_size(p, 0, 15));
    size_t b_count = dense_strides(s.b_stride, &s, (unsigned)parity_size(p, 0, 15));
    const real *a = parity_normal(p, a_count), *b = parity_normal(p, b_count);
    const real *dy = parity_normal(p, n);
    struct outcome y = parity_output(p, n);
    struct outcome da = parity_wanted(p, a_count, parity_flip(p));
    struct outcome db = parity_wanted(p, b_count, parity_flip(p));
    FOR_TABLES(p, c, side)
    {
        c->binary_forward(c, kind, y.at[side], a, b, &s);
        c->binary_backward(c, kind, da.at[side], db.at[side], dy, a, b, &s);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "da", da, 5 * TOLERANCE);
    parity_compare(p, "db", db, 5 * TOLERANCE);
}

/* Rows and one row: the shape of a bias. */
static void binary_with_a_row(struct parity *p)
{
    enum binary kind = (enum binary)parity_size(p, BINARY_ADD, BINARY_MULTIPLY);
    size_t d = parity_size(p, 1, 600), rows = parity_rows(p, d);
    struct broadcast s = {
        .rank = 2, .dim = { rows, d }, .a_stride = { d, 1 }, .b_stride = { 0, 1 }
    };
    const real *a = parity_normal(p, rows * d), *b = parity_normal(p, d);
    const real *dy = parity_normal(p, rows * d);
    struct outcome y = parity_output(p, rows * d), da = parity_gradient(p, rows * d);
    struct outcome db = parity_gradient(p, d);
    FOR_TABLES(p, c, side)
    {
        c->binary_forward(c, kind, y.at[side], a, b, &s);
        c->binary_backward(c, kind, da.at[side], db.at[side], dy, a, b, &s);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "da", da, TOLERANCE);
    parity_compare(p, "db", db, TOLERANCE);
}

/* ---- copies ---- */

/* Axes in a random order, with room between the last axis's runs. */
static size_t random_strides(struct parity *p, size_t *stride, const struct layout *l)
{
    bool done[COMPUTE_MAX_RANK] = { false };
    size_t n = 1;
    for (size_t turn = 0; turn < l->rank; turn++) {
        size_t axis = parity_flip(p) ? l->rank - 1 - turn : parity_size(p, 0, l->rank - 1);
        while (done[axis])
            axis = (axis + 1) % l->rank;
        done[axis] = true;
        stride[axis] = n;
        n = n * l->dim[axis] + parity_size(p, 0, 1);
    }
    return n;
}

static void copy_strided(struct parity *p)
{
    struct layout l = { .rank = parity_size(p, 0, 5) };
    for (size_t axis = 0; axis < l.rank; axis++)
        l.dim[axis] = parity_size(p, 1, p->large ? 13 : 6);
    real beta = parity_beta(p);
    size_t y_count = random_strides(p, l.y_stride, &l), x_count = random_strides(p, l.x_stride, &l);
    const real *x = parity_normal(p, x_count);
    struct outcome y = parity_gradient(p, y_count);
    FOR_TABLES(p, c, side)
    {
        c->copy_strided(c, y.at[side], x, &l, beta);
    }
    parity_compare(p, "y", y, TOLERANCE);
}

static void rows_by_number(struct parity *p)
{
    size_t d = parity_size(p, 1, 600), n = parity_rows(p, d), rows = parity_size(p, 1, 50);
    const int64_t *index = parity_index(p, n, rows);
    const real *x = parity_normal(p, rows * d), *dy = parity_normal(p, n * d);
    struct outcome y = parity_output(p, n * d), dx = parity_gradient(p, rows * d);
    FOR_TABLES(p, c, side)
    {
        c->gather_rows(c, y.at[side], x, index, n, d);
        c->scatter_add_rows(c, dx.at[side], dy, index, n, d);
    }
    parity_compare(p, "y", y, 0);
    parity_compare(p, "dx", dx, TOLERANCE);
}

static void test_sums(void **state)
{
    parity_run(sum_squares, 8);
    parity_run(all_finite, 24);
    parity_run(sum_axis, 24);
    parity_run(sum_rows, 16);
    parity_run(find_rows, 24);
}

static void test_binary(void **state)
{
    parity_run(binary, 100);
    parity_run(binary_with_a_row, 24);
}

static void test_copies(void **state)
{
    parity_run(copy_strided, 60);
    parity_run(rows_by_number, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
