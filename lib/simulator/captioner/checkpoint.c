/* Captioners to and from files: what a file holds, then a model of those sizes, then its values. */
#include "simulator/captioner/checkpoint.h"

#include <string.h>

#include "base/status.h"
#include "simulator/captioner/checkpoint_inside.h"
#include "tensor/weights.h"

/* ---- opening ---- */

static enum gmr_status read_facts(struct arena *arena, const struct safetensors *file,
                                  const char *infos, struct captioner_facts *facts)
{
    *facts = (struct captioner_facts){ .features = "" };
    TRY(captioner_sizes_read(file, &facts->settings));
    if (captioner_metadata_found(file))
        return captioner_metadata_read(arena, file, facts);
    (void)infos;
    return gmr_error(GMR_ERR_NOT_FOUND, "'%s' has no infos", safetensors_name(file));
}

/* Mistakes that only making a model of it shows are told with the name of the file. */
static enum gmr_status make_model(struct captioner *model, struct compute *compute,
                                  const struct gmr_allocator *allocator,
                                  const struct safetensors *file,
                                  const struct captioner_facts *facts)
{
    const enum gmr_status status =
        captioner_init(model, compute, allocator, facts->settings, facts->word);
    if (status != GMR_ERR_RANGE)
        return status;
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': %s", safetensors_name(file),
                     gmr_error_message());
}

static enum gmr_status load(struct captioner *model, struct compute *compute,
                            const struct gmr_allocator *allocator, const struct safetensors *file,
                            const struct captioner_facts *facts)
{
    TRY(make_model(model, compute, allocator, file, facts));
    const enum gmr_status status = parameters_read(&model->parameters, file);
    if (status != GMR_OK)
        captioner_release(model);
    return status;
}

enum gmr_status captioner_open(struct captioner *model, struct compute *compute,
                               const struct gmr_allocator *allocator, const char *weights,
                               const char *infos, char features[DIGEST_HEX])
{
    struct captioner_facts facts;
    struct safetensors *file;
    struct arena arena;
    TRY(weights_open(allocator, weights, &file));
    arena_init(&arena, allocator, 0);
    enum gmr_status status = read_facts(&arena, file, infos, &facts);
    if (status == GMR_OK)
        status = load(model, compute, allocator, file, &facts);
    if (status == GMR_OK)
        stpcpy(features, facts.features);
    arena_release(&arena);
    safetensors_close(file);
    return status;
}

/* ---- saving ---- */

static enum gmr_status save(struct arena *arena, const struct captioner *model, const char *path,
                            const char *features, const struct safetensors_metadata *extra,
                            size_t extra_count)
{
    const struct captioner_facts facts = { model->settings, model->word, features ? features : "" };
    struct metadata metadata = { .room = CAPTIONER_METADATA + extra_count };
    metadata.pair = arena_array(arena, metadata.room, sizeof *metadata.pair);
    if (!metadata.pair)
        return GMR_ERR_NOMEM;
    TRY(captioner_metadata_write(&metadata, arena, &facts));
    for (size_t i = 0; i < extra_count; i++)
        metadata_set(&metadata, extra[i].key, extra[i].value);
    return parameters_save(&model->parameters, path, metadata.pair, metadata.count);
}

enum gmr_status captioner_save(const struct captioner *model, const char *path,
                               const char *features, const struct safetensors_metadata *extra,
                               size_t extra_count)
{
    struct arena arena;
    arena_init(&arena, model->parameters.allocator, 0);
    const enum gmr_status status = save(&arena, model, path, features, extra, extra_count);
    arena_release(&arena);
    return status;
}
