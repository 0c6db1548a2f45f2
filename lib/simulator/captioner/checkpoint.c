/* Captioners to and from files: what a file holds, then a model of those sizes, then its values. */
#include "simulator/captioner/checkpoint.h"

#include <string.h>

#include "base/status.h"
#include "simulator/captioner/captioner_inside.h"
#include "simulator/captioner/checkpoint_inside.h"
#include "tensor/weights.h"

/* ---- what a file holds ---- */

/* Everything but the values: settings that fit, words that are some, and every tensor. */
static enum gmr_status check_facts(const struct gmr_allocator *allocator,
                                   const struct safetensors *file,
                                   const struct captioner_facts *facts, size_t *parameters)
{
    struct captioner model;
    if (captioner_settings_check(&facts->settings) != GMR_OK)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': %s", safetensors_name(file),
                         gmr_error_message());
    for (size_t i = 1; facts->word && i <= facts->settings.words; i++)
        if (!captioner_is_word(facts->word[i]))
            return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': word %zu of its vocabulary is none",
                             safetensors_name(file), i);
    TRY(captioner_declare(&model, allocator, facts->settings));
    enum gmr_status status = model.parameters.status;
    if (status == GMR_OK)
        status = parameters_check(&model.parameters, file);
    if (parameters)
        *parameters = parameters_trained(&model.parameters);
    captioner_release(&model);
    return status;
}

static enum gmr_status read_facts(struct arena *arena, const struct safetensors *file,
                                  const char *infos, struct captioner_facts *facts)
{
    *facts = (struct captioner_facts){ .features = "" };
    TRY(captioner_sizes_read(file, &facts->settings));
    if (!captioner_metadata_found(file))
        TRY(captioner_infos_read(arena, safetensors_name(file), infos, facts));
    else if (infos)
        return gmr_error(GMR_ERR_UNSUPPORTED, "'%s' says all of itself: '%s' is not needed",
                         safetensors_name(file), infos);
    else
        TRY(captioner_metadata_read(arena, file, facts));
    return check_facts(arena->allocator, file, facts, NULL);
}

static enum gmr_status describe(struct arena *arena, const struct safetensors *file,
                                struct captioner_description *description)
{
    struct captioner_facts facts = { .features = "" };
    description->published = !captioner_metadata_found(file);
    TRY(captioner_sizes_read(file, &facts.settings));
    if (!description->published)
        TRY(captioner_metadata_read(arena, file, &facts));
    description->settings = facts.settings;
    return check_facts(arena->allocator, file, &facts, &description->parameters);
}

enum gmr_status captioner_describe(const struct gmr_allocator *allocator,
                                   const struct safetensors *file,
                                   struct captioner_description *description)
{
    struct arena arena;
    arena_init(&arena, allocator, 0);
    const enum gmr_status status = describe(&arena, file, description);
    arena_release(&arena);
    return status;
}

/* ---- opening ---- */

static enum gmr_status load(struct captioner *model, struct compute *compute,
                            const struct gmr_allocator *allocator, const struct safetensors *file,
                            const struct captioner_facts *facts)
{
    TRY(captioner_init(model, compute, allocator, facts->settings, facts->word));
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

/* ---- converting ---- */

static enum gmr_status convert(struct arena *arena, const struct safetensors *file,
                               const char *infos, const char *path,
                               const struct gmr_progress *progress)
{
    struct captioner_facts facts;
    struct metadata metadata;
    TRY(read_facts(arena, file, infos, &facts));
    TRY(metadata_take(&metadata, arena, file, CAPTIONER_METADATA));
    TRY(captioner_metadata_write(&metadata, arena, &facts));
    return metadata_rewrite(&metadata, arena, file, path, progress);
}

enum gmr_status captioner_convert(const struct gmr_allocator *allocator,
                                  const struct safetensors *file, const char *infos,
                                  const char *path, const struct gmr_progress *progress)
{
    struct arena arena;
    arena_init(&arena, allocator, 0);
    const enum gmr_status status = convert(&arena, file, infos, path, progress);
    arena_release(&arena);
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
