/* conv2d through oneDNN. The gradient of the weights is the one result that depends on the number
 * of threads: oneDNN splits its sum by thread. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/onednn.h"
#include "compute/reference/reference.h"

enum pass { FORWARD, BACKWARD_INPUT, BACKWARD_WEIGHT };

struct convolution_key {
    size_t pass, bias; /* size_t: no padding */
    struct convolution shape;
};

_Static_assert(sizeof(struct convolution_key) <= PLAN_KEY, "a key holds pass and shape");

/* Our formats, and those that oneDNN may choose. */
struct formats {
    dnnl_memory_desc_t x, w, b, y;
    dnnl_memory_desc_t any_x, any_w, any_y;
};

static bool describe_formats(struct formats *f, const struct convolution *s)
{
    size_t x[] = { s->batch, s->in_channels, s->in_height, s->in_width };
    size_t w[] = { s->out_channels, s->in_channels, s->kernel_height, s->kernel_width };
    size_t y[] = { s->batch, s->out_channels, s->out_height, s->out_width };

    return onednn_plain(&f->x, 4, x) && onednn_plain(&f->w, 4, w) && onednn_plain(&f->y, 4, y) &&
           onednn_plain(&f->b, 1, &s->out_channels) && onednn_any(&f->any_x, 4, x) &&
           onednn_any(&f->any_w, 4, w) && onednn_any(&f->any_y, 4, y);
}

struct window {
    dnnl_dims_t stride, before, after;
};

/* What the last window leaves over at the lower and right border needs no padding: it may be
 * negative. */
static dnnl_dim_t padding_after(size_t out, size_t in, size_t kernel, const struct convolution *s)
{
    return (dnnl_dim_t)((out - 1) * s->stride + kernel) - (dnnl_dim_t)(in + s->pad);
}

static struct window describe_window(const struct convolution *s)
{
    dnnl_dim_t stride = (dnnl_dim_t)s->stride, pad = (dnnl_dim_t)s->pad;

    return (struct window){
        .stride = { stride, stride },
        .before = { pad, pad },
        .after = { padding_after(s->out_height, s->in_height, s->kernel_height, s),
                   padding_after(s->out_width, s->in_width, s->kernel_width, s) },
    };
}

static bool describe_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                             const struct formats *f, const struct convolution_key *key)
{
    struct window w = describe_window(&key->shape);
    dnnl_convolution_desc_t d;

    return dnnl_convolution_forward_desc_init(
               &d, dnnl_forward_training, dnnl_convolution_auto, &f->any_x, &f->any_w,
               key->bias ? &f->b : NULL, &f->any_y, w.stride, w.before, w.after) == dnnl_success &&
           dnnl_primitive_desc_create(out, &d, NULL, engine, NULL) == dnnl_success;
}

/* The backward primitives want the forward one as a hint. */
static bool describe_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                              const struct formats *f, const struct convolution_key *key)
{
    struct window w = describe_window(&key->shape);
    dnnl_primitive_desc_t hint;
    dnnl_convolution_desc_t d;
    dnnl_status_t status;

    if (!describe_forward(&hint, engine, f, key))
        return false;
    if (key->pass == BACKWARD_INPUT)
        status = dnnl_convolution_backward_data_desc_init(&d, dnnl_convolution_auto, &f->any_x,
                                                          &f->any_w, &f->any_y, w.stride, w.before,
                                                          w.after);
    else
        status = dnnl_convolution_backward_weights_desc_init(
            &d, dnnl_convolution_auto, &f->any_x, &f->any_w, key->bias ? &f->b : NULL, &f->any_y,
            w.stride, w.before, w.after);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(out, &d, NULL, engine, hint);
    dnnl_primitive_desc_destroy(hint);
    return status == dnnl_success;
}

/* One array of a plan: which argument, how used, our format, and where to ask for oneDNN's. */
struct role {
    int argument;
    enum plan_use use;
    const dnnl_memory_desc_t *user;
    dnnl_query_t query;
};

static bool add_roles(struct onednn_plan *plan, dnnl_engine_t engine,
                      dnnl_primitive_desc_t description, const struct role *role, size_t count)
{
    bool added = true;

    for (size_t i = 0; added && i < count; i++) {
        int index = role[i].argument == DNNL_ARG_BIAS || role[i].argument == DNNL_ARG_DIFF_BIAS;
        const dnnl_memory_desc_t *inner =
            dnnl_primitive_desc_query_md(description, role[i].query, index);

        added = plan_add_array(plan, engine, role[i].argument, role[i].use, role[i].user, inner);
    }
    return plan_set_primitive(plan, description) && added;
}

/* Arrays of the passes: y x w b; dx dy w; dw dy x db. */
static bool make_plan(struct onednn_plan *plan, dnnl_engine_t engine, const void *bytes)
{
    const struct convolution_key *key = bytes;
    size_t bias = key->bias;
    dnnl_primitive_desc_t d;
    struct formats f;

    if (!describe_formats(&f, &key->shape) ||
        !(key->pass == FORWARD ? describe_forward(&d, engine, &f, key)
                               : describe_backward(&d, engine, &f, key)))
        return false;
    const struct role role[][4] = {
        [FORWARD] = { { DNNL_ARG_DST, PLAN_WRITE, &f.y, dnnl_query_dst_md },
                      { DNNL_ARG_SRC, PLAN_READ, &f.x, dnnl_query_src_md },
                      { DNNL_ARG_WEIGHTS, PLAN_READ, &f.w, dnnl_query_weights_md },
                      { DNNL_ARG_BIAS, PLAN_READ, &f.b, dnnl_query_weights_md } },
        [BACKWARD_INPUT] = { { DNNL_ARG_DIFF_SRC, PLAN_ADD, &f.x, dnnl_query_diff_src_md },
                             { DNNL_ARG_DIFF_DST, PLAN_READ, &f.y, dnnl_query_diff_dst_md },
                             { DNNL_ARG_WEIGHTS, PLAN_READ, &f.w, dnnl_query_weights_md } },
        [BACKWARD_WEIGHT] = { { DNNL_ARG_DIFF_WEIGHTS, PLAN_ADD, &f.w, dnnl_query_diff_weights_md },
                              { DNNL_ARG_DIFF_DST, PLAN_READ, &f.y, dnnl_query_diff_dst_md },
                              { DNNL_ARG_SRC, PLAN_READ, &f.x, dnnl_query_src_md },
                              { DNNL_ARG_DIFF_BIAS, PLAN_ADD, &f.b, dnnl_query_diff_weights_md } },
    };

    return add_roles(plan, engine, d, role[key->pass], bias ? 4 : 3);
}

static bool run(const struct compute *c, enum pass pass, bool bias, const struct convolution *shape,
                void *const array[4])
{
    struct convolution_key key = { .pass = pass, .bias = bias, .shape = *shape };

    return onednn_run(cpu_onednn(c), &key, sizeof key, make_plan, array);
}

/* oneDNN takes arrays that it only reads without const. */
static void *read_only(const real *x)
{
    return (void *)(uintptr_t)x;
}

static void conv2d_forward(const struct compute *c, const struct convolution *shape, real *y,
                           const real *x, const real *w, const real *b)
{
    void *array[] = { y, read_only(x), read_only(w), read_only(b) };

    if (!run(c, FORWARD, b != NULL, shape, array))
        reference_conv2d_forward(c, shape, y, x, w, b);
}

static void conv2d_backward(const struct compute *c, const struct convolution *shape, real *dx,
                            real *dw, real *db, const real *dy, const real *x, const real *w)
{
    void *for_input[] = { dx, read_only(dy), read_only(w), NULL };
    void *for_weight[] = { dw, read_only(dy), read_only(x), db };

    if (dx && !run(c, BACKWARD_INPUT, false, shape, for_input))
        reference_conv2d_backward(c, shape, dx, NULL, NULL, dy, x, w);
    if (dw && !run(c, BACKWARD_WEIGHT, db != NULL, shape, for_weight))
        reference_conv2d_backward(c, shape, NULL, dw, db, dy, x, w);
    if (db && !dw)
        reference_conv2d_backward(c, shape, NULL, NULL, db, dy, x, w);
}

void convolution_install(struct compute *c)
{
    c->conv2d_forward = conv2d_forward;
    c->conv2d_backward = conv2d_backward;
}
