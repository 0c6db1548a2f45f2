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

/* Norm, queries, keys and values: what a layer makes of each token by itself. The normed inputs of
 * both halves of a layer, and what attention gives, are given up: making them again costs hardly
 * any time, keeping all of them would cost a third more memory. */
static struct tensor *project(struct tape *t, const struct nn_encoder_layer *l, struct tensor *x)
{
    struct tensor *normed = nn_norm(t, &l->norm_1, x);
    struct tensor *qkv = nn_linear(t, &l->attention.in, normed);

    tape_drop(t, normed);
    return qkv;
}

/* The rest of the layer. */
static struct tensor *merge(struct tape *t, const struct nn_encoder_layer *l, struct tensor *x,
                            struct tensor *qkv)
{
    const struct nn_attention_call call = { .thrifty = true };
    struct tensor *y = nn_self_attention_of(t, &l->attention, qkv, x, call);
    struct tensor *normed = nn_norm(t, &l->norm_2, y);
    struct tensor *hidden = nn_linear_activate(t, &l->linear_1, normed, ACTIVATE_RELU), *z;

    tape_drop(t, normed);
    z = nn_linear_add(t, &l->linear_2, hidden, y);
    tape_spend(t, hidden);
    tape_spend(t, y);
    return z;
}

struct tensor *nn_encoder_layer(struct tape *t, const struct nn_encoder_layer *l, struct tensor *x)
{
    struct tensor *qkv = project(t, l, x);
    struct tensor *y = merge(t, l, x, qkv);

    tape_spend(t, qkv);
    return y;
}

/* ---- sequences ---- */

/* sqrt(width) x + position, for tokens from `first` on */
static struct tensor *embed(struct tape *t, const struct nn_encoder *l, struct tensor *x,
                            size_t first)
{
    const size_t width = l->settings.width, dim[] = { tensor_dim(x, 1), width };
    real *position = tensor_real(l->positions) + first * width;
    struct tensor *scaled = op_scale(t, x, sqrt((double)width));
    struct tensor *y = op_add(t, scaled, tape_constant(t, dim, 2, position));

    tape_drop(t, scaled);
    return y;
}

/* One for all becomes one for each. */
static struct tensor *repeat(struct tape *t, struct tensor *x, size_t batch)
{
    const size_t dim[] = { batch, tensor_dim(x, 1), tensor_last(x) };

    return tensor_dim(x, 0) == batch ? x : op_add(t, tape_filled(t, dim, 3, 0), x);
}

void nn_sequence_append(struct tape *t, const struct nn_encoder *l, struct nn_sequence *s,
                        struct tensor *x, size_t batch)
{
    const size_t length = s->length + tensor_dim(x, 1);

    if (tape_failed(t))
        return;
    if (length > l->settings.positions || s->parts == NN_SEQUENCE_PARTS) {
        tape_fail(t, "encoder", GMR_ERR_RANGE, "%zu tokens are more than %zu positions", length,
                  l->settings.positions);
        return;
    }
    x = embed(t, l, x, s->length);
    s->token[s->parts] = repeat(t, x, batch);
    s->projected[s->parts] = repeat(t, project(t, &l->layer[0], x), batch);
    s->parts++;
    s->length = length;
}

static struct tensor *join(struct tape *t, struct tensor *const *part, size_t count)
{
    return count == 1 ? part[0] : op_concat(t, part, count, 1);
}

/* Copies can be made again. */
static void part_with(struct tape *t, struct tensor *joined, size_t count)
{
    if (count > 1)
        tape_drop(t, joined);
}

struct tensor *nn_sequence_encode(struct tape *t, const struct nn_encoder *l,
                                  const struct nn_sequence *s)
{
    struct tensor *x = join(t, s->token, s->parts), *qkv = join(t, s->projected, s->parts);
    struct tensor *y = merge(t, &l->layer[0], x, qkv);

    part_with(t, x, s->parts);
    part_with(t, qkv, s->parts);
    for (size_t i = 1; i < l->settings.layers; i++) {
        x = y;
        y = nn_encoder_layer(t, &l->layer[i], x);
        tape_spend(t, x);
    }
    return nn_norm(t, &l->norm, y);
}

struct tensor *nn_encoder(struct tape *t, const struct nn_encoder *l, struct tensor *x)
{
    struct nn_sequence s = { 0 };

    nn_sequence_append(t, l, &s, x, tensor_dim(x, 0));
    return tape_failed(t) ? tape_poison(t) : nn_sequence_encode(t, l, &s);
}
