/* The recommender's Transformer encoder (spec section 2.1). */
#include <math.h>
#include <stdio.h>

#include "nn/transformer.h"

static void declare_layer(struct nn_encoder_layer *l, struct parameters *p,
                          const struct nn_encoder_settings *s)
{
    nn_norm_declare(&l->norm_1, p, "norm_1", s->width);
    nn_norm_declare(&l->norm_2, p, "norm_2", s->width);
    nn_self_attention_declare(&l->attention, p, "attn", &nn_attention_names_recommender, s->width,
                              s->heads, initial_linear(s->width));
    parameters_enter(p, "ff");
    nn_linear_declare(&l->linear_1, p, "linear_1", s->width, s->hidden);
    nn_linear_declare(&l->linear_2, p, "linear_2", s->hidden, s->width);
    parameters_leave(p);
}

void nn_encoder_declare(struct nn_encoder *l, struct parameters *p, const char *name,
                        struct nn_encoder_settings settings)
{
    l->settings = settings;
    parameters_enter(p, name);
    parameters_enter(p, "pe");
    l->positions = parameters_declare_buffer(
        p, "pe", (size_t[]){ 1, settings.positions, settings.width }, 3, 0);
    parameters_leave(p);
    l->layer = parameters_array(p, settings.layers, sizeof *l->layer);
    for (size_t i = 0; l->layer && i < settings.layers; i++) {
        char layer[64];

        snprintf(layer, sizeof layer, "layers.%zu", i);
        parameters_enter_twin(p, layer, settings.independent ? layer : "layers.0");
        declare_layer(&l->layer[i], p, &settings);
        parameters_leave(p);
    }
    nn_norm_declare(&l->norm, p, "norm", settings.width);
    parameters_leave(p);
}

void nn_encoder_initialise(struct nn_encoder *l)
{
    nn_positions_recommender(tensor_real(l->positions), l->settings.positions, l->settings.width);
}

void nn_positions_recommender(real *table, size_t count, size_t width)
{
    for (size_t p = 0; p < count; p++)
        for (size_t i = 0; i < width; i++) {
            /* even i as used, and i + 1 beside it: twice the usual exponent */
            double even = (double)(i - i % 2), exponent = 2 * (i % 2 ? even + 1 : even);
            double angle = (double)p / pow(10000, exponent / (double)width);

            table[p * width + i] = (real)(i % 2 ? cos(angle) : sin(angle));
        }
}

void nn_positions_sinusoid(real *table, size_t count, size_t width)
{
    for (size_t p = 0; p < count; p++)
        for (size_t i = 0; i < width; i++) {
            double angle = (double)p * exp(-(double)(i - i % 2) * log(10000) / (double)width);

            table[p * width + i] = (real)(i % 2 ? cos(angle) : sin(angle));
        }
}

/* The normed inputs of both halves are given up: making one again costs a pass over memory, keeping
 * all of them costs a fifth of the step's memory. */
struct tensor *nn_encoder_layer(struct tape *t, const struct nn_encoder_layer *l, struct tensor *x)
{
    struct tensor *normed = nn_norm(t, &l->norm_1, x);
    struct tensor *y, *hidden;

    y = nn_self_attention(t, &l->attention, normed, x, (struct nn_attention_call){ 0 });
    tape_drop(t, normed);
    normed = nn_norm(t, &l->norm_2, y);
    hidden = nn_linear_activate(t, &l->linear_1, normed, ACTIVATE_RELU);
    tape_drop(t, normed);
    return nn_linear_add(t, &l->linear_2, hidden, y);
}

/* sqrt(width) x + position */
static struct tensor *embed(struct tape *t, const struct nn_encoder *l, struct tensor *x)
{
    size_t dim[] = { tensor_dim(x, 1), l->settings.width };
    struct tensor *scaled, *y;

    if (!tape_failed(t) && dim[0] > l->settings.positions)
        return tape_fail(t, "encoder", GMR_ERR_RANGE, "%zu tokens are more than %zu positions",
                         dim[0], l->settings.positions);
    scaled = op_scale(t, x, sqrt((double)l->settings.width));
    y = op_add(t, scaled, tape_constant(t, dim, 2, tensor_real(l->positions)));
    tape_drop(t, scaled);
    return y;
}

struct tensor *nn_encoder(struct tape *t, const struct nn_encoder *l, struct tensor *x)
{
    x = embed(t, l, x);
    for (size_t i = 0; i < l->settings.layers; i++)
        x = nn_encoder_layer(t, &l->layer[i], x);
    return nn_norm(t, &l->norm, x);
}
