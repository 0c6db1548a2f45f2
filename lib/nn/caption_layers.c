/* Encoder and decoder layers of the VL-Transformer captioner (spec section 5.4): x +=
 * dropout(f(norm(x))). */
#include <stdio.h>

#include "nn/transformer.h"

static void declare_norms(struct nn_norm *norm, size_t count, struct parameters *p, size_t width)
{
    for (size_t i = 0; i < count; i++) {
        char name[64];

        snprintf(name, sizeof name, "sublayer.%zu.norm", i);
        nn_norm_declare_as(&norm[i], p, name, "a_2", "b_2", width);
    }
}

static void declare_xavier(struct nn_linear *l, struct parameters *p, const char *name, size_t in,
                           size_t out)
{
    parameters_enter(p, name);
    l->weight = parameters_declare(p, "weight", (size_t[]){ out, in }, 2, initial_xavier(in, out));
    l->bias = parameters_declare(p, "bias", &out, 1, initial_linear(in));
    parameters_leave(p);
}

static void declare_feed_forward(struct nn_feed_forward *l, struct parameters *p, size_t width,
                                 size_t hidden)
{
    parameters_enter(p, "feed_forward");
    declare_xavier(&l->w_1, p, "w_1", width, hidden);
    declare_xavier(&l->w_2, p, "w_2", hidden, width);
    parameters_leave(p);
}

void nn_caption_encoder_layer_declare(struct nn_caption_encoder_layer *l, struct parameters *p,
                                      const char *name, size_t width, size_t heads, size_t hidden)
{
    parameters_enter(p, name);
    nn_self_attention_declare(&l->self, p, "self_attn", &nn_attention_names_captioner, width, heads,
                              initial_xavier(width, width));
    declare_feed_forward(&l->feed_forward, p, width, hidden);
    declare_norms(l->norm, 2, p, width);
    parameters_leave(p);
}

void nn_caption_decoder_layer_declare(struct nn_caption_decoder_layer *l, struct parameters *p,
                                      const char *name, size_t width, size_t heads, size_t hidden)
{
    parameters_enter(p, name);
    nn_self_attention_declare(&l->self, p, "self_attn", &nn_attention_names_captioner, width, heads,
                              initial_xavier(width, width));
    nn_cross_attention_declare(&l->source, p, "src_attn", &nn_attention_names_captioner, width,
                               heads, initial_xavier(width, width));
    declare_feed_forward(&l->feed_forward, p, width, hidden);
    declare_norms(l->norm, 3, p, width);
    parameters_leave(p);
}

/* x + dropout(y); the sum fused into y's last product is not possible, dropout comes between. */
static struct tensor *add_dropped(struct tape *t, struct tensor *x, struct tensor *y,
                                  double dropout)
{
    return op_add(t, x, op_dropout(t, y, dropout));
}

static struct tensor *feed_forward(struct tape *t, const struct nn_feed_forward *l,
                                   const struct nn_norm *norm, struct tensor *x, double dropout)
{
    struct tensor *hidden = nn_linear_activate(t, &l->w_1, nn_norm(t, norm, x), ACTIVATE_RELU);

    return add_dropped(t, x, nn_linear(t, &l->w_2, op_dropout(t, hidden, dropout)), dropout);
}

struct tensor *nn_caption_encoder_layer(struct tape *t, const struct nn_caption_encoder_layer *l,
                                        struct tensor *x, double dropout)
{
    struct nn_attention_call call = { .dropout = dropout };

    x = add_dropped(t, x, nn_self_attention(t, &l->self, nn_norm(t, &l->norm[0], x), NULL, call),
                    dropout);
    return feed_forward(t, &l->feed_forward, &l->norm[1], x, dropout);
}

struct tensor *nn_caption_decoder_layer(struct tape *t, const struct nn_caption_decoder_layer *l,
                                        struct tensor *x, struct tensor *memory,
                                        struct tensor *mask, double dropout)
{
    struct nn_attention_call self = { .causal = true, .mask = mask, .dropout = dropout };
    struct nn_attention_call source = { .dropout = dropout };
    struct tensor *y;

    y = nn_self_attention(t, &l->self, nn_norm(t, &l->norm[0], x), NULL, self);
    x = add_dropped(t, x, y, dropout);
    y = nn_cross_attention(t, &l->source, nn_norm(t, &l->norm[1], x), memory, NULL, source);
    x = add_dropped(t, x, y, dropout);
    return feed_forward(t, &l->feed_forward, &l->norm[2], x, dropout);
}
