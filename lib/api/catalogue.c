/* gmr_catalogue_*: the public view of catalogue/. What the public calls lend until the next call
 * lies in one arena a kind. */
#include <gommir/catalogue.h>

#include <string.h>

#include "api/catalogue.h"
#include "api/context.h"
#include "base/arena.h"
#include "base/status.h"
#include "catalogue/catalogue.h"
#include "catalogue/embedding.h"
#include "catalogue/export.h"
#include "catalogue/generate/generate.h"
#include "catalogue/import/import.h"

/* What is lent, and ends with the next call of its kind. */
enum lent {
    LENT_ITEM,
    LENT_PICTURE,
    LENT_SPLITS,
    LENT_ATTRIBUTES,
    LENT_VALUES,
    LENT_CAPTION,
    LENT_EMBEDDINGS,
    LENT_KINDS
};

struct gmr_catalogue {
    const struct gmr_allocator *allocator;
    struct catalogue *inside;
    struct arena arena[LENT_KINDS];
};

struct catalogue *catalogue_inside(const struct gmr_catalogue *catalogue)
{
    return catalogue->inside;
}

static struct arena *lend(struct gmr_catalogue *catalogue, enum lent kind)
{
    arena_clear(&catalogue->arena[kind]);
    return &catalogue->arena[kind];
}

enum gmr_status gmr_catalogue_open(struct gmr_context *context, const char *path,
                                   struct gmr_catalogue **catalogue)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    *catalogue = NULL;
    struct gmr_catalogue *opened = memory_array(allocator, 1, sizeof *opened);
    if (!opened)
        return GMR_ERR_NOMEM;
    opened->allocator = allocator;
    for (int kind = 0; kind < LENT_KINDS; kind++)
        arena_init(&opened->arena[kind], allocator, 0);
    enum gmr_status status = catalogue_open(allocator, path, &opened->inside);
    if (status == GMR_OK)
        *catalogue = opened;
    else
        gmr_catalogue_close(opened);
    return status;
}

void gmr_catalogue_close(struct gmr_catalogue *catalogue)
{
    if (!catalogue)
        return;
    catalogue_close(catalogue->inside);
    for (int kind = 0; kind < LENT_KINDS; kind++)
        arena_release(&catalogue->arena[kind]);
    memory_release(catalogue->allocator, catalogue, sizeof *catalogue);
}

const char *gmr_catalogue_path(const struct gmr_catalogue *catalogue)
{
    return catalogue_path(catalogue->inside);
}

size_t gmr_catalogue_count(const struct gmr_catalogue *catalogue)
{
    return catalogue_count(catalogue->inside);
}

enum gmr_status gmr_catalogue_item(struct gmr_catalogue *catalogue, size_t position,
                                   struct gmr_item *item)
{
    return catalogue_item(catalogue->inside, position, lend(catalogue, LENT_ITEM), item);
}

enum gmr_status gmr_catalogue_find(struct gmr_catalogue *catalogue, const char *key,
                                   size_t *position)
{
    return catalogue_find(catalogue->inside, key, position);
}

enum gmr_status gmr_catalogue_picture(struct gmr_catalogue *catalogue, size_t position,
                                      enum gmr_picture_size size, const void **bytes,
                                      size_t *length)
{
    return catalogue_picture(catalogue->inside, position, size, lend(catalogue, LENT_PICTURE),
                             bytes, length);
}

enum gmr_status gmr_catalogue_splits(struct gmr_catalogue *catalogue,
                                     const struct gmr_split **splits, size_t *count)
{
    return catalogue_splits(catalogue->inside, splits, count);
}

enum gmr_status gmr_catalogue_split_items(struct gmr_catalogue *catalogue, const char *name,
                                          size_t *positions, size_t count)
{
    return catalogue_split_items(catalogue->inside, name, positions, count);
}

enum gmr_status gmr_catalogue_item_splits(struct gmr_catalogue *catalogue, size_t position,
                                          const char *const **names, size_t *count)
{
    return catalogue_item_splits(catalogue->inside, position, lend(catalogue, LENT_SPLITS), names,
                                 count);
}

enum gmr_status gmr_catalogue_attributes(struct gmr_catalogue *catalogue,
                                         const struct gmr_attribute_summary **attributes,
                                         size_t *count)
{
    return catalogue_attributes(catalogue->inside, lend(catalogue, LENT_ATTRIBUTES), attributes,
                                count);
}

enum gmr_status gmr_catalogue_values(struct gmr_catalogue *catalogue, const char *attribute,
                                     const struct gmr_value_summary **values, size_t *count)
{
    return catalogue_values(catalogue->inside, attribute, lend(catalogue, LENT_VALUES), values,
                            count);
}

size_t gmr_catalogue_caption_count(const struct gmr_catalogue *catalogue)
{
    return catalogue_caption_count(catalogue->inside);
}

enum gmr_status gmr_catalogue_caption(struct gmr_catalogue *catalogue, size_t index,
                                      struct gmr_caption *caption)
{
    return catalogue_caption(catalogue->inside, index, lend(catalogue, LENT_CAPTION), caption);
}

enum gmr_status gmr_catalogue_embeddings(struct gmr_catalogue *catalogue,
                                         const struct gmr_embedding_summary **embeddings,
                                         size_t *count)
{
    return embedding_list(catalogue->inside, lend(catalogue, LENT_EMBEDDINGS), embeddings, count);
}

enum gmr_status gmr_catalogue_filter(struct gmr_catalogue *catalogue, const char *const *predicates,
                                     size_t count, uint8_t *allowed)
{
    return catalogue_filter(catalogue->inside, predicates, count, allowed);
}

enum gmr_status gmr_catalogue_export(struct gmr_catalogue *catalogue, const char *pictures,
                                     const struct gmr_line_writer *writer,
                                     const struct gmr_progress *progress)
{
    return catalogue_export(catalogue->inside, pictures, writer, progress);
}

/* ---- embeddings ---- */

struct gmr_embedding {
    const struct gmr_allocator *allocator;
    struct embedding_file inside;
};

enum gmr_status gmr_embedding_open(struct gmr_catalogue *catalogue, const char *name,
                                   struct gmr_embedding **embedding)
{
    *embedding = NULL;
    struct gmr_embedding *opened = memory_array(catalogue->allocator, 1, sizeof *opened);
    if (!opened)
        return GMR_ERR_NOMEM;
    opened->allocator = catalogue->allocator;
    enum gmr_status status = embedding_file_open(catalogue->inside, name, &opened->inside);
    if (status == GMR_OK)
        *embedding = opened;
    else
        memory_release(opened->allocator, opened, sizeof *opened);
    return status;
}

void gmr_embedding_close(struct gmr_embedding *embedding)
{
    if (!embedding)
        return;
    embedding_file_close(&embedding->inside);
    memory_release(embedding->allocator, embedding, sizeof *embedding);
}

const float *gmr_embedding_vectors(const struct gmr_embedding *embedding, size_t *rows,
                                   size_t *width)
{
    *rows = embedding->inside.rows;
    *width = embedding->inside.width;
    return embedding->inside.vectors;
}

const size_t *gmr_embedding_positions(const struct gmr_embedding *embedding)
{
    return embedding->inside.position;
}

enum gmr_status gmr_embedding_write(struct gmr_catalogue *catalogue, const char *name,
                                    const char *encoder, const float *vectors, size_t width,
                                    const size_t *positions, size_t count)
{
    return embedding_write(catalogue->inside, name, encoder, vectors, width, positions, count);
}

/* ---- importing and generating ---- */

const char *gmr_import_format_name(enum gmr_import_format format)
{
    const char *name = import_format_name(format);
    return name ? name : "";
}

enum gmr_import_format gmr_import_format_find(const char *name)
{
    return import_format_find(name);
}

struct gmr_import_options gmr_import_options_default(void)
{
    return (struct gmr_import_options){ .format = GMR_IMPORT_FOLDER };
}

enum gmr_status gmr_catalogue_import(struct gmr_context *context,
                                     const struct gmr_import_options *options,
                                     struct gmr_import_report *report)
{
    return import_run(context_allocator(context), context_logger(context),
                      gmr_context_threads(context), options, report);
}

struct gmr_generate_options gmr_generate_options_default(void)
{
    return (struct gmr_generate_options){ .items = 2000, .seed = 42 };
}

enum gmr_status gmr_catalogue_generate(struct gmr_context *context,
                                       const struct gmr_generate_options *options,
                                       struct gmr_import_report *report)
{
    return generate_run(context_allocator(context), gmr_context_threads(context), options, report);
}
