#include "model/recommender_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "model/recognise.h"
#include "tensor/metadata.h"
#include "tensor/weights.h"

enum { METADATA = 8, HEAD_WIDTH = 64 };

/* ---- saving ---- */

static enum gmr_status set_all(struct metadata *metadata, const struct safetensors_metadata *pair,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!pair[i].value)
            return GMR_ERR_NOMEM;
        if (pair[i].value[0] != '\0')
            metadata_set(metadata, pair[i].key, pair[i].value);
    }
    return GMR_OK;
}

static enum gmr_status save(struct arena *arena, const struct recommender *m, const char *path,
                            const struct recommender_facts *facts,
                            const struct safetensors_metadata *extra, size_t extra_count)
{
    const struct recommender_settings *s = &m->settings;
    const struct safetensors_metadata own[] = {
        { "model", m->row->name },
        { "version", "1" },
        { "dim", arena_printf(arena, "%zu", s->width) },
        { "layers", arena_printf(arena, "%zu", s->layers) },
        { "heads", arena_printf(arena, "%zu", s->heads) },
        { "top_k", facts->shown > 0 ? arena_printf(arena, "%zu", facts->shown) : "" },
        { "encoder", facts->encoder },
    };
    struct metadata metadata = { .room = METADATA + extra_count };

    metadata.pair = arena_array(arena, metadata.room, sizeof *metadata.pair);
    if (!metadata.pair)
        return GMR_ERR_NOMEM;
    TRY(set_all(&metadata, own, sizeof own / sizeof *own));
    TRY(set_all(&metadata, extra, extra_count));
    return parameters_save(m->parameters, path, metadata.pair, metadata.count);
}

enum gmr_status recommender_save(const struct recommender *m, const char *path,
                                 const struct recommender_facts *facts,
                                 const struct safetensors_metadata *extra, size_t extra_count)
{
    struct arena arena;

    arena_init(&arena, m->parameters->allocator, 0);
    const enum gmr_status status = save(&arena, m, path, facts, extra, extra_count);
    arena_release(&arena);
    return status;
}

/* ---- opening ---- */

/* What the file says it is, or NULL. */
static const struct recommender_row *said(const struct safetensors *file)
{
    const char *name = safetensors_metadata_find(file, "model");

    return name ? recommender_find(name) : NULL;
}

static enum gmr_status find_row(const struct safetensors *file, const char *name,
                                const struct recommender_row **row)
{
    struct recognised model;

    *row = name ? recommender_find(name) : said(file);
    if (*row)
        return GMR_OK;
    if (name)
        return gmr_error(GMR_ERR_NOT_FOUND, "there is no recommender '%s'", name);
    if (!recognise(file, &model))
        return gmr_error(GMR_ERR_FORMAT, "'%s' holds no recommender that is known",
                         safetensors_name(file));
    if (model.count > 1)
        return gmr_error(GMR_ERR_UNSUPPORTED,
                         "'%s' does not tell which recommender it is: '%s', '%s' or another one",
                         safetensors_name(file), model.name[0], model.name[1]);
    *row = recommender_find(model.name[0]);
    if (!*row)
        return gmr_error(GMR_ERR_UNSUPPORTED, "'%s' is a recommender that cannot be used: '%s'",
                         safetensors_name(file), model.name[0]);
    return GMR_OK;
}

/* A number among the metadata; 0: there is none. */
static enum gmr_status find_number(const struct safetensors *file, const char *key, size_t *number)
{
    const char *text = safetensors_metadata_find(file, key);
    char *end;
    unsigned long value;

    *number = 0;
    if (!text)
        return GMR_OK;
    errno = 0;
    value = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || text[0] == '-' || errno != 0 || value == 0)
        return gmr_error(GMR_ERR_FORMAT, "'%s' says that its %s is '%s'", safetensors_name(file),
                         key, text);
    *number = value;
    return GMR_OK;
}

/* An axis of a matrix; 0: there is none of that name. */
static size_t axis(const struct safetensors *file, const char *name, size_t which)
{
    const struct safetensors_entry *entry = safetensors_find(file, name);

    return entry && entry->rank == 2 ? entry->dim[which] : 0;
}

static enum gmr_status find_settings(const struct safetensors *file, struct recommender_settings *s)
{
    struct recognised model;

    if (!recognise(file, &model))
        return gmr_error(GMR_ERR_FORMAT, "'%s' holds no recommender that is known",
                         safetensors_name(file));
    *s = (struct recommender_settings){
        .features = axis(file, "img_linear.weight", 1),
        .width = axis(file, "img_linear.weight", 0),
        .layers = model.layers,
        .hidden = axis(file, "tran.layers.0.ff.linear_1.weight", 0),
        .original_composer = safetensors_find(file, "res_info_composer.4.weight") != NULL,
    };
    TRY(find_number(file, "heads", &s->heads));
    if (s->heads == 0)
        s->heads = s->width > HEAD_WIDTH ? s->width / HEAD_WIDTH : 1;
    return GMR_OK;
}

static enum gmr_status find_facts(const struct safetensors *file, struct recommender_facts *facts)
{
    const char *encoder = safetensors_metadata_find(file, "encoder");

    *facts = (struct recommender_facts){ 0 };
    if (encoder && strlen(encoder) == DIGEST_HEX - 1)
        memcpy(facts->encoder, encoder, DIGEST_HEX);
    return find_number(file, "top_k", &facts->shown);
}

/* Memory is asked for only when the shapes are those of the file. */
static enum gmr_status load(struct recommender *m, struct compute *compute,
                            const struct safetensors *file)
{
    TRY(parameters_check(m->parameters, file));
    TRY(recommender_create(m, compute, 0));
    return parameters_read(m->parameters, file);
}

enum gmr_status recommender_read(struct recommender *m, struct compute *compute,
                                 const struct gmr_allocator *allocator,
                                 const struct safetensors *file, const char *name,
                                 struct recommender_facts *facts)
{
    const struct recommender_row *row;
    struct recommender_settings settings;
    enum gmr_status status;

    TRY(find_row(file, name, &row));
    TRY(find_settings(file, &settings));
    TRY(find_facts(file, facts));
    status = recommender_declare(m, allocator, row, settings);
    if (status == GMR_ERR_RANGE)
        status = gmr_error(GMR_ERR_FORMAT, "'%s' cannot be '%s': %s", safetensors_name(file),
                           row->name, gmr_error_message());
    if (status == GMR_OK)
        status = load(m, compute, file);
    if (status != GMR_OK)
        recommender_release(m);
    return status;
}

enum gmr_status recommender_open(struct recommender *m, struct compute *compute,
                                 const struct gmr_allocator *allocator, const char *path,
                                 const char *name, struct recommender_facts *facts)
{
    struct safetensors *file;

    TRY(weights_open(allocator, path, &file));
    const enum gmr_status status = recommender_read(m, compute, allocator, file, name, facts);
    safetensors_close(file);
    return status;
}
