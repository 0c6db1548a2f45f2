/* Gradients of a linear layer where most rows have none: what is left out is exactly nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "autograd/ops.h"
#include "support/kernels.h"
#include "support/support.h"

enum { ROWS = 24, IN = 5, OUT = 7 };

struct problem {
    struct compute *compute;
    struct tape tape;
    real x[ROWS * IN], w[OUT * IN], b[OUT], r[ROWS * OUT];
    double dx[ROWS * IN], dw[OUT * IN], db[OUT]; /* what is expected */
    struct tensor *x_, *w_, *b_;
};

/* Rows for which there is something: `active` of them, spread. */
static void setup(struct problem *p, size_t active)
{
    memset(p, 0, sizeof *p);
    assert_int_equal(compute_create_cpu(NULL, 2, &p->compute), GMR_OK);
    tape_init(&p->tape, p->compute, NULL);
    fill_normal(p->x, ROWS * IN, 1);
    fill_normal(p->w, OUT * IN, 2);
    fill_normal(p->b, OUT, 3);
    fill_normal(p->r, ROWS * OUT, 4);
    for (size_t i = 0; i < ROWS; i++)
        if (i * 7 % ROWS >= active)
            memset(p->r + i * OUT, 0, OUT * sizeof *p->r);
}

static void teardown(struct problem *p)
{
    tape_release(&p->tape);
    compute_destroy(p->compute);
}

static struct tensor *variable(struct tape *t, size_t rows, size_t columns, const real *data)
{
    const size_t dim[] = { rows, columns };
    struct tensor *x = tape_input(t, dim, 2, data);

    x->requires_grad = true;
    x->grad = tape_scratch(t, rows * columns);
    fill_nan(x->grad, rows * columns); /* what nothing has flowed into may be anything */
    return x;
}

/* d sum(y r), y = relu(x w^T + b) or without relu, times `uses`. */
static void expect(struct problem *p, bool relu, double uses)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t o = 0; o < OUT; o++) {
            double y = (double)p->b[o], dy = uses * (double)p->r[i * OUT + o];
            for (size_t j = 0; j < IN; j++)
                y += (double)p->x[i * IN + j] * (double)p->w[o * IN + j];
            dy *= relu && y < 0 ? 0 : 1;
            p->db[o] += dy;
            for (size_t j = 0; j < IN; j++) {
                p->dw[o * IN + j] += dy * (double)p->x[i * IN + j];
                p->dx[i * IN + j] += dy * (double)p->w[o * IN + j];
            }
        }
}

static struct tensor *use(struct problem *p, enum activation kind)
{
    struct tape *t = &p->tape;
    struct tensor *y = op_linear(t, p->x_, p->w_, p->b_, NULL, kind);

    return op_sum_all(t, op_multiply(t, y, tape_input(t, (size_t[]){ ROWS, OUT }, 2, p->r)));
}

static void compare(const struct tensor *x, const double *expected)
{
    assert_true(x->has_grad);
    for (size_t i = 0; i < tensor_numel(x); i++)
        assert_true(fabs((double)x->grad[i] - expected[i]) < 1e-4);
}

/* The layer is used twice, so that the second walk adds to what the first has left. */
static void check(size_t active, enum activation kind)
{
    static struct problem p;

    setup(&p, active);
    expect(&p, kind == ACTIVATE_RELU, 2);
    p.x_ = variable(&p.tape, ROWS, IN, p.x);
    p.w_ = variable(&p.tape, OUT, IN, p.w);
    p.b_ = variable(&p.tape, 1, OUT, p.b);
    assert_int_equal(tape_backward(&p.tape, op_add(&p.tape, use(&p, kind), use(&p, kind))), GMR_OK);
    compare(p.x_, p.dx);
    compare(p.w_, p.dw);
    compare(p.b_, p.db);
    teardown(&p);
}

static void rows_without_gradient_are_nothing(void **state)
{
    (void)state;
    for (size_t active = 0; active <= ROWS; active++) {
        check(active, ACTIVATE_NONE);
        check(active, ACTIVATE_RELU);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(rows_without_gradient_are_nothing) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
