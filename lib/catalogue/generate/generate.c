/* Fills a catalogue: items are described and drawn in batches, in parallel, and put in order. An
 * item that the catalogue has from an earlier run of the same seed is not drawn again: the stamp of
 * a picture says all that it depends on. */
#include "catalogue/generate/generate.h"

#include <cairo.h>
#include <inttypes.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "catalogue/generate/traits.h"
#include "catalogue/writer.h"

/* Rises when any item of a seed would come out differently. */
enum { GENERATOR_VERSION = 1 };

enum { BATCH = 128, JPEG_QUALITY = 88, TEXT_SIZE = 128 };

#define JOB_NAME "drawing"

struct slot {
    struct arena arena;
    struct generated_item item;
    int64_t stamp;
    bool has_picture; /* the catalogue has it already */
    struct picture_file file, thumbnail;
    enum gmr_status status;
};

struct generation {
    const struct gmr_allocator *allocator;
    const struct gmr_generate_options *options;
    unsigned threads;
    struct catalogue_writer *writer;
    struct slot *slot; /* [BATCH] */
};

/* What all items depend on. */
static void write_version(const struct gmr_generate_options *options, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "generator %d, cairo %d, jpeg quality %d, seed %" PRIu64,
             GENERATOR_VERSION, cairo_version(), JPEG_QUALITY, options->seed);
}

static int64_t picture_stamp(const struct gmr_generate_options *options, size_t n)
{
    char text[TEXT_SIZE];
    uint8_t digest[DIGEST_SIZE];
    int64_t stamp;
    struct digest state;
    write_version(options, text);
    digest_init(&state);
    digest_add_text(&state, text);
    digest_add(&state, &n, sizeof n);
    digest_finish(&state, digest);
    memcpy(&stamp, digest, sizeof stamp);
    return stamp != 0 ? stamp : 1;
}

/* ---- one item ---- */

static enum gmr_status draw_slot(const struct generation *g, size_t n, struct slot *slot)
{
    struct picture picture;
    TRY(generate_draw(g->allocator, g->options->seed, n, &picture));
    enum gmr_status status = picture_encode_jpeg(g->allocator, &picture, JPEG_QUALITY, &slot->file);
    if (status == GMR_OK)
        status = picture_thumbnail(g->allocator, &picture, GMR_THUMBNAIL_SIDE, &slot->thumbnail);
    picture_release(&picture);
    return status;
}

static void fill_slot(const struct generation *g, size_t n, struct slot *slot)
{
    slot->status = generate_describe(g->options->seed, n, &slot->arena, &slot->item);
    if (slot->status == GMR_OK && !slot->has_picture)
        slot->status = draw_slot(g, n, slot);
}

static void clear_slot(struct slot *slot)
{
    picture_file_release(&slot->file);
    picture_file_release(&slot->thumbnail);
    arena_clear(&slot->arena);
}

/* By the key, so that an item is in the same split in every catalogue. */
static const char *choose_split(const char *key)
{
    uint8_t digest[DIGEST_SHA1_SIZE];
    digest_sha1(key, strlen(key), digest);
    return digest[0] < 154 ? "train" : digest[0] < 179 ? "validation" : "test";
}

static const char *domain_of(const struct generated_item *item)
{
    const char *name = item->attributes[0].value;
    for (size_t i = 1; i < CATEGORIES; i++)
        if (strcmp(trait_tables[TRAIT_CATEGORY].value[i], name) == 0)
            return category_tables[i].domain;
    return NULL;
}

static enum gmr_status put_splits(struct generation *g, const struct generated_item *item)
{
    char name[TEXT_SIZE];
    const char *split = choose_split(item->key);
    TRY(catalogue_writer_split(g->writer, split, item->key));
    snprintf(name, sizeof name, "%s.%s", domain_of(item), split);
    return catalogue_writer_split(g->writer, name, item->key);
}

static enum gmr_status put_slot(struct generation *g, const struct slot *slot)
{
    const struct generated_item *item = &slot->item;
    struct catalogue_record record = { .key = item->key,
                                       .title = item->title,
                                       .description = item->description,
                                       .attributes = item->attributes,
                                       .attribute_count = item->attribute_count,
                                       .picture = { .stamp = slot->stamp } };
    if (!slot->has_picture) {
        record.picture.format = GMR_PICTURE_JPEG;
        record.picture.width = GENERATE_WIDTH;
        record.picture.height = GENERATE_HEIGHT;
        record.picture.bytes = slot->file.bytes;
        record.picture.size = slot->file.size;
        record.picture.thumbnail = slot->thumbnail.bytes;
        record.picture.thumbnail_size = slot->thumbnail.size;
    }
    TRY(catalogue_writer_put(g->writer, &record));
    return put_splits(g, item);
}

/* ---- all items ---- */

/* The writer is asked by one thread, before the others begin. */
static void prepare_batch(struct generation *g, size_t first, size_t count)
{
    char key[TEXT_SIZE];
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = &g->slot[i];
        snprintf(key, sizeof key, GENERATE_KEY, first + i);
        slot->stamp = picture_stamp(g->options, first + i);
        slot->has_picture = catalogue_writer_has_picture(g->writer, key, slot->stamp, true);
    }
}

static enum gmr_status put_batch(struct generation *g, size_t count)
{
    enum gmr_status status = GMR_OK;
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = &g->slot[i];
        if (status == GMR_OK && slot->status != GMR_OK) /* its message is another thread's */
            status = gmr_error(slot->status, "cannot draw '%s': %s", slot->item.key,
                               gmr_status_text(slot->status));
        if (status == GMR_OK)
            status = put_slot(g, slot);
        clear_slot(slot);
    }
    return status;
}

static enum gmr_status run_batch(struct generation *g, size_t first, size_t count)
{
    TRY(progress_check(&g->options->progress, JOB_NAME));
    prepare_batch(g, first, count);
#pragma omp parallel for schedule(dynamic) num_threads((int)g->threads)
    for (size_t i = 0; i < count; i++)
        fill_slot(g, first + i, &g->slot[i]);
    TRY(put_batch(g, count));
    progress_report(&g->options->progress, JOB_NAME, "item", first + count, g->options->items,
                    NULL);
    return GMR_OK;
}

static enum gmr_status run_batches(struct generation *g)
{
    enum gmr_status status = GMR_OK;
    size_t items = g->options->items;
    g->slot = memory_array(g->allocator, BATCH, sizeof *g->slot);
    if (!g->slot)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < BATCH; i++)
        arena_init(&g->slot[i].arena, g->allocator, 4096);
    for (size_t first = 0; first < items && status == GMR_OK; first += BATCH)
        status = run_batch(g, first, items - first < BATCH ? items - first : BATCH);
    for (size_t i = 0; i < BATCH; i++)
        arena_release(&g->slot[i].arena);
    memory_release(g->allocator, g->slot, BATCH * sizeof *g->slot);
    return status;
}

static enum gmr_status generate_into(struct generation *g, struct gmr_import_report *report)
{
    char fingerprint[2 * TEXT_SIZE];
    char version[TEXT_SIZE];
    write_version(g->options, version);
    snprintf(fingerprint, sizeof fingerprint, "%s, %zu items", version, g->options->items);
    if (catalogue_writer_is_current(g->writer, fingerprint)) {
        report->unchanged = true;
        report->same = catalogue_writer_count(g->writer);
        catalogue_writer_abort(g->writer);
        return GMR_OK;
    }
    enum gmr_status status = run_batches(g);
    if (status == GMR_OK)
        return catalogue_writer_finish(g->writer, fingerprint, report);
    catalogue_writer_abort(g->writer);
    return status;
}

enum gmr_status generate_run(const struct gmr_allocator *allocator, unsigned threads,
                             const struct gmr_generate_options *options,
                             struct gmr_import_report *report)
{
    const struct catalogue_source source = { "generated", "generated" };
    struct generation g = { .allocator = allocator, .options = options };
    double start = clock_seconds();
    *report = (struct gmr_import_report){ .unchanged = false };
    if (options->items < 1 || options->items > GMR_GENERATE_MAX_ITEMS)
        return gmr_error(GMR_ERR_RANGE, "items is %zu, must be 1 to %d", options->items,
                         GMR_GENERATE_MAX_ITEMS);
    g.threads = threads > 0 ? threads : (unsigned)omp_get_max_threads();
    TRY(catalogue_writer_open(allocator, options->catalogue, &source, &g.writer));
    enum gmr_status status = generate_into(&g, report);
    report->seconds = clock_seconds() - start;
    return status;
}
