/* add, subtract, multiply with repetition of axes of length 1; scale by a constant. */
#include <string.h>

#include "autograd/op.h"

struct binary_settings {
    enum binary kind;
    struct broadcast shape;
};

static void binary_forward(struct tape *t, struct record *r)
{
    const struct binary_settings *s = r->attributes;

    RUN(t, binary_forward, s->kind, tensor_real(r->output[0]), tensor_real(r->input[0]),
        tensor_real(r->input[1]), &s->shape);
}

static void binary_backward(struct tape *t, struct record *r)
{
    const struct binary_settings *s = r->attributes;
    real *da = input_grad(t, r->input[0], NULL), *db = input_grad(t, r->input[1], NULL);
    bool values = s->kind == BINARY_MULTIPLY;

    RUN(t, binary_backward, s->kind, da, db, r->output[0]->grad,
        values ? tensor_real(r->input[0]) : NULL, values ? tensor_real(r->input[1]) : NULL,
        &s->shape);
}

/* a + b of equal shapes: one gradient is copied, the other moves. */
static void add_backward(struct tape *t, struct record *r)
{
    struct tensor *y = r->output[0], *a = r->input[0], *b = r->input[1];
    real beta, *da;

    if (!tensor_same_shape(a, y) || !tensor_same_shape(b, y)) {
        binary_backward(t, r);
        return;
    }
    if (!wants_grad(b)) {
        tape_pass_grad(t, a, y);
        return;
    }
    da = input_grad(t, a, &beta);
    if (da)
        RUN(t, add_scaled, da, y->grad, 1, beta, tensor_numel(y));
    tape_pass_grad(t, b, y);
}

const struct op add_op = { "add", binary_forward, add_backward };
const struct op subtract_op = { "subtract", binary_forward, binary_backward };
const struct op multiply_op = { "multiply", binary_forward, binary_backward };

/* Strides of x seen as a tensor of shape `dim`, 0 where it repeats; false when it does not fit. */
static bool spread(const struct tensor *x, const size_t *dim, size_t rank, size_t *stride)
{
    size_t step = 1;

    if (x->rank > rank)
        return false;
    for (size_t i = 0; i < rank; i++) {
        size_t axis = rank - 1 - i, length = i < x->rank ? x->dim[x->rank - 1 - i] : 1;

        if (length != 1 && length != dim[axis])
            return false;
        stride[axis] = length == 1 ? 0 : step;
        step *= length;
    }
    return true;
}

static bool measure(struct broadcast *s, const struct tensor *a, const struct tensor *b)
{
    const struct tensor *deep = a->rank >= b->rank ? a : b, *flat = deep == a ? b : a;

    s->rank = deep->rank;
    memcpy(s->dim, deep->dim, s->rank * sizeof *s->dim);
    for (size_t i = 0; i < flat->rank; i++) {
        size_t axis = s->rank - flat->rank + i;

        if (s->dim[axis] == 1)
            s->dim[axis] = flat->dim[i];
    }
    return spread(a, s->dim, s->rank, s->a_stride) && spread(b, s->dim, s->rank, s->b_stride);
}

static struct record_needs needs(enum binary kind, const struct tensor *a, const struct tensor *b)
{
    bool plain_add = kind == BINARY_ADD && tensor_same_shape(a, b);
    struct record_needs result = { 0 };

    if (kind == BINARY_MULTIPLY)
        result.inputs = INPUT_BIT(0) | INPUT_BIT(1);
    if (plain_add)
        result.passes = wants_grad(b) ? INPUT_BIT(1) : INPUT_BIT(0);
    return result;
}

static struct tensor *binary(struct tape *t, const struct op *op, enum binary kind,
                             struct tensor *a, struct tensor *b)
{
    struct tensor *in[] = { a, b };
    struct binary_settings s = { .kind = kind };
    char text_a[SHAPE_TEXT], text_b[SHAPE_TEXT];
    struct record *r;

    if (!op_check_real(t, op->name, in, 2))
        return tape_poison(t);
    if (!measure(&s.shape, a, b))
        return tape_fail(t, op->name, GMR_ERR_SHAPE, "shapes %s and %s do not fit together",
                         tensor_shape_text(a, text_a), tensor_shape_text(b, text_b));
    r = tape_begin(t, op, needs(kind, a, b), in, 2, sizeof s);
    tape_output(t, r, s.shape.dim, s.shape.rank);
    if (r)
        memcpy(r->attributes, &s, sizeof s);
    return tape_run(t, r);
}

struct tensor *op_add(struct tape *t, struct tensor *a, struct tensor *b)
{
    return binary(t, &add_op, BINARY_ADD, a, b);
}

struct tensor *op_subtract(struct tape *t, struct tensor *a, struct tensor *b)
{
    return binary(t, &subtract_op, BINARY_SUBTRACT, a, b);
}

struct tensor *op_multiply(struct tape *t, struct tensor *a, struct tensor *b)
{
    return binary(t, &multiply_op, BINARY_MULTIPLY, a, b);
}

/* ---- scale ---- */

static void scale_forward(struct tape *t, struct record *r)
{
    const real *factor = r->attributes;
    struct tensor *y = r->output[0];

    RUN(t, add_scaled, tensor_real(y), tensor_real(r->input[0]), *factor, 0, tensor_numel(y));
}

static void scale_backward(struct tape *t, struct record *r)
{
    const real *factor = r->attributes;
    struct tensor *y = r->output[0];
    real beta, *dx = input_grad(t, r->input[0], &beta);

    RUN(t, add_scaled, dx, y->grad, *factor, beta, tensor_numel(y));
}

const struct op scale_op = { "scale", scale_forward, scale_backward };

struct tensor *op_scale(struct tape *t, struct tensor *x, double factor)
{
    struct record *r;

    if (!op_check_real(t, "scale", &x, 1))
        return tape_poison(t);
    r = tape_begin(t, &scale_op, (struct record_needs){ 0 }, &x, 1, sizeof(real));
    tape_output(t, r, x->dim, x->rank);
    if (r)
        *(real *)r->attributes = (real)factor;
    return tape_run(t, r);
}
