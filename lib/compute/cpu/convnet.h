/* A network compiled for oneDNN, from inside: what convnet.c fills and runs, and convnet_describe.c
 * describes. */
#ifndef COMPUTE_CPU_CONVNET_H
#define COMPUTE_CPU_CONVNET_H

#include "compute/convnet_plan.h"
#include "compute/cpu/cpu.h"

enum { NET_LISTS = 2, NET_ARGUMENTS = 5, NET_ENDS = 2 /* reorders of pictures and result */ };

struct net_step {
    dnnl_primitive_t primitive;
    int count;
    dnnl_exec_arg_t argument[NET_ARGUMENTS];
};

struct net_list {
    size_t batch;
    dnnl_primitive_desc_t *description; /* [layers]; gone once compiled */
    dnnl_memory_desc_t *format;         /* [layers + 1], of values */
    dnnl_memory_t *value;               /* [layers + 1] */
    dnnl_memory_t *weight;              /* [layers]; NULL: that of the first list */
    dnnl_memory_t pictures, result;     /* the caller's arrays */
    struct net_step *step;              /* [layers + NET_ENDS] */
    size_t steps;
};

struct onednn_net {
    struct convnet net;
    const struct compute *compute;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    struct convnet_plan plan;
    struct net_list list[NET_LISTS];
    size_t lists;
    dnnl_memory_t *shift; /* [layers] */
    dnnl_memory_t scratch;
    size_t bytes;
    char *memory; /* weights and shifts, from there on: */
    char *pictures, *blocks;
};

static inline bool net_done(dnnl_status_t status)
{
    return status == dnnl_success;
}

/* [batch, channels, height, width] of a value. */
void net_value_dim(const struct convnet_value *v, size_t batch, size_t dim[4]);

/* The format of a layer's weights, source, result or scratch. */
const dnnl_memory_desc_t *net_format(dnnl_primitive_desc_t description, dnnl_query_t what);

/* Describes the primitives of a list, whose batch is set, and the formats of its values; false when
 * oneDNN refuses or memory is out. The first list comes first. */
bool net_describe(struct onednn_net *n, struct net_list *list, const struct convnet_design *design);

#endif
