/* What compilers of networks share: the shape of each value, how long it is needed, and which block
 * of memory holds it. */
#ifndef COMPUTE_CONVNET_PLAN_H
#define COMPUTE_CONVNET_PLAN_H

#include "compute/convnet.h"

struct convnet_value {
    size_t channels, height, width;
    size_t numel; /* of one picture */
    size_t last;  /* the last layer that reads it; `count` for the result */
    size_t bytes; /* set by the compiler before convnet_plan_blocks */
    size_t block;
};

struct convnet_plan {
    const struct gmr_allocator *allocator;
    size_t count;                /* layers */
    struct convnet_value *value; /* [count + 1] */
    size_t blocks;
    size_t *block_bytes; /* [count + 1] */
};

/* Checks the design and fills in shapes and lives. The caller releases it, also after an error.
 * GMR_ERR_SHAPE, GMR_ERR_NOMEM. */
enum gmr_status convnet_plan_init(struct convnet_plan *plan, const struct gmr_allocator *allocator,
                                  const struct convnet_design *design);
void convnet_plan_release(struct convnet_plan *plan);

/* Gives each value but the pictures a block that no other value needs meanwhile. A result takes the
 * block of its residual when sums are made in place. */
void convnet_plan_blocks(struct convnet_plan *plan, const struct convnet_design *design,
                         bool in_place);

/* The sizes of a network; its functions are the compiler's. */
struct convnet convnet_shape(const struct convnet_plan *plan, const struct convnet_design *design);

/* Of a convolution, or a pool's window, for `batch` pictures. */
struct convolution convnet_convolution(const struct convnet_plan *plan,
                                       const struct convnet_layer *layer, size_t index,
                                       size_t batch);

/* The compiler that every table can use: layer by layer on the kernels of the table. */
enum gmr_status convnet_create_plain(const struct compute *compute,
                                     const struct convnet_design *design, struct convnet **net);

#endif
