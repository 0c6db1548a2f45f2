/* Basic layers: linear, the norms, batch norm, convolution with batch norm.
 *
 * A layer is a struct of borrowed parameter tensors. `_declare` names them (parameters.h), the
 * function without a suffix runs it on a tape. Shapes as in autograd/ops.h. */
#ifndef NN_LAYERS_H
#define NN_LAYERS_H

#include "autograd/ops.h"
#include "nn/parameters.h"

/* y = x w^T + b. Keys: NAME.weight [out, in], NAME.bias [out]. */
struct nn_linear {
    struct tensor *weight, *bias; /* bias NULL: none */
};

void nn_linear_declare(struct nn_linear *l, struct parameters *p, const char *name, size_t in,
                       size_t out);
void nn_linear_declare_no_bias(struct nn_linear *l, struct parameters *p, const char *name,
                               size_t in, size_t out);
struct tensor *nn_linear(struct tape *t, const struct nn_linear *l, struct tensor *x);
struct tensor *nn_linear_activate(struct tape *t, const struct nn_linear *l, struct tensor *x,
                                  enum activation kind);
struct tensor *nn_linear_add(struct tape *t, const struct nn_linear *l, struct tensor *x,
                             struct tensor *residual);

/* The recommender's Norm (spec section 0). Keys: NAME.alpha, NAME.bias; the captioner calls them
 * a_2, b_2. */
struct nn_norm {
    struct tensor *scale, *shift;
};

void nn_norm_declare(struct nn_norm *l, struct parameters *p, const char *name, size_t width);
void nn_norm_declare_as(struct nn_norm *l, struct parameters *p, const char *name,
                        const char *scale, const char *shift, size_t width);
struct tensor *nn_norm(struct tape *t, const struct nn_norm *l, struct tensor *x);

/* CLIP's LayerNorm. Keys: NAME.weight, NAME.bias. */
struct nn_layer_norm {
    struct tensor *weight, *bias;
};

void nn_layer_norm_declare(struct nn_layer_norm *l, struct parameters *p, const char *name,
                           size_t width);
struct tensor *nn_layer_norm(struct tape *t, const struct nn_layer_norm *l, struct tensor *x);

/* Batch norm of axis 1. Keys: NAME.weight, bias, running_mean, running_var, num_batches_tracked. */
struct nn_batch_norm {
    struct tensor *weight, *bias, *running_mean, *running_var, *batches;
};

void nn_batch_norm_declare(struct nn_batch_norm *l, struct parameters *p, const char *name,
                           size_t channels);
struct tensor *nn_batch_norm(struct tape *t, const struct nn_batch_norm *l, struct tensor *x);

/* A convolution without bias, followed by batch norm and, if wanted, ReLU (spec section 1.2). Keys:
 * CONV.weight [out, in, kernel, kernel] and those of the norm under NORM. */
struct nn_conv_norm {
    struct tensor *weight;
    struct nn_batch_norm norm;
    size_t stride, pad;
};

void nn_conv_norm_declare(struct nn_conv_norm *l, struct parameters *p, const char *conv,
                          const char *norm, size_t in, size_t out, size_t kernel, size_t stride,
                          size_t pad);
struct tensor *nn_conv_norm(struct tape *t, const struct nn_conv_norm *l, struct tensor *x);
struct tensor *nn_conv_norm_relu(struct tape *t, const struct nn_conv_norm *l, struct tensor *x);

#endif
