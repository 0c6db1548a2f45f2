/* relu, tanh, sigmoid, gelu, quick_gelu, exp: one pair of functions, the kind in the attributes. */
#include "autograd/op.h"

static void activation_forward(struct tape *t, struct record *r)
{
    const enum activation *kind = r->attributes;
    struct tensor *y = r->output[0];

    RUN(t, unary_forward, *kind, tensor_real(y), tensor_real(r->input[0]), tensor_numel(y));
}

static void activation_backward(struct tape *t, struct record *r)
{
    const enum activation *kind = r->attributes;
    bool argument = activation_needs_argument(*kind);
    struct tensor *x = r->input[0], *y = r->output[0];
    real beta, *dx = input_grad(t, x, &beta);

    RUN(t, unary_backward, *kind, dx, y->grad, argument ? tensor_real(x) : NULL,
        argument ? NULL : tensor_real(y), beta, tensor_numel(y));
}

static struct tensor *activate(struct tape *t, const struct op *op, enum activation kind,
                               struct tensor *x)
{
    bool argument = activation_needs_argument(kind);
    struct record_needs needs = { .inputs = argument ? INPUT_BIT(0) : 0, .result = !argument };
    struct record *r;

    if (!op_check_real(t, op->name, &x, 1))
        return tape_poison(t);
    r = tape_begin(t, op, needs, &x, 1, sizeof kind);
    tape_output(t, r, x->dim, x->rank);
    if (r)
        *(enum activation *)r->attributes = kind;
    return tape_run(t, r);
}

#define ACTIVATION(name, kind)                                                      \
    const struct op name##_op = { #name, activation_forward, activation_backward }; \
    struct tensor *op_##name(struct tape *t, struct tensor *x)                      \
    {                                                                               \
        return activate(t, &name##_op, kind, x);                                    \
    }

ACTIVATION(relu, ACTIVATE_RELU)
ACTIVATION(tanh, ACTIVATE_TANH)
ACTIVATION(sigmoid, ACTIVATE_SIGMOID)
ACTIVATION(gelu, ACTIVATE_GELU)
ACTIVATION(quick_gelu, ACTIVATE_QUICK_GELU)
ACTIVATION(exp, ACTIVATE_EXP)
