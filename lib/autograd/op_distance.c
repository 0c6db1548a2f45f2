/* l2_normalise, squared_distance, triplet: geometry of rows. */
#include "autograd/op.h"

/* ---- l2_normalise ---- */

static void l2_normalise_forward(struct tape *t, struct record *r)
{
    struct tensor *x = r->input[0];

    RUN(t, l2_normalise_forward, tensor_real(r->output[0]), r->kept[0], tensor_real(x),
        tensor_rows(x), tensor_last(x));
}

static void l2_normalise_backward(struct tape *t, struct record *r)
{
    struct tensor *y = r->output[0];

    RUN(t, l2_normalise_backward, input_grad(t, r->input[0], NULL), y->grad, tensor_real(y),
        r->kept[0], tensor_rows(y), tensor_last(y));
}

const struct op l2_normalise_op = { "l2_normalise", l2_normalise_forward, l2_normalise_backward };

struct tensor *op_l2_normalise(struct tape *t, struct tensor *x)
{
    struct record *r;

    if (!op_check_real(t, "l2_normalise", &x, 1))
        return tape_poison(t);
    r = tape_begin(t, &l2_normalise_op, (struct record_needs){ .result = true }, &x, 1, 0);
    tape_output(t, r, x->dim, x->rank);
    tape_keep(t, r, tensor_rows(x) * sizeof(real));
    return tape_run(t, r);
}

/* ---- squared_distance ---- */

static void squared_distance_forward(struct tape *t, struct record *r)
{
    struct tensor *a = r->input[0];

    RUN(t, squared_distance_forward, tensor_real(r->output[0]), tensor_real(a),
        tensor_real(r->input[1]), tensor_rows(a), tensor_last(a));
}

static void squared_distance_backward(struct tape *t, struct record *r)
{
    struct tensor *a = r->input[0], *b = r->input[1];
    real *da = input_grad(t, a, NULL), *db = input_grad(t, b, NULL);

    RUN(t, squared_distance_backward, da, db, r->output[0]->grad, tensor_real(a), tensor_real(b),
        tensor_rows(a), tensor_last(a));
}

const struct op squared_distance_op = { "squared_distance", squared_distance_forward,
                                        squared_distance_backward };

/* Arguments of one shape [..., d]; the result loses the last axis. */
static bool check_rows(struct tape *t, const char *op, struct tensor *const *x, size_t count)
{
    if (!op_check_real(t, op, x, count))
        return false;
    for (size_t i = 1; i < count; i++)
        if (!op_check_same_shape(t, op, x[0], x[i]))
            return false;
    if (x[0]->rank > 0)
        return true;
    tape_fail(t, op, GMR_ERR_SHAPE, "a single number is not a row");
    return false;
}

struct tensor *op_squared_distance(struct tape *t, struct tensor *a, struct tensor *b)
{
    struct tensor *in[] = { a, b };
    struct record_needs needs = { .inputs = INPUT_BIT(0) | INPUT_BIT(1) };
    struct record *r;

    if (!check_rows(t, "squared_distance", in, 2))
        return tape_poison(t);
    r = tape_begin(t, &squared_distance_op, needs, in, 2, 0);
    tape_output(t, r, a->dim, a->rank - 1);
    return tape_run(t, r);
}

/* ---- triplet ---- */

enum { X, POSITIVE, NEGATIVE, INPUTS };

static void triplet_forward(struct tape *t, struct record *r)
{
    const real *margin = r->attributes;
    struct tensor *x = r->input[X];

    RUN(t, triplet_forward, tensor_real(r->output[0]), tensor_real(x),
        tensor_real(r->input[POSITIVE]), tensor_real(r->input[NEGATIVE]), *margin, tensor_rows(x),
        tensor_last(x));
}

static void triplet_backward(struct tape *t, struct record *r)
{
    struct tensor *y = r->output[0], *x = r->input[X];
    struct tensor *p = r->input[POSITIVE], *n = r->input[NEGATIVE];
    real *dx = input_grad(t, x, NULL), *dp = input_grad(t, p, NULL), *dn = input_grad(t, n, NULL);

    RUN(t, triplet_backward, dx, dp, dn, y->grad, tensor_real(y), tensor_real(x), tensor_real(p),
        tensor_real(n), tensor_rows(x), tensor_last(x));
}

const struct op triplet_op = { "triplet", triplet_forward, triplet_backward };

struct tensor *op_triplet(struct tape *t, struct tensor *x, struct tensor *positive,
                          struct tensor *negative, double margin)
{
    struct tensor *in[INPUTS] = { x, positive, negative };
    struct record_needs needs = { .inputs =
                                      INPUT_BIT(X) | INPUT_BIT(POSITIVE) | INPUT_BIT(NEGATIVE),
                                  .result = true };
    struct record *r;

    if (!check_rows(t, "triplet", in, INPUTS))
        return tape_poison(t);
    r = tape_begin(t, &triplet_op, needs, in, INPUTS, sizeof(real));
    tape_output(t, r, x->dim, x->rank - 1);
    if (r)
        *(real *)r->attributes = (real)margin;
    return tape_run(t, r);
}
