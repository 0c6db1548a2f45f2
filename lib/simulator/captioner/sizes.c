/* Which captioner tensors are, and its sizes, by their names and shapes. */
#include <stdio.h>

#include "base/status.h"
#include "simulator/captioner/checkpoint_inside.h"

static const char attend_mark[] = "core.ctx2att.weight";
static const char transformer_mark[] = "model.tgt_embed.0.lut.weight";

bool captioner_found(const struct safetensors *file)
{
    return safetensors_find(file, attend_mark) || safetensors_find(file, transformer_mark);
}

static enum gmr_status find_matrix(const struct safetensors *file, const char *name,
                                   const struct safetensors_entry **entry)
{
    *entry = safetensors_find(file, name);
    if (!*entry)
        return gmr_error(GMR_ERR_FORMAT, "'%s' is no captioner: it has no tensor '%s'",
                         safetensors_name(file), name);
    if ((*entry)->rank != 2)
        return gmr_error(GMR_ERR_SHAPE, "'%s': '%s' has %zu axes, not 2", safetensors_name(file),
                         name, (*entry)->rank);
    return GMR_OK;
}

/* The table of words has a row for the end too; what reads regions reads those of two pictures. */
static enum gmr_status measure(const struct safetensors *file, const char *words,
                               const char *regions, struct captioner_settings *s)
{
    const struct safetensors_entry *table, *reader;
    TRY(find_matrix(file, words, &table));
    TRY(find_matrix(file, regions, &reader));
    if (table->dim[0] < 2)
        return gmr_error(GMR_ERR_SHAPE, "'%s': '%s' has no words", safetensors_name(file), words);
    if (reader->dim[1] % 2 != 0)
        return gmr_error(GMR_ERR_SHAPE, "'%s': '%s' reads %zu channels, which are not two halves",
                         safetensors_name(file), regions, reader->dim[1]);
    *s = captioner_settings_published(s->kind, reader->dim[1] / 2, table->dim[0] - 1);
    return GMR_OK;
}

static enum gmr_status measure_attend(const struct safetensors *file, struct captioner_settings *s)
{
    const struct safetensors_entry *table, *start, *attention;
    TRY(measure(file, "embed.weight", "linear.weight", s));
    TRY(find_matrix(file, "embed.weight", &table));
    TRY(find_matrix(file, "linear.weight", &start));
    TRY(find_matrix(file, attend_mark, &attention));
    s->embed = table->dim[1];
    s->width = start->dim[0];
    s->attention = attention->dim[0];
    return GMR_OK;
}

static size_t count_layers(const struct safetensors *file, const char *side)
{
    char name[80];
    size_t count = 0;
    do
        snprintf(name, sizeof name, "model.%s.layers.%zu.feed_forward.w_1.weight", side, count);
    while (safetensors_find(file, name) && ++count);
    return count;
}

static enum gmr_status measure_transformer(const struct safetensors *file,
                                           struct captioner_settings *s)
{
    const struct safetensors_entry *table, *hidden;
    const bool before = safetensors_find(file, "att_embed.0.running_mean");
    TRY(measure(file, transformer_mark, before ? "att_embed.1.weight" : "att_embed.0.weight", s));
    TRY(find_matrix(file, transformer_mark, &table));
    TRY(find_matrix(file, "model.encoder.layers.0.feed_forward.w_1.weight", &hidden));
    if (before)
        s->batch_norm = safetensors_find(file, "att_embed.4.running_mean") ? 2 : 1;
    s->width = table->dim[1];
    s->hidden = hidden->dim[0];
    s->encoder_layers = count_layers(file, "encoder");
    s->decoder_layers = count_layers(file, "decoder");
    s->heads = 1;
    return GMR_OK;
}

enum gmr_status captioner_sizes_read(const struct safetensors *file,
                                     struct captioner_settings *settings)
{
    struct captioner_settings s = { .kind = CAPTIONER_SHOW_ATTEND_TELL };
    if (safetensors_find(file, transformer_mark)) {
        s.kind = CAPTIONER_TRANSFORMER;
        TRY(measure_transformer(file, &s));
    } else
        TRY(measure_attend(file, &s));
    if (captioner_settings_check(&s) != GMR_OK)
        return gmr_error(GMR_ERR_SHAPE, "'%s': %s", safetensors_name(file), gmr_error_message());
    *settings = s;
    return GMR_OK;
}
