/* torchvision's ResNets with bottlenecks (50, 101, 152) as the published captioners read pictures
 * with them (spec section 5.1): at the picture's own size, with two deviations from torchvision,
 * the max-pool's windows cut at the border (padding 0, ceil mode), and the stride of a stage in the
 * first 1x1 convolution of its first block.
 *
 *     struct resnet *net;
 *     TRY(resnet_open(compute, allocator, file, &net));
 *     struct resnet_map map = resnet_map(net, width, height);
 *     TRY(resnet_run(net, pictures, count, y));
 *     resnet_close(net);
 *
 * It only infers. Each size of picture has a compiled network of its own, of which the most recent
 * RESNET_SIZES are kept; each of those holds a copy of the weights (170 MB, of ResNet-101), and
 * making one takes longer than running it. Threads: one call at a time. */
#ifndef ENCODER_RESNET_H
#define ENCODER_RESNET_H

#include "compute/compute.h"
#include "media/picture.h"
#include "tensor/safetensors.h"

enum {
    RESNET_SIZES = 4,
    RESNET_LEAST_SIDE = 3,                /* smaller pictures have no map */
    RESNET_MOST_PIXELS = 16 * 1000 * 1000 /* larger ones take more than 4 GB of memory */
};

struct resnet;

/* Whether a file of weights holds one, by torchvision's names. */
bool resnet_recognise(const struct safetensors *file);

/* Reads the weights; the file may be closed then, the caller closes the network, `compute` and
 * `allocator` outlive it. `fc` and what else there is are not looked at. Errors, then *net is NULL,
 * with file and tensor in the message: GMR_ERR_NOT_FOUND, GMR_ERR_SHAPE, GMR_ERR_TYPE,
 * GMR_ERR_NOMEM. */
enum gmr_status resnet_open(struct compute *compute, const struct gmr_allocator *allocator,
                            const struct safetensors *file, struct resnet **net);
void resnet_close(struct resnet *net); /* NULL is fine */

/* The last feature map of a picture: [height, width, channels]. */
struct resnet_map {
    size_t height, width, channels;
};

struct resnet_map resnet_map(const struct resnet *net, size_t width, size_t height);

/* Pictures of one size, RESNET_LEAST_SIDE or more on each side -> y [count, height, width,
 * channels] of their maps. GMR_ERR_NOMEM. */
enum gmr_status resnet_run(struct resnet *net, const struct picture *const *pictures, size_t count,
                           real *y);

#endif
