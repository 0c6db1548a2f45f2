/* Convolutions, batch norm of pictures and pools against PyTorch: CLIP's bottleneck block with
 * stride 2, then single operations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "nn/layers.h"
#include "support/golden.h"

enum { CHANNELS = 5, PLANES = 3, STRIDE = 2 };

/* Spec section 1.2: stride sits in average pools, convolutions have none. */
struct bottleneck {
    struct nn_conv_norm conv_1, conv_2, conv_3, shortcut;
};

static void declare(struct bottleneck *b, struct parameters *p)
{
    nn_conv_norm_declare(&b->conv_1, p, "conv1", "bn1", CHANNELS, PLANES, 1, 1, 0);
    nn_conv_norm_declare(&b->conv_2, p, "conv2", "bn2", PLANES, PLANES, 3, 1, 1);
    nn_conv_norm_declare(&b->conv_3, p, "conv3", "bn3", PLANES, 4 * PLANES, 1, 1, 0);
    nn_conv_norm_declare(&b->shortcut, p, "downsample.0", "downsample.1", CHANNELS, 4 * PLANES, 1,
                         1, 0);
}

static struct tensor *halve(struct tape *t, struct tensor *x)
{
    return op_average_pool(t, x, (struct pool_options){ .kernel = STRIDE, .stride = STRIDE });
}

static struct tensor *bottleneck(struct tape *t, const struct bottleneck *b, struct tensor *x)
{
    struct tensor *y = nn_conv_norm_relu(t, &b->conv_2, nn_conv_norm_relu(t, &b->conv_1, x));
    struct tensor *main_path = nn_conv_norm(t, &b->conv_3, halve(t, y));
    struct tensor *shortcut = nn_conv_norm(t, &b->shortcut, halve(t, x));

    return op_relu(t, op_add(t, main_path, shortcut));
}

static void check_block_training(struct golden *g, const struct bottleneck *b)
{
    struct tensor *x = golden_variable(g, "block.x");
    struct tensor *y = bottleneck(&g->tape, b, x);
    struct tensor *loss = golden_weighted(g, y, "block.r");

    golden_value(g, "block.train", y);
    golden_value(g, "block.loss", loss);
    golden_backward(g, loss);
    golden_gradient(g, "block.grad.x", x);
    golden_gradients(g, "block.grad.", &g->parameters);
    golden_parameters(g, "block.after.", &g->parameters, NULL);
}

static void check_block(struct golden *g)
{
    struct bottleneck b;

    declare(&b, &g->parameters);
    golden_create(g, "block.param.");
    g->tape.training = false;
    golden_value(g, "block.eval", bottleneck(&g->tape, &b, golden_input(g, "block.x")));
    g->tape.training = true;
    check_block_training(g, &b);
}

/* Result and gradient of one operation on x, the tensors being named UNDER.x and so on. */
static void check_map(struct golden *g, const char *under, struct tensor *x, struct tensor *y)
{
    char name[64];

    snprintf(name, sizeof name, "%s.y", under);
    golden_value(g, name, y);
    snprintf(name, sizeof name, "%s.r", under);
    golden_backward(g, golden_weighted(g, y, name));
    snprintf(name, sizeof name, "%s.grad.x", under);
    golden_gradient(g, name, x);
}

static void check_stem(struct golden *g)
{
    struct tensor *x = golden_variable(g, "stem.x");
    struct tensor *w = golden_variable(g, "stem.weight"), *b = golden_variable(g, "stem.bias");

    check_map(g, "stem", x, op_conv2d(&g->tape, x, w, b, 2, 1));
    golden_gradient(g, "stem.grad.weight", w);
    golden_gradient(g, "stem.grad.bias", b);
}

static void check_max_pool(struct golden *g)
{
    struct tensor *x = golden_variable(g, "max_pool.x");
    struct pool_options options = { .kernel = 3, .stride = 2, .ceil = true };

    check_map(g, "max_pool", x, op_max_pool(&g->tape, x, options));
}

static void check_adaptive_pool(struct golden *g)
{
    struct tensor *x = golden_variable(g, "adaptive_pool.x");

    check_map(g, "adaptive_pool", x, op_adaptive_pool(&g->tape, x, 7, 7));
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "bottleneck block", { "conv_bn" }, check_block },
        { "convolution with stride", { "conv_bn" }, check_stem },
        { "max pool", { "conv_bn" }, check_max_pool },
        { "adaptive pool", { "conv_bn" }, check_adaptive_pool },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
