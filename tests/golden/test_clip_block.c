/* CLIP's residual attention block against PyTorch's MultiheadAttention and LayerNorm: as in the
 * text tower (causal, with gradients) and as in the vision tower. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "nn/transformer.h"
#include "support/golden.h"

static struct nn_clip_block declare(struct golden *g)
{
    struct nn_clip_block block;

    g->under = "block.";
    nn_clip_block_declare(&block, &g->parameters, "block", 12, 3, 1, ACTIVATE_QUICK_GELU);
    golden_create(g, "param.");
    return block;
}

static void check_causal(struct golden *g)
{
    struct nn_clip_block block = declare(g);
    struct tensor *x = golden_variable(g, "x");
    struct tensor *y = nn_clip_block(&g->tape, &block, x, true);
    struct tensor *loss = golden_weighted(g, y, "r");

    golden_value(g, "y", y);
    golden_value(g, "loss", loss);
    golden_backward(g, loss);
    golden_gradient(g, "grad.x", x);
    golden_gradients(g, "grad.", &g->parameters);
}

static void check_unmasked(struct golden *g)
{
    struct nn_clip_block block = declare(g);

    golden_value(g, "y_unmasked", nn_clip_block(&g->tape, &block, golden_input(g, "x"), false));
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "causal block", { "clip_block" }, check_causal },
        { "unmasked block", { "clip_block" }, check_unmasked },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
