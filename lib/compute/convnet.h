/* Networks of convolutions for inference: a list of layers, compiled once for one size of picture
 * and one table of kernels.
 *
 * Compiling lets a device keep weights and values in formats of its own, join a convolution with
 * the addition and ReLU that follow it, and share a few blocks of memory among all values. Batch
 * norm goes in as scale and shift.
 *
 * Values are numbered: 0 is the pictures, i + 1 is what layer i makes. */
#ifndef COMPUTE_CONVNET_H
#define COMPUTE_CONVNET_H

#include "compute/compute.h"

enum convnet_kind {
    CONVNET_CONVOLUTION, /* y = relu(scale conv(x, weight) + shift + residual) */
    CONVNET_HALVE,       /* the mean of each 2 x 2 window; only `input` is read */
    CONVNET_MAX_POOL     /* the largest of each window of `kernel`, `stride` apart, cut at the lower
                            and right border (ceil mode); of the rest only `input` is read */
};

struct convnet_layer {
    enum convnet_kind kind;
    size_t input;    /* value */
    size_t residual; /* value of the result's shape that no later layer reads; 0: none */
    size_t channels, kernel, stride, pad;
    bool relu;
    /* [channels, input's channels, kernel, kernel], and [channels] */
    const real *weight, *scale, *shift;
};

struct convnet_design {
    size_t channels, height, width; /* of a picture */
    size_t batch;                   /* pictures at once, at least 1 */
    size_t count;                   /* at least 1; the last value is the result */
    const struct convnet_layer *layer;
};

/* A compiled network; a handle. */
struct convnet {
    size_t batch;
    size_t in;       /* elements of a picture */
    size_t tokens;   /* height x width of the result */
    size_t channels; /* of the result */

    /* The device's own: at most `batch` pictures. */
    enum gmr_status (*run)(struct convnet *net, real *y, const real *x, size_t count);
    void (*destroy)(struct convnet *net);
};

/* Compiles; weights are read now and not later. `compute` must outlive the network, the caller
 * destroys it. Errors: GMR_ERR_SHAPE (layers that do not fit together), GMR_ERR_NOMEM. */
enum gmr_status convnet_create(const struct compute *compute, const struct convnet_design *design,
                               struct convnet **net);

/* x [count, channels, height, width] -> y [count, tokens, channels], tokens row by row. Any count;
 * memory does not grow with it. Threads: one call at a time. GMR_ERR_NOMEM. */
enum gmr_status convnet_run(struct convnet *net, real *y, const real *x, size_t count);

/* NULL is fine. */
void convnet_destroy(struct convnet *net);

#endif
