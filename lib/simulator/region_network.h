/* What makes regions of pictures: the image tower of an encoder or one of torchvision's ResNets,
 * whichever a file of weights holds, as something that encodes a catalogue (catalogue/encode.h).
 *
 * A row is [side^2, channels], the map on a grid of at most CAPTIONER_SIDE, then [channels], the
 * mean of the whole map. Both fit into half precision. */
#ifndef SIMULATOR_REGION_NETWORK_H
#define SIMULATOR_REGION_NETWORK_H

#include "catalogue/encode.h"
#include "encoder/encoder.h"
#include "encoder/resnet.h"

struct region_network {
    const struct gmr_allocator *allocator;
    char *name;              /* the path of the weights, for messages */
    struct encoder *encoder; /* one of the two */
    struct resnet *resnet;
    char digest[DIGEST_HEX]; /* of a ResNet */
    size_t grid;             /* of an encoder's map; that of a ResNet depends on the picture */
    size_t side;             /* of what is kept of it */
    size_t channels;
    struct image_tower tower;            /* to encode with; `user` is this network */
    const struct gmr_progress *progress; /* asked now and then whether to stop; NULL: nobody is */
};

/* The caller closes it, and does not move it meanwhile. Errors: those of encoder_open and
 * resnet_open. */
enum gmr_status region_network_open(struct region_network *network, struct compute *compute,
                                    const struct gmr_allocator *allocator, const char *weights);
void region_network_close(struct region_network *network); /* one that failed to open is fine */

#endif
