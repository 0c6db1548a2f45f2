/* torchvision's ResNets: the layers are read once, and compiled for each size of picture. */
#include "encoder/resnet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "compute/convnet.h"
#include "encoder/fold.h"
#include "encoder/preprocess.h"

enum {
    CHANNELS = 3,
    STAGES = 4,
    EXPANSION = 4,
    STEM_KERNEL = 7,
    POOL_KERNEL = 3,
    MOST_BLOCKS = 200,
    BLOCK_LAYERS = 4,
    BATCH = 4,              /* pictures at once ... */
    BATCH_PIXELS = 1 << 20, /* ... if they have no more than this in all */
    NAME = 64
};

static const float mean[CHANNELS] = { 0.485F, 0.456F, 0.406F };
static const float deviation[CHANNELS] = { 0.229F, 0.224F, 0.225F };

/* A network for one size. */
struct compiled {
    size_t width, height;
    struct convnet *net; /* NULL: none yet */
    uint64_t used;       /* when: the larger the later */
};

struct resnet {
    const struct gmr_allocator *allocator;
    struct compute *compute;
    size_t stem, blocks[STAGES];
    struct convnet_layer *layer; /* [layers], of which `count` are there */
    size_t layers, count;
    real *number; /* [numbers]: weights, scales, shifts */
    size_t numbers;
    struct compiled compiled[RESNET_SIZES];
    uint64_t runs;
};

/* ---- reading ---- */

/* Goes through the layers of a file, first to check and count, then to fill the network. */
struct reader {
    const struct safetensors *file;
    struct resnet *net;
    real *at; /* NULL: only count */
    size_t numbers, count;
};

static enum gmr_status take(struct reader *r, const char *name, const size_t *dim, size_t rank,
                            real *to)
{
    return to ? safetensors_read(r->file, name, dim, rank, to)
              : safetensors_check(r->file, name, dim, rank);
}

/* Four vectors under one name -> scale and shift, in places 0 and 1 of six. */
static enum gmr_status take_norm(struct reader *r, const char *norm, size_t channels, real *to)
{
    static const char *const part[] = { "weight", "bias", "running_mean", "running_var" };
    real *vector[4];
    for (size_t i = 0; i < 4; i++) {
        char name[NAME + 16];
        snprintf(name, sizeof name, "%s.%s", norm, part[i]);
        vector[i] = to ? to + (2 + i) * channels : NULL;
        TRY(take(r, name, &channels, 1, vector[i]));
    }
    if (to)
        fold_batch_norm(to, to + channels, vector[0], vector[1], vector[2], vector[3], channels);
    return GMR_OK;
}

/* A convolution and its norm; `layer` says what is known of it. *y: the value that it makes. */
static enum gmr_status add_conv(struct reader *r, const char *conv, const char *norm, size_t in,
                                struct convnet_layer layer, size_t *y)
{
    const size_t dim[] = { layer.channels, in, layer.kernel, layer.kernel };
    const size_t weights = dim[0] * dim[1] * dim[2] * dim[3];
    real *weight = r->at ? r->at + r->numbers : NULL;
    char name[NAME + 16];
    snprintf(name, sizeof name, "%s.weight", conv);
    TRY(take(r, name, dim, 4, weight));
    TRY(take_norm(r, norm, layer.channels, weight ? weight + weights : NULL));
    if (weight) {
        layer.weight = weight;
        layer.scale = weight + weights;
        layer.shift = layer.scale + layer.channels;
        r->net->layer[r->count] = layer;
    }
    r->numbers += weights + 6 * layer.channels;
    *y = ++r->count;
    return GMR_OK;
}

struct block {
    const char *name; /* "layer1.0" */
    size_t in, planes, stride;
    bool has_shortcut;
};

static enum gmr_status add_part(struct reader *r, const struct block *b, const char *conv,
                                const char *norm, size_t in, struct convnet_layer layer, size_t *y)
{
    char conv_name[NAME], norm_name[NAME];
    snprintf(conv_name, sizeof conv_name, "%s.%s", b->name, conv);
    snprintf(norm_name, sizeof norm_name, "%s.%s", b->name, norm);
    return add_conv(r, conv_name, norm_name, in, layer, y);
}

static enum gmr_status add_block(struct reader *r, const struct block *b, size_t *x)
{
    const size_t planes = b->planes, out = planes * EXPANSION;
    size_t y, shortcut = *x;
    TRY(add_part(
        r, b, "conv1", "bn1", b->in,
        (struct convnet_layer){
            .input = *x, .channels = planes, .kernel = 1, .stride = b->stride, .relu = true },
        &y));
    TRY(add_part(
        r, b, "conv2", "bn2", planes,
        (struct convnet_layer){
            .input = y, .channels = planes, .kernel = 3, .stride = 1, .pad = 1, .relu = true },
        &y));
    if (b->has_shortcut)
        TRY(add_part(r, b, "downsample.0", "downsample.1", b->in,
                     (struct convnet_layer){
                         .input = *x, .channels = out, .kernel = 1, .stride = b->stride },
                     &shortcut));
    return add_part(r, b, "conv3", "bn3", planes,
                    (struct convnet_layer){ .input = y,
                                            .residual = shortcut,
                                            .channels = out,
                                            .kernel = 1,
                                            .stride = 1,
                                            .relu = true },
                    x);
}

static enum gmr_status add_stages(struct reader *r, size_t x)
{
    size_t in = r->net->stem;
    for (size_t stage = 0; stage < STAGES; stage++)
        for (size_t i = 0; i < r->net->blocks[stage]; i++) {
            char name[NAME / 2];
            snprintf(name, sizeof name, "layer%zu.%zu", stage + 1, i);
            const struct block block = { .name = name,
                                         .in = in,
                                         .planes = r->net->stem << stage,
                                         .stride = stage > 0 && i == 0 ? 2 : 1,
                                         .has_shortcut = i == 0 };
            TRY(add_block(r, &block, &x));
            in = block.planes * EXPANSION;
        }
    return GMR_OK;
}

static enum gmr_status add_all(struct reader *r)
{
    size_t x;
    TRY(add_conv(r, "conv1", "bn1", CHANNELS,
                 (struct convnet_layer){ .channels = r->net->stem,
                                         .kernel = STEM_KERNEL,
                                         .stride = 2,
                                         .pad = STEM_KERNEL / 2,
                                         .relu = true },
                 &x));
    if (r->at)
        r->net->layer[r->count] = (struct convnet_layer){
            .kind = CONVNET_MAX_POOL, .input = x, .kernel = POOL_KERNEL, .stride = 2
        };
    return add_stages(r, ++r->count);
}

static size_t count_blocks(const struct safetensors *file, size_t stage)
{
    char name[NAME];
    size_t count = 0;
    do
        snprintf(name, sizeof name, "layer%zu.%zu.conv1.weight", stage + 1, count);
    while (safetensors_find(file, name) && ++count < MOST_BLOCKS);
    return count;
}

bool resnet_recognise(const struct safetensors *file)
{
    return safetensors_find(file, "conv1.weight") && safetensors_find(file, "bn1.weight") &&
           count_blocks(file, 0) > 0 && count_blocks(file, STAGES - 1) > 0;
}

static enum gmr_status read_sizes(struct resnet *net, const struct safetensors *file)
{
    const struct safetensors_entry *first = safetensors_find(file, "conv1.weight");
    if (!first || first->rank != 4 || first->dim[0] == 0)
        return gmr_error(GMR_ERR_SHAPE, "cannot use '%s': 'conv1.weight' is no convolution",
                         safetensors_name(file));
    net->stem = first->dim[0];
    for (size_t stage = 0; stage < STAGES; stage++) {
        net->blocks[stage] = count_blocks(file, stage);
        if (net->blocks[stage] == 0)
            return gmr_error(GMR_ERR_NOT_FOUND,
                             "cannot use '%s': no tensor 'layer%zu.0.conv1.weight'",
                             safetensors_name(file), stage + 1);
    }
    return GMR_OK;
}

static enum gmr_status read_all(struct resnet *net, const struct safetensors *file)
{
    const struct device *device = &net->compute->device;
    struct reader counting = { .file = file, .net = net };
    TRY(read_sizes(net, file));
    TRY(add_all(&counting));
    net->layers = counting.count;
    net->numbers = counting.numbers;
    net->layer = memory_array(net->allocator, net->layers, sizeof *net->layer);
    net->number = device->allocate(device, net->numbers * sizeof *net->number);
    if (!net->layer || !net->number)
        return GMR_ERR_NOMEM;
    struct reader reading = { .file = file, .net = net, .at = net->number };
    TRY(add_all(&reading));
    return GMR_OK;
}

enum gmr_status resnet_open(struct compute *compute, const struct gmr_allocator *allocator,
                            const struct safetensors *file, struct resnet **net)
{
    *net = NULL;
    struct resnet *n = memory_array(allocator, 1, sizeof *n);
    if (!n)
        return GMR_ERR_NOMEM;
    n->allocator = allocator;
    n->compute = compute;
    const enum gmr_status status = read_all(n, file);
    if (status == GMR_OK)
        *net = n;
    else
        resnet_close(n);
    return status;
}

void resnet_close(struct resnet *net)
{
    if (!net)
        return;
    const struct device *device = &net->compute->device;
    for (size_t i = 0; i < RESNET_SIZES; i++)
        convnet_destroy(net->compiled[i].net);
    if (net->number)
        device->release(device, net->number, net->numbers * sizeof *net->number);
    memory_release(net->allocator, net->layer, net->layers * sizeof *net->layer);
    memory_release(net->allocator, net, sizeof *net);
}

/* ---- sizes ---- */

static size_t map_side(size_t side)
{
    side = (side + 1) / 2; /* the stem: 7x7, stride 2, padding 3 */
    side = side / 2;       /* the max-pool: 3x3, stride 2, cut windows included */
    for (size_t stage = 1; stage < STAGES; stage++)
        side = (side + 1) / 2;
    return side;
}

struct resnet_map resnet_map(const struct resnet *net, size_t width, size_t height)
{
    return (struct resnet_map){ .height = map_side(height),
                                .width = map_side(width),
                                .channels = (net->stem << (STAGES - 1)) * EXPANSION };
}

/* The one of that size, or else an empty one, or else the one that was not used for longest. */
static struct compiled *place_for(struct resnet *net, size_t width, size_t height)
{
    struct compiled *oldest = &net->compiled[0];
    for (size_t i = 0; i < RESNET_SIZES; i++) {
        struct compiled *c = &net->compiled[i];
        if (c->net && c->width == width && c->height == height)
            return c;
        if (c->used < oldest->used)
            oldest = c;
    }
    return oldest;
}

static enum gmr_status compile(struct resnet *net, struct compiled *c, size_t width, size_t height)
{
    const struct convnet_design design = {
        .channels = CHANNELS,
        .height = height,
        .width = width,
        .batch = width * height * BATCH <= BATCH_PIXELS ? BATCH : 1,
        .count = net->layers,
        .layer = net->layer,
    };
    convnet_destroy(c->net);
    *c = (struct compiled){ .width = width, .height = height };
    return convnet_create(net->compute, &design, &c->net);
}

/* ---- running ---- */

/* x [batch, 3, height, width] */
static enum gmr_status run(struct convnet *net, const struct picture *const *pictures, size_t count,
                           real *x, real *y)
{
    for (size_t done = 0; done < count;) {
        const size_t part = count - done < net->batch ? count - done : net->batch;
        for (size_t i = 0; i < part; i++)
            preprocess_scale(pictures[done + i], mean, deviation, x + i * net->in);
        TRY(convnet_run(net, y + done * net->tokens * net->channels, x, part));
        done += part;
    }
    return GMR_OK;
}

enum gmr_status resnet_run(struct resnet *net, const struct picture *const *pictures, size_t count,
                           real *y)
{
    const size_t width = pictures[0]->width, height = pictures[0]->height;
    const struct device *device = &net->compute->device;
    struct compiled *c = place_for(net, width, height);
    assert(width >= RESNET_LEAST_SIDE && height >= RESNET_LEAST_SIDE);
    if (!c->net || c->width != width || c->height != height)
        TRY(compile(net, c, width, height));
    c->used = ++net->runs;
    const size_t bytes = c->net->batch * c->net->in * sizeof(real);
    real *x = device->allocate(device, bytes);
    if (!x)
        return GMR_ERR_NOMEM;
    const enum gmr_status status = run(c->net, pictures, count, x, y);
    device->release(device, x, bytes);
    return status;
}
