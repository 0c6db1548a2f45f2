/* Checkpoints of CLIP: names first, then sizes, then every tensor; metadata last. */
#include "encoder/clip_checkpoint.h"

#include <string.h>

#include "base/status.h"

/* ---- metadata ---- */

/* The place of a metadata value in a list of words, the first where the file has none. */
static enum gmr_status choose(const struct safetensors *file, const char *key,
                              const char *const *word, size_t count, size_t *choice)
{
    const char *value = safetensors_metadata_find(file, key);
    *choice = 0;
    if (!value)
        return GMR_OK;
    for (; *choice < count; (*choice)++)
        if (strcmp(value, word[*choice]) == 0)
            return GMR_OK;
    return gmr_error(GMR_ERR_UNSUPPORTED, "cannot use '%s': its metadata say %s \"%.60s\"",
                     safetensors_name(file), key, value);
}

static enum gmr_status read_metadata(struct clip_checkpoint *c)
{
    static const char *const model[] = { "clip" }, *const version[] = { "1" };
    static const char *const activation[] = { "quick_gelu", "gelu" };
    static const char *const fit[] = { "crop", "pad" };
    size_t choice;
    TRY(choose(c->file, "model", model, 1, &choice));
    TRY(choose(c->file, "version", version, 1, &choice));
    TRY(choose(c->file, "activation", activation, 2, &choice));
    c->settings.activation = choice == 0 ? ACTIVATE_QUICK_GELU : ACTIVATE_GELU;
    TRY(choose(c->file, "fit", fit, 2, &choice));
    c->fit = choice == 0 ? PREPROCESS_CROP : PREPROCESS_PAD;
    c->vocabulary = safetensors_metadata_find(c->file, "vocabulary");
    return GMR_OK;
}

/* ---- tensors ---- */

static enum gmr_status check_tensors(const struct clip_checkpoint *c,
                                     const struct gmr_allocator *allocator)
{
    struct clip model;
    TRY(clip_declare(&model, allocator, c->settings));
    enum gmr_status status = model.parameters.status;
    if (status == GMR_OK)
        status = parameters_check(&model.parameters, c->tensors);
    clip_release(&model);
    return status;
}

/* Messages quote OpenAI's names, which files with others do not have. */
static enum gmr_status explain(const struct clip_checkpoint *c, enum gmr_status status)
{
    if (status == GMR_OK || status == GMR_ERR_NOMEM || c->naming != CLIP_NAMES_HUGGING_FACE)
        return status;
    return gmr_error(status, "%s (names are OpenAI's, the file has those of %s)",
                     gmr_error_message(), clip_naming_text(c->naming));
}

enum gmr_status clip_checkpoint_init(struct clip_checkpoint *checkpoint,
                                     const struct gmr_allocator *allocator,
                                     const struct safetensors *file)
{
    struct clip_checkpoint c = { .file = file };
    TRY(clip_names_translate(allocator, file, &c.tensors, &c.naming));
    enum gmr_status status = clip_settings_infer(c.tensors, &c.settings);
    if (status == GMR_OK)
        status = check_tensors(&c, allocator);
    status = explain(&c, status);
    if (status == GMR_OK)
        status = read_metadata(&c);
    if (status != GMR_OK) {
        clip_checkpoint_release(&c);
        return status;
    }
    *checkpoint = c;
    return GMR_OK;
}

void clip_checkpoint_release(struct clip_checkpoint *checkpoint)
{
    safetensors_close(checkpoint->tensors);
}

enum gmr_status clip_checkpoint_load(const struct clip_checkpoint *checkpoint,
                                     struct compute *compute, const struct gmr_allocator *allocator,
                                     struct clip *model)
{
    TRY(clip_init(model, compute, allocator, checkpoint->settings));
    enum gmr_status status = parameters_read(&model->parameters, checkpoint->tensors);
    if (status != GMR_OK)
        clip_release(model);
    return status;
}
