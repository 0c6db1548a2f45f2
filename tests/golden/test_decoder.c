/* The VL-Transformer captioner, one layer each side, against PyTorch: encoder, masked decoder,
 * log-probabilities, the training loss without and with label smoothing, gradients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "nn/transformer.h"
#include "support/golden.h"

enum {
    BATCH = 2,
    FEATURES = 10,
    WIDTH = 8,
    HEADS = 2,
    HIDDEN = 9,
    TOKENS = 4,
    ROWS = BATCH * TOKENS,
    CLASSES = 12
};

static const double SCORED = 6; /* sum of the mask: words and END of both captions */

struct captioner {
    struct nn_linear att_embed, proj;
    struct nn_caption_encoder_layer encoder;
    struct nn_caption_decoder_layer decoder;
    struct nn_norm encoder_norm, decoder_norm;
    struct tensor *lut;
};

static void declare(struct golden *g, struct captioner *c)
{
    struct parameters *p = &g->parameters;

    nn_linear_declare(&c->att_embed, p, "att_embed.0", FEATURES, WIDTH);
    nn_caption_encoder_layer_declare(&c->encoder, p, "model.encoder.layers.0", WIDTH, HEADS,
                                     HIDDEN);
    nn_norm_declare_as(&c->encoder_norm, p, "model.encoder.norm", "a_2", "b_2", WIDTH);
    nn_caption_decoder_layer_declare(&c->decoder, p, "model.decoder.layers.0", WIDTH, HEADS,
                                     HIDDEN);
    nn_norm_declare_as(&c->decoder_norm, p, "model.decoder.norm", "a_2", "b_2", WIDTH);
    c->lut = parameters_declare(p, "model.tgt_embed.0.lut.weight", (size_t[]){ CLASSES, WIDTH }, 2,
                                initial_xavier(CLASSES, WIDTH));
    nn_linear_declare(&c->proj, p, "model.generator.proj", WIDTH, CLASSES);
    golden_create(g, "param.");
}

static struct tensor *encode(struct tape *t, const struct captioner *c, struct tensor *regions)
{
    struct tensor *x = nn_linear_activate(t, &c->att_embed, regions, ACTIVATE_RELU);

    return nn_norm(t, &c->encoder_norm, nn_caption_encoder_layer(t, &c->encoder, x, 0));
}

static struct tensor *embed_tokens(struct golden *g, const struct captioner *c)
{
    struct tape *t = &g->tape;
    struct tensor *words = op_gather_rows(t, c->lut, golden_input(g, "tokens"));
    real table[TOKENS * WIDTH];

    nn_positions_sinusoid(table, TOKENS, WIDTH);
    golden_array(g, "pe", 0, 0, table, TOKENS * WIDTH);
    return op_add(t, op_scale(t, words, sqrt(WIDTH)),
                  tape_input(t, (size_t[]){ TOKENS, WIDTH }, 2, table));
}

/* -> logits [ROWS, CLASSES]; mask NULL: no key is hidden but later ones. */
static struct tensor *decode(struct golden *g, const struct captioner *c, struct tensor *memory,
                             struct tensor *mask)
{
    struct tape *t = &g->tape;
    struct tensor *x =
        nn_caption_decoder_layer(t, &c->decoder, embed_tokens(g, c), memory, mask, 0);
    struct tensor *logits = nn_linear(t, &c->proj, nn_norm(t, &c->decoder_norm, x));

    return op_reshape(t, logits, (size_t[]){ ROWS, CLASSES }, 2);
}

/* The log-probability of a class is minus the loss that it would cost as target. */
static void check_log_probabilities(struct golden *g, const char *name, struct tensor *logits)
{
    struct tape *t = &g->tape;
    struct tensor *loss[CLASSES];

    for (int64_t k = 0; k < CLASSES; k++) {
        const int64_t target[ROWS] = { k, k, k, k, k, k, k, k };

        loss[k] =
            op_cross_entropy(t, logits, tape_indices(t, (size_t[]){ ROWS }, 1, target), NULL, 0);
    }
    golden_value(g, name, op_scale(t, op_stack(t, loss, CLASSES, -1), -1));
}

/* `smoothing` is shared by all classes but the target; op_cross_entropy shares among all. */
static struct tensor *caption_loss(struct golden *g, struct tensor *logits, double smoothing)
{
    struct tape *t = &g->tape;
    const size_t rows = ROWS;
    struct tensor *target = golden_reshaped(g, "target", &rows, 1);
    struct tensor *mask = golden_reshaped(g, "mask", &rows, 1);
    double share = smoothing * CLASSES / (CLASSES - 1);

    return op_scale(t, op_sum_all(t, op_cross_entropy(t, logits, target, mask, share)), 1 / SCORED);
}

static void check_training(struct golden *g)
{
    struct tensor *regions = golden_variable(g, "regions"), *memory, *logits, *loss;
    struct captioner c;

    declare(g, &c);
    memory = encode(&g->tape, &c, regions);
    logits = decode(g, &c, memory, golden_input(g, "key_mask"));
    loss = caption_loss(g, logits, 0);
    golden_value(g, "memory", memory);
    check_log_probabilities(g, "logp", logits);
    golden_value(g, "loss", loss);
    golden_backward(g, loss);
    golden_gradient(g, "grad.regions", regions);
    golden_gradients(g, "grad.", &g->parameters);
}

static void check_smoothing(struct golden *g)
{
    struct tensor *regions = golden_variable(g, "regions"), *logits, *loss;
    struct captioner c;

    declare(g, &c);
    logits = decode(g, &c, encode(&g->tape, &c, regions), golden_input(g, "key_mask"));
    loss = caption_loss(g, logits, 0.1);
    golden_value(g, "smooth.loss", loss);
    golden_backward(g, loss);
    golden_gradient(g, "smooth.grad.regions", regions);
}

static void check_decoding(struct golden *g)
{
    struct tensor *memory;
    struct captioner c;

    declare(g, &c);
    memory = encode(&g->tape, &c, golden_input(g, "regions"));
    check_log_probabilities(g, "logp_decoding", decode(g, &c, memory, NULL));
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "training", { "decoder" }, check_training },
        { "label smoothing", { "decoder" }, check_smoothing },
        { "decoding", { "decoder" }, check_decoding },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
