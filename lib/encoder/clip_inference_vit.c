/* Inference with CLIP's vision transformer: patches are rows of a matrix, their convolution is a
 * product. */
#include "encoder/clip_inference_inside.h"

static size_t grid_tokens(const struct clip_inference *f)
{
    const size_t grid = clip_image_grid(&f->model->settings);
    return grid * grid;
}

void inference_vit_lay_out(struct clip_inference *f)
{
    const struct clip_settings *s = &f->model->settings;
    const size_t tokens = grid_tokens(f);
    transformer_lay_out(&f->vit.area, &f->area, f->batch * (tokens + 1), f->batch, s->image_width,
                        s->image_heads);
    f->vit.patches = area_take(&f->area, f->batch * tokens * 3 * s->patch * s->patch);
}

/* [count, 3, grid patch, grid patch] -> [count, grid, grid, 3, patch, patch] */
static void cut_patches(const struct clip_inference *f, const real *pictures, size_t count)
{
    const struct clip_settings *s = &f->model->settings;
    const size_t grid = clip_image_grid(s), side = s->resolution, patch = s->patch;
    const size_t numel = 3 * patch * patch;
    const struct layout layout = {
        .rank = 6,
        .dim = { count, grid, grid, 3, patch, patch },
        .y_stride = { grid * grid * numel, grid * numel, numel, patch * patch, patch, 1 },
        .x_stride = { 3 * side * side, patch * side, patch, side * side, side, 1 }
    };
    f->compute->copy_strided(f->compute, f->vit.patches, pictures, &layout, 0);
}

/* ln_pre of the class token and all patches, with positions. */
static void embed(const struct clip_inference *f, size_t count)
{
    const struct compute *c = f->compute;
    const struct clip_vit *tower = &f->model->vit;
    const struct transformer_area *a = &f->vit.area;
    const size_t width = f->model->settings.image_width, tokens = grid_tokens(f);
    const size_t in = tensor_numel(tower->patches) / width, row = (tokens + 1) * width;
    real *all = a->attended;

    c->linear_forward(c, a->normed, NULL, f->vit.patches, tensor_real(tower->patches), NULL, NULL,
                      ACTIVATE_NONE, count * tokens, in, width);
    copy_rows(c, all, row, tensor_real(tower->positions), 0, count, row, 0);
    copy_rows(c, all, row, tensor_real(tower->start), 0, count, width, 1);
    copy_rows(c, all + width, row, a->normed, tokens * width, count, tokens * width, 1);
    c->layer_norm_forward(c, a->x, a->mean, a->inv, all, tensor_real(tower->before.weight),
                          tensor_real(tower->before.bias), (real)1e-5, count * (tokens + 1), width);
}

/* What goes into the blocks: one sequence a picture. */
static struct sequences begin(struct clip_inference *f, const real *pictures, size_t count)
{
    struct sequence_group *group = &f->vit.group;
    *group = (struct sequence_group){ .count = count, .length = grid_tokens(f) + 1 };
    cut_patches(f, pictures, count);
    embed(f, count);
    return (struct sequences){
        .rows = count * group->length, .count = count, .groups = 1, .group = group
    };
}

enum gmr_status inference_vit_run(struct clip_inference *f, real *y, const real *pictures,
                                  size_t count)
{
    const struct clip_vit *tower = &f->model->vit;
    const struct sequences s = begin(f, pictures, count);
    transformer_run(f->compute, &f->vit.area, tower->block, tower->count, &tower->after, &s, false,
                    FIRST_ROW);
    project(f->compute, y, f->vit.area.chosen, tower->projection, count);
    return GMR_OK;
}

/* All rows but the class token's. */
enum gmr_status inference_vit_regions(struct clip_inference *f, real *y, const real *pictures,
                                      size_t count)
{
    const struct clip_vit *tower = &f->model->vit;
    const struct sequences s = begin(f, pictures, count);
    const size_t width = f->model->settings.image_width, row = s.rows / count * width;
    transformer_run_all(f->compute, &f->vit.area, tower->block, tower->count, &s, false);
    copy_rows(f->compute, y, row - width, f->vit.area.x + width, row, count, row - width, 0);
    return GMR_OK;
}
