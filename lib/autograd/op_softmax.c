/* softmax over the last axis. */
#include "autograd/op.h"

static void softmax_forward(struct tape *t, struct record *r)
{
    struct tensor *x = r->input[0];

    RUN(t, softmax_forward, tensor_real(r->output[0]), tensor_real(x), tensor_rows(x),
        tensor_last(x));
}

static void softmax_backward(struct tape *t, struct record *r)
{
    struct tensor *y = r->output[0];

    RUN(t, softmax_backward, input_grad(t, r->input[0], NULL), y->grad, tensor_real(y),
        tensor_rows(y), tensor_last(y));
}

const struct op softmax_op = { "softmax", softmax_forward, softmax_backward };

struct tensor *op_softmax(struct tape *t, struct tensor *x)
{
    struct record *r;

    if (!op_check_real(t, "softmax", &x, 1))
        return tape_poison(t);
    r = tape_begin(t, &softmax_op, (struct record_needs){ .result = true }, &x, 1, 0);
    tape_output(t, r, x->dim, x->rank);
    return tape_run(t, r);
}
