/* dropout: the mask is a pure function of seed, stream and place, so it is never stored. */
#include "autograd/op.h"

struct dropout {
    real chance;
    uint64_t key, stream;
};

static void drop(struct tape *t, const struct record *r, real *y, const real *x, real beta)
{
    const struct dropout *s = r->attributes;

    RUN(t, dropout, y, x, s->chance, s->key, s->stream, beta, tensor_numel(r->input[0]));
}

static void dropout_forward(struct tape *t, struct record *r)
{
    drop(t, r, tensor_real(r->output[0]), tensor_real(r->input[0]), 0);
}

static void dropout_backward(struct tape *t, struct record *r)
{
    real beta, *dx = input_grad(t, r->input[0], &beta);

    drop(t, r, dx, r->output[0]->grad, beta);
}

const struct op dropout_op = { "dropout", dropout_forward, dropout_backward };

struct tensor *op_dropout(struct tape *t, struct tensor *x, double chance)
{
    struct record *r;

    if (!op_check_real(t, "dropout", &x, 1))
        return tape_poison(t);
    if (!(chance >= 0 && chance < 1))
        return tape_fail(t, "dropout", GMR_ERR_RANGE, "the chance %g is not in [0, 1)", chance);
    if (!t->training || chance == 0)
        return x;
    r = tape_begin(t, &dropout_op, (struct record_needs){ 0 }, &x, 1, sizeof(struct dropout));
    tape_output(t, r, x->dim, x->rank);
    if (r)
        *(struct dropout *)r->attributes =
            (struct dropout){ (real)chance, t->dropout_seed, tape_next_dropout_stream(t) };
    return tape_run(t, r);
}
