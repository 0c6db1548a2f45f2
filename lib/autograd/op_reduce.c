/* sum and mean over an axis. */
#include <string.h>

#include "autograd/op.h"

struct reduction {
    size_t outer, axis, inner;
    real scale;
};

static void reduction_forward(struct tape *t, struct record *r)
{
    const struct reduction *s = r->attributes;

    RUN(t, sum_axis_forward, tensor_real(r->output[0]), tensor_real(r->input[0]), s->outer, s->axis,
        s->inner, s->scale);
}

static void reduction_backward(struct tape *t, struct record *r)
{
    const struct reduction *s = r->attributes;
    real beta, *dx = input_grad(t, r->input[0], &beta);

    RUN(t, sum_axis_backward, dx, r->output[0]->grad, s->outer, s->axis, s->inner, s->scale, beta);
}

const struct op sum_op = { "sum", reduction_forward, reduction_backward };
const struct op mean_op = { "mean", reduction_forward, reduction_backward };

static struct tensor *reduce(struct tape *t, const struct op *op, struct tensor *x,
                             struct reduction s, const size_t *dim, size_t rank)
{
    struct record *r;

    if (op == &mean_op && s.axis == 0)
        return tape_fail(t, op->name, GMR_ERR_SHAPE, "there is no mean of nothing");
    s.scale = op == &mean_op ? (real)(1 / (double)s.axis) : 1;
    r = tape_begin(t, op, (struct record_needs){ 0 }, &x, 1, sizeof s);
    tape_output(t, r, dim, rank);
    if (r)
        memcpy(r->attributes, &s, sizeof s);
    return tape_run(t, r);
}

static struct tensor *reduce_axis(struct tape *t, const struct op *op, struct tensor *x, int axis)
{
    size_t dim[TENSOR_MAX_RANK], at;
    struct reduction s;

    if (!op_check_real(t, op->name, &x, 1) || !op_check_axis(t, op->name, axis, x->rank, &at))
        return tape_poison(t);
    s = (struct reduction){ .outer = op_product(x->dim, 0, at),
                            .axis = x->dim[at],
                            .inner = op_product(x->dim, at + 1, x->rank) };
    memcpy(dim, x->dim, at * sizeof *dim);
    memcpy(dim + at, x->dim + at + 1, (x->rank - at - 1) * sizeof *dim);
    return reduce(t, op, x, s, dim, x->rank - 1);
}

static struct tensor *reduce_all(struct tape *t, const struct op *op, struct tensor *x)
{
    struct reduction s = { .outer = 1, .inner = 1 };

    if (!op_check_real(t, op->name, &x, 1))
        return tape_poison(t);
    s.axis = tensor_numel(x);
    return reduce(t, op, x, s, NULL, 0);
}

struct tensor *op_sum(struct tape *t, struct tensor *x, int axis)
{
    return reduce_axis(t, &sum_op, x, axis);
}

struct tensor *op_mean(struct tape *t, struct tensor *x, int axis)
{
    return reduce_axis(t, &mean_op, x, axis);
}

struct tensor *op_sum_all(struct tape *t, struct tensor *x)
{
    return reduce_all(t, &sum_op, x);
}

struct tensor *op_mean_all(struct tape *t, struct tensor *x)
{
    return reduce_all(t, &mean_op, x);
}
