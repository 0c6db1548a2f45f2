/* CLIP's vision transformer (spec section 1.3). */
#include <math.h>
#include <stdio.h>

#include "encoder/clip.h"

void clip_vit_declare(struct clip_vit *tower, struct parameters *p, const struct clip_settings *s)
{
    const size_t width = s->image_width, grid = clip_image_grid(s);
    const double deviation = 1 / sqrt((double)width);
    parameters_enter(p, "visual");
    tower->start = parameters_declare(p, "class_embedding", &width, 1, initial_normal(deviation));
    tower->positions =
        parameters_declare(p, "positional_embedding", (size_t[]){ grid * grid + 1, width }, 2,
                           initial_normal(deviation));
    tower->projection =
        parameters_declare(p, "proj", (size_t[]){ width, s->embed }, 2, initial_normal(deviation));
    tower->patches =
        parameters_declare(p, "conv1.weight", (size_t[]){ width, 3, s->patch, s->patch }, 4,
                           initial_linear(3 * s->patch * s->patch));
    nn_layer_norm_declare(&tower->before, p, "ln_pre", width);
    tower->count = s->blocks[0];
    tower->block = nn_clip_blocks_declare(p, "transformer.resblocks", width, s->image_heads,
                                          tower->count, s->activation);
    nn_layer_norm_declare(&tower->after, p, "ln_post", width);
    parameters_leave(p);
}

struct tensor *clip_vit_embed(struct tape *t, const struct clip_vit *tower, struct tensor *pictures)
{
    const size_t batch = tensor_dim(pictures, 0), width = tensor_dim(tower->patches, 0);
    struct tensor *x =
        op_conv2d(t, pictures, tower->patches, NULL, tensor_dim(tower->patches, 3), 0);
    const size_t tokens = tensor_dim(x, 2) * tensor_dim(x, 3);
    x = op_reshape(t, x, (size_t[]){ batch, width, tokens }, 3);
    x = op_transpose(t, x, (size_t[]){ 0, 2, 1 });
    struct tensor *none = tape_filled(t, (size_t[]){ batch, 1, width }, 3, 0);
    struct tensor *start = op_add(t, none, tower->start);
    x = op_concat(t, (struct tensor *[]){ start, x }, 2, 1);
    return nn_layer_norm(t, &tower->before, op_add(t, x, tower->positions));
}

struct tensor *clip_vit_tokens(struct tape *t, const struct clip_vit *tower,
                               struct tensor *pictures)
{
    struct tensor *x = clip_vit_embed(t, tower, pictures);
    for (size_t i = 0; i < tower->count; i++)
        x = nn_clip_block(t, &tower->block[i], x, false);
    return x;
}
