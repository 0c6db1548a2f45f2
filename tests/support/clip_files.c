#include "support/clip_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"

const char clip_file_vocabulary[] = "#version: 0.2\na b\nc d</w>\n";

struct clip_settings clip_file_settings(enum clip_image_kind kind)
{
    struct clip_settings s = { .embed = CLIP_FILE_WIDTH,
                               .image = kind,
                               .resolution = 32,
                               .image_width = 2,
                               .blocks = { 1, 1, 1, 1 },
                               .image_heads = 1,
                               .text_width = 8,
                               .text_layers = 2,
                               .text_heads = 1,
                               .context = CLIP_FILE_CONTEXT,
                               .vocabulary = CLIP_FILE_TOKENS,
                               .activation = ACTIVATE_QUICK_GELU };
    if (kind == CLIP_VIT) {
        s.resolution = 12;
        s.image_width = 8;
        s.patch = 4;
        memcpy(s.blocks, (size_t[]){ 2, 0, 0, 0 }, sizeof s.blocks);
    }
    return s;
}

/* Vectors that start as constants too, but running variances. */
static void scatter(struct parameters *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct parameter *e = &p->entry[i];
        real noise[4096];
        if (e->kind != PARAMETER_TRAINED || e->rank != 1)
            continue;
        assert_true(e->dim[0] <= sizeof noise / sizeof *noise);
        fill_uniform(noise, e->dim[0], -0.3, 0.3, i);
        for (size_t k = 0; k < e->dim[0]; k++)
            tensor_real(e->tensor)[e->offset + k] += noise[k];
    }
}

void clip_file_model(struct clip *model, struct compute *compute, enum clip_image_kind kind)
{
    assert_int_equal(clip_init(model, compute, NULL, clip_file_settings(kind)), GMR_OK);
    clip_initialise(model, 5);
    scatter(&model->parameters);
}

void clip_file_write(const char *path, enum clip_image_kind kind,
                     const struct safetensors_metadata *metadata, size_t count)
{
    struct compute *compute;
    struct clip model;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    clip_file_model(&model, compute, kind);
    assert_int_equal(parameters_save(&model.parameters, path, metadata, count), GMR_OK);
    clip_release(&model);
    compute_destroy(compute);
}
