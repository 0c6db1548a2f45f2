/* norm (the recommender's) and layer_norm (CLIP's): both keep two numbers a row. */
#include "autograd/op.h"

static const double layer_norm_epsilon = 1e-5;

enum { X, SCALE, SHIFT, INPUTS };

static void norm_forward(struct tape *t, struct record *r)
{
    struct tensor *x = r->input[X];

    RUN(t, norm_forward, tensor_real(r->output[0]), r->kept[0], r->kept[1], tensor_real(x),
        tensor_real(r->input[SCALE]), tensor_real(r->input[SHIFT]), tensor_rows(x), tensor_last(x));
}

static void layer_norm_forward(struct tape *t, struct record *r)
{
    struct tensor *x = r->input[X];

    RUN(t, layer_norm_forward, tensor_real(r->output[0]), r->kept[0], r->kept[1], tensor_real(x),
        tensor_real(r->input[SCALE]), tensor_real(r->input[SHIFT]), (real)layer_norm_epsilon,
        tensor_rows(x), tensor_last(x));
}

/* Buffers for the gradients wanted. */
struct norm_gradients {
    real *dx, *dscale, *dshift, *scratch;
    real beta;
    size_t room;
};

/* The kernels give the gradients of scale and shift together: of one that nobody wants, they go to
 * the end of the scratch. */
static bool begin_gradients(struct tape *t, struct record *r, struct norm_gradients *g)
{
    size_t d = tensor_last(r->input[X]), chunks = 2 * ROW_CHUNKS * d;

    g->room = chunks + d;
    g->scratch = tape_scratch(t, g->room);
    g->beta = 0;
    g->dx = input_grad(t, r->input[X], &g->beta);
    g->dscale = input_grad(t, r->input[SCALE], NULL);
    g->dshift = input_grad(t, r->input[SHIFT], NULL);
    if (!g->scratch)
        return false;
    if (g->dscale && !g->dshift)
        g->dshift = g->scratch + chunks;
    if (g->dshift && !g->dscale)
        g->dscale = g->scratch + chunks;
    return true;
}

/* The kernels of both norms, which take the same arguments. */
typedef void backward_kernel(const struct compute *c, real *dx, real *dscale, real *dshift,
                             const real *dy, const real *x, const real *scale, const real *mean,
                             const real *deviation, real *scratch, real beta, size_t rows,
                             size_t d);

static void run_backward(struct tape *t, struct record *r, backward_kernel *kernel)
{
    struct tensor *x = r->input[X];
    struct norm_gradients g;

    if (begin_gradients(t, r, &g))
        kernel(t->compute, g.dx, g.dscale, g.dshift, r->output[0]->grad, tensor_real(x),
               tensor_real(r->input[SCALE]), r->kept[0], r->kept[1], g.scratch, g.beta,
               tensor_rows(x), tensor_last(x));
    tape_scratch_free(t, g.scratch, g.room);
}

static void norm_backward(struct tape *t, struct record *r)
{
    run_backward(t, r, t->compute->norm_backward);
}

static void layer_norm_backward(struct tape *t, struct record *r)
{
    run_backward(t, r, t->compute->layer_norm_backward);
}

const struct op norm_op = { "norm", norm_forward, norm_backward };
const struct op layer_norm_op = { "layer_norm", layer_norm_forward, layer_norm_backward };

static struct tensor *normalise(struct tape *t, const struct op *op, struct tensor *x,
                                struct tensor *scale, struct tensor *shift, size_t shortest)
{
    struct tensor *in[INPUTS] = { x, scale, shift };
    struct record_needs needs = { .inputs = INPUT_BIT(X) | INPUT_BIT(SCALE) };
    struct record *r;

    if (!op_check_real(t, op->name, in, INPUTS) ||
        !op_check_numel(t, op->name, "scale", scale, tensor_last(x)) ||
        !op_check_numel(t, op->name, "shift", shift, tensor_last(x)))
        return tape_poison(t);
    if (tensor_last(x) < shortest)
        return tape_fail(t, op->name, GMR_ERR_SHAPE, "rows of %zu are too short", tensor_last(x));
    r = tape_begin(t, op, needs, in, INPUTS, 0);
    tape_output(t, r, x->dim, x->rank);
    tape_keep(t, r, tensor_rows(x) * sizeof(real));
    tape_keep(t, r, tensor_rows(x) * sizeof(real));
    return tape_run(t, r);
}

struct tensor *op_norm(struct tape *t, struct tensor *x, struct tensor *a, struct tensor *b)
{
    return normalise(t, &norm_op, x, a, b, 2);
}

struct tensor *op_layer_norm(struct tape *t, struct tensor *x, struct tensor *w, struct tensor *b)
{
    return normalise(t, &layer_norm_op, x, w, b, 1);
}
