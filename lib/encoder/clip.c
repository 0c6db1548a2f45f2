/* CLIP: the text tower, and both towers put together (spec section 1.4). */
#include "encoder/clip.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

static void text_declare(struct clip_text *tower, struct parameters *p,
                         const struct clip_settings *s)
{
    const size_t width = s->text_width;
    tower->positions = parameters_declare(p, "positional_embedding",
                                          (size_t[]){ s->context, width }, 2, initial_normal(0.01));
    tower->projection = parameters_declare(p, "text_projection", (size_t[]){ width, s->embed }, 2,
                                           initial_normal(1 / sqrt((double)width)));
    tower->tokens = parameters_declare(p, "token_embedding.weight",
                                       (size_t[]){ s->vocabulary, width }, 2, initial_normal(0.02));
    tower->count = s->text_layers;
    tower->block = nn_clip_blocks_declare(p, "transformer.resblocks", width, s->text_heads,
                                          tower->count, s->activation);
    nn_layer_norm_declare(&tower->after, p, "ln_final", width);
}

enum gmr_status clip_declare(struct clip *model, const struct gmr_allocator *allocator,
                             struct clip_settings settings)
{
    TRY(clip_settings_check(&settings));
    memset(model, 0, sizeof *model);
    model->settings = settings;
    parameters_init(&model->parameters, allocator);
    text_declare(&model->text, &model->parameters, &settings);
    model->logit_scale = parameters_declare(&model->parameters, "logit_scale", NULL, 0,
                                            initial_constant(log(1 / 0.07)));
    if (settings.image == CLIP_RESNET)
        clip_resnet_declare(&model->resnet, &model->parameters, &settings);
    else
        clip_vit_declare(&model->vit, &model->parameters, &settings);
    return GMR_OK;
}

enum gmr_status clip_init(struct clip *model, struct compute *compute,
                          const struct gmr_allocator *allocator, struct clip_settings settings)
{
    TRY(clip_declare(model, allocator, settings));
    enum gmr_status status = parameters_create(&model->parameters, compute);
    if (status != GMR_OK)
        clip_release(model);
    return status;
}

void clip_release(struct clip *model)
{
    parameters_release(&model->parameters);
}

void clip_initialise(struct clip *model, uint64_t seed)
{
    parameters_initialise(&model->parameters, seed);
    /* Blocks of the residual tower begin as the identity. */
    for (size_t i = 0; i < model->resnet.count; i++) {
        struct tensor *scale = model->resnet.block[i].conv[2].norm.weight;
        memset(scale->data, 0, tensor_bytes(scale));
    }
}

/* ---- forward ---- */

struct tensor *clip_image_tokens(struct tape *t, const struct clip *model, struct tensor *pictures)
{
    if (model->settings.image == CLIP_RESNET)
        return clip_resnet_tokens(t, &model->resnet, pictures);
    struct tensor *tokens = clip_vit_tokens(t, &model->vit, pictures);
    return op_slice(t, tokens, 1, 1, tensor_dim(tokens, 1) - 1);
}

static struct tensor *vit_image(struct tape *t, const struct clip_vit *tower,
                                struct tensor *pictures)
{
    struct tensor *tokens = clip_vit_tokens(t, tower, pictures);
    const size_t batch = tensor_dim(tokens, 0), width = tensor_last(tokens);
    struct tensor *first = op_slice(t, tokens, 1, 0, 1);
    first = op_reshape(t, first, (size_t[]){ batch, width }, 2);
    return op_matmul(t, nn_layer_norm(t, &tower->after, first), tower->projection, false, false);
}

struct tensor *clip_image(struct tape *t, const struct clip *model, struct tensor *pictures)
{
    if (model->settings.image == CLIP_VIT)
        return vit_image(t, &model->vit, pictures);
    return clip_resnet_pool(t, &model->resnet, clip_resnet_tokens(t, &model->resnet, pictures));
}

struct tensor *clip_text_embed(struct tape *t, const struct clip *model,
                               const struct clip_words *words)
{
    const struct clip_text *tower = &model->text;
    const size_t dim[] = { words->count, words->length };
    if (words->length > model->settings.context)
        return tape_fail(t, "clip_text", GMR_ERR_RANGE, "%zu tokens, at most %zu", words->length,
                         model->settings.context);
    struct tensor *x = op_gather_rows(t, tower->tokens, tape_indices(t, dim, 2, words->ids));
    return op_add(t, x, op_slice(t, tower->positions, 0, 0, words->length));
}

struct tensor *clip_text(struct tape *t, const struct clip *model, const struct clip_words *words)
{
    const struct clip_text *tower = &model->text;
    const size_t rows = words->count * words->length;
    struct tensor *x = clip_text_embed(t, model, words);
    for (size_t i = 0; i < tower->count; i++)
        x = nn_clip_block(t, &tower->block[i], x, true);
    x = op_reshape(t, x, (size_t[]){ rows, model->settings.text_width }, 2);
    x = op_gather_rows(t, x, tape_indices(t, &words->count, 1, words->end));
    return op_matmul(t, nn_layer_norm(t, &tower->after, x), tower->projection, false, false);
}
