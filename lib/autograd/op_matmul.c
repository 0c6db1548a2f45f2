/* matmul: products of matrices, in batches. */
#include <string.h>

#include "autograd/op.h"

struct product {
    bool transpose_a, transpose_b;
    bool shared; /* one b for the whole batch: then the batch is folded into the rows of a */
    size_t batch, m, n, k;
};

/* The shape of op(left) op(right) = [m, n] over k, all three dense. */
static struct matmul dense(bool transpose_left, bool transpose_right, size_t m, size_t n, size_t k,
                           size_t batch)
{
    return (struct matmul){
        .transpose_a = transpose_left,
        .transpose_b = transpose_right,
        .m = m,
        .n = n,
        .k = k,
        .a_stride = transpose_left ? m : k,
        .b_stride = transpose_right ? k : n,
        .y_stride = n,
        .batch = batch,
        .a_step = m * k,
        .b_step = k * n,
        .y_step = m * n,
        .alpha = 1,
    };
}

static void matmul_forward(struct tape *t, struct record *r)
{
    const struct product *s = r->attributes;
    struct matmul shape = dense(s->transpose_a, s->transpose_b, s->m, s->n, s->k, s->batch);

    RUN(t, matmul, &shape, tensor_real(r->output[0]), tensor_real(r->input[0]),
        tensor_real(r->input[1]), 0);
}

/* y = a b gives da = dy b^T; y = a^T b gives da = b dy^T; b's own transposition carries over. */
static void backward_a(struct tape *t, struct record *r, const real *dy)
{
    const struct product *s = r->attributes;
    real beta, *da = input_grad(t, r->input[0], &beta);
    const real *b = tensor_real(r->input[1]);
    struct matmul shape;

    if (!da)
        return;
    if (s->transpose_a) {
        shape = dense(s->transpose_b, true, s->k, s->m, s->n, s->batch);
        RUN(t, matmul, &shape, da, b, dy, beta);
    } else {
        shape = dense(false, !s->transpose_b, s->m, s->k, s->n, s->batch);
        RUN(t, matmul, &shape, da, dy, b, beta);
    }
}

/* y = a b gives db = a^T dy; y = a b^T gives db = dy^T a; a's own transposition carries over. */
static void backward_b(struct tape *t, struct record *r, const real *dy)
{
    const struct product *s = r->attributes;
    real beta, *db = input_grad(t, r->input[1], &beta);
    const real *a = tensor_real(r->input[0]);
    struct matmul shape;

    if (!db)
        return;
    if (s->transpose_b) {
        shape = dense(true, s->transpose_a, s->n, s->k, s->m, s->batch);
        RUN(t, matmul, &shape, db, dy, a, beta);
    } else {
        shape = dense(!s->transpose_a, false, s->k, s->n, s->m, s->batch);
        RUN(t, matmul, &shape, db, a, dy, beta);
    }
}

static void matmul_backward(struct tape *t, struct record *r)
{
    backward_a(t, r, r->output[0]->grad);
    backward_b(t, r, r->output[0]->grad);
}

const struct op matmul_op = { "matmul", matmul_forward, matmul_backward };

static struct tensor *fail_shapes(struct tape *t, const struct tensor *a, const struct tensor *b)
{
    char text_a[SHAPE_TEXT], text_b[SHAPE_TEXT];

    return tape_fail(t, "matmul", GMR_ERR_SHAPE, "shapes %s and %s do not multiply",
                     tensor_shape_text(a, text_a), tensor_shape_text(b, text_b));
}

/* Fills in sizes; false when the shapes do not fit. */
static bool measure(struct product *s, const struct tensor *a, const struct tensor *b)
{
    size_t lead = a->rank - 2;

    s->shared = b->rank == 2 && a->rank > 2;
    s->m = a->dim[lead + (s->transpose_a ? 1 : 0)];
    s->k = a->dim[lead + (s->transpose_a ? 0 : 1)];
    s->n = tensor_dim(b, s->transpose_b ? -2 : -1);
    s->batch = op_product(a->dim, 0, lead);
    if (tensor_dim(b, s->transpose_b ? -1 : -2) != s->k)
        return false;
    if (s->shared) {
        s->m *= s->batch;
        s->batch = 1;
        return !s->transpose_a;
    }
    return b->rank == a->rank && memcmp(a->dim, b->dim, lead * sizeof *a->dim) == 0;
}

struct tensor *op_matmul(struct tape *t, struct tensor *a, struct tensor *b, bool transpose_a,
                         bool transpose_b)
{
    struct product s = { .transpose_a = transpose_a, .transpose_b = transpose_b };
    struct tensor *in[] = { a, b };
    struct record_needs needs = { .inputs = INPUT_BIT(0) | INPUT_BIT(1) };
    size_t dim[TENSOR_MAX_RANK];
    struct record *r;

    if (!op_check_real(t, "matmul", in, 2))
        return tape_poison(t);
    if (a->rank < 2 || b->rank < 2 || !measure(&s, a, b))
        return fail_shapes(t, a, b);
    memcpy(dim, a->dim, a->rank * sizeof *dim);
    dim[a->rank - 2] = a->dim[transpose_a ? a->rank - 1 : a->rank - 2];
    dim[a->rank - 1] = s.n;
    r = tape_begin(t, &matmul_op, needs, in, 2, sizeof s);
    tape_output(t, r, dim, a->rank);
    if (r)
        memcpy(r->attributes, &s, sizeof s);
    return tape_run(t, r);
}
