/* linear: y = f(x w^T + b) + residual, one kernel forward, two or three products backward. */
#include <string.h>

#include "autograd/op.h"

struct linear {
    enum activation kind;
    size_t rows, in, out;
};

enum { X, W, B, RESIDUAL, INPUTS };

static real *data_or_null(const struct tensor *x)
{
    return x ? tensor_real(x) : NULL;
}

static void linear_forward(struct tape *t, struct record *r)
{
    const struct linear *s = r->attributes;

    RUN(t, linear_forward, tensor_real(r->output[0]), r->kept[0], tensor_real(r->input[X]),
        tensor_real(r->input[W]), data_or_null(r->input[B]), data_or_null(r->input[RESIDUAL]),
        s->kind, s->rows, s->in, s->out);
}

static void backward_bias(struct tape *t, struct record *r, const real *dy)
{
    const struct linear *s = r->attributes;
    size_t room = ROW_CHUNKS * s->out;
    real *db, *scratch;

    if (!wants_grad(r->input[B]))
        return;
    scratch = tape_scratch(t, room);
    if (!scratch)
        return;
    db = input_grad(t, r->input[B], NULL);
    RUN(t, sum_rows, db, dy, scratch, s->rows, s->out);
    tape_scratch_free(t, scratch, room);
}

/* dw += dy^T x */
static void backward_weight(struct tape *t, struct record *r, const real *dy)
{
    const struct linear *s = r->attributes;
    struct matmul shape = { .transpose_a = true,
                            .m = s->out,
                            .n = s->in,
                            .k = s->rows,
                            .a_stride = s->out,
                            .b_stride = s->in,
                            .y_stride = s->in,
                            .batch = 1,
                            .alpha = 1 };
    real beta, *dw = input_grad(t, r->input[W], &beta);

    if (dw)
        RUN(t, matmul, &shape, dw, dy, tensor_real(r->input[X]), beta);
}

/* dx += dy w */
static void backward_input(struct tape *t, struct record *r, const real *dy)
{
    const struct linear *s = r->attributes;
    struct matmul shape = { .m = s->rows,
                            .n = s->in,
                            .k = s->out,
                            .a_stride = s->out,
                            .b_stride = s->in,
                            .y_stride = s->in,
                            .batch = 1,
                            .alpha = 1 };
    real beta, *dx = input_grad(t, r->input[X], &beta);

    if (dx)
        RUN(t, matmul, &shape, dx, dy, tensor_real(r->input[W]), beta);
}

static void linear_backward(struct tape *t, struct record *r)
{
    const struct linear *s = r->attributes;
    struct tensor *y = r->output[0], *residual = r->input[RESIDUAL];

    /* y's gradient is used nowhere else: it becomes that of f's argument in place */
    if (s->kind != ACTIVATE_NONE)
        RUN(t, unary_backward, s->kind, y->grad, y->grad, r->kept[0],
            activation_needs_argument(s->kind) ? NULL : tensor_real(y), 0, s->rows * s->out);
    backward_bias(t, r, y->grad);
    backward_weight(t, r, y->grad);
    backward_input(t, r, y->grad);
    if (wants_grad(residual))
        tape_pass_grad(t, residual, y);
}

const struct op linear_op = { "linear", linear_forward, linear_backward };

static bool check_residual(struct tape *t, const struct tensor *x, const struct tensor *residual,
                           size_t out)
{
    struct tensor y = *x;

    y.dim[x->rank - 1] = out;
    return op_check_same_shape(t, "linear", residual, &y);
}

static bool check(struct tape *t, struct tensor *const in[INPUTS], enum activation kind)
{
    const struct tensor *x = in[X], *w = in[W];
    size_t out = tensor_dim(w, 0);

    if (!op_check_real(t, "linear", in, INPUTS) || !op_check_rank(t, "linear", "weight", w, 2))
        return false;
    if (x->rank == 0 || tensor_last(x) != w->dim[1]) {
        tape_fail(t, "linear", GMR_ERR_SHAPE, "the input has %zu columns, the weight %zu",
                  tensor_last(x), w->dim[1]);
        return false;
    }
    if (in[B] && !op_check_numel(t, "linear", "bias", in[B], out))
        return false;
    if (in[RESIDUAL] && kind != ACTIVATE_NONE) {
        tape_fail(t, "linear", GMR_ERR_UNSUPPORTED, "a residual cannot follow an activation");
        return false;
    }
    return !in[RESIDUAL] || check_residual(t, x, in[RESIDUAL], out);
}

/* dw reads x, dx reads w, and the slope of most activations the result. */
static struct record_needs needs(enum activation kind)
{
    return (struct record_needs){
        .inputs = INPUT_BIT(X) | INPUT_BIT(W),
        .passes = INPUT_BIT(RESIDUAL),
        .result = kind != ACTIVATE_NONE && !activation_needs_argument(kind),
    };
}

struct tensor *op_linear(struct tape *t, struct tensor *x, struct tensor *w, struct tensor *b,
                         struct tensor *residual, enum activation kind)
{
    struct tensor *in[INPUTS] = { x, w, b, residual };
    size_t dim[TENSOR_MAX_RANK];
    struct record *r;
    struct linear *s;

    if (!check(t, in, kind))
        return tape_poison(t);
    r = tape_begin(t, &linear_op, needs(kind), in, INPUTS, sizeof *s);
    if (!r)
        return tape_poison(t);
    s = r->attributes;
    *s = (struct linear){ kind, tensor_rows(x), w->dim[1], w->dim[0] };
    memcpy(dim, x->dim, x->rank * sizeof *dim);
    dim[x->rank - 1] = s->out;
    tape_output(t, r, dim, x->rank);
    if (activation_needs_argument(kind))
        tape_keep(t, r, s->rows * s->out * sizeof(real));
    return tape_run(t, r);
}
