/* What models files of weights hold, and converting them. */
#include <string.h>

#include "api/weights.h"
#include "base/status.h"
#include "encoder/clip_checkpoint.h"
#include "encoder/clip_convert.h"
#include "model/recognise.h"
#include "simulator/captioner/checkpoint.h"
#include "tensor/weights.h"

_Static_assert((int)GMR_IMAGE_STAGES == (int)CLIP_STAGES, "stages of a tower fit the public ones");

/* ---- what a file holds ---- */

static enum gmr_status count_parameters(const struct clip_settings *settings,
                                        const struct gmr_allocator *allocator, size_t *count)
{
    struct clip model;
    TRY(clip_declare(&model, allocator, *settings));
    const enum gmr_status status = model.parameters.status;
    *count = parameters_trained(&model.parameters);
    clip_release(&model);
    return status;
}

static void describe_clip(const struct clip_checkpoint *checkpoint, struct gmr_architecture *a)
{
    const struct clip_settings *s = &checkpoint->settings;
    const bool vit = s->image == CLIP_VIT;
    a->kind = vit ? GMR_ARCHITECTURE_CLIP_VIT : GMR_ARCHITECTURE_CLIP_RESNET;
    a->names = clip_naming_text(checkpoint->naming);
    a->width = s->embed;
    a->image.resolution = s->resolution;
    a->image.width = s->image_width;
    a->image.heads = s->image_heads;
    a->image.patch = vit ? s->patch : 0;
    memcpy(a->image.layers, s->blocks, sizeof s->blocks);
    a->text.width = s->text_width;
    a->text.layers = s->text_layers;
    a->text.heads = s->text_heads;
    a->text.context = s->context;
    a->text.vocabulary = s->vocabulary;
    a->text.vocabulary_inside = checkpoint->vocabulary != NULL;
    a->exact_gelu = s->activation == ACTIVATE_GELU;
    a->pads = checkpoint->fit == PREPROCESS_PAD;
}

static enum gmr_status find_clip(const struct gmr_weights *weights, struct gmr_architecture *a)
{
    struct clip_checkpoint checkpoint;
    TRY(clip_checkpoint_init(&checkpoint, weights->allocator, weights->file));
    const enum gmr_status status =
        count_parameters(&checkpoint.settings, weights->allocator, &a->parameters);
    if (status == GMR_OK)
        describe_clip(&checkpoint, a);
    clip_checkpoint_release(&checkpoint);
    return status;
}

static size_t count_real(const struct safetensors *file)
{
    size_t count = 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_entry *entry = safetensors_at(file, i);
        if (dtype_to_real(NULL, entry->data, entry->dtype, 0) == GMR_OK)
            count += entry->size / dtype_size(entry->dtype);
    }
    return count;
}

static void find_recommender(const struct safetensors *file, struct gmr_architecture *a)
{
    struct recognised model;
    if (!recognise(file, &model))
        return;
    a->kind = GMR_ARCHITECTURE_RECOMMENDER;
    a->parameters = count_real(file);
    a->width = model.width;
    a->layers = model.layers;
    a->models = model.name;
    a->model_count = model.count;
}

static void describe_captioner(const struct captioner_description *description,
                               struct gmr_architecture *a)
{
    const struct captioner_settings *s = &description->settings;
    const bool told = !description->published;
    a->kind = GMR_ARCHITECTURE_CAPTIONER;
    a->parameters = description->parameters;
    a->width = s->width;
    a->text.vocabulary = s->words;
    a->text.vocabulary_inside = told;
    a->text.context = told ? s->length : 0;
    a->captioner.form = captioner_kind_name(s->kind);
    a->captioner.input = told ? captioner_input_name(s->input) : NULL;
    a->captioner.regions = CAPTIONER_REGIONS;
    a->captioner.channels = s->channels;
    if (s->kind != CAPTIONER_TRANSFORMER)
        return;
    a->captioner.encoder_layers = s->encoder_layers;
    a->captioner.decoder_layers = s->decoder_layers;
    a->captioner.heads = told ? s->heads : 0;
    a->captioner.hidden = s->hidden;
}

static enum gmr_status find_captioner(const struct gmr_weights *weights, struct gmr_architecture *a)
{
    struct captioner_description description;
    TRY(captioner_describe(weights->allocator, weights->file, &description));
    describe_captioner(&description, a);
    return GMR_OK;
}

enum gmr_status gmr_weights_architecture(const struct gmr_weights *weights,
                                         struct gmr_architecture *architecture)
{
    memset(architecture, 0, sizeof *architecture);
    if (clip_names_found(weights->file))
        return find_clip(weights, architecture);
    if (captioner_found(weights->file))
        return find_captioner(weights, architecture);
    find_recommender(weights->file, architecture);
    return GMR_OK;
}

/* ---- converting ---- */

static enum gmr_status check_no_infos(const struct gmr_convert_options *options)
{
    if (!options->infos)
        return GMR_OK;
    return gmr_error(GMR_ERR_UNSUPPORTED, "'%s' is no captioner: it has no infos", options->input);
}

static enum gmr_status check_no_clip(const struct gmr_convert_options *options)
{
    if (!options->vocabulary && !options->half && !options->exact_gelu)
        return GMR_OK;
    return gmr_error(GMR_ERR_UNSUPPORTED,
                     "'%s' is no CLIP model: it has no vocabulary, half precision or GELU",
                     options->input);
}

static enum gmr_status convert_clip(const struct gmr_allocator *allocator,
                                    const struct safetensors *file,
                                    const struct gmr_convert_options *options)
{
    const struct clip_convert_options clip = { .vocabulary = options->vocabulary,
                                               .half = options->half,
                                               .exact_gelu = options->exact_gelu,
                                               .progress = &options->progress };
    if (options->model)
        return gmr_error(GMR_ERR_UNSUPPORTED,
                         "'%s' holds CLIP: only a recommender is told by a name, not '%s'",
                         options->input, options->model);
    TRY(check_no_infos(options));
    return clip_convert(allocator, file, &clip, options->output);
}

static enum gmr_status convert_recommender(const struct gmr_allocator *allocator,
                                           const struct safetensors *file,
                                           const struct gmr_convert_options *options)
{
    TRY(check_no_clip(options));
    TRY(check_no_infos(options));
    return recognise_convert(allocator, file, options->model, options->output, &options->progress);
}

static enum gmr_status convert_captioner(const struct gmr_allocator *allocator,
                                         const struct safetensors *file,
                                         const struct gmr_convert_options *options)
{
    TRY(check_no_clip(options));
    if (options->model && strcmp(options->model, "captioner") != 0)
        return gmr_error(
            GMR_ERR_FORMAT,
            "cannot convert '%s': its tensors are not those of '%s', but of: captioner",
            options->input, options->model);
    return captioner_convert(allocator, file, options->infos, options->output, &options->progress);
}

static enum gmr_status convert(const struct gmr_allocator *allocator,
                               const struct safetensors *file,
                               const struct gmr_convert_options *options)
{
    if (clip_names_found(file))
        return convert_clip(allocator, file, options);
    if (captioner_found(file))
        return convert_captioner(allocator, file, options);
    return convert_recommender(allocator, file, options);
}

enum gmr_status gmr_weights_convert(struct gmr_context *context,
                                    const struct gmr_convert_options *options)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    struct safetensors *file;
    TRY(weights_open(allocator, options->input, &file));
    const enum gmr_status status = convert(allocator, file, options);
    safetensors_close(file);
    return status;
}
