/* CLIP's ModifiedResNet and its attention pool (spec section 1.2). */
#include <math.h>
#include <stdio.h>

#include "encoder/clip.h"

enum { EXPANSION = 4, STEM_HALF = 2 };

static void conv_declare(struct nn_conv_norm *l, struct parameters *p, size_t number, size_t in,
                         size_t out, size_t kernel, size_t stride)
{
    char conv[16], norm[16];
    snprintf(conv, sizeof conv, "conv%zu", number);
    snprintf(norm, sizeof norm, "bn%zu", number);
    nn_conv_norm_declare(l, p, conv, norm, in, out, kernel, stride, kernel / 2);
}

static void bottleneck_declare(struct clip_bottleneck *b, struct parameters *p, size_t in,
                               size_t planes, size_t stride)
{
    conv_declare(&b->conv[0], p, 1, in, planes, 1, 1);
    conv_declare(&b->conv[1], p, 2, planes, planes, 3, 1);
    conv_declare(&b->conv[2], p, 3, planes, planes * EXPANSION, 1, 1);
    b->stride = stride;
    b->has_shortcut = stride > 1 || in != planes * EXPANSION;
    if (b->has_shortcut)
        nn_conv_norm_declare(&b->shortcut, p, "downsample.0", "downsample.1", in,
                             planes * EXPANSION, 1, 1, 0);
}

static void stem_declare(struct clip_resnet *tower, struct parameters *p, size_t width)
{
    const size_t half = width / STEM_HALF;
    conv_declare(&tower->stem[0], p, 1, 3, half, 3, 2);
    conv_declare(&tower->stem[1], p, 2, half, half, 3, 1);
    conv_declare(&tower->stem[2], p, 3, half, width, 3, 1);
}

static void stages_declare(struct clip_resnet *tower, struct parameters *p,
                           const struct clip_settings *s)
{
    size_t in = s->image_width;
    for (size_t stage = 0; stage < CLIP_STAGES; stage++)
        tower->count += s->blocks[stage];
    tower->block = parameters_array(p, tower->count, sizeof *tower->block);
    if (!tower->block)
        return;
    struct clip_bottleneck *block = tower->block;
    for (size_t stage = 0; stage < CLIP_STAGES; stage++) {
        const size_t planes = s->image_width << stage;
        for (size_t i = 0; i < s->blocks[stage]; i++, block++) {
            char name[48];
            snprintf(name, sizeof name, "layer%zu.%zu", stage + 1, i);
            parameters_enter(p, name);
            bottleneck_declare(block, p, in, planes, stage > 0 && i == 0 ? 2 : 1);
            parameters_leave(p);
            in = planes * EXPANSION;
        }
    }
}

static void projection_declare(struct nn_linear *l, struct parameters *p, const char *name,
                               size_t in, size_t out, double deviation)
{
    parameters_enter(p, name);
    l->weight =
        parameters_declare(p, "weight", (size_t[]){ out, in }, 2, initial_normal(deviation));
    l->bias = parameters_declare(p, "bias", &out, 1, initial_constant(0));
    parameters_leave(p);
}

static void pool_declare(struct clip_resnet *tower, struct parameters *p,
                         const struct clip_settings *s)
{
    const size_t channels = clip_image_channels(s), grid = clip_image_grid(s);
    const double deviation = 1 / sqrt((double)channels);
    parameters_enter(p, "attnpool");
    tower->positions =
        parameters_declare(p, "positional_embedding", (size_t[]){ grid * grid + 1, channels }, 2,
                           initial_normal(deviation));
    projection_declare(&tower->key, p, "k_proj", channels, channels, deviation);
    projection_declare(&tower->query, p, "q_proj", channels, channels, deviation);
    projection_declare(&tower->value, p, "v_proj", channels, channels, deviation);
    projection_declare(&tower->out, p, "c_proj", channels, s->embed, deviation);
    parameters_leave(p);
    tower->heads = s->image_heads;
}

void clip_resnet_declare(struct clip_resnet *tower, struct parameters *p,
                         const struct clip_settings *settings)
{
    parameters_enter(p, "visual");
    stem_declare(tower, p, settings->image_width);
    stages_declare(tower, p, settings);
    pool_declare(tower, p, settings);
    parameters_leave(p);
}

/* ---- forward ---- */

static struct tensor *halve(struct tape *t, struct tensor *x)
{
    return op_average_pool(t, x, (struct pool_options){ .kernel = 2, .stride = 2 });
}

struct tensor *clip_bottleneck(struct tape *t, const struct clip_bottleneck *b, struct tensor *x)
{
    struct tensor *shortcut = x, *y;
    y = nn_conv_norm_relu(t, &b->conv[0], x);
    y = nn_conv_norm_relu(t, &b->conv[1], y);
    if (b->stride > 1)
        y = halve(t, y);
    y = nn_conv_norm(t, &b->conv[2], y);
    if (b->has_shortcut)
        shortcut = nn_conv_norm(t, &b->shortcut, b->stride > 1 ? halve(t, x) : x);
    struct tensor *sum = op_add(t, y, shortcut), *out = op_relu(t, sum);
    tape_drop(t, sum);
    return out;
}

/* [B, C, h, w] -> [B, h w, C] */
static struct tensor *as_tokens(struct tape *t, struct tensor *x)
{
    const size_t batch = tensor_dim(x, 0), channels = tensor_dim(x, 1);
    const size_t tokens = tensor_dim(x, 2) * tensor_dim(x, 3);
    struct tensor *flat = op_reshape(t, x, (size_t[]){ batch, channels, tokens }, 3);
    return op_transpose(t, flat, (size_t[]){ 0, 2, 1 });
}

struct tensor *clip_resnet_stem(struct tape *t, const struct clip_resnet *tower,
                                struct tensor *pictures)
{
    struct tensor *x = pictures;
    for (size_t i = 0; i < CLIP_STEM; i++)
        x = nn_conv_norm_relu(t, &tower->stem[i], x);
    return halve(t, x);
}

struct tensor *clip_resnet_tokens(struct tape *t, const struct clip_resnet *tower,
                                  struct tensor *pictures)
{
    struct tensor *x = clip_resnet_stem(t, tower, pictures);
    for (size_t i = 0; i < tower->count; i++)
        x = clip_bottleneck(t, &tower->block[i], x);
    return as_tokens(t, x);
}

/* The mean of the tokens asks all of them and itself. */
struct tensor *clip_resnet_pool(struct tape *t, const struct clip_resnet *tower,
                                struct tensor *tokens)
{
    const size_t batch = tensor_dim(tokens, 0), channels = tensor_last(tokens);
    const struct attention_options options = { .heads = tower->heads };
    struct tensor *mean = op_reshape(t, op_mean(t, tokens, 1), (size_t[]){ batch, 1, channels }, 3);
    struct tensor *all = op_concat(t, (struct tensor *[]){ mean, tokens }, 2, 1);
    all = op_add(t, all, tower->positions);
    struct tensor *query = nn_linear(t, &tower->query, op_slice(t, all, 1, 0, 1));
    struct tensor *key = nn_linear(t, &tower->key, all), *value = nn_linear(t, &tower->value, all);
    struct tensor *pooled = op_attention(t, query, key, value, &options);
    return nn_linear(t, &tower->out, op_reshape(t, pooled, (size_t[]){ batch, channels }, 2));
}
