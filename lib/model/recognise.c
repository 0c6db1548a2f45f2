/* Recommenders by the tensors that only they have; the first line that fits counts. */
#include "model/recognise.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "model/recommender.h"
#include "tensor/metadata.h"

enum { MARKS = 3, METADATA = 4 };

static const char tracker[] = "tran.layers.0.attn.q_linear.weight";
static const char gate[] = "gated_feature_composer.0.weight";
static const char residual[] = "res_info_composer.0.weight";
static const char joint[] = "fc_joint.weight";

static const struct family {
    const char *mark[MARKS]; /* tensors that it has */
    const char *name[RECOGNISE_MOST];
} families[] = {
    { { "combiner_layer.weight" }, { "clip4cir" } },
    { { joint, "rnn_n.weight_ih" }, { "deers" } },
    { { joint, "dis_layer_1.weight" }, { "ege" } },
    { { joint, tracker }, { "mmran" } },
    { { joint, "rnn.weight_ih" }, { "dm" } },
    { { gate, residual, "dislike_linear.weight" }, { "gommir-dislikes" } },
    { { gate, residual, tracker }, { "gommir" } },
    { { residual, tracker }, { "gommir-no-gate" } },
    { { gate, tracker }, { "gommir-no-res" } },
    { { tracker, "img_linear.weight" }, { "gommir-no-comp", "ir-img", "ir-txt", "mmt" } },
    { { gate, "img_linear.weight" }, { "tirg" } },
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

/* Leaves the one of that name, if it is there. */
static bool choose(struct recognised *model, const char *name)
{
    for (size_t i = 0; i < model->count; i++)
        if (strcmp(model->name[i], name) == 0) {
            model->name += i;
            model->count = 1;
            return true;
        }
    return false;
}

/* Leaves the model of that name, if one of them has its net, trained in another way. */
static bool choose_alike(struct recognised *model, const char *name)
{
    const struct recommender_row *row = recommender_find(name);
    for (size_t i = 0; row && i < model->count; i++) {
        const struct recommender_row *other = recommender_find(model->name[i]);
        if (other && other->net == row->net && other->composer == row->composer &&
            other->layout == row->layout) {
            model->name = &row->name;
            model->count = 1;
            return true;
        }
    }
    return false;
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
                                  .width = find_width(file),
                                  .layers = count_layers(file) };
    while (model->count < RECOGNISE_MOST && family->name[model->count])
        model->count++;
    if (name && !choose(model, name))
        choose_alike(model, name);
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
    if (name && !choose(model, name) && !choose_alike(model, name))
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
