/* reshape, transpose, concat, stack, slice: the same numbers elsewhere. All but reshape are strided
 * copies; their way back is the same copy with the roles exchanged. */
#include <string.h>

#include "autograd/op.h"

/* ---- reshape ---- */

static void reshape_forward(struct tape *t, struct record *r)
{
    (void)t;
    r->output[0]->data = r->input[0]->data;
}

static void reshape_backward(struct tape *t, struct record *r)
{
    tape_pass_grad(t, r->input[0], r->output[0]);
}

const struct op reshape_op = { "reshape", reshape_forward, reshape_backward };

struct tensor *op_reshape(struct tape *t, struct tensor *x, const size_t *dim, size_t rank)
{
    struct record_needs needs = { .passes = INPUT_BIT(0) };
    char text[SHAPE_TEXT];
    struct record *r;
    size_t numel;

    if (!op_check_real(t, "reshape", &x, 1))
        return tape_poison(t);
    if (rank > TENSOR_MAX_RANK || !shape_numel(dim, rank, &numel) || numel != tensor_numel(x))
        return tape_fail(t, "reshape", GMR_ERR_SHAPE, "%s cannot take that shape",
                         tensor_shape_text(x, text));
    r = tape_begin(t, &reshape_op, needs, &x, 1, 0);
    tape_output_alias(t, r, dim, rank);
    return tape_run(t, r);
}

/* ---- copies ---- */

static void exchange(struct layout *s)
{
    size_t stride[COMPUTE_MAX_RANK];

    memcpy(stride, s->x_stride, sizeof stride);
    memcpy(s->x_stride, s->y_stride, sizeof stride);
    memcpy(s->y_stride, stride, sizeof stride);
}

struct copy {
    struct layout layout;
    size_t offset; /* where the copied part of x begins */
};

static void copy_forward(struct tape *t, struct record *r)
{
    const struct copy *s = r->attributes;

    RUN(t, copy_strided, tensor_real(r->output[0]), tensor_real(r->input[0]) + s->offset,
        &s->layout, 0);
}

static void copy_backward(struct tape *t, struct record *r)
{
    const struct copy *s = r->attributes;
    struct layout back = s->layout;
    real *dx = input_grad(t, r->input[0], NULL);

    exchange(&back);
    RUN(t, copy_strided, dx + s->offset, r->output[0]->grad, &back, 1);
}

const struct op transpose_op = { "transpose", copy_forward, copy_backward };
const struct op slice_op = { "slice", copy_forward, copy_backward };

static struct tensor *copy(struct tape *t, const struct op *op, struct tensor *x,
                           const struct copy *s)
{
    struct record *r = tape_begin(t, op, (struct record_needs){ 0 }, &x, 1, sizeof *s);

    tape_output(t, r, s->layout.dim, s->layout.rank);
    if (r)
        memcpy(r->attributes, s, sizeof *s);
    return tape_run(t, r);
}

/* Strides of a dense array of this shape. */
static void dense_strides(const size_t *dim, size_t rank, size_t *stride)
{
    for (size_t i = rank, step = 1; i-- > 0; step *= dim[i])
        stride[i] = step;
}

static bool is_permutation(const size_t *axes, size_t rank)
{
    unsigned seen = 0;

    for (size_t i = 0; i < rank; i++)
        if (axes[i] < rank)
            seen |= 1u << axes[i];
    return seen == (1u << rank) - 1;
}

struct tensor *op_transpose(struct tape *t, struct tensor *x, const size_t *axes)
{
    struct copy s = { .layout.rank = x->rank };
    size_t stride[TENSOR_MAX_RANK];

    if (!op_check_real(t, "transpose", &x, 1))
        return tape_poison(t);
    if (!is_permutation(axes, x->rank))
        return tape_fail(t, "transpose", GMR_ERR_RANGE, "the axes are not a permutation");
    dense_strides(x->dim, x->rank, stride);
    for (size_t i = 0; i < x->rank; i++) {
        s.layout.dim[i] = x->dim[axes[i]];
        s.layout.x_stride[i] = stride[axes[i]];
    }
    dense_strides(s.layout.dim, x->rank, s.layout.y_stride);
    return copy(t, &transpose_op, x, &s);
}

struct tensor *op_slice(struct tape *t, struct tensor *x, int axis, size_t begin, size_t length)
{
    struct copy s = { .layout.rank = x->rank };
    size_t at;

    if (!op_check_real(t, "slice", &x, 1) || !op_check_axis(t, "slice", axis, x->rank, &at))
        return tape_poison(t);
    if (begin > x->dim[at] || length > x->dim[at] - begin)
        return tape_fail(t, "slice", GMR_ERR_RANGE, "%zu elements from %zu on exceed %zu", length,
                         begin, x->dim[at]);
    memcpy(s.layout.dim, x->dim, x->rank * sizeof *x->dim);
    s.layout.dim[at] = length;
    dense_strides(x->dim, x->rank, s.layout.x_stride);
    dense_strides(s.layout.dim, x->rank, s.layout.y_stride);
    s.offset = begin * s.layout.x_stride[at];
    return copy(t, &slice_op, x, &s);
}

/* ---- joining ---- */

/* Every input is a matrix [outer, its length * inner] that becomes some columns of the output. */
struct join {
    size_t outer, columns; /* of the output */
};

static struct layout part_layout(const struct join *s, size_t columns)
{
    return (struct layout){
        .rank = 2,
        .dim = { s->outer, columns },
        .y_stride = { s->columns, 1 },
        .x_stride = { columns, 1 },
    };
}

static void join_forward(struct tape *t, struct record *r)
{
    const struct join *s = r->attributes;
    real *y = tensor_real(r->output[0]);

    for (size_t i = 0; i < r->input_count && s->outer; i++) {
        size_t columns = tensor_numel(r->input[i]) / s->outer;
        struct layout layout = part_layout(s, columns);

        RUN(t, copy_strided, y, tensor_real(r->input[i]), &layout, 0);
        y += columns;
    }
}

static void join_backward(struct tape *t, struct record *r)
{
    const struct join *s = r->attributes;
    const real *dy = r->output[0]->grad;

    for (size_t i = 0; i < r->input_count && s->outer; i++) {
        size_t columns = tensor_numel(r->input[i]) / s->outer;
        struct layout layout = part_layout(s, columns);
        real beta, *dx = input_grad(t, r->input[i], &beta);

        exchange(&layout);
        if (dx)
            RUN(t, copy_strided, dx, dy, &layout, beta);
        dy += columns;
    }
}

const struct op concat_op = { "concat", join_forward, join_backward };
const struct op stack_op = { "stack", join_forward, join_backward };

static struct tensor *join(struct tape *t, const struct op *op, struct tensor *const *x,
                           size_t count, const size_t *dim, size_t rank, size_t axis)
{
    struct join s = { .outer = op_product(dim, 0, axis), .columns = op_product(dim, axis, rank) };
    struct record *r = tape_begin(t, op, (struct record_needs){ 0 }, x, count, sizeof s);

    tape_output(t, r, dim, rank);
    if (r)
        memcpy(r->attributes, &s, sizeof s);
    return tape_run(t, r);
}

static bool same_but_for_axis(const struct tensor *a, const struct tensor *b, size_t axis)
{
    if (a->rank != b->rank)
        return false;
    for (size_t i = 0; i < a->rank; i++)
        if (i != axis && a->dim[i] != b->dim[i])
            return false;
    return true;
}

struct tensor *op_concat(struct tape *t, struct tensor *const *x, size_t count, int axis)
{
    size_t dim[TENSOR_MAX_RANK], at, length = 0;

    if (count == 0)
        return tape_fail(t, "concat", GMR_ERR_SHAPE, "there is nothing to join");
    if (!op_check_real(t, "concat", x, count) || !op_check_axis(t, "concat", axis, x[0]->rank, &at))
        return tape_poison(t);
    for (size_t i = 0; i < count; i++) {
        if (!same_but_for_axis(x[i], x[0], at))
            return tape_fail(t, "concat", GMR_ERR_SHAPE, "argument %zu does not fit the first",
                             i + 1);
        length += x[i]->dim[at];
    }
    memcpy(dim, x[0]->dim, x[0]->rank * sizeof *dim);
    dim[at] = length;
    return join(t, &concat_op, x, count, dim, x[0]->rank, at);
}

struct tensor *op_stack(struct tape *t, struct tensor *const *x, size_t count, int axis)
{
    size_t dim[TENSOR_MAX_RANK + 1], at, rank;

    if (count == 0)
        return tape_fail(t, "stack", GMR_ERR_SHAPE, "there is nothing to join");
    rank = x[0]->rank + 1;
    if (!op_check_real(t, "stack", x, count) || !op_check_axis(t, "stack", axis, rank, &at))
        return tape_poison(t);
    for (size_t i = 1; i < count; i++)
        if (!op_check_same_shape(t, "stack", x[i], x[0]))
            return tape_poison(t);
    if (rank > TENSOR_MAX_RANK)
        return tape_fail(t, "stack", GMR_ERR_SHAPE, "%zu axes are too many", rank);
    memcpy(dim, x[0]->dim, at * sizeof *dim);
    dim[at] = count;
    memcpy(dim + at + 1, x[0]->dim + at, (x[0]->rank - at) * sizeof *dim);
    return join(t, &stack_op, x, count, dim, rank, at);
}
