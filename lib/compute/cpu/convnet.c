/* Networks of convolutions through oneDNN.
 *
 * A network is a list of primitives that hand each other values in oneDNN's own formats: ReLU and
 * the residual's addition are part of a convolution, the weights lie in the format it likes best,
 * with the scale of batch norm inside. Only pictures and result are reordered. Values share a few
 * blocks of memory, and a convolution that adds does so in place.
 *
 * There are two such lists, for a whole batch and for one picture, on the same blocks and, where
 * oneDNN does not want others, weights: what is left over at the end of many pictures runs one by
 * one. Where oneDNN refuses anything, the network is compiled for the kernels of the table instead.
 *
 * Results do not depend on the number of threads where oneDNN's direct kernels serve, which they do
 * for channels in multiples of 16: those deal out parts of the result, each of them a sum in one
 * order. oneDNN likes its brgemm kernels better, which are no faster, and choose the order of sums
 * by the number of threads. */
#include <omp.h>

#include "base/memory.h"
#include "compute/cpu/convnet.h"
#include "compute/cpu/signals.h"

/* ---- memory ---- */

static size_t rounded(size_t bytes)
{
    return (bytes + MEMORY_ALIGNMENT - 1) / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
}

static void grow(size_t *most, size_t bytes)
{
    if (*most < bytes)
        *most = bytes;
}

/* Whether pictures are read as they come. */
static bool is_plain(const struct net_list *list, const struct convnet_plan *plan)
{
    size_t dim[4];
    dnnl_memory_desc_t plain;
    net_value_dim(&plan->value[0], list->batch, dim);
    return onednn_plain(&plain, 4, dim) && dnnl_memory_desc_equal(&plain, &list->format[0]);
}

/* The most bytes of each value, and of scratch. */
static void measure_list(struct onednn_net *n, const struct net_list *list, size_t *scratch)
{
    for (size_t i = 0; i <= n->plan.count; i++)
        if (i > 0 || !is_plain(list, &n->plan))
            grow(&n->plan.value[i].bytes, rounded(dnnl_memory_desc_get_size(&list->format[i])));
    for (size_t i = 0; i < n->plan.count; i++)
        grow(scratch, rounded(dnnl_memory_desc_get_size(
                          net_format(list->description[i], dnnl_query_scratchpad_md))));
}

/* Whether a list has a copy of a layer's weights for itself. */
static bool owns_weight(const struct onednn_net *n, const struct net_list *list, size_t index)
{
    return list == n->list || !dnnl_memory_desc_equal(
                                  net_format(list->description[index], dnnl_query_weights_md),
                                  net_format(n->list[0].description[index], dnnl_query_weights_md));
}

static size_t weight_bytes(const struct onednn_net *n, const struct convnet_design *design)
{
    size_t bytes = 0;
    for (size_t i = 0; i < design->count; i++) {
        if (design->layer[i].kind != CONVNET_CONVOLUTION)
            continue;
        bytes += rounded(design->layer[i].channels * sizeof(float));
        for (size_t k = 0; k < n->lists; k++)
            if (owns_weight(n, &n->list[k], i))
                bytes += rounded(dnnl_memory_desc_get_size(
                    net_format(n->list[k].description[i], dnnl_query_weights_md)));
    }
    return bytes;
}

/* An array of ours as oneDNN sees it; *at moves behind it. */
static bool wrap(const struct onednn_net *n, dnnl_memory_t *memory,
                 const dnnl_memory_desc_t *format, char **at)
{
    char *here = *at;
    *at += rounded(dnnl_memory_desc_get_size(format));
    return net_done(dnnl_memory_create(memory, format, n->engine, here));
}

static bool run_once(const struct onednn_net *n, dnnl_primitive_desc_t description,
                     dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_exec_arg_t argument[] = { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, to } };
    dnnl_primitive_t primitive = NULL;
    bool ran = net_done(dnnl_primitive_create(&primitive, description)) &&
               net_done(dnnl_primitive_execute(primitive, n->stream, 2, argument)) &&
               net_done(dnnl_stream_wait(n->stream));
    if (primitive)
        dnnl_primitive_destroy(primitive);
    return ran;
}

static bool reorder_once(const struct onednn_net *n, const dnnl_memory_desc_t *plain,
                         const float *array, const dnnl_memory_desc_t *format, dnnl_memory_t to,
                         const float *scale, size_t scales)
{
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_memory_t from = NULL;
    bool ran = net_done(dnnl_memory_create(&from, plain, n->engine, (void *)(uintptr_t)array)) &&
               net_done(dnnl_primitive_attr_create(&attr)) &&
               (!scale || net_done(dnnl_primitive_attr_set_output_scales(attr, (dnnl_dim_t)scales,
                                                                         1, scale))) &&
               net_done(dnnl_reorder_primitive_desc_create(&description, plain, n->engine, format,
                                                           n->engine, attr)) &&
               run_once(n, description, from, to);
    if (description)
        dnnl_primitive_desc_destroy(description);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    if (from)
        dnnl_memory_destroy(from);
    return ran;
}

/* Weights times scales, in the formats of the lists. */
static bool take_weight(struct onednn_net *n, const struct convnet_layer *l, size_t index,
                        char **at)
{
    const struct convolution s = convnet_convolution(&n->plan, l, index, 1);
    const size_t dim[] = { s.out_channels, s.in_channels, s.kernel_height, s.kernel_width };
    dnnl_memory_desc_t plain, shift;
    if (!onednn_plain(&plain, 4, dim) || !onednn_plain(&shift, 1, &l->channels) ||
        !wrap(n, &n->shift[index], &shift, at) ||
        !reorder_once(n, &shift, l->shift, &shift, n->shift[index], NULL, 0))
        return false;
    for (size_t k = 0; k < n->lists; k++) {
        struct net_list *list = &n->list[k];
        const dnnl_memory_desc_t *format =
            net_format(list->description[index], dnnl_query_weights_md);
        if (owns_weight(n, list, index) &&
            (!wrap(n, &list->weight[index], format, at) ||
             !reorder_once(n, &plain, l->weight, format, list->weight[index], l->scale,
                           l->channels)))
            return false;
    }
    return true;
}

static bool take_weights(struct onednn_net *n, const struct convnet_design *design)
{
    char *at = n->memory;
    for (size_t i = 0; i < design->count; i++)
        if (design->layer[i].kind == CONVNET_CONVOLUTION &&
            !take_weight(n, &design->layer[i], i, &at))
            return false;
    return true;
}

/* One block of memory for all, divided. */
static bool take_memory(struct onednn_net *n, const struct convnet_design *design)
{
    const struct device *device = &n->compute->device;
    const size_t weights = weight_bytes(n, design);
    size_t scratch = 0, blocks = 0;
    for (size_t i = 0; i < n->lists; i++)
        measure_list(n, &n->list[i], &scratch);
    convnet_plan_blocks(&n->plan, design, true);
    for (size_t b = 0; b < n->plan.blocks; b++)
        blocks += n->plan.block_bytes[b];
    n->bytes = weights + n->plan.value[0].bytes + blocks + scratch;
    n->memory = device->allocate(device, n->bytes);
    if (!n->memory)
        return false;
    n->pictures = n->memory + weights;
    n->blocks = n->pictures + n->plan.value[0].bytes;
    char *end = n->blocks + blocks;
    const dnnl_dims_t dims = { (dnnl_dim_t)scratch };
    dnnl_memory_desc_t bytes;
    return net_done(dnnl_memory_desc_init_by_tag(&bytes, 1, dims, dnnl_u8, dnnl_a)) &&
           wrap(n, &n->scratch, &bytes, &end);
}

static char *block_start(const struct onednn_net *n, size_t block)
{
    char *at = n->blocks;
    for (size_t b = 0; b < block; b++)
        at += n->plan.block_bytes[b];
    return at;
}

/* ---- lists ---- */

static bool add_step(struct net_list *list, dnnl_primitive_desc_t description)
{
    struct net_step *step = &list->step[list->steps++];
    return net_done(dnnl_primitive_create(&step->primitive, description));
}

static void add_argument(struct net_list *list, int name, dnnl_memory_t memory)
{
    struct net_step *step = &list->step[list->steps - 1];
    step->argument[step->count++] = (dnnl_exec_arg_t){ name, memory };
}

static bool add_reorder(const struct onednn_net *n, struct net_list *list,
                        const dnnl_memory_desc_t *from_format, dnnl_memory_t from,
                        const dnnl_memory_desc_t *to_format, dnnl_memory_t to)
{
    dnnl_primitive_desc_t description = NULL;
    bool added = net_done(dnnl_reorder_primitive_desc_create(&description, from_format, n->engine,
                                                             to_format, n->engine, NULL)) &&
                 add_step(list, description);
    if (description)
        dnnl_primitive_desc_destroy(description);
    if (added) {
        add_argument(list, DNNL_ARG_FROM, from);
        add_argument(list, DNNL_ARG_TO, to);
    }
    return added;
}

/* The values of a list: pictures in the caller's array or a copy of it, all others in blocks. */
static bool add_values(const struct onednn_net *n, struct net_list *list)
{
    size_t dim[4];
    dnnl_memory_desc_t plain;
    net_value_dim(&n->plan.value[0], list->batch, dim);
    if (!onednn_plain(&plain, 4, dim) ||
        !net_done(dnnl_memory_create(&list->pictures, &plain, n->engine, DNNL_MEMORY_NONE)))
        return false;
    for (size_t i = 0; i <= n->plan.count; i++) {
        char *at = i == 0 ? n->pictures : block_start(n, n->plan.value[i].block);
        if (!wrap(n, &list->value[i], &list->format[i], &at))
            return false;
    }
    return is_plain(list, &n->plan) ||
           add_reorder(n, list, &plain, list->pictures, &list->format[0], list->value[0]);
}

static bool add_layer(const struct onednn_net *n, struct net_list *list,
                      const struct convnet_layer *l, size_t index)
{
    const bool direct = l->input == 0 && is_plain(list, &n->plan);
    if (!add_step(list, list->description[index]))
        return false;
    add_argument(list, DNNL_ARG_SRC, direct ? list->pictures : list->value[l->input]);
    add_argument(list, DNNL_ARG_DST, list->value[index + 1]);
    add_argument(list, DNNL_ARG_SCRATCHPAD, n->scratch);
    if (l->kind == CONVNET_CONVOLUTION) {
        add_argument(list, DNNL_ARG_WEIGHTS,
                     list->weight[index] ? list->weight[index] : n->list[0].weight[index]);
        add_argument(list, DNNL_ARG_BIAS, n->shift[index]);
    }
    return true;
}

/* Channels last. */
static bool add_result(const struct onednn_net *n, struct net_list *list)
{
    const struct convnet_value *v = &n->plan.value[n->plan.count];
    const dnnl_dims_t dims = { (dnnl_dim_t)list->batch, (dnnl_dim_t)v->channels,
                               (dnnl_dim_t)v->height, (dnnl_dim_t)v->width };
    dnnl_memory_desc_t tokens;
    return net_done(dnnl_memory_desc_init_by_tag(&tokens, 4, dims, dnnl_f32, dnnl_acdb)) &&
           net_done(dnnl_memory_create(&list->result, &tokens, n->engine, DNNL_MEMORY_NONE)) &&
           add_reorder(n, list, &list->format[n->plan.count], list->value[n->plan.count], &tokens,
                       list->result);
}

static bool fill_list(const struct onednn_net *n, struct net_list *list,
                      const struct convnet_design *design)
{
    if (!add_values(n, list))
        return false;
    for (size_t i = 0; i < design->count; i++)
        if (!add_layer(n, list, &design->layer[i], i))
            return false;
    return add_result(n, list);
}

static bool compile(struct onednn_net *n, const struct convnet_design *design)
{
    const struct gmr_allocator *allocator = n->compute->device.allocator;
    n->shift = memory_array(allocator, design->count, sizeof(dnnl_memory_t));
    if (!n->shift ||
        !net_done(dnnl_stream_create(&n->stream, n->engine, dnnl_stream_default_flags)))
        return false;
    n->list[0].batch = design->batch;
    n->list[1].batch = 1;
    n->lists = design->batch > 1 ? 2 : 1;
    for (size_t i = 0; i < n->lists; i++)
        if (!net_describe(n, &n->list[i], design))
            return false;
    if (!take_memory(n, design) || !take_weights(n, design))
        return false;
    for (size_t i = 0; i < n->lists; i++)
        if (!fill_list(n, &n->list[i], design))
            return false;
    return true;
}

/* ---- running ---- */

static bool run_list(const struct onednn_net *n, const struct net_list *list, float *y,
                     const float *x)
{
    if (!net_done(dnnl_memory_set_data_handle(list->pictures, (void *)(uintptr_t)x)) ||
        !net_done(dnnl_memory_set_data_handle(list->result, y)))
        return false;
    for (size_t i = 0; i < list->steps; i++) {
        const struct net_step *step = &list->step[i];
        if (!net_done(
                dnnl_primitive_execute(step->primitive, n->stream, step->count, step->argument)))
            return false;
    }
    return net_done(dnnl_stream_wait(n->stream));
}

static enum gmr_status run(struct convnet *net, real *y, const real *x, size_t count)
{
    const struct onednn_net *n = (const struct onednn_net *)net;
    const size_t out = net->tokens * net->channels;
    const struct net_list *list = &n->list[count == net->batch ? 0 : 1];
    const int before = omp_get_max_threads();
    bool ran = true;

    omp_set_num_threads(n->compute->threads);
    signals_hold_team();
    for (size_t i = 0; ran && i < count; i += list->batch)
        ran = run_list(n, list, y + i * out, x + i * net->in);
    signals_release_team();
    omp_set_num_threads(before);
    return ran ? GMR_OK : gmr_error(GMR_ERR_NOMEM, "out of memory: oneDNN cannot run a network");
}

/* ---- life ---- */

static void release_memory(dnnl_memory_t memory)
{
    if (memory)
        dnnl_memory_destroy(memory);
}

static void release_all(const struct onednn_net *n, dnnl_memory_t *memory, size_t count)
{
    for (size_t i = 0; memory && i < count; i++)
        release_memory(memory[i]);
    memory_release(n->compute->device.allocator, memory, count * sizeof *memory);
}

static void release_descriptions(const struct onednn_net *n, struct net_list *list)
{
    const size_t count = n->plan.count;
    for (size_t i = 0; list->description && i < count; i++)
        if (list->description[i])
            dnnl_primitive_desc_destroy(list->description[i]);
    memory_release(n->compute->device.allocator, list->description,
                   count * sizeof *list->description);
    list->description = NULL;
}

static void release_list(const struct onednn_net *n, struct net_list *list)
{
    const struct gmr_allocator *allocator = n->compute->device.allocator;
    const size_t count = n->plan.count;
    for (size_t i = 0; list->step && i < list->steps; i++)
        if (list->step[i].primitive)
            dnnl_primitive_destroy(list->step[i].primitive);
    memory_release(allocator, list->step, (count + NET_ENDS) * sizeof *list->step);
    release_all(n, list->value, count + 1);
    release_all(n, list->weight, count);
    release_memory(list->pictures);
    release_memory(list->result);
    memory_release(allocator, list->format, (count + 1) * sizeof *list->format);
    release_descriptions(n, list);
}

static void destroy(struct convnet *net)
{
    struct onednn_net *n = (struct onednn_net *)net;
    const struct device *device = &n->compute->device;
    for (size_t i = 0; i < NET_LISTS; i++)
        release_list(n, &n->list[i]);
    release_all(n, n->shift, n->plan.count);
    release_memory(n->scratch);
    if (n->stream)
        dnnl_stream_destroy(n->stream);
    device->release(device, n->memory, n->bytes);
    convnet_plan_release(&n->plan);
    memory_release(device->allocator, n, sizeof *n);
}

static enum gmr_status create(const struct compute *compute, const struct convnet_design *design,
                              struct convnet **net)
{
    struct onednn_net *n = memory_array(compute->device.allocator, 1, sizeof *n);
    if (!n)
        return GMR_ERR_NOMEM;
    n->compute = compute;
    n->engine = onednn_engine(cpu_onednn(compute));
    enum gmr_status status = convnet_plan_init(&n->plan, compute->device.allocator, design);
    if (status != GMR_OK) {
        destroy(&n->net);
        return status;
    }
    const int before = omp_get_max_threads(); /* primitives are made for that many threads */
    omp_set_num_threads(compute->threads);
    const bool compiled = compile(n, design);
    omp_set_num_threads(before);
    if (!compiled) {
        destroy(&n->net);
        return convnet_create_plain(compute, design, net);
    }
    for (size_t i = 0; i < n->lists; i++)
        release_descriptions(n, &n->list[i]);
    n->net = convnet_shape(&n->plan, design);
    n->net.run = run;
    n->net.destroy = destroy;
    *net = &n->net;
    return GMR_OK;
}

void convnet_install(struct compute *c)
{
    c->convnet_create = create;
}
