/* Inference with CLIP: memory, and pictures batch by batch. */
#include "encoder/clip_inference.h"

#include "base/memory.h"
#include "encoder/clip_inference_inside.h"

/* Larger batches are no faster, and their values leave the last cache. */
enum { RESNET_BATCH = 4, VIT_ROWS = 800 /* tokens at once, if one picture has no more */ };

static void lay_out(struct clip_inference *f)
{
    if (f->model->settings.image == CLIP_RESNET)
        inference_resnet_lay_out(f);
    else
        inference_vit_lay_out(f);
    inference_text_lay_out(f);
}

static enum gmr_status take_memory(struct clip_inference *f)
{
    const struct device *device = &f->compute->device;
    const struct gmr_allocator *allocator = device->allocator;
    lay_out(f);
    f->text.ids = memory_array(allocator, f->text.rows, sizeof *f->text.ids);
    f->text.group = memory_array(allocator, TEXT_WINDOW, sizeof *f->text.group);
    if (!area_allocate(&f->area, device) || !f->text.ids || !f->text.group)
        return GMR_ERR_NOMEM;
    lay_out(f);
    return GMR_OK;
}

static size_t choose_batch(const struct clip_settings *s)
{
    const size_t grid = clip_image_grid(s), tokens = grid * grid + 1;
    if (s->image == CLIP_RESNET)
        return RESNET_BATCH;
    return tokens < VIT_ROWS ? VIT_ROWS / tokens : 1;
}

enum gmr_status clip_inference_create(const struct clip *model, struct clip_inference **inference)
{
    const struct compute *compute = model->parameters.compute;
    struct clip_inference *f = memory_array(compute->device.allocator, 1, sizeof *f);
    if (!f)
        return GMR_ERR_NOMEM;
    f->model = model;
    f->compute = compute;
    f->batch = choose_batch(&model->settings);
    enum gmr_status status = GMR_OK;
    if (model->settings.image == CLIP_RESNET)
        status = inference_resnet_compile(f);
    if (status == GMR_OK)
        status = take_memory(f);
    if (status != GMR_OK) {
        clip_inference_destroy(f);
        return status;
    }
    *inference = f;
    return GMR_OK;
}

void clip_inference_destroy(struct clip_inference *f)
{
    if (!f)
        return;
    const struct device *device = &f->compute->device;
    convnet_destroy(f->resnet.net);
    area_release(&f->area, device);
    memory_release(device->allocator, f->text.ids, f->text.rows * sizeof *f->text.ids);
    memory_release(device->allocator, f->text.group, TEXT_WINDOW * sizeof *f->text.group);
    memory_release(device->allocator, f, sizeof *f);
}

/* ---- pictures ---- */

typedef enum gmr_status run_batch(struct clip_inference *f, real *y, const real *pictures,
                                  size_t count);

/* y [count, out] */
static enum gmr_status run_all(struct clip_inference *f, run_batch *run, real *y, size_t out,
                               const real *pictures, size_t count)
{
    const struct clip_settings *s = &f->model->settings;
    const size_t in = 3 * s->resolution * s->resolution;
    for (size_t done = 0; done < count;) {
        const size_t part = count - done < f->batch ? count - done : f->batch;
        TRY(run(f, y + done * out, pictures + done * in, part));
        done += part;
    }
    return f->compute->synchronise(f->compute);
}

enum gmr_status clip_inference_images(struct clip_inference *f, real *y, const real *pictures,
                                      size_t count)
{
    const struct clip_settings *s = &f->model->settings;
    run_batch *run = s->image == CLIP_RESNET ? inference_resnet_run : inference_vit_run;
    return run_all(f, run, y, s->embed, pictures, count);
}

enum gmr_status clip_inference_regions(struct clip_inference *f, real *y, const real *pictures,
                                       size_t count)
{
    const struct clip_settings *s = &f->model->settings;
    const size_t grid = clip_image_grid(s), out = grid * grid * clip_image_channels(s);
    run_batch *run = s->image == CLIP_RESNET ? inference_resnet_regions : inference_vit_regions;
    return run_all(f, run, y, out, pictures, count);
}
