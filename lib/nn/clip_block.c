/* CLIP's residual attention block (spec section 1.4). */
#include <math.h>
#include <stdio.h>

#include "nn/transformer.h"

static void declare_linear(struct nn_linear *l, struct parameters *p, const char *name, size_t in,
                           size_t out, double deviation)
{
    parameters_enter(p, name);
    l->weight =
        parameters_declare(p, "weight", (size_t[]){ out, in }, 2, initial_normal(deviation));
    l->bias = parameters_declare(p, "bias", &out, 1, initial_constant(0));
    parameters_leave(p);
}

void nn_clip_block_declare(struct nn_clip_block *l, struct parameters *p, const char *name,
                           size_t width, size_t heads, size_t layers, enum activation activation)
{
    double residual = 1 / sqrt((double)width) / sqrt(2 * (double)layers);

    l->activation = activation;
    parameters_enter(p, name);
    nn_clip_attention_declare(&l->attention, p, "attn", width, heads, layers);
    nn_layer_norm_declare(&l->ln_1, p, "ln_1", width);
    parameters_enter(p, "mlp");
    declare_linear(&l->c_fc, p, "c_fc", width, 4 * width, 1 / sqrt(2 * (double)width));
    declare_linear(&l->c_proj, p, "c_proj", 4 * width, width, residual);
    parameters_leave(p);
    nn_layer_norm_declare(&l->ln_2, p, "ln_2", width);
    parameters_leave(p);
}

struct nn_clip_block *nn_clip_blocks_declare(struct parameters *p, const char *name, size_t width,
                                             size_t heads, size_t count, enum activation activation)
{
    struct nn_clip_block *block = parameters_array(p, count, sizeof *block);
    for (size_t i = 0; block && i < count; i++) {
        char numbered[PARAMETER_NAME];
        snprintf(numbered, sizeof numbered, "%s.%zu", name, i);
        nn_clip_block_declare(&block[i], p, numbered, width, heads, count, activation);
    }
    return block;
}

struct tensor *nn_clip_block(struct tape *t, const struct nn_clip_block *l, struct tensor *x,
                             bool causal)
{
    struct nn_attention_call call = { .causal = causal };
    struct tensor *normed = nn_layer_norm(t, &l->ln_1, x);
    struct tensor *y, *hidden;

    y = nn_self_attention(t, &l->attention, normed, x, call);
    tape_drop(t, normed);
    normed = nn_layer_norm(t, &l->ln_2, y);
    hidden = nn_linear_activate(t, &l->c_fc, normed, l->activation);
    tape_drop(t, normed);
    return nn_linear_add(t, &l->c_proj, hidden, y);
}
