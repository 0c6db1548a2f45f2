/* What captioners see of a picture: the feature map of a convolutional network on a grid of 7 x 7
 * regions, and the mean of the whole map (spec section 5.1). Either of torchvision's ResNet-101, at
 * the picture's own size, or of the image tower of any encoder, before its pooling.
 *
 * Features of a catalogue's items lie in CATALOGUE/regions/NAME.safetensors, F16, memory-mapped;
 * NAME comes from the digest of the weights. They are rows of items (catalogue/item_rows.h) with
 *
 *   regions  [rows, cells, C]   the map, row by row: at most 7 x 7 cells
 *   mean     [rows, C]          of the whole map
 *   metadata                    grid: the side of the map
 *
 * so what is missing or out of date is made again and nothing else. An encoder's map of less than
 * 7 x 7 is kept as it is, and spread over the grid when it is read. */
#ifndef SIMULATOR_REGIONS_H
#define SIMULATOR_REGIONS_H

#include "base/digest.h"
#include "catalogue/catalogue.h"
#include "compute/compute.h"

struct regions;

struct regions_options {
    const char *weights; /* a file: ResNet-101 under torchvision's names, or an encoder */
    unsigned threads;    /* decoders; 0: all cores */
    const struct gmr_progress *progress; /* NULL: none, as the next */
    const struct gmr_logger *logger;     /* hears of pictures that cannot be read */
};

/* Opens the features of all items of a catalogue that have a picture, and makes first what is
 * missing. The caller closes them, before the catalogue. Errors, then *regions is NULL: those of
 * weights_open, GMR_ERR_FORMAT (neither kind of network), GMR_ERR_UNSUPPORTED, GMR_ERR_IO,
 * GMR_ERR_CANCELLED (what is made is kept), GMR_ERR_NUMERIC, GMR_ERR_NOMEM. */
enum gmr_status regions_open(struct compute *compute, const struct gmr_allocator *allocator,
                             struct catalogue *catalogue, const struct regions_options *options,
                             struct regions **regions);
void regions_close(struct regions *regions); /* NULL is fine */

size_t regions_channels(const struct regions *regions);
const char *regions_digest(const struct regions *regions); /* sha256 of the weights, in hex */

/* Whether the item has a picture that could be read. */
bool regions_has(const struct regions *regions, size_t position);

/* mean [count, C] and grid [count, 49, C], row-major, of items that have features. Either may be
 * NULL. Any thread. */
void regions_gather(const struct regions *regions, const size_t *positions, size_t count,
                    real *mean, real *grid);

#endif
