/* Several operations: gradients that meet, move on unchanged or stop, and values that were dropped
 * before the way back. */
#include "gradient/ops/cases.h"

/* ---- gradients that meet ---- */

/* x feeds four operations of different kinds: passed on, overwritten, added to, cleared first. */
static struct tensor *four_consumers(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = leaf(g, SHAPE(3, 5)), *h = op_tanh(t, x);
    struct tensor *sum = op_add(t, h, op_scale(t, h, 0.5));
    sum = op_multiply(t, sum, op_softmax(t, h));
    return op_add(t, sum, h);
}

/* The passed gradient arrives first at a, last at b. */
static struct tensor *passed_first_and_last(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *a = op_sigmoid(t, leaf(g, SHAPE(3, 5))), *b = op_exp(t, leaf(g, SHAPE(3, 5)));
    struct tensor *sum = op_add(t, b, a);
    return op_add(t, op_multiply(t, sum, b), a);
}

static struct tensor *moved_through_reshapes(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = op_tanh(t, leaf(g, SHAPE(3, 4)));
    struct tensor *flat = op_reshape(t, x, (size_t[]){ 12 }, 1);
    struct tensor *wide = op_reshape(t, flat, (size_t[]){ 2, 6 }, 2);
    struct tensor *back = op_reshape(t, wide, (size_t[]){ 3, 4 }, 2);
    return op_multiply(t, op_add(t, back, x), op_reshape(t, flat, (size_t[]){ 3, 4 }, 2));
}

static struct tensor *sum_of_one_with_itself(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = op_tanh(t, leaf(g, SHAPE(3, 5))), *y = op_add(t, x, x);
    return op_add(t, y, op_add(t, y, x));
}

/* Half of the graph leads nowhere. */
static struct tensor *dead_branch(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = op_tanh(t, leaf(g, SHAPE(3, 5)));
    op_exp(t, op_add(t, x, leaf(g, SHAPE(3, 5))));
    return op_sigmoid(t, x);
}

/* ---- blocks of models ---- */

static struct tensor *transformer_block(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct attention_options options = { .heads = 2, .causal = true, .dropout = 0.1 };
    struct tensor *x = leaf(g, SHAPE(2, 3, 4)), *a = leaf(g, SHAPE(4)), *b = leaf(g, SHAPE(4));
    struct tensor *in = leaf(g, SHAPE(12, 4)), *out = leaf(g, SHAPE(4, 4));
    struct tensor *wide = leaf(g, SHAPE(6, 4)), *narrow = leaf(g, SHAPE(4, 6));
    struct tensor *normed = op_norm(t, x, a, b);
    struct tensor *qkv = op_linear(t, normed, in, NULL, NULL, ACTIVATE_NONE);
    struct tensor *seen = op_self_attention(t, qkv, &options), *hidden;

    tape_drop(t, normed);
    x = op_linear(t, seen, out, NULL, x, ACTIVATE_NONE);
    normed = op_norm(t, x, a, b);
    hidden = op_linear(t, normed, wide, NULL, NULL, ACTIVATE_GELU);
    tape_drop(t, normed);
    return op_linear(t, op_dropout(t, hidden, 0.1), narrow, NULL, x, ACTIVATE_NONE);
}

static struct tensor *convolution_block(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = leaf(g, SHAPE(2, 2, 4, 4)), *w = leaf(g, SHAPE(3, 2, 3, 3));
    struct tensor *scale = leaf(g, SHAPE(3)), *shift = leaf(g, SHAPE(3));
    struct tensor *mean = constant(g, SHAPE(3)), *variance = constant_positive(g, SHAPE(3));
    struct tensor *y = op_conv2d(t, x, w, NULL, 1, 1);
    struct tensor *normed = op_batch_norm(t, y, scale, shift, mean, variance), *active;

    tape_drop(t, y);
    active = op_quick_gelu(t, normed);
    tape_drop(t, normed);
    return op_average_pool(t, active, (struct pool_options){ .kernel = 2, .stride = 2 });
}

static struct tensor *metric_loss(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *table = leaf(g, SHAPE(4, 5)), *w = leaf(g, SHAPE(5, 5));
    int64_t row[] = { 1, 3, 1 }, other[] = { 0, 1, 2 };
    struct tensor *x = op_gather_rows(t, table, indices(g, SHAPE(3), row));
    struct tensor *n = op_gather_rows(t, table, indices(g, SHAPE(3), other));
    struct tensor *y = op_linear(t, x, w, NULL, NULL, ACTIVATE_TANH);
    struct tensor *loss = op_triplet(t, op_l2_normalise(t, y), op_l2_normalise(t, x), n, 2);
    struct tensor *scores = op_matmul(t, y, x, false, true);
    return op_add(t, op_mean(t, loss, 0), op_scale(t, op_contrastive(t, scores), 0.1));
}

/* ---- dropped values ---- */

/* Each result is given up as soon as the next one is there. */
static struct tensor *dropped_chain(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = leaf(g, SHAPE(3, 5)), *h = x;
    for (int i = 0; i < 4; i++) {
        struct tensor *next = op_gelu(t, i % 2 ? op_add(t, h, x) : op_multiply(t, h, x));
        if (h != x)
            tape_drop(t, h);
        h = next;
    }
    return h;
}

static struct tensor *reshape_of_dropped(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *h = op_tanh(t, leaf(g, SHAPE(2, 6)));
    struct tensor *seen = op_reshape(t, h, (size_t[]){ 3, 4 }, 2), *y = op_gelu(t, seen);
    tape_drop(t, seen); /* shares memory: stays */
    tape_drop(t, h);
    return y;
}

static struct tensor *one_of_two_results_dropped(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *gates = op_scale(t, leaf(g, SHAPE(2, 12)), 0.7), *cell = leaf(g, SHAPE(2, 3));
    struct tensor *next, *h = op_lstm_cell(t, gates, cell, &next), *y = op_gelu(t, h);
    tape_drop(t, h);
    tape_drop(t, gates);
    return op_multiply(t, y, next);
}

/* Nothing before w wants a gradient, so those records kept nothing for the way back; w's own
 * gradient needs their dropped results all the same. */
static struct tensor *dropped_and_fixed(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = constant(g, SHAPE(3, 5)), *a = constant(g, SHAPE(5));
    struct tensor *normed = op_norm(t, x, a, a), *v = op_gelu(t, normed);
    struct tensor *unit = op_l2_normalise(t, v);
    struct tensor *y = op_linear(t, unit, leaf(g, SHAPE(4, 5)), NULL, NULL, ACTIVATE_GELU);
    tape_drop(t, normed);
    tape_drop(t, v);
    tape_drop(t, unit);
    return y;
}

/* Made while nothing was recorded. */
static struct tensor *dropped_and_not_recorded(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = constant(g, SHAPE(3, 5)), *a = constant(g, SHAPE(5)), *normed, *y;
    bool recording = t->recording;
    t->recording = false;
    normed = op_layer_norm(t, x, a, a);
    t->recording = recording;
    y = op_multiply(t, normed, leaf(g, SHAPE(3, 5)));
    return y;
}

static struct tensor *dropout_dropped(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = leaf(g, SHAPE(3, 5)), *h = op_dropout(t, x, 0.5), *y;
    op_dropout(t, x, 0.5); /* another stream, so that the first is not the last */
    y = op_multiply(t, h, h);
    tape_drop(t, h);
    return y;
}

/* ---- cut off ---- */

/* The constant that a detached tensor is to the gradient: the same numbers, not moved by the
 * differences because they do not depend on a leaf. */
static struct tensor *detached(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *fixed = op_tanh(t, constant(g, SHAPE(3, 5)));
    struct tensor *cut = tape_detach(t, fixed), *y = op_multiply(t, leaf(g, SHAPE(3, 5)), cut);
    tape_drop(t, fixed);
    return y;
}

const struct gradient_case graph_cases[] = {
    { "four consumers", four_consumers, NULL },
    { "passed first and last", passed_first_and_last, NULL },
    { "moved through reshapes", moved_through_reshapes, NULL },
    { "sum of one with itself", sum_of_one_with_itself, NULL },
    { "dead branch", dead_branch, NULL },
    { "transformer block", transformer_block, NULL },
    { "convolution block", convolution_block, NULL },
    { "metric loss", metric_loss, NULL },
    { "dropped chain", dropped_chain, NULL },
    { "reshape of dropped", reshape_of_dropped, NULL },
    { "one of two results dropped", one_of_two_results_dropped, NULL },
    { "dropped and fixed", dropped_and_fixed, NULL },
    { "dropped and not recorded", dropped_and_not_recorded, NULL },
    { "dropout dropped", dropout_dropped, NULL },
    { "detached and dropped", detached, NULL },
    LAST_CASE,
};
