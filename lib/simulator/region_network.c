/* Networks to regions. */
#include "simulator/region_network.h"

#include <math.h>

#include "simulator/captioner/captioner.h"
#include "simulator/region_grid.h"

static const real HALF_MAX = 65504;

/* ---- from a map to a row ---- */

static enum gmr_status check_row(const struct region_network *n, const real *row)
{
    for (size_t i = 0; i < n->tower.width; i++)
        if (!(fabs((double)row[i]) <= (double)HALF_MAX))
            return gmr_error(GMR_ERR_NUMERIC,
                             "'%s' gives features that are not finite, or above "
                             "65504",
                             n->encoder->name);
    return GMR_OK;
}

static enum gmr_status keep(const struct region_network *n, const struct region_map *map, real *row)
{
    region_grid_spread(map, n->side, row, n->channels);
    region_grid_mean(map, row + n->side * n->side * n->channels);
    return check_row(n, row);
}

/* ---- encoders ---- */

static enum gmr_status keep_maps(const struct region_network *n, const real *maps, size_t count,
                                 real *y)
{
    struct region_map map = {
        .height = n->grid, .width = n->grid, .channels = n->channels, .stride = n->channels
    };
    for (size_t i = 0; i < count; i++) {
        map.map = maps + i * n->grid * n->grid * n->channels;
        TRY(keep(n, &map, y + i * n->tower.width));
    }
    return GMR_OK;
}

static enum gmr_status encode_squares(void *user, const uint8_t *squares, size_t count, real *y)
{
    const struct region_network *n = user;
    const size_t numel = count * n->grid * n->grid * n->channels;
    real *maps = memory_array(n->allocator, numel, sizeof *maps);
    enum gmr_status status =
        maps ? encoder_regions(n->encoder, squares, count, maps) : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = keep_maps(n, maps, count, y);
    memory_release(n->allocator, maps, numel * sizeof *maps);
    return status;
}

static void use_encoder(struct region_network *n)
{
    const struct clip_settings *settings = &n->encoder->model.settings;
    n->grid = clip_image_grid(settings);
    n->side = n->grid < CAPTIONER_SIDE ? n->grid : CAPTIONER_SIDE;
    n->channels = clip_image_channels(settings);
    n->tower = (struct image_tower){ .side = encoder_side(n->encoder),
                                     .fit = n->encoder->fit,
                                     .width = (n->side * n->side + 1) * n->channels,
                                     .encoder = n->encoder->digest,
                                     .encode = encode_squares,
                                     .user = n };
}

/* ---- any ---- */

enum gmr_status region_network_open(struct region_network *n, struct compute *compute,
                                    const struct gmr_allocator *allocator, const char *weights)
{
    *n = (struct region_network){ .allocator = allocator };
    TRY(encoder_open(compute, allocator, &(struct encoder_options){ .weights = weights },
                     &n->encoder));
    use_encoder(n);
    return GMR_OK;
}

void region_network_close(struct region_network *n)
{
    encoder_close(n->encoder);
    n->encoder = NULL;
}
