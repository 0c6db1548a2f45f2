#include "encoder/clip_convert.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "encoder/clip_checkpoint.h"
#include "encoder/encoder_vocabulary.h"
#include "tensor/metadata.h"

enum { METADATA = 4 /* that may come new */, CHUNK = 4096 };

/* A file while it is made. */
struct conversion {
    const struct clip_convert_options *options;
    struct clip_checkpoint checkpoint;
    struct tokeniser *tokeniser; /* NULL: no new vocabulary */
    struct arena arena;
    struct safetensors_entry *entry;
    size_t count;
    struct metadata metadata;
};

/* ---- tensors ---- */

static bool is_finite_half(uint16_t half)
{
    return (half & 0x7C00u) != 0x7C00u;
}

static enum gmr_status round_chunk(uint16_t *out, const char *from, enum dtype dtype, size_t n)
{
    real values[CHUNK];
    TRY(dtype_to_real(values, from, dtype, n));
    TRY(dtype_from_real(out, DTYPE_F16, values, n));
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]) && !is_finite_half(out[i]))
            return gmr_error(GMR_ERR_RANGE, "%g is too large for half precision",
                             (double)values[i]);
    return GMR_OK;
}

static enum gmr_status round_to_half(struct conversion *c, struct safetensors_entry *entry)
{
    const size_t each = dtype_size(entry->dtype), n = entry->size / each;
    uint16_t *half = arena_alloc(&c->arena, n * sizeof *half);
    if (!half)
        return GMR_ERR_NOMEM;
    for (size_t done = 0; done < n; done += CHUNK) {
        const size_t part = n - done < CHUNK ? n - done : CHUNK;
        enum gmr_status status =
            round_chunk(half + done, (const char *)entry->data + done * each, entry->dtype, part);
        if (status != GMR_OK)
            return gmr_error(status, "cannot convert '%s': tensor '%s': %s",
                             safetensors_name(c->checkpoint.file), entry->name,
                             gmr_error_message());
    }
    entry->data = half;
    entry->size = n * sizeof *half;
    entry->dtype = DTYPE_F16;
    return GMR_OK;
}

static enum gmr_status make_entries(struct conversion *c)
{
    const struct safetensors *tensors = c->checkpoint.tensors;
    c->count = safetensors_count(tensors);
    c->entry = arena_array(&c->arena, c->count, sizeof *c->entry);
    if (!c->entry)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < c->count; i++) {
        TRY(progress_check(c->options->progress, "converting"));
        c->entry[i] = *safetensors_at(tensors, i);
        if (c->options->half && c->entry[i].rank >= 2 && c->entry[i].dtype != DTYPE_F16)
            TRY(round_to_half(c, &c->entry[i]));
    }
    return GMR_OK;
}

/* ---- metadata ---- */

/* The text lives as long as the tokeniser. */
static enum gmr_status take_vocabulary(struct conversion *c, const struct gmr_allocator *allocator,
                                       const char **vocabulary)
{
    size_t size;
    TRY(encoder_vocabulary_open(&c->checkpoint, c->options->vocabulary, allocator, &c->tokeniser));
    return tokeniser_text(c->tokeniser, vocabulary, &size);
}

static enum gmr_status make_metadata(struct conversion *c, const struct gmr_allocator *allocator)
{
    const char *vocabulary = NULL;
    if (c->options->vocabulary)
        TRY(take_vocabulary(c, allocator, &vocabulary));
    TRY(metadata_take(&c->metadata, &c->arena, c->checkpoint.file, METADATA));
    metadata_set(&c->metadata, "model", "clip");
    metadata_set(&c->metadata, "version", "1");
    if (c->options->exact_gelu)
        metadata_set(&c->metadata, "activation", "gelu");
    if (vocabulary)
        metadata_set(&c->metadata, "vocabulary", vocabulary);
    return GMR_OK;
}

/* ---- the whole ---- */

static enum gmr_status convert(struct conversion *c, const struct gmr_allocator *allocator,
                               const char *path)
{
    TRY(make_entries(c));
    TRY(make_metadata(c, allocator));
    return safetensors_write_job(allocator, path, c->entry, c->count, c->metadata.pair,
                                 c->metadata.count, c->options->progress);
}

enum gmr_status clip_convert(const struct gmr_allocator *allocator, const struct safetensors *file,
                             const struct clip_convert_options *options, const char *path)
{
    struct conversion c = { .options = options };
    TRY(clip_checkpoint_init(&c.checkpoint, allocator, file));
    arena_init(&c.arena, allocator, 0);
    const enum gmr_status status = convert(&c, allocator, path);
    tokeniser_destroy(c.tokeniser);
    arena_release(&c.arena);
    clip_checkpoint_release(&c.checkpoint);
    return status;
}
