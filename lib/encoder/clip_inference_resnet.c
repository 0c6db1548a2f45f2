/* Inference with CLIP's ModifiedResNet: a compiled network of convolutions, then the attention pool
 * with its one query. */
#include <math.h>

#include "base/memory.h"
#include "encoder/clip_inference_inside.h"
#include "encoder/fold.h"

enum { BLOCK_LAYERS = 6 };

/* ---- the network ---- */

/* Layers as they are added, and room for the scales and shifts of batch norms. */
struct drawing {
    struct convnet_layer *layer;
    size_t count;
    real *number;
};

static size_t add_halve(struct drawing *d, size_t input)
{
    d->layer[d->count] = (struct convnet_layer){ .kind = CONVNET_HALVE, .input = input };
    return ++d->count;
}

static size_t add_conv(struct drawing *d, const struct nn_conv_norm *conv, size_t input,
                       size_t residual, bool relu)
{
    const struct nn_batch_norm *norm = &conv->norm;
    const size_t channels = tensor_dim(conv->weight, 0);
    real *scale = d->number, *shift = d->number + channels;
    fold_batch_norm(scale, shift, tensor_real(norm->weight), tensor_real(norm->bias),
                    tensor_real(norm->running_mean), tensor_real(norm->running_var), channels);
    d->number += 2 * channels;
    d->layer[d->count] = (struct convnet_layer){ .kind = CONVNET_CONVOLUTION,
                                                 .input = input,
                                                 .residual = residual,
                                                 .channels = channels,
                                                 .kernel = tensor_dim(conv->weight, 2),
                                                 .stride = conv->stride,
                                                 .pad = conv->pad,
                                                 .relu = relu,
                                                 .weight = tensor_real(conv->weight),
                                                 .scale = scale,
                                                 .shift = shift };
    return ++d->count;
}

static size_t add_bottleneck(struct drawing *d, const struct clip_bottleneck *b, size_t x)
{
    size_t shortcut = x, y = add_conv(d, &b->conv[0], x, 0, true);
    y = add_conv(d, &b->conv[1], y, 0, true);
    if (b->stride > 1) {
        y = add_halve(d, y);
        shortcut = add_halve(d, x);
    }
    if (b->has_shortcut)
        shortcut = add_conv(d, &b->shortcut, shortcut, 0, false);
    return add_conv(d, &b->conv[2], y, shortcut, true);
}

static void draw(struct drawing *d, const struct clip_resnet *tower)
{
    size_t x = 0;
    for (size_t i = 0; i < CLIP_STEM; i++)
        x = add_conv(d, &tower->stem[i], x, 0, true);
    x = add_halve(d, x);
    for (size_t i = 0; i < tower->count; i++)
        x = add_bottleneck(d, &tower->block[i], x);
}

static size_t count_norms(const struct clip_resnet *tower)
{
    size_t count = 0;
    for (size_t i = 0; i < CLIP_STEM; i++)
        count += tensor_dim(tower->stem[i].weight, 0);
    for (size_t i = 0; i < tower->count; i++) {
        const struct clip_bottleneck *b = &tower->block[i];
        for (size_t k = 0; k < 3; k++)
            count += tensor_dim(b->conv[k].weight, 0);
        if (b->has_shortcut)
            count += tensor_dim(b->shortcut.weight, 0);
    }
    return count;
}

enum gmr_status inference_resnet_compile(struct clip_inference *f)
{
    const struct clip_resnet *tower = &f->model->resnet;
    const struct gmr_allocator *allocator = f->compute->device.allocator;
    const size_t layers = CLIP_STEM + 1 + tower->count * BLOCK_LAYERS;
    const size_t numbers = 2 * count_norms(tower);
    struct drawing d = { .layer = memory_array(allocator, layers, sizeof *d.layer) };
    real *number = memory_array(allocator, numbers, sizeof *number);
    enum gmr_status status = GMR_ERR_NOMEM;

    if (d.layer && number) {
        d.number = number;
        draw(&d, tower);
        const struct convnet_design design = { .channels = 3,
                                               .height = f->model->settings.resolution,
                                               .width = f->model->settings.resolution,
                                               .batch = f->batch,
                                               .count = d.count,
                                               .layer = d.layer };
        status = convnet_create(f->compute, &design, &f->resnet.net);
    }
    memory_release(allocator, number, numbers * sizeof *number);
    memory_release(allocator, d.layer, layers * sizeof *d.layer);
    return status;
}

/* ---- the attention pool ---- */

void inference_resnet_lay_out(struct clip_inference *f)
{
    struct pool_area *a = &f->resnet.area;
    const struct convnet *net = f->resnet.net;
    const size_t heads = f->model->resnet.heads, batch = f->batch;
    const size_t channels = net->channels, tokens = net->tokens;
    a->tokens = area_take(&f->area, batch * tokens * channels);
    a->all = area_take(&f->area, batch * (tokens + 1) * channels);
    a->first = area_take(&f->area, batch * channels);
    a->query = area_take(&f->area, batch * channels);
    a->asked = area_take(&f->area, batch * heads * channels);
    a->score = area_take(&f->area, batch * heads * (tokens + 1));
    a->weight = area_take(&f->area, batch * heads * (tokens + 1));
    a->mixed = area_take(&f->area, batch * heads * channels);
    a->value = area_take(&f->area, batch * channels);
}

/* all = [mean, tokens] + positions, and its first row by itself. */
static void place_tokens(const struct clip_inference *f, size_t batch)
{
    const struct compute *c = f->compute;
    const struct pool_area *a = &f->resnet.area;
    const size_t channels = f->resnet.net->channels, tokens = f->resnet.net->tokens;
    const size_t row = (tokens + 1) * channels;
    const real *positions = tensor_real(f->model->resnet.positions);
    c->sum_axis_forward(c, a->first, a->tokens, batch, tokens, channels, 1 / (real)tokens);
    copy_rows(c, a->first, channels, positions, 0, batch, channels, 1);
    copy_rows(c, a->all, row, a->first, channels, batch, channels, 0);
    copy_rows(c, a->all + channels, row, positions + channels, 0, batch, row - channels, 0);
    copy_rows(c, a->all + channels, row, a->tokens, row - channels, batch, row - channels, 1);
}

static void linear(const struct compute *c, real *y, const real *x, const struct nn_linear *l,
                   size_t rows)
{
    c->linear_forward(c, y, NULL, x, tensor_real(l->weight), tensor_real(l->bias), NULL,
                      ACTIVATE_NONE, rows, tensor_dim(l->weight, 1), tensor_dim(l->weight, 0));
}

/* asked[b, h] = Wk[h]^T q[b, h] / sqrt(width). The keys' bias adds the same to all scores of a
 * query, so softmax takes it away. */
static void ask(const struct clip_inference *f, size_t batch)
{
    const struct pool_area *a = &f->resnet.area;
    const size_t heads = f->model->resnet.heads, channels = f->resnet.net->channels;
    const size_t width = channels / heads;
    const struct matmul shape = { .m = batch,
                                  .n = channels,
                                  .k = width,
                                  .a_stride = channels,
                                  .b_stride = channels,
                                  .y_stride = heads * channels,
                                  .batch = heads,
                                  .a_step = width,
                                  .b_step = width * channels,
                                  .y_step = channels,
                                  .alpha = 1 / (real)sqrt((double)width) };
    f->compute->matmul(f->compute, &shape, a->asked, a->query,
                       tensor_real(f->model->resnet.key.weight), 0);
}

/* mixed[b, h] = softmax(asked[b, h] . all[b]) all[b] */
static void mix(const struct clip_inference *f, size_t batch)
{
    const struct compute *c = f->compute;
    const struct pool_area *a = &f->resnet.area;
    const size_t heads = f->model->resnet.heads, channels = f->resnet.net->channels;
    const size_t tokens = f->resnet.net->tokens + 1;
    struct matmul shape = { .transpose_b = true,
                            .m = heads,
                            .n = tokens,
                            .k = channels,
                            .a_stride = channels,
                            .b_stride = channels,
                            .y_stride = tokens,
                            .batch = batch,
                            .a_step = heads * channels,
                            .b_step = tokens * channels,
                            .y_step = heads * tokens,
                            .alpha = 1 };
    c->matmul(c, &shape, a->score, a->asked, a->all, 0);
    c->softmax_forward(c, a->weight, a->score, batch * heads, tokens);
    shape.transpose_b = false;
    shape.n = shape.y_stride = channels;
    shape.k = shape.a_stride = tokens;
    shape.a_step = heads * tokens;
    shape.y_step = heads * channels;
    c->matmul(c, &shape, a->mixed, a->weight, a->all, 0);
}

/* value[b, h] = Wv[h] mixed[b, h] + bias[h], the weights of a query having the sum 1. */
static void take_values(const struct clip_inference *f, size_t batch)
{
    const struct compute *c = f->compute;
    const struct pool_area *a = &f->resnet.area;
    const struct nn_linear *value = &f->model->resnet.value;
    const size_t heads = f->model->resnet.heads, channels = f->resnet.net->channels;
    const size_t width = channels / heads;
    const struct matmul shape = { .transpose_b = true,
                                  .m = batch,
                                  .n = width,
                                  .k = channels,
                                  .a_stride = heads * channels,
                                  .b_stride = channels,
                                  .y_stride = channels,
                                  .batch = heads,
                                  .a_step = channels,
                                  .b_step = width * channels,
                                  .y_step = width,
                                  .alpha = 1 };
    copy_rows(c, a->value, channels, tensor_real(value->bias), 0, batch, channels, 0);
    c->matmul(c, &shape, a->value, a->mixed, tensor_real(value->weight), 1);
}

enum gmr_status inference_resnet_run(struct clip_inference *f, real *y, const real *pictures,
                                     size_t count)
{
    const struct clip_resnet *tower = &f->model->resnet;
    const struct pool_area *a = &f->resnet.area;
    TRY(convnet_run(f->resnet.net, a->tokens, pictures, count));
    place_tokens(f, count);
    linear(f->compute, a->query, a->first, &tower->query, count);
    ask(f, count);
    mix(f, count);
    take_values(f, count);
    linear(f->compute, y, a->value, &tower->out, count);
    return GMR_OK;
}

enum gmr_status inference_resnet_regions(struct clip_inference *f, real *y, const real *pictures,
                                         size_t count)
{
    return convnet_run(f->resnet.net, y, pictures, count);
}
