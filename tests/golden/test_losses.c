/* Losses, norms and activations against PyTorch, one operation at a time, with gradients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support/golden.h"

enum { INPUTS = 3 };

/* An operation on variables, whose tensors are named NAME.INPUT, NAME.grad.INPUT. With `loss`, the
 * loss is the mean of NAME.rows, is NAME.loss and is what the gradients are of; without, they are
 * of the sum of NAME.y * NAME.r. */
struct operation {
    const char *name;
    struct tensor *(*apply)(struct golden *g, struct tensor *const x[INPUTS]);
    bool loss;
    const char *input[INPUTS];
    const char *inputs_of; /* where the inputs lie; NULL: under `name` */
};

static const char *named(const char *name, const char *middle, const char *last)
{
    static char full[100];

    snprintf(full, sizeof full, "%s%s%s", name, middle, last);
    return full;
}

static void check_loss(struct golden *g, const struct operation *o, struct tensor *rows)
{
    struct tensor *loss = op_mean_all(&g->tape, rows);

    golden_value(g, named(o->name, ".rows", ""), rows);
    golden_value(g, named(o->name, ".loss", ""), loss);
    golden_backward(g, loss);
}

static void check_values(struct golden *g, const struct operation *o, struct tensor *y)
{
    golden_value(g, named(o->name, ".y", ""), y);
    golden_backward(g, golden_weighted(g, y, named(o->name, ".r", "")));
}

static void check_operation(struct golden *g, const struct operation *o)
{
    const char *inputs_of = o->inputs_of ? o->inputs_of : o->name;
    struct tensor *x[INPUTS] = { NULL };

    for (size_t i = 0; i < INPUTS && o->input[i]; i++)
        x[i] = golden_variable(g, named(inputs_of, ".", o->input[i]));
    (o->loss ? check_loss : check_values)(g, o, o->apply(g, x));
    for (size_t i = 0; i < INPUTS && o->input[i]; i++)
        golden_gradient(g, named(o->name, ".grad.", o->input[i]), x[i]);
    tape_reset(&g->tape);
}

static void check_operations(struct golden *g, const struct operation *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_operation(g, &list[i]);
}

#define CHECK(g, list) check_operations(g, list, sizeof(list) / sizeof *(list))

/* ---- element by element, row by row ---- */

static struct tensor *softmax(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_softmax(&g->tape, x[0]);
}

static struct tensor *gelu(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_gelu(&g->tape, x[0]);
}

static struct tensor *quick_gelu(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_quick_gelu(&g->tape, x[0]);
}

static struct tensor *l2_normalise(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_l2_normalise(&g->tape, x[0]);
}

static struct tensor *squared_distance(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_squared_distance(&g->tape, x[0], x[1]);
}

static void check_rows(struct golden *g)
{
    static const struct operation list[] = {
        { "softmax", softmax, false, { "x" }, NULL },
        { "gelu", gelu, false, { "x" }, NULL },
        { "quick_gelu", quick_gelu, false, { "x" }, NULL },
        { "l2_normalise", l2_normalise, false, { "x" }, NULL },
        { "squared_distance", squared_distance, false, { "a", "b" }, NULL },
    };

    CHECK(g, list);
}

/* ---- norms ---- */

static struct tensor *norm(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_norm(&g->tape, x[0], x[1], x[2]);
}

static struct tensor *layer_norm(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_layer_norm(&g->tape, x[0], x[1], x[2]);
}

static struct tensor *batch_norm_train(struct golden *g, struct tensor *const x[INPUTS])
{
    struct tensor *mean = golden_input(g, "batch_norm_train.running_mean");
    struct tensor *variance = golden_input(g, "batch_norm_train.running_var");
    struct tensor *y = op_batch_norm(&g->tape, x[0], x[1], x[2], mean, variance);

    golden_value(g, "batch_norm_train.after.running_mean", mean);
    golden_value(g, "batch_norm_train.after.running_var", variance);
    return y;
}

static struct tensor *batch_norm_eval(struct golden *g, struct tensor *const x[INPUTS])
{
    struct tensor *mean = golden_input(g, "batch_norm_eval.running_mean");
    struct tensor *variance = golden_input(g, "batch_norm_eval.running_var"), *y;

    g->tape.training = false;
    y = op_batch_norm(&g->tape, x[0], x[1], x[2], mean, variance);
    g->tape.training = true;
    golden_value(g, "batch_norm_eval.running_mean", mean); /* they stay */
    golden_value(g, "batch_norm_eval.running_var", variance);
    return y;
}

static void check_norms(struct golden *g)
{
    static const struct operation list[] = {
        { "norm", norm, false, { "x", "alpha", "bias" }, NULL },
        { "norm_constant", norm, false, { "x", "alpha", "bias" }, NULL },
        { "layer_norm", layer_norm, false, { "x", "weight", "bias" }, NULL },
        { "batch_norm_train", batch_norm_train, false, { "x", "weight", "bias" }, NULL },
        { "batch_norm_eval", batch_norm_eval, false, { "x", "weight", "bias" }, NULL },
    };

    CHECK(g, list);
}

/* ---- losses ---- */

static struct tensor *smoothed(struct golden *g, struct tensor *logits, double smoothing)
{
    return op_cross_entropy(&g->tape, logits, golden_input(g, "cross_entropy.target"), NULL,
                            smoothing);
}

static struct tensor *cross_entropy(struct golden *g, struct tensor *const x[INPUTS])
{
    return smoothed(g, x[0], 0);
}

static struct tensor *cross_entropy_smooth(struct golden *g, struct tensor *const x[INPUTS])
{
    return smoothed(g, x[0], 0.1);
}

/* Shared by the six other classes: the same with a share for the target too. */
static struct tensor *cross_entropy_shared(struct golden *g, struct tensor *const x[INPUTS])
{
    return smoothed(g, x[0], 0.1 * 7 / 6);
}

static struct tensor *cross_entropy_weighted(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_cross_entropy(&g->tape, x[0], golden_input(g, "cross_entropy.target"),
                            golden_input(g, "cross_entropy.weight"), 0);
}

static struct tensor *smooth_l1(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_smooth_l1(&g->tape, x[0], x[1]);
}

static struct tensor *triplet(struct golden *g, struct tensor *const x[INPUTS])
{
    return op_triplet(&g->tape, x[0], x[1], x[2], 0.1);
}

static void check_losses(struct golden *g)
{
    static const struct operation list[] = {
        { "cross_entropy", cross_entropy, true, { "logits" }, "cross_entropy" },
        { "cross_entropy_smooth", cross_entropy_smooth, true, { "logits" }, "cross_entropy" },
        { "cross_entropy_shared", cross_entropy_shared, true, { "logits" }, "cross_entropy" },
        { "cross_entropy_weighted", cross_entropy_weighted, true, { "logits" }, "cross_entropy" },
        { "smooth_l1", smooth_l1, true, { "x", "target" }, NULL },
        { "triplet", triplet, true, { "x", "positive", "negative" }, NULL },
    };

    CHECK(g, list);
}

/* ---- contrastive ---- */

/* exp(scale) L2N(a) L2N(b)^T */
static struct tensor *similarities(struct golden *g, struct tensor *const x[INPUTS])
{
    struct tape *t = &g->tape;
    struct tensor *cosine =
        op_matmul(t, op_l2_normalise(t, x[0]), op_l2_normalise(t, x[1]), false, true);
    struct tensor *logits = op_multiply(t, cosine, op_exp(t, x[2]));

    golden_value(g, "contrastive.logits", logits);
    return logits;
}

static void check_contrastive(struct golden *g)
{
    static const char *const input[INPUTS] = { "a", "b", "logit_scale" };
    struct tensor *x[INPUTS], *loss;

    for (size_t i = 0; i < INPUTS; i++)
        x[i] = golden_variable(g, named("contrastive.", input[i], ""));
    loss = op_contrastive(&g->tape, similarities(g, x));
    golden_value(g, "contrastive.loss", loss);
    golden_backward(g, loss);
    for (size_t i = 0; i < INPUTS; i++)
        golden_gradient(g, named("contrastive.grad.", input[i], ""), x[i]);
}

static struct tensor *contrastive_rows(struct golden *g, struct tensor *const x[INPUTS])
{
    struct tensor *truth = tape_indices(&g->tape, (size_t[]){ 5 }, 1, (int64_t[]){ 0, 1, 2, 3, 4 });

    return op_cross_entropy(&g->tape, similarities(g, x), truth, NULL, 0);
}

static void check_contrastive_rows(struct golden *g)
{
    static const struct operation rows = {
        "contrastive_rows", contrastive_rows, true, { "a", "b", "logit_scale" }, "contrastive"
    };

    check_operation(g, &rows);
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "rows", { "losses" }, check_rows },
        { "norms", { "losses" }, check_norms },
        { "losses", { "losses" }, check_losses },
        { "contrastive", { "losses" }, check_contrastive },
        { "contrastive, rows only", { "losses" }, check_contrastive_rows },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
