/* Sizes of a CLIP model: checked, or read off the shapes of a checkpoint (spec sections 1.1, 1.7).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "encoder/clip.h"

enum { STEM_AND_STAGES = 32, MOST = 1 << 20 /* of any size: keeps products far from overflow */ };

struct clip_settings clip_settings_rn101(void)
{
    return (struct clip_settings){ .embed = 512,
                                   .image = CLIP_RESNET,
                                   .resolution = 224,
                                   .image_width = 64,
                                   .blocks = { 3, 4, 23, 3 },
                                   .image_heads = 32,
                                   .text_width = 512,
                                   .text_layers = 12,
                                   .text_heads = 8,
                                   .context = 77,
                                   .vocabulary = 49408,
                                   .activation = ACTIVATE_QUICK_GELU };
}

size_t clip_image_grid(const struct clip_settings *s)
{
    return s->resolution / (s->image == CLIP_RESNET ? STEM_AND_STAGES : s->patch);
}

size_t clip_image_channels(const struct clip_settings *s)
{
    return s->image == CLIP_RESNET ? s->image_width * STEM_AND_STAGES : s->image_width;
}

size_t clip_heads(size_t channels)
{
    return channels > CLIP_HEAD_WIDTH ? channels / CLIP_HEAD_WIDTH : 1;
}

/* ---- checking ---- */

static enum gmr_status check_size(const char *what, size_t size)
{
    if (size >= 1 && size <= MOST)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "CLIP: %s is %zu, not in 1 .. %d", what, size, MOST);
}

static enum gmr_status check_heads(const char *what, size_t width, size_t heads)
{
    TRY(check_size(what, heads));
    if (width % heads == 0)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "CLIP: %s are %zu, which do not divide %zu channels", what,
                     heads, width);
}

static enum gmr_status check_image(const struct clip_settings *s)
{
    const size_t unit = s->image == CLIP_RESNET ? STEM_AND_STAGES : s->patch;
    TRY(check_size("the width of pictures", s->image_width));
    TRY(check_size("the side of a patch", unit));
    TRY(check_size("the resolution", s->resolution));
    if (s->resolution % unit != 0)
        return gmr_error(GMR_ERR_RANGE, "CLIP: resolution %zu is no multiple of %zu", s->resolution,
                         unit);
    if (s->image == CLIP_RESNET && s->image_width % 2 != 0)
        return gmr_error(GMR_ERR_RANGE, "CLIP: the width of pictures, %zu, is odd", s->image_width);
    for (size_t stage = 0; stage < (s->image == CLIP_RESNET ? CLIP_STAGES : 1); stage++)
        if (s->blocks[stage] < 1 || s->blocks[stage] > CLIP_MAX_LAYERS)
            return gmr_error(GMR_ERR_RANGE, "CLIP: stage %zu has %zu layers, not 1 .. %d",
                             stage + 1, s->blocks[stage], CLIP_MAX_LAYERS);
    return check_heads("the heads of pictures", clip_image_channels(s), s->image_heads);
}

enum gmr_status clip_settings_check(const struct clip_settings *s)
{
    TRY(check_size("the width of the common space", s->embed));
    TRY(check_image(s));
    TRY(check_size("the width of texts", s->text_width));
    if (s->text_layers < 1 || s->text_layers > CLIP_MAX_LAYERS)
        return gmr_error(GMR_ERR_RANGE, "CLIP: texts have %zu layers, not 1 .. %d", s->text_layers,
                         CLIP_MAX_LAYERS);
    TRY(check_heads("the heads of texts", s->text_width, s->text_heads));
    TRY(check_size("the vocabulary", s->vocabulary));
    if (s->context < 2)
        return gmr_error(GMR_ERR_RANGE, "CLIP: a text of %zu tokens has no room for words",
                         s->context);
    return check_size("the longest text", s->context);
}

/* ---- inferring ---- */

/* A tensor that every CLIP has, with the number of axes that it must have. */
static enum gmr_status find(const struct safetensors *file, const char *name, size_t rank,
                            const struct safetensors_entry **entry)
{
    *entry = safetensors_find(file, name);
    if (!*entry)
        return gmr_error(GMR_ERR_FORMAT, "'%s' is no CLIP model: it has no tensor '%s'",
                         safetensors_name(file), name);
    if ((*entry)->rank != rank)
        return gmr_error(GMR_ERR_SHAPE, "'%s': '%s' has %zu axes, not %zu", safetensors_name(file),
                         name, (*entry)->rank, rank);
    return GMR_OK;
}

/* How many tensors BEFORE<number>AFTER there are, from number 0 on. */
static size_t count_layers(const struct safetensors *file, const char *before, const char *after)
{
    char name[128];
    size_t count = 0;
    for (; count <= CLIP_MAX_LAYERS; count++) {
        snprintf(name, sizeof name, "%s%zu%s", before, count, after);
        if (!safetensors_find(file, name))
            break;
    }
    return count;
}

/* positions has one row for each token of a square grid, and one more. */
static enum gmr_status grid_side(const struct safetensors *file, const char *name, size_t *side)
{
    const struct safetensors_entry *positions;
    TRY(find(file, name, 2, &positions));
    const size_t tokens = positions->dim[0] - 1;
    *side = (size_t)lround(sqrt((double)tokens));
    if (positions->dim[0] < 2 || *side > MOST || *side * *side != tokens)
        return gmr_error(GMR_ERR_SHAPE, "'%s': '%s' has %zu rows, not a square and one",
                         safetensors_name(file), name, positions->dim[0]);
    return GMR_OK;
}

static enum gmr_status infer_vit(const struct safetensors *file, struct clip_settings *s)
{
    const struct safetensors_entry *conv;
    size_t side;
    TRY(find(file, "visual.conv1.weight", 4, &conv));
    TRY(grid_side(file, "visual.positional_embedding", &side));
    s->image = CLIP_VIT;
    s->image_width = conv->dim[0];
    s->patch = conv->dim[3];
    s->resolution = side * s->patch;
    s->image_heads = clip_heads(s->image_width);
    s->blocks[0] = count_layers(file, "visual.transformer.resblocks.", ".attn.in_proj_weight");
    return GMR_OK;
}

static enum gmr_status infer_resnet(const struct safetensors *file, struct clip_settings *s)
{
    const struct safetensors_entry *conv;
    size_t side;
    TRY(find(file, "visual.layer1.0.conv1.weight", 4, &conv));
    TRY(grid_side(file, "visual.attnpool.positional_embedding", &side));
    s->image = CLIP_RESNET;
    s->image_width = conv->dim[0];
    s->resolution = side * STEM_AND_STAGES;
    s->image_heads = clip_heads(clip_image_channels(s));
    for (size_t stage = 0; stage < CLIP_STAGES; stage++) {
        char before[32];
        snprintf(before, sizeof before, "visual.layer%zu.", stage + 1);
        s->blocks[stage] = count_layers(file, before, ".conv1.weight");
    }
    return GMR_OK;
}

static enum gmr_status infer_text(const struct safetensors *file, struct clip_settings *s)
{
    const struct safetensors_entry *projection, *positions, *tokens, *norm;
    TRY(find(file, "text_projection", 2, &projection));
    TRY(find(file, "positional_embedding", 2, &positions));
    TRY(find(file, "token_embedding.weight", 2, &tokens));
    TRY(find(file, "ln_final.weight", 1, &norm));
    s->embed = projection->dim[1];
    s->context = positions->dim[0];
    s->vocabulary = tokens->dim[0];
    s->text_width = norm->dim[0];
    s->text_heads = clip_heads(s->text_width);
    s->text_layers = count_layers(file, "transformer.resblocks.", ".attn.in_proj_weight");
    return GMR_OK;
}

enum gmr_status clip_settings_infer(const struct safetensors *file, struct clip_settings *settings)
{
    struct clip_settings s = { .activation = ACTIVATE_QUICK_GELU };
    TRY(infer_text(file, &s));
    TRY(safetensors_find(file, "visual.proj") ? infer_vit(file, &s) : infer_resnet(file, &s));
    if (clip_settings_check(&s) != GMR_OK)
        return gmr_error(GMR_ERR_SHAPE, "'%s': %s", safetensors_name(file), gmr_error_message());
    *settings = s;
    return GMR_OK;
}
