#include "nn/layers.h"

/* ---- linear ---- */

void nn_linear_declare_no_bias(struct nn_linear *l, struct parameters *p, const char *name,
                               size_t in, size_t out)
{
    parameters_enter(p, name);
    l->weight = parameters_declare(p, "weight", (size_t[]){ out, in }, 2, initial_linear(in));
    l->bias = NULL;
    parameters_leave(p);
}

void nn_linear_declare(struct nn_linear *l, struct parameters *p, const char *name, size_t in,
                       size_t out)
{
    nn_linear_declare_no_bias(l, p, name, in, out);
    parameters_enter(p, name);
    l->bias = parameters_declare(p, "bias", &out, 1, initial_linear(in));
    parameters_leave(p);
}

struct tensor *nn_linear(struct tape *t, const struct nn_linear *l, struct tensor *x)
{
    return op_linear(t, x, l->weight, l->bias, NULL, ACTIVATE_NONE);
}

struct tensor *nn_linear_activate(struct tape *t, const struct nn_linear *l, struct tensor *x,
                                  enum activation kind)
{
    return op_linear(t, x, l->weight, l->bias, NULL, kind);
}

struct tensor *nn_linear_add(struct tape *t, const struct nn_linear *l, struct tensor *x,
                             struct tensor *residual)
{
    return op_linear(t, x, l->weight, l->bias, residual, ACTIVATE_NONE);
}

/* ---- norms ---- */

void nn_norm_declare_as(struct nn_norm *l, struct parameters *p, const char *name,
                        const char *scale, const char *shift, size_t width)
{
    parameters_enter(p, name);
    l->scale = parameters_declare(p, scale, &width, 1, initial_constant(1));
    l->shift = parameters_declare(p, shift, &width, 1, initial_constant(0));
    parameters_leave(p);
}

void nn_norm_declare(struct nn_norm *l, struct parameters *p, const char *name, size_t width)
{
    nn_norm_declare_as(l, p, name, "alpha", "bias", width);
}

struct tensor *nn_norm(struct tape *t, const struct nn_norm *l, struct tensor *x)
{
    return op_norm(t, x, l->scale, l->shift);
}

void nn_layer_norm_declare(struct nn_layer_norm *l, struct parameters *p, const char *name,
                           size_t width)
{
    parameters_enter(p, name);
    l->weight = parameters_declare(p, "weight", &width, 1, initial_constant(1));
    l->bias = parameters_declare(p, "bias", &width, 1, initial_constant(0));
    parameters_leave(p);
}

struct tensor *nn_layer_norm(struct tape *t, const struct nn_layer_norm *l, struct tensor *x)
{
    return op_layer_norm(t, x, l->weight, l->bias);
}

/* ---- batch norm ---- */

void nn_batch_norm_declare(struct nn_batch_norm *l, struct parameters *p, const char *name,
                           size_t channels)
{
    parameters_enter(p, name);
    l->weight = parameters_declare(p, "weight", &channels, 1, initial_constant(1));
    l->bias = parameters_declare(p, "bias", &channels, 1, initial_constant(0));
    l->running_mean = parameters_declare_buffer(p, "running_mean", &channels, 1, 0);
    l->running_var = parameters_declare_buffer(p, "running_var", &channels, 1, 1);
    l->batches = parameters_declare_counter(p, "num_batches_tracked");
    parameters_leave(p);
}

struct tensor *nn_batch_norm(struct tape *t, const struct nn_batch_norm *l, struct tensor *x)
{
    if (t->training && !tape_failed(t))
        ++*tensor_index(l->batches);
    return op_batch_norm(t, x, l->weight, l->bias, l->running_mean, l->running_var);
}

/* ---- convolution ---- */

void nn_conv_norm_declare(struct nn_conv_norm *l, struct parameters *p, const char *conv,
                          const char *norm, size_t in, size_t out, size_t kernel, size_t stride,
                          size_t pad)
{
    parameters_enter(p, conv);
    l->weight = parameters_declare(p, "weight", (size_t[]){ out, in, kernel, kernel }, 4,
                                   initial_linear(in * kernel * kernel));
    parameters_leave(p);
    nn_batch_norm_declare(&l->norm, p, norm, out);
    l->stride = stride;
    l->pad = pad;
}

struct tensor *nn_conv_norm(struct tape *t, const struct nn_conv_norm *l, struct tensor *x)
{
    return nn_batch_norm(t, &l->norm, op_conv2d(t, x, l->weight, NULL, l->stride, l->pad));
}

struct tensor *nn_conv_norm_relu(struct tape *t, const struct nn_conv_norm *l, struct tensor *x)
{
    struct tensor *normed = nn_conv_norm(t, l, x), *y = op_relu(t, normed);

    tape_drop(t, normed); /* relu takes its slope from the result */
    return y;
}
