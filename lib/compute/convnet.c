/* Networks on the kernels of any table, layer by layer: the reference for faster compilers, and
 * what serves where those refuse. */
#include "compute/convnet.h"

#include <string.h>

#include "base/memory.h"
#include "compute/convnet_plan.h"

struct plain {
    struct convnet net;
    const struct compute *compute;
    struct convnet_plan plan;
    struct convnet_layer *layer; /* weight and shift are ours, scale is in the weight */
    real *weights;               /* of all layers */
    size_t weights_bytes;
    real *values; /* the blocks, one after the other */
    size_t values_bytes;
    size_t *start;  /* [blocks], elements */
    int32_t *place; /* of the largest elements of a max-pool, which nobody looks at */
    size_t place_bytes;
};

static real *value_of(const struct plain *p, size_t value)
{
    return p->values + p->start[p->plan.value[value].block];
}

/* ---- running ---- */

static void run_pool(const struct plain *p, enum convnet_kind kind, const struct convolution *s,
                     real *y, const real *x)
{
    const struct pooling shape = { .planes = s->batch * s->in_channels,
                                   .in_height = s->in_height,
                                   .in_width = s->in_width,
                                   .out_height = s->out_height,
                                   .out_width = s->out_width,
                                   .kernel = s->kernel_height,
                                   .stride = s->stride };
    if (kind == CONVNET_HALVE)
        p->compute->average_pool_forward(p->compute, &shape, y, x);
    else
        p->compute->max_pool_forward(p->compute, &shape, y, p->place, x);
}

static void run_layer(const struct plain *p, size_t index, const real *pictures, size_t count)
{
    const struct compute *c = p->compute;
    const struct convnet_layer *l = &p->layer[index];
    const struct convolution shape = convnet_convolution(&p->plan, l, index, count);
    const real *x = l->input == 0 ? pictures : value_of(p, l->input);
    const size_t numel = count * p->plan.value[index + 1].numel;
    real *y = value_of(p, index + 1);

    if (l->kind != CONVNET_CONVOLUTION) {
        run_pool(p, l->kind, &shape, y, x);
        return;
    }
    c->conv2d_forward(c, &shape, y, x, l->weight, l->shift);
    if (l->residual > 0)
        c->add_scaled(c, y, value_of(p, l->residual), 1, 1, numel);
    if (l->relu)
        c->unary_forward(c, ACTIVATE_RELU, y, y, numel);
}

/* [count, channels, tokens] -> [count, tokens, channels] */
static void run_last(const struct plain *p, real *y, size_t count)
{
    const size_t tokens = p->net.tokens, channels = p->net.channels;
    const struct layout layout = { .rank = 3,
                                   .dim = { count, tokens, channels },
                                   .y_stride = { tokens * channels, channels, 1 },
                                   .x_stride = { tokens * channels, 1, tokens } };
    p->compute->copy_strided(p->compute, y, value_of(p, p->plan.count), &layout, 0);
}

static enum gmr_status plain_run(struct convnet *net, real *y, const real *x, size_t count)
{
    const struct plain *p = (const struct plain *)net;
    for (size_t i = 0; i < p->plan.count; i++)
        run_layer(p, i, x, count);
    run_last(p, y, count);
    return p->compute->synchronise(p->compute);
}

/* ---- compiling ---- */

static void plain_destroy(struct convnet *net)
{
    struct plain *p = (struct plain *)net;
    const struct device *device = &p->compute->device;
    const struct gmr_allocator *allocator = device->allocator;
    device->release(device, p->place, p->place_bytes);
    device->release(device, p->values, p->values_bytes);
    device->release(device, p->weights, p->weights_bytes);
    memory_release(allocator, p->start, (p->plan.count + 1) * sizeof *p->start);
    memory_release(allocator, p->layer, p->plan.count * sizeof *p->layer);
    convnet_plan_release(&p->plan);
    memory_release(allocator, p, sizeof *p);
}

static size_t fan_in(const struct plain *p, const struct convnet_layer *l)
{
    return p->plan.value[l->input].channels * l->kernel * l->kernel;
}

static size_t weight_numel(const struct plain *p)
{
    size_t numel = 0;
    for (size_t i = 0; i < p->plan.count; i++)
        if (p->layer[i].kind == CONVNET_CONVOLUTION)
            numel += p->layer[i].channels * (fan_in(p, &p->layer[i]) + 1);
    return numel;
}

/* Scaled weights, then shifts, to `at`; returns what comes behind them. */
static real *fold(const struct plain *p, struct convnet_layer *l, real *at)
{
    const struct compute *c = p->compute;
    const size_t in = fan_in(p, l), out = l->channels;
    const struct broadcast rows = {
        .rank = 2, .dim = { out, in }, .a_stride = { in, 1 }, .b_stride = { 1, 0 }
    };
    real *shift = at + out * in;
    c->binary_forward(c, BINARY_MULTIPLY, at, l->weight, l->scale, &rows);
    c->add_scaled(c, shift, l->shift, 1, 0, out);
    l->weight = at;
    l->scale = NULL;
    l->shift = shift;
    return shift + out;
}

/* Numbers that the largest max-pool of a batch makes. */
static size_t pooled_numel(const struct plain *p, size_t batch)
{
    size_t most = 0;
    for (size_t i = 0; i < p->plan.count; i++)
        if (p->layer[i].kind == CONVNET_MAX_POOL && p->plan.value[i + 1].numel > most)
            most = p->plan.value[i + 1].numel;
    return most * batch;
}

static bool plain_memory(struct plain *p, const struct convnet_design *d)
{
    const struct device *device = &p->compute->device;
    size_t numel = 0;
    for (size_t b = 0; b < p->plan.blocks; b++) {
        p->start[b] = numel;
        numel += p->plan.block_bytes[b] / sizeof(real);
    }
    p->values_bytes = numel * sizeof(real);
    p->weights_bytes = weight_numel(p) * sizeof(real);
    p->values = device->allocate(device, p->values_bytes);
    p->weights = device->allocate(device, p->weights_bytes);
    p->place_bytes = pooled_numel(p, d->batch) * sizeof *p->place;
    if (p->place_bytes > 0 && !(p->place = device->allocate(device, p->place_bytes)))
        return false;
    return p->values && p->weights;
}

static enum gmr_status plain_compile(struct plain *p, const struct convnet_design *d)
{
    const struct gmr_allocator *allocator = p->compute->device.allocator;
    TRY(convnet_plan_init(&p->plan, allocator, d));
    for (size_t v = 1; v <= d->count; v++)
        if (!memory_product(p->plan.value[v].numel, d->batch * sizeof(real),
                            &p->plan.value[v].bytes))
            return gmr_error(GMR_ERR_NOMEM, "out of memory: a network with too large values");
    convnet_plan_blocks(&p->plan, d, false);
    p->start = memory_array(allocator, d->count + 1, sizeof *p->start);
    p->layer = memory_array(allocator, d->count, sizeof *p->layer);
    if (!p->start || !p->layer)
        return GMR_ERR_NOMEM;
    memcpy(p->layer, d->layer, d->count * sizeof *p->layer);
    if (!plain_memory(p, d))
        return GMR_ERR_NOMEM;
    real *at = p->weights;
    for (size_t i = 0; i < d->count; i++)
        if (p->layer[i].kind == CONVNET_CONVOLUTION)
            at = fold(p, &p->layer[i], at);
    return GMR_OK;
}

enum gmr_status convnet_create_plain(const struct compute *compute,
                                     const struct convnet_design *design, struct convnet **net)
{
    struct plain *p = memory_array(compute->device.allocator, 1, sizeof *p);
    if (!p)
        return GMR_ERR_NOMEM;
    p->compute = compute;
    p->plan.count = design->count;
    enum gmr_status status = plain_compile(p, design);
    if (status != GMR_OK) {
        plain_destroy(&p->net);
        return status;
    }
    p->net = convnet_shape(&p->plan, design);
    p->net.run = plain_run;
    p->net.destroy = plain_destroy;
    *net = &p->net;
    return GMR_OK;
}

/* ---- any network ---- */

enum gmr_status convnet_create(const struct compute *compute, const struct convnet_design *design,
                               struct convnet **net)
{
    return compute->convnet_create(compute, design, net);
}

enum gmr_status convnet_run(struct convnet *net, real *y, const real *x, size_t count)
{
    for (size_t done = 0; done < count;) {
        const size_t part = count - done < net->batch ? count - done : net->batch;
        TRY(net->run(net, y + done * net->tokens * net->channels, x + done * net->in, part));
        done += part;
    }
    return GMR_OK;
}

void convnet_destroy(struct convnet *net)
{
    if (net)
        net->destroy(net);
}
