/* Plans of networks: shapes, lives, blocks. */
#include "compute/convnet_plan.h"

#include <string.h>

#include "base/memory.h"

enum { WINDOW = 2 };

/* ---- shapes ---- */

static bool value_numel(struct convnet_value *v)
{
    return memory_product(v->channels, v->height, &v->numel) &&
           memory_product(v->numel, v->width, &v->numel);
}

/* What a layer looks at, whatever its kind. */
static struct convnet_layer window_of(const struct convnet_layer *l, size_t channels)
{
    struct convnet_layer window = *l;
    if (l->kind != CONVNET_CONVOLUTION) {
        window.channels = channels;
        window.pad = 0;
    }
    if (l->kind == CONVNET_HALVE)
        window.kernel = window.stride = WINDOW;
    return window;
}

/* Where windows fit into `in` with padding on both sides, or at least begin inside; 0: nowhere. */
static size_t places(size_t in, const struct convnet_layer *w)
{
    const size_t room = in + 2 * w->pad, cut = w->kind == CONVNET_MAX_POOL ? w->stride - 1 : 0;
    if (w->kernel == 0 || w->stride == 0 || room + cut < w->kernel)
        return 0;
    const size_t count = (room - w->kernel + cut) / w->stride + 1;
    return count > 1 && (count - 1) * w->stride >= room ? count - 1 : count;
}

static enum gmr_status layer_shape(struct convnet_value *y, const struct convnet_value *x,
                                   const struct convnet_layer *l, size_t index)
{
    const struct convnet_layer window = window_of(l, x->channels);
    y->channels = window.channels;
    y->height = places(x->height, &window);
    y->width = places(x->width, &window);
    if (!value_numel(y) || y->numel == 0)
        return gmr_error(GMR_ERR_SHAPE, "layer %zu of a network has a result of %zu x %zu x %zu",
                         index, y->channels, y->height, y->width);
    return GMR_OK;
}

static bool same_shape(const struct convnet_value *a, const struct convnet_value *b)
{
    return a->channels == b->channels && a->height == b->height && a->width == b->width;
}

/* Notes that layer `index` reads a value; false when it is not there yet. */
static bool read_value(struct convnet_plan *plan, size_t value, size_t index)
{
    if (value > index)
        return false;
    plan->value[value].last = index;
    return true;
}

static enum gmr_status add_layer(struct convnet_plan *plan, const struct convnet_layer *l,
                                 size_t index)
{
    struct convnet_value *y = &plan->value[index + 1];
    if (!read_value(plan, l->input, index) || !read_value(plan, l->residual, index))
        return gmr_error(GMR_ERR_SHAPE, "layer %zu of a network reads a later one", index);
    TRY(layer_shape(y, &plan->value[l->input], l, index));
    if (l->residual > 0 && !same_shape(y, &plan->value[l->residual]))
        return gmr_error(GMR_ERR_SHAPE, "layer %zu of a network adds another shape", index);
    y->last = index;
    return GMR_OK;
}

static enum gmr_status check_residuals(const struct convnet_plan *plan,
                                       const struct convnet_design *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct convnet_layer *l = &d->layer[i];
        if (l->residual > 0 && (plan->value[l->residual].last != i || l->residual == l->input))
            return gmr_error(GMR_ERR_SHAPE, "layer %zu of a network adds what another one reads",
                             i);
    }
    return GMR_OK;
}

enum gmr_status convnet_plan_init(struct convnet_plan *plan, const struct gmr_allocator *allocator,
                                  const struct convnet_design *d)
{
    *plan = (struct convnet_plan){ .allocator = allocator, .count = d->count };
    plan->value = memory_array(allocator, d->count + 1, sizeof *plan->value);
    plan->block_bytes = memory_array(allocator, d->count + 1, sizeof *plan->block_bytes);
    if (!plan->value || !plan->block_bytes)
        return GMR_ERR_NOMEM;
    struct convnet_value *pictures = &plan->value[0];
    *pictures = (struct convnet_value){ d->channels, d->height, d->width, .last = 0 };
    if (!value_numel(pictures) || pictures->numel == 0 || d->batch == 0 || d->count == 0)
        return gmr_error(GMR_ERR_SHAPE,
                         "a network of %zu layers on %zu pictures of %zu x %zu x %zu", d->count,
                         d->batch, d->channels, d->height, d->width);
    for (size_t i = 0; i < d->count; i++)
        TRY(add_layer(plan, &d->layer[i], i));
    plan->value[d->count].last = d->count;
    return check_residuals(plan, d);
}

void convnet_plan_release(struct convnet_plan *plan)
{
    const size_t count = plan->count + 1;
    memory_release(plan->allocator, plan->value, count * sizeof *plan->value);
    memory_release(plan->allocator, plan->block_bytes, count * sizeof *plan->block_bytes);
    plan->value = NULL;
    plan->block_bytes = NULL;
}

/* ---- blocks ---- */

/* Whether a value made before layer `index` still lies in the block, that layer's inputs included.
 */
static bool in_use(const struct convnet_plan *plan, size_t block, size_t index)
{
    for (size_t v = 1; v <= index; v++)
        if (plan->value[v].block == block && plan->value[v].last >= index)
            return true;
    return false;
}

/* Of the free blocks the smallest that is large enough, or else the largest; or a new one. */
static size_t choose(const struct convnet_plan *plan, size_t bytes, size_t index)
{
    size_t best = plan->blocks;
    for (size_t b = 0; b < plan->blocks; b++) {
        if (in_use(plan, b, index))
            continue;
        const size_t size = plan->block_bytes[b];
        const size_t held = best < plan->blocks ? plan->block_bytes[best] : 0;
        const bool fits = size >= bytes, held_fits = held >= bytes;
        if (best == plan->blocks || (fits ? !held_fits || size < held : !held_fits && size > held))
            best = b;
    }
    return best;
}

void convnet_plan_blocks(struct convnet_plan *plan, const struct convnet_design *d, bool in_place)
{
    plan->blocks = 0;
    for (size_t i = 0; i < d->count; i++) {
        struct convnet_value *y = &plan->value[i + 1];
        const size_t residual = d->layer[i].residual;
        y->block =
            residual > 0 && in_place ? plan->value[residual].block : choose(plan, y->bytes, i);
        if (y->block == plan->blocks)
            plan->blocks++;
        if (plan->block_bytes[y->block] < y->bytes)
            plan->block_bytes[y->block] = y->bytes;
    }
}

struct convnet convnet_shape(const struct convnet_plan *plan, const struct convnet_design *d)
{
    const struct convnet_value *last = &plan->value[plan->count];
    return (struct convnet){ .batch = d->batch,
                             .in = plan->value[0].numel,
                             .tokens = last->height * last->width,
                             .channels = last->channels };
}

struct convolution convnet_convolution(const struct convnet_plan *plan,
                                       const struct convnet_layer *l, size_t index, size_t batch)
{
    const struct convnet_value *x = &plan->value[l->input], *y = &plan->value[index + 1];
    const struct convnet_layer window = window_of(l, x->channels);
    return (struct convolution){
        .batch = batch,
        .in_channels = x->channels,
        .in_height = x->height,
        .in_width = x->width,
        .out_channels = y->channels,
        .out_height = y->height,
        .out_width = y->width,
        .kernel_height = window.kernel,
        .kernel_width = window.kernel,
        .stride = window.stride,
        .pad = window.pad,
    };
}
