/* Recommenders by the tensors that only they have; the first line that fits counts. */
#include "model/recognise.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "tensor/metadata.h"

enum { MARKS = 3, METADATA = 4, TWINS = 6 };

static const char tracker[] = "tran.layers.0.attn.q_linear.weight";
static const char gate[] = "gated_feature_composer.0.weight";
static const char residual[] = "res_info_composer.0.weight";
static const char joint[] = "fc_joint.weight";

static const struct family {
    const char *mark[MARKS]; /* tensors that it has */
    const char *name[RECOGNISE_MOST];
    const char *twin[TWINS]; /* compute the same as the first of them, and were trained otherwise */
} families[] = {
    { .mark = { "combiner_layer.weight" }, .name = { "clip4cir" } },
    { .mark = { joint, "rnn_n.weight_ih" }, .name = { "deers" } },
    { .mark = { joint, "dis_layer_1.weight" }, .name = { "ege" } },
    { .mark = { joint, tracker }, .name = { "mmran" } },
    { .mark = { joint, "rnn.weight_ih" }, .name = { "dm" } },
    { .mark = { gate, residual, tracker },
      .name = { "gommir" },
      .twin = { "gommir-no-comploss", "gommir-random-negs", "gommir-hist-negs", "gommir-no-rewards",
                "gommir-no-neg-rewards" } },
    { .mark = { gate, tracker }, .name = { "gommir-no-res" } },
    { .mark = { residual, tracker }, .name = { "gommir-no-gate" } },
    { .mark = { tracker, "img_linear.weight" },
      .name = { "gommir-no-comp", "ir-img", "ir-txt", "mmt" } },
    { .mark = { gate, "img_linear.weight" }, .name = { "tirg" } },
};

static bool has_marks(const struct safetensors *file, const struct family *family)
{
    for (size_t i = 0; i < MARKS && family->mark[i]; i++)
        if (!safetensors_find(file, family->mark[i]))
            return false;
    return true;
}

static const struct family *find_family(const struct safetensors *file)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (has_marks(file, &families[i]))
            return &families[i];
    return NULL;
}

/* Leaves the one of that name, if it is among these, which NULL may end earlier. */
static bool choose_among(struct recognised *model, const char *const *names, size_t most,
                         const char *name)
{
    for (size_t i = 0; i < most && names[i]; i++)
        if (strcmp(names[i], name) == 0) {
            model->name = names + i;
            model->count = 1;
            return true;
        }
    return false;
}

static bool choose(struct recognised *model, const char *name)
{
    return choose_among(model, model->name, model->count, name) ||
           choose_among(model, model->twin, TWINS, name);
}

/* Rows of the matrix that embeds pictures. */
static size_t find_width(const struct safetensors *file)
{
    static const char *const names[] = { "img_linear.weight", "image_projection_layer.weight" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct safetensors_entry *entry = safetensors_find(file, names[i]);
        if (entry && entry->rank == 2)
            return entry->dim[0];
    }
    return 0;
}

static size_t count_layers(const struct safetensors *file)
{
    char name[64];
    size_t count = 0;
    do
        snprintf(name, sizeof name, "tran.layers.%zu.attn.q_linear.weight", count);
    while (safetensors_find(file, name) && ++count);
    return count;
}

bool recognise(const struct safetensors *file, struct recognised *model)
{
    const struct family *family = find_family(file);
    const char *name = safetensors_metadata_find(file, "model");
    if (!family)
        return false;
    *model = (struct recognised){ .name = family->name,
                                  .twin = family->twin,
                                  .width = find_width(file),
                                  .layers = count_layers(file) };
    while (model->count < RECOGNISE_MOST && family->name[model->count])
        model->count++;
    if (name)
        choose(model, name);
    return true;
}

/* ---- converting ---- */

/* "gommir-no-comp, ir-img, ir-txt, mmt" */
static const char *list_names(const struct recognised *model, char text[128])
{
    size_t used = 0;
    for (size_t i = 0; i < model->count; i++)
        used +=
            (size_t)snprintf(text + used, 128 - used, "%s%s", i > 0 ? ", " : "", model->name[i]);
    return text;
}

static enum gmr_status choose_model(const struct safetensors *file, const char *name,
                                    struct recognised *model)
{
    char names[128];
    if (!recognise(file, model))
        return gmr_error(GMR_ERR_FORMAT,
                         "cannot convert '%s': it holds neither CLIP, nor a captioner, nor a "
                         "recommender that is known",
                         safetensors_name(file));
    if (name && !choose(model, name))
        return gmr_error(GMR_ERR_FORMAT,
                         "cannot convert '%s': its tensors are not those of '%s', "
                         "but of: %s",
                         safetensors_name(file), name, list_names(model, names));
    if (model->count > 1)
        return gmr_error(GMR_ERR_UNSUPPORTED,
                         "cannot convert '%s': its tensors do not tell which of these it is: %s",
                         safetensors_name(file), list_names(model, names));
    return GMR_OK;
}

static enum gmr_status make_metadata(struct arena *arena, const struct safetensors *file,
                                     const struct recognised *model, struct metadata *metadata)
{
    const char *width = arena_printf(arena, "%zu", model->width);
    const char *layers = arena_printf(arena, "%zu", model->layers);
    if (!width || !layers)
        return GMR_ERR_NOMEM;
    TRY(metadata_take(metadata, arena, file, METADATA));
    metadata_set(metadata, "model", model->name[0]);
    metadata_set(metadata, "version", "1");
    if (model->width > 0)
        metadata_set(metadata, "dim", width);
    if (model->layers > 0)
        metadata_set(metadata, "layers", layers);
    return GMR_OK;
}

static enum gmr_status write(struct arena *arena, const struct safetensors *file,
                             const struct recognised *model, const char *path,
                             const struct gmr_progress *progress)
{
    struct metadata metadata;
    TRY(make_metadata(arena, file, model, &metadata));
    return metadata_rewrite(&metadata, arena, file, path, progress);
}

enum gmr_status recognise_convert(const struct gmr_allocator *allocator,
                                  const struct safetensors *file, const char *name,
                                  const char *path, const struct gmr_progress *progress)
{
    struct recognised model;
    struct arena arena;
    TRY(choose_model(file, name, &model));
    arena_init(&arena, allocator, 0);
    const enum gmr_status status = write(&arena, file, &model, path, progress);
    arena_release(&arena);
    return status;
}
