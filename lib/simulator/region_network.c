/* Networks to regions. */
#include "simulator/region_network.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "simulator/captioner/captioner.h"
#include "simulator/region_grid.h"
#include "tensor/weights.h"

static const real HALF_MAX = 65504;

/* ---- from a map to a row ---- */

static enum gmr_status check_row(const struct region_network *n, const real *row)
{
    for (size_t i = 0; i < n->tower.width; i++)
        if (!(fabs((double)row[i]) <= (double)HALF_MAX))
            return gmr_error(GMR_ERR_NUMERIC,
                             "'%s' gives features that are not finite, or above "
                             "65504",
                             n->name);
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

/* ---- ResNets ---- */

enum { PART = 4 /* maps in memory at once */ };

/* Maps of pictures of one size -> rows at `place` of y. */
static enum gmr_status keep_same(const struct region_network *n,
                                 const struct picture *const *pictures, const size_t *place,
                                 size_t count, real *maps, real *y)
{
    const struct resnet_map size = resnet_map(n->resnet, pictures[0]->width, pictures[0]->height);
    struct region_map map = { .height = size.height,
                              .width = size.width,
                              .channels = size.channels,
                              .stride = size.channels };
    TRY(resnet_run(n->resnet, pictures, count, maps));
    for (size_t i = 0; i < count; i++) {
        map.map = maps + i * size.height * size.width * size.channels;
        TRY(keep(n, &map, y + place[i] * n->tower.width));
    }
    return GMR_OK;
}

static enum gmr_status run_same(const struct region_network *n,
                                const struct picture *const *pictures, const size_t *place,
                                size_t count, real *y)
{
    const struct resnet_map size = resnet_map(n->resnet, pictures[0]->width, pictures[0]->height);
    const size_t numel = PART * size.height * size.width * size.channels;
    real *maps = memory_array(n->allocator, numel, sizeof *maps);
    enum gmr_status status = maps ? GMR_OK : GMR_ERR_NOMEM;
    for (size_t done = 0; status == GMR_OK && done < count; done += PART) {
        const size_t part = count - done < PART ? count - done : PART;
        status = progress_check(n->progress, "encoding"); /* large pictures take seconds */
        if (status == GMR_OK)
            status = keep_same(n, pictures + done, place + done, part, maps, y);
    }
    memory_release(n->allocator, maps, numel * sizeof *maps);
    return status;
}

static bool same_size(const struct picture *a, const struct picture *b)
{
    return a->width == b->width && a->height == b->height;
}

/* Which pictures from `first` on are of its size; none when an earlier one is. */
static size_t collect_same(const struct picture *pictures, size_t first, size_t count,
                           const struct picture **same, size_t *place)
{
    size_t found = 0;
    for (size_t i = 0; i < first; i++)
        if (same_size(&pictures[i], &pictures[first]))
            return 0;
    for (size_t i = first; i < count; i++)
        if (same_size(&pictures[i], &pictures[first])) {
            same[found] = &pictures[i];
            place[found++] = i;
        }
    return found;
}

static enum gmr_status encode_pictures(void *user, const struct picture *pictures, size_t count,
                                       real *y)
{
    const struct region_network *n = user;
    const struct picture **same = memory_array(n->allocator, count, sizeof *same);
    size_t *place = memory_array(n->allocator, count, sizeof *place);
    enum gmr_status status = same && place ? GMR_OK : GMR_ERR_NOMEM;
    for (size_t i = 0; status == GMR_OK && i < count; i++) {
        const size_t found = collect_same(pictures, i, count, same, place);
        if (found > 0)
            status = run_same(n, same, place, found, y);
    }
    memory_release(n->allocator, place, count * sizeof *place);
    memory_release(n->allocator, same, count * sizeof *same);
    return status;
}

static void use_resnet(struct region_network *n)
{
    n->side = CAPTIONER_SIDE;
    n->channels = resnet_map(n->resnet, RESNET_LEAST_SIDE, RESNET_LEAST_SIDE).channels;
    n->tower = (struct image_tower){ .least_side = RESNET_LEAST_SIDE,
                                     .most_pixels = RESNET_MOST_PIXELS,
                                     .width = (n->side * n->side + 1) * n->channels,
                                     .encoder = n->digest,
                                     .encode_pictures = encode_pictures,
                                     .user = n };
}

/* ---- any ---- */

/* n->resnet stays NULL when the file holds something else. */
static enum gmr_status read_resnet(struct region_network *n, struct compute *compute,
                                   const struct file_map *map)
{
    struct safetensors *file;
    uint8_t digest[DIGEST_SIZE];
    TRY(weights_open_memory(n->allocator, map->data, map->size, n->name, &file));
    enum gmr_status status = GMR_OK;
    if (resnet_recognise(file)) {
        status = resnet_open(compute, n->allocator, file, &n->resnet);
        digest_sha256(map->data, map->size, digest);
        digest_hex(digest, n->digest);
    }
    safetensors_close(file);
    return status;
}

static enum gmr_status open_any(struct region_network *n, struct compute *compute)
{
    struct file_map map;
    TRY(file_map_open(&map, n->name));
    enum gmr_status status = read_resnet(n, compute, &map);
    file_map_close(&map);
    if (status == GMR_OK && !n->resnet)
        status = encoder_open(compute, n->allocator,
                              &(struct encoder_options){ .weights = n->name }, &n->encoder);
    return status;
}

enum gmr_status region_network_open(struct region_network *n, struct compute *compute,
                                    const struct gmr_allocator *allocator, const char *weights)
{
    *n = (struct region_network){ .allocator = allocator };
    n->name = memory_allocate(allocator, strlen(weights) + 1);
    if (!n->name)
        return GMR_ERR_NOMEM;
    strcpy(n->name, weights);
    TRY(open_any(n, compute));
    if (n->resnet)
        use_resnet(n);
    else
        use_encoder(n);
    return GMR_OK;
}

void region_network_close(struct region_network *n)
{
    encoder_close(n->encoder);
    resnet_close(n->resnet);
    if (n->name)
        memory_release(n->allocator, n->name, strlen(n->name) + 1);
    *n = (struct region_network){ .allocator = n->allocator };
}
