/* Fuzz entry of checkpoints: whatever model a file of weights claims to be, no fault; and one that
 * is found to be CLIP or a captioner has every tensor that its sizes ask for, readable to the last
 * byte. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "encoder/clip_checkpoint.h"
#include "model/recognise.h"
#include "model/recommender_file.h"
#include "simulator/captioner/checkpoint.h"
#include "tensor/weights.h"

static void read_all(const struct safetensors *file)
{
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_entry *entry = safetensors_at(file, i);
        size_t sum = 0;
        for (size_t k = 0; k < entry->size; k++)
            sum += ((const volatile uint8_t *)entry->data)[k];
        assert(sum <= 255 * entry->size);
    }
}

static void check_message(enum gmr_status status)
{
    const char *message = gmr_error_message();
    assert(status == GMR_ERR_FORMAT || status == GMR_ERR_SHAPE || status == GMR_ERR_TYPE ||
           status == GMR_ERR_UNSUPPORTED || status == GMR_ERR_NOMEM);
    assert(status == GMR_ERR_NOMEM || strstr(message, "'input'"));
    assert(text_is_utf8(message, strlen(message)));
}

static void check_clip(const struct safetensors *file)
{
    struct clip_checkpoint checkpoint;
    struct clip model;
    const enum gmr_status status = clip_checkpoint_init(&checkpoint, NULL, file);
    if (status != GMR_OK) {
        check_message(status);
        return;
    }
    assert(clip_names_found(file));
    assert(clip_settings_check(&checkpoint.settings) == GMR_OK);
    assert(clip_declare(&model, NULL, checkpoint.settings) == GMR_OK);
    assert(parameters_check(&model.parameters, checkpoint.tensors) == GMR_OK);
    clip_release(&model);
    read_all(checkpoint.tensors);
    clip_checkpoint_release(&checkpoint);
}

static void check_captioner(const struct safetensors *file)
{
    struct captioner_description description;
    struct captioner model;
    const enum gmr_status status = captioner_describe(NULL, file, &description);
    if (status != GMR_OK) {
        check_message(status);
        return;
    }
    assert(captioner_found(file));
    assert(captioner_declare(&model, NULL, description.settings) == GMR_OK);
    assert(parameters_check(&model.parameters, file) == GMR_OK);
    assert(parameters_trained(&model.parameters) == description.parameters);
    captioner_release(&model);
    read_all(file);
}

static void read_recommender(const struct safetensors *file, const char *name)
{
    struct recommender_facts facts;
    struct recommender model;
    struct compute *compute;
    if (compute_create_reference(NULL, &compute) != GMR_OK)
        abort();
    const enum gmr_status status = recommender_read(&model, compute, NULL, file, name, &facts);
    if (status == GMR_OK)
        recommender_release(&model);
    else
        check_message(status);
    compute_destroy(compute);
}

static void check_recommender(const struct safetensors *file)
{
    struct recognised model;
    if (!recognise(file, &model))
        return;
    assert(model.count >= 1 && model.count <= RECOGNISE_MOST);
    for (size_t i = 0; i < model.count; i++) {
        assert(model.name[i]);
        if (recommender_find(model.name[i]))
            read_recommender(file, model.name[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct safetensors *file;
    if (weights_open_memory(NULL, data, size, "input", &file) == GMR_OK) {
        check_clip(file);
        check_captioner(file);
        check_recommender(file);
    }
    safetensors_close(file);
    return 0;
}
