/* cross_entropy, smooth_l1, contrastive. */
#include "autograd/op.h"

/* ---- cross_entropy ---- */

enum { LOGITS, TARGET, WEIGHT, INPUTS };

static real *weights(const struct record *r)
{
    return r->input[WEIGHT] ? tensor_real(r->input[WEIGHT]) : NULL;
}

static void cross_entropy_forward(struct tape *t, struct record *r)
{
    const real *smoothing = r->attributes;
    struct tensor *logits = r->input[LOGITS];

    RUN(t, cross_entropy_forward, tensor_real(r->output[0]), r->kept[0], tensor_real(logits),
        tensor_index(r->input[TARGET]), weights(r), *smoothing, logits->dim[0], logits->dim[1]);
}

static void cross_entropy_backward(struct tape *t, struct record *r)
{
    const real *smoothing = r->attributes;
    struct tensor *logits = r->input[LOGITS];

    RUN(t, cross_entropy_backward, input_grad(t, logits, NULL), r->output[0]->grad, r->kept[0],
        tensor_real(logits), tensor_index(r->input[TARGET]), weights(r), *smoothing, logits->dim[0],
        logits->dim[1]);
}

const struct op cross_entropy_op = { "cross_entropy", cross_entropy_forward,
                                     cross_entropy_backward };

static bool check(struct tape *t, struct tensor *const in[INPUTS])
{
    const char *name = cross_entropy_op.name;
    struct tensor *real_inputs[] = { in[LOGITS], in[WEIGHT] };

    if (!op_check_real(t, name, real_inputs, 2) || !op_check_rank(t, name, "logits", in[LOGITS], 2))
        return false;
    if (in[WEIGHT] && wants_grad(in[WEIGHT])) {
        tape_fail(t, name, GMR_ERR_UNSUPPORTED, "weights get no gradient: detach them");
        return false;
    }
    return op_check_numel(t, name, "target", in[TARGET], in[LOGITS]->dim[0]) &&
           op_check_index(t, name, in[TARGET], in[LOGITS]->dim[1]) &&
           (!in[WEIGHT] || op_check_numel(t, name, "weight", in[WEIGHT], in[LOGITS]->dim[0]));
}

struct tensor *op_cross_entropy(struct tape *t, struct tensor *logits, struct tensor *target,
                                struct tensor *weight, double smoothing)
{
    struct tensor *in[INPUTS] = { logits, target, weight };
    struct record_needs needs = { .inputs = INPUT_BIT(LOGITS) | INPUT_BIT(WEIGHT) };
    struct record *r;

    if (!check(t, in))
        return tape_poison(t);
    if (!(smoothing >= 0 && smoothing <= 1))
        return tape_fail(t, "cross_entropy", GMR_ERR_RANGE, "smoothing %g is not in [0, 1]",
                         smoothing);
    r = tape_begin(t, &cross_entropy_op, needs, in, INPUTS, sizeof(real));
    tape_output(t, r, logits->dim, 1);
    tape_keep(t, r, logits->dim[0] * sizeof(real));
    if (r)
        *(real *)r->attributes = (real)smoothing;
    return tape_run(t, r);
}

/* ---- smooth_l1 ---- */

static void smooth_l1_forward(struct tape *t, struct record *r)
{
    RUN(t, smooth_l1_forward, tensor_real(r->output[0]), tensor_real(r->input[0]),
        tensor_real(r->input[1]), tensor_numel(r->output[0]));
}

static void smooth_l1_backward(struct tape *t, struct record *r)
{
    struct tensor *x = r->input[0], *target = r->input[1];
    real *dx = input_grad(t, x, NULL), *dtarget = input_grad(t, target, NULL);

    RUN(t, smooth_l1_backward, dx, dtarget, r->output[0]->grad, tensor_real(x), tensor_real(target),
        tensor_numel(x));
}

const struct op smooth_l1_op = { "smooth_l1", smooth_l1_forward, smooth_l1_backward };

struct tensor *op_smooth_l1(struct tape *t, struct tensor *x, struct tensor *target)
{
    struct tensor *in[] = { x, target };
    struct record_needs needs = { .inputs = INPUT_BIT(0) | INPUT_BIT(1) };
    struct record *r;

    if (!op_check_real(t, "smooth_l1", in, 2) || !op_check_same_shape(t, "smooth_l1", x, target))
        return tape_poison(t);
    r = tape_begin(t, &smooth_l1_op, needs, in, 2, 0);
    tape_output(t, r, x->dim, x->rank);
    return tape_run(t, r);
}

/* ---- contrastive ---- */

static void contrastive_forward(struct tape *t, struct record *r)
{
    struct tensor *logits = r->input[0];

    RUN(t, contrastive_forward, tensor_real(r->output[0]), r->kept[0], r->kept[1],
        tensor_real(logits), logits->dim[0]);
}

static void contrastive_backward(struct tape *t, struct record *r)
{
    struct tensor *logits = r->input[0];

    RUN(t, contrastive_backward, input_grad(t, logits, NULL), r->output[0]->grad, r->kept[0],
        r->kept[1], tensor_real(logits), logits->dim[0]);
}

const struct op contrastive_op = { "contrastive", contrastive_forward, contrastive_backward };

struct tensor *op_contrastive(struct tape *t, struct tensor *logits)
{
    struct record_needs needs = { .inputs = INPUT_BIT(0) };
    struct record *r;
    size_t n;

    if (!op_check_real(t, "contrastive", &logits, 1) ||
        !op_check_rank(t, "contrastive", "logits", logits, 2))
        return tape_poison(t);
    n = logits->dim[0];
    if (n == 0 || logits->dim[1] != n)
        return tape_fail(t, "contrastive", GMR_ERR_SHAPE, "%zu pictures for %zu texts", n,
                         logits->dim[1]);
    r = tape_begin(t, &contrastive_op, needs, &logits, 1, 0);
    tape_output(t, r, NULL, 0);
    tape_keep(t, r, n * sizeof(real));
    tape_keep(t, r, n * sizeof(real));
    return tape_run(t, r);
}
