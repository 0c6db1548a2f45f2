/* Primitives of a network: which of oneDNN's implementations, in which formats. */
#include <string.h>

#include "base/memory.h"
#include "compute/cpu/convnet.h"

void net_value_dim(const struct convnet_value *v, size_t batch, size_t dim[4])
{
    memcpy(dim, (size_t[]){ batch, v->channels, v->height, v->width }, 4 * sizeof *dim);
}

/* Additions come before ReLU. */
static bool make_attributes(dnnl_primitive_attr_t *attr, const struct convnet_layer *l)
{
    dnnl_post_ops_t ops = NULL;
    bool made =
        net_done(dnnl_primitive_attr_create(attr)) && net_done(dnnl_post_ops_create(&ops)) &&
        (l->residual == 0 || net_done(dnnl_post_ops_append_sum(ops, 1))) &&
        (!l->relu || net_done(dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0))) &&
        net_done(dnnl_primitive_attr_set_post_ops(*attr, ops)) &&
        net_done(dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user));
    if (ops)
        dnnl_post_ops_destroy(ops);
    return made;
}

/* Behind the last elements, for windows that end there: the convolution's padding, or what a cut
 * window lacks. */
static void after(const struct convolution *s, dnnl_dims_t padding)
{
    padding[0] = (dnnl_dim_t)((s->out_height - 1) * s->stride + s->kernel_height) -
                 (dnnl_dim_t)(s->in_height + s->pad);
    padding[1] = (dnnl_dim_t)((s->out_width - 1) * s->stride + s->kernel_width) -
                 (dnnl_dim_t)(s->in_width + s->pad);
}

static bool describe_pool(const struct onednn_net *n, dnnl_primitive_desc_t *out,
                          enum convnet_kind kind, const struct convolution *s,
                          const dnnl_memory_desc_t *x, const dnnl_memory_desc_t *y)
{
    const dnnl_dims_t size = { (dnnl_dim_t)s->kernel_height, (dnnl_dim_t)s->kernel_width };
    const dnnl_dims_t strides = { (dnnl_dim_t)s->stride, (dnnl_dim_t)s->stride }, none = { 0, 0 };
    const dnnl_alg_kind_t how =
        kind == CONVNET_HALVE ? dnnl_pooling_avg_exclude_padding : dnnl_pooling_max;
    dnnl_dims_t end = { 0 };
    dnnl_pooling_desc_t d;
    after(s, end);
    return net_done(dnnl_pooling_forward_desc_init(&d, dnnl_forward_inference, how, x, y, strides,
                                                   size, none, end)) &&
           net_done(dnnl_primitive_desc_create(out, &d, NULL, n->engine, NULL));
}

/* The first direct implementation, or with `any` the first. */
static bool pick(dnnl_primitive_desc_t *out, const struct onednn_net *n,
                 const dnnl_convolution_desc_t *d, dnnl_primitive_attr_t attr, bool any)
{
    dnnl_primitive_desc_iterator_t each;
    if (!net_done(dnnl_primitive_desc_iterator_create(&each, d, attr, n->engine, NULL)))
        return false;
    do {
        const char *name = "";
        *out = dnnl_primitive_desc_iterator_fetch(each);
        if (*out && (any || (net_done(dnnl_primitive_desc_query(*out, dnnl_query_impl_info_str, 0,
                                                                &name)) &&
                             strncmp(name, "jit", 3) == 0)))
            break;
        if (*out)
            dnnl_primitive_desc_destroy(*out);
        *out = NULL;
    } while (net_done(dnnl_primitive_desc_iterator_next(each)));
    dnnl_primitive_desc_iterator_destroy(each);
    return *out != NULL;
}

static bool describe_convolution(const struct onednn_net *n, dnnl_primitive_desc_t *out,
                                 const struct convnet_layer *l, const struct convolution *s,
                                 const dnnl_memory_desc_t *x, const dnnl_memory_desc_t *y,
                                 const dnnl_memory_desc_t *weight, bool any)
{
    const dnnl_dim_t stride = (dnnl_dim_t)s->stride, pad = (dnnl_dim_t)s->pad;
    const dnnl_dims_t strides = { stride, stride }, before = { pad, pad };
    dnnl_dims_t end = { 0 };
    dnnl_memory_desc_t shift;
    dnnl_convolution_desc_t d;
    dnnl_primitive_attr_t attr = NULL;
    after(s, end);
    bool made = onednn_plain(&shift, 1, &s->out_channels) &&
                net_done(dnnl_convolution_forward_desc_init(&d, dnnl_forward_inference,
                                                            dnnl_convolution_direct, x, weight,
                                                            &shift, y, strides, before, end)) &&
                make_attributes(&attr, l) && pick(out, n, &d, attr, any);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return made;
}

const dnnl_memory_desc_t *net_format(dnnl_primitive_desc_t description, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(description, what, 0);
}

/* With the weights of the first list if a direct implementation takes them, else with such as it
 * likes, else whatever there is. */
static bool describe_weighted(const struct onednn_net *n, const struct net_list *list,
                              dnnl_primitive_desc_t *out, const struct convnet_layer *l,
                              size_t index, const dnnl_memory_desc_t *y)
{
    const struct convolution s = convnet_convolution(&n->plan, l, index, list->batch);
    const size_t dim[] = { s.out_channels, s.in_channels, s.kernel_height, s.kernel_width };
    const dnnl_memory_desc_t *x = &list->format[l->input];
    dnnl_memory_desc_t weight;
    if (list != n->list &&
        describe_convolution(n, out, l, &s, x, y,
                             net_format(n->list[0].description[index], dnnl_query_weights_md),
                             false))
        return true;
    return onednn_any(&weight, 4, dim) &&
           (describe_convolution(n, out, l, &s, x, y, &weight, false) ||
            describe_convolution(n, out, l, &s, x, y, &weight, true));
}

static bool describe_layer(const struct onednn_net *n, struct net_list *list,
                           const struct convnet_design *design, size_t index)
{
    const struct convnet_layer *l = &design->layer[index];
    const struct convolution s = convnet_convolution(&n->plan, l, index, list->batch);
    dnnl_primitive_desc_t *out = &list->description[index];
    dnnl_memory_desc_t *y = &list->format[index + 1];
    size_t dim[4];

    net_value_dim(&n->plan.value[index + 1], list->batch, dim);
    if (!onednn_any(y, 4, dim))
        return false;
    if (l->residual > 0)
        *y = list->format[l->residual];
    if (!(l->kind == CONVNET_CONVOLUTION
              ? describe_weighted(n, list, out, l, index, y)
              : describe_pool(n, out, l->kind, &s, &list->format[l->input], y)))
        return false;
    *y = *net_format(*out, dnnl_query_dst_md);
    if (l->input == 0) /* the first to read the pictures says how it wants them */
        list->format[0] = *net_format(*out, dnnl_query_src_md);
    return true;
}

bool net_describe(struct onednn_net *n, struct net_list *list, const struct convnet_design *design)
{
    const struct gmr_allocator *allocator = n->compute->device.allocator;
    const size_t count = design->count;
    size_t dim[4];
    list->description = memory_array(allocator, count, sizeof *list->description);
    list->format = memory_array(allocator, count + 1, sizeof *list->format);
    list->value = memory_array(allocator, count + 1, sizeof(dnnl_memory_t));
    list->weight = memory_array(allocator, count, sizeof(dnnl_memory_t));
    list->step = memory_array(allocator, count + NET_ENDS, sizeof *list->step);
    net_value_dim(&n->plan.value[0], list->batch, dim);
    if (!list->description || !list->format || !list->value || !list->weight || !list->step ||
        !onednn_any(&list->format[0], 4, dim))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!describe_layer(n, list, design, i))
            return false;
    return true;
}
