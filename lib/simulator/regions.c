/* Regions of a catalogue's pictures: made where they are missing, then read from the mapped file.
 */
#include "simulator/regions.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "simulator/captioner/captioner.h"
#include "simulator/region_grid.h"
#include "simulator/region_network.h"

#define FOLDER "regions"

enum {
    NAME_LENGTH = 16, /* digits of the digest that make a name */
    MAP = 0,          /* tensors */
    MEAN = 1,
    CHUNK = 64 /* channels that are spread at once */
};

struct regions {
    const struct gmr_allocator *allocator;
    size_t side, channels;
    char digest[DIGEST_HEX];
    struct item_rows rows;
    const uint8_t *data[ITEM_ROW_TENSORS]; /* halves */
};

/* ---- making ---- */

/* Where the rows of a network go, and the strings that it needs. */
struct target {
    struct encode_target encode;
    char name[NAME_LENGTH + 1], grid[8];
};

static void target_init(struct target *t, const struct region_network *network)
{
    const size_t side = network->side, channels = network->channels;
    snprintf(t->name, sizeof t->name, "%.*s", NAME_LENGTH, network->tower.encoder);
    snprintf(t->grid, sizeof t->grid, "%u", (unsigned)side);
    t->encode = (struct encode_target){
        .folder = FOLDER,
        .name = t->name,
        .problems = FOLDER,
        .layout = { .dtype = DTYPE_F16,
                    .tensors = ITEM_ROW_TENSORS,
                    .tensor = { [MAP] = { "regions", 2, { side * side, channels } },
                                [MEAN] = { "mean", 1, { channels } } },
                    .metadata = { "grid", t->grid } }
    };
}

static enum gmr_status make_missing(struct catalogue *catalogue,
                                    const struct region_network *network,
                                    const struct regions_options *options,
                                    const struct encode_target *target)
{
    struct gmr_encode_report report;
    TRY(catalogue_encode_rows(catalogue, &network->tower, options->threads, options->logger, target,
                              options->progress, &report));
    if (report.problems[0] != '\0')
        log_write(options->logger, GMR_LOG_WARNING, "%zu pictures cannot be used: see '%s'",
                  report.broken_pictures, report.problems);
    return GMR_OK;
}

/* ---- opening ---- */

static enum gmr_status map_rows(struct regions *r, struct catalogue *catalogue,
                                const struct encode_target *target)
{
    TRY(item_rows_open(catalogue, target->folder, target->name, &r->rows));
    if (item_rows_have(&r->rows, &target->layout, r->digest, r->data))
        return GMR_OK;
    return gmr_error(GMR_ERR_STATE, "'%s' was changed by another process",
                     safetensors_name(r->rows.file));
}

static enum gmr_status open_with(struct regions *r, struct catalogue *catalogue,
                                 const struct region_network *network,
                                 const struct regions_options *options)
{
    struct target target;
    target_init(&target, network);
    r->side = network->side;
    r->channels = network->channels;
    snprintf(r->digest, sizeof r->digest, "%s", network->tower.encoder);
    TRY(make_missing(catalogue, network, options, &target.encode));
    return map_rows(r, catalogue, &target.encode);
}

enum gmr_status regions_open(struct compute *compute, const struct gmr_allocator *allocator,
                             struct catalogue *catalogue, const struct regions_options *options,
                             struct regions **regions)
{
    struct region_network network;
    *regions = NULL;
    struct regions *r = memory_array(allocator, 1, sizeof *r);
    if (!r)
        return GMR_ERR_NOMEM;
    r->allocator = allocator;
    enum gmr_status status = region_network_open(&network, compute, allocator, options->weights);
    network.progress = options->progress;
    if (status == GMR_OK)
        status = open_with(r, catalogue, &network, options);
    region_network_close(&network);
    if (status == GMR_OK)
        *regions = r;
    else
        regions_close(r);
    return status;
}

void regions_close(struct regions *r)
{
    if (!r)
        return;
    item_rows_close(&r->rows);
    memory_release(r->allocator, r, sizeof *r);
}

size_t regions_channels(const struct regions *regions)
{
    return regions->channels;
}

const char *regions_digest(const struct regions *regions)
{
    return regions->digest;
}

bool regions_has(const struct regions *regions, size_t position)
{
    return regions->rows.row[position] != GMR_NO_ITEM;
}

/* ---- reading ---- */

static void read_halves(real *values, const uint8_t *halves, size_t n)
{
    const enum gmr_status status = dtype_to_real(values, halves, DTYPE_F16, n);
    (void)status; /* halves are a floating type */
}

/* The map, channels by channels, so that what is read fits on the stack. */
static void spread(const struct regions *r, const uint8_t *halves, real *grid)
{
    real part[CAPTIONER_REGIONS * CHUNK];
    for (size_t first = 0; first < r->channels; first += CHUNK) {
        const size_t rest = r->channels - first, channels = rest < CHUNK ? rest : CHUNK;
        const struct region_map map = {
            .map = part, .height = r->side, .width = r->side, .channels = channels, .stride = CHUNK
        };
        for (size_t cell = 0; cell < r->side * r->side; cell++)
            read_halves(part + cell * CHUNK,
                        halves + (cell * r->channels + first) * sizeof(uint16_t), channels);
        region_grid_spread(&map, CAPTIONER_SIDE, grid + first, r->channels);
    }
}

static void gather_one(const struct regions *r, size_t row, real *mean, real *grid)
{
    const size_t numel = r->side * r->side * r->channels;
    const uint8_t *map = r->data[MAP] + row * numel * sizeof(uint16_t);
    if (mean)
        read_halves(mean, r->data[MEAN] + row * r->channels * sizeof(uint16_t), r->channels);
    if (grid && r->side == CAPTIONER_SIDE)
        read_halves(grid, map, numel);
    else if (grid)
        spread(r, map, grid);
}

void regions_gather(const struct regions *regions, const size_t *positions, size_t count,
                    real *mean, real *grid)
{
    const size_t channels = regions->channels;
    for (size_t i = 0; i < count; i++)
        gather_one(regions, regions->rows.row[positions[i]], mean ? mean + i * channels : NULL,
                   grid ? grid + i * CAPTIONER_REGIONS * channels : NULL);
}
