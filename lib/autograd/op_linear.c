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

/* ---- the way back ---- */

/* Rows through which a gradient flows: all of them, or copies of those whose gradient is not all
 * zero. A hinge that does not bite sends zeros through everything that its row went through, and
 * what is left of most rows of a trained model need not be multiplied. */
struct flow {
    size_t rows;
    real *dy, *x;
    int64_t *index; /* [rows]: which they are; NULL: all */
};

/* Room for indices in units of the tape's. */
static size_t index_room(size_t rows)
{
    return rows * sizeof(int64_t) / sizeof(real);
}

/* Whether copying pays. If all rows are zero, the first stands for them. */
static bool find_few(struct tape *t, const struct linear *s, const real *dy, struct flow *f)
{
    f->index = (int64_t *)(void *)tape_scratch(t, index_room(s->rows));
    if (!f->index)
        return false;
    RUN(t, find_rows, f->index, &f->rows, dy, s->rows, s->out);
    if (f->rows <= s->rows / 4 * 3) {
        if (f->rows == 0)
            f->index[f->rows++] = 0;
        return true;
    }
    tape_scratch_free(t, (real *)(void *)f->index, index_room(s->rows));
    f->index = NULL;
    return false;
}

static void begin_flow(struct tape *t, struct record *r, struct flow *f)
{
    const struct linear *s = r->attributes;
    real *dy = r->output[0]->grad, *x = tensor_real(r->input[X]);

    *f = (struct flow){ .index = NULL };
    if (!find_few(t, s, dy, f)) {
        *f = (struct flow){ s->rows, dy, x, NULL };
        return;
    }
    f->dy = tape_scratch(t, f->rows * s->out);
    f->x = tape_scratch(t, f->rows * s->in);
    if (!f->dy || !f->x)
        return;
    RUN(t, gather_rows, f->dy, dy, f->index, f->rows, s->out);
    RUN(t, gather_rows, f->x, x, f->index, f->rows, s->in);
}

static void end_flow(struct tape *t, struct record *r, struct flow *f)
{
    const struct linear *s = r->attributes;

    if (!f->index)
        return;
    tape_scratch_free(t, f->dy, f->rows * s->out);
    tape_scratch_free(t, f->x, f->rows * s->in);
    tape_scratch_free(t, (real *)(void *)f->index, index_room(s->rows));
}

static void backward_bias(struct tape *t, struct record *r, const struct flow *f)
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
    RUN(t, sum_rows, db, f->dy, scratch, f->rows, s->out);
    tape_scratch_free(t, scratch, room);
}

/* dw += dy^T x */
static void backward_weight(struct tape *t, struct record *r, const struct flow *f)
{
    const struct linear *s = r->attributes;
    struct matmul shape = { .transpose_a = true,
                            .m = s->out,
                            .n = s->in,
                            .k = f->rows,
                            .a_stride = s->out,
                            .b_stride = s->in,
                            .y_stride = s->in,
                            .batch = 1,
                            .alpha = 1 };
    real beta, *dw = input_grad(t, r->input[W], &beta);

    if (dw)
        RUN(t, matmul, &shape, dw, f->dy, f->x, beta);
}

/* dx = beta dx + dy w, of the rows of the flow */
static void multiply_input(struct tape *t, struct record *r, const struct flow *f, real *dx,
                           real beta)
{
    const struct linear *s = r->attributes;
    struct matmul shape = { .m = f->rows,
                            .n = s->in,
                            .k = s->out,
                            .a_stride = s->out,
                            .b_stride = s->in,
                            .y_stride = s->in,
                            .batch = 1,
                            .alpha = 1 };

    RUN(t, matmul, &shape, dx, f->dy, tensor_real(r->input[W]), beta);
}

/* The same, put where the rows belong. */
static void scatter_input(struct tape *t, struct record *r, const struct flow *f, real *dx,
                          real beta)
{
    const struct linear *s = r->attributes;
    real *part = tape_scratch(t, f->rows * s->in);

    if (!part)
        return;
    multiply_input(t, r, f, part, 0);
    if (beta == 0)
        RUN(t, fill, dx, 0, s->rows * s->in);
    RUN(t, scatter_add_rows, dx, part, f->index, f->rows, s->in);
    tape_scratch_free(t, part, f->rows * s->in);
}

static void backward_input(struct tape *t, struct record *r, const struct flow *f)
{
    real beta, *dx = input_grad(t, r->input[X], &beta);

    if (dx && f->index)
        scatter_input(t, r, f, dx, beta);
    else if (dx)
        multiply_input(t, r, f, dx, beta);
}

static void linear_backward(struct tape *t, struct record *r)
{
    const struct linear *s = r->attributes;
    struct tensor *y = r->output[0], *residual = r->input[RESIDUAL];
    struct flow flow;

    /* y's gradient is used nowhere else: it becomes that of f's argument in place */
    if (s->kind != ACTIVATE_NONE)
        RUN(t, unary_backward, s->kind, y->grad, y->grad, r->kept[0],
            activation_needs_argument(s->kind) ? NULL : tensor_real(y), 0, s->rows * s->out);
    begin_flow(t, r, &flow);
    if (!tape_failed(t)) {
        backward_bias(t, r, &flow);
        backward_weight(t, r, &flow);
        backward_input(t, r, &flow);
    }
    end_flow(t, r, &flow);
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
