/* The recommender's Transformer encoder against PyTorch: table of positions, output, gradients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "nn/transformer.h"
#include "support/golden.h"

static struct nn_encoder declare(struct golden *g)
{
    struct nn_encoder encoder;

    nn_encoder_declare(&encoder, &g->parameters, "tran",
                       (struct nn_encoder_settings){ .width = 12,
                                                     .layers = 2,
                                                     .heads = 3,
                                                     .hidden = 10,
                                                     .positions = 64,
                                                     .independent = true });
    golden_create(g, "param.");
    return encoder;
}

static void check_positions(struct golden *g)
{
    struct nn_encoder encoder = declare(g);
    size_t n = tensor_numel(encoder.positions);

    for (size_t i = 0; i < n; i++)
        tensor_real(encoder.positions)[i] = -1;
    nn_encoder_initialise(&encoder);
    golden_array(g, "param.tran.pe.pe", 0, 0, tensor_real(encoder.positions), n);
}

static void check_encoder(struct golden *g)
{
    struct nn_encoder encoder = declare(g);
    struct tensor *x = golden_variable(g, "x");
    struct tensor *z = nn_encoder(&g->tape, &encoder, x);
    struct tensor *loss = golden_weighted(g, z, "r");

    golden_value(g, "z", z);
    golden_value(g, "loss", loss);
    golden_backward(g, loss);
    golden_gradient(g, "grad.x", x);
    golden_gradients(g, "grad.", &g->parameters);
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "positions", { "encoder" }, check_positions },
        { "encoder", { "encoder" }, check_encoder },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
