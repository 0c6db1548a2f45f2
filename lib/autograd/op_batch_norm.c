/* batch_norm over axis 1. In training the running statistics move when the operation is asked for,
 * and only then: a second run for dropped values leaves them alone. */
#include "autograd/op.h"

static const double momentum = 0.1, epsilon = 1e-5;

enum { X, SCALE, SHIFT, MEAN, VARIANCE, INPUTS };

struct batch_norm {
    bool training;
    size_t n, channels, space;
};

static void forward_training(struct tape *t, struct record *r)
{
    const struct batch_norm *s = r->attributes;
    real *mean = t->recomputing ? NULL : tensor_real(r->input[MEAN]);
    real *variance = t->recomputing ? NULL : tensor_real(r->input[VARIANCE]);

    RUN(t, batch_norm_train_forward, tensor_real(r->output[0]), r->kept[0], r->kept[1], mean,
        variance, tensor_real(r->input[X]), tensor_real(r->input[SCALE]),
        tensor_real(r->input[SHIFT]), (real)momentum, (real)epsilon, s->n, s->channels, s->space);
}

static void batch_norm_forward(struct tape *t, struct record *r)
{
    const struct batch_norm *s = r->attributes;

    if (s->training)
        forward_training(t, r);
    else
        RUN(t, batch_norm_eval_forward, tensor_real(r->output[0]), r->kept[1],
            tensor_real(r->input[MEAN]), tensor_real(r->input[VARIANCE]), tensor_real(r->input[X]),
            tensor_real(r->input[SCALE]), tensor_real(r->input[SHIFT]), (real)epsilon, s->n,
            s->channels, s->space);
}

static void batch_norm_backward(struct tape *t, struct record *r)
{
    const struct batch_norm *s = r->attributes;
    const real *mean = s->training ? r->kept[0] : tensor_real(r->input[MEAN]);
    real *dx = input_grad(t, r->input[X], NULL);
    real *dscale = input_grad(t, r->input[SCALE], NULL);
    real *dshift = input_grad(t, r->input[SHIFT], NULL);

    if (s->training)
        RUN(t, batch_norm_train_backward, dx, dscale, dshift, r->output[0]->grad,
            tensor_real(r->input[X]), tensor_real(r->input[SCALE]), mean, r->kept[1], s->n,
            s->channels, s->space);
    else
        RUN(t, batch_norm_eval_backward, dx, dscale, dshift, r->output[0]->grad,
            tensor_real(r->input[X]), tensor_real(r->input[SCALE]), mean, r->kept[1], s->n,
            s->channels, s->space);
}

const struct op batch_norm_op = { "batch_norm", batch_norm_forward, batch_norm_backward };

static bool check(struct tape *t, struct tensor *const in[INPUTS])
{
    static const char *const what[INPUTS] = { "input", "scale", "shift", "running mean",
                                              "running variance" };

    if (!op_check_real(t, "batch_norm", in, INPUTS))
        return false;
    if (in[X]->rank < 2 || tensor_numel(in[X]) == 0) {
        tape_fail(t, "batch_norm", GMR_ERR_SHAPE, "there is no batch of channels to normalise");
        return false;
    }
    for (size_t i = SCALE; i < INPUTS; i++)
        if (!op_check_numel(t, "batch_norm", what[i], in[i], in[X]->dim[1]))
            return false;
    return true;
}

struct tensor *op_batch_norm(struct tape *t, struct tensor *x, struct tensor *w, struct tensor *b,
                             struct tensor *running_mean, struct tensor *running_var)
{
    struct tensor *in[INPUTS] = { x, w, b, running_mean, running_var };
    struct record_needs needs = { .inputs = INPUT_BIT(X) | INPUT_BIT(SCALE) |
                                            (t->training ? 0 : INPUT_BIT(MEAN)) };
    struct batch_norm *s;
    struct record *r;

    if (!check(t, in))
        return tape_poison(t);
    r = tape_begin(t, &batch_norm_op, needs, in, INPUTS, sizeof *s);
    if (!r)
        return tape_poison(t);
    s = r->attributes;
    *s = (struct batch_norm){ t->training, x->dim[0], x->dim[1], op_product(x->dim, 2, x->rank) };
    tape_output(t, r, x->dim, x->rank);
    tape_keep(t, r, s->channels * sizeof(real));
    tape_keep(t, r, s->channels * sizeof(real));
    return tape_run(t, r);
}
