/* Sizes of CLIP models: the four of the specification's table from the shapes of a checkpoint, with
 * their numbers of parameters and entries; files that are no CLIP or contradict themselves; sizes
 * that do not fit together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "encoder/clip.h"
#include "support/message.h"
#include "support/support.h"

/* ---- the table ---- */

/* Spec section 1.1. */
struct model {
    const char *name;
    struct clip_settings settings;
    size_t trained, visual, entries;
};

static struct clip_settings resnet(size_t embed, size_t third)
{
    struct clip_settings s = clip_settings_rn101();
    s.embed = embed;
    s.blocks[2] = third;
    return s;
}

static struct clip_settings vit(size_t patch)
{
    struct clip_settings s = clip_settings_rn101();
    s.image = CLIP_VIT;
    s.image_width = 768;
    s.image_heads = 12;
    s.patch = patch;
    memcpy(s.blocks, (size_t[]){ 12, 0, 0, 0 }, sizeof s.blocks);
    return s;
}

enum { MODELS = 4 };

static void fill_models(struct model model[MODELS])
{
    model[0] = (struct model){ "RN50", resnet(1024, 6), 102007137, 38316896, 489 };
    model[1] = (struct model){ "RN101", resnet(512, 23), 119688033, 56259936, 795 };
    model[2] = (struct model){ "ViT-B/32", vit(32), 151277313, 87849216, 302 };
    model[3] = (struct model){ "ViT-B/16", vit(16), 149620737, 86192640, 302 };
}

static void declare(struct clip *model, struct clip_settings settings)
{
    assert_int_equal(clip_declare(model, NULL, settings), GMR_OK);
    assert_int_equal(model->parameters.status, GMR_OK);
}

static size_t count_trained(const struct parameters *p, const char *prefix)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct parameter *e = &p->entry[i];
        size_t numel;
        if (e->kind != PARAMETER_TRAINED || strncmp(e->name, prefix, strlen(prefix)) != 0)
            continue;
        assert_true(shape_numel(e->dim, e->rank, &numel));
        count += numel;
    }
    return count;
}

static void test_counts(void **state)
{
    struct model model[MODELS];
    fill_models(model);
    for (size_t i = 0; i < MODELS; i++) {
        struct clip clip;
        declare(&clip, model[i].settings);
        assert_int_equal(count_trained(&clip.parameters, ""), model[i].trained);
        assert_int_equal(parameters_trained(&clip.parameters), model[i].trained);
        assert_int_equal(count_trained(&clip.parameters, "visual."), model[i].visual);
        assert_int_equal(clip.parameters.count, model[i].entries);
        clip_release(&clip);
    }
}

/* ---- files with shapes only ---- */

enum { HEADER = 1 << 18, NUMBER = 2 /* bytes of an F16 */ };

/* A checkpoint in memory. Its numbers are zeros that nobody touches: pages that do not exist. */
struct file {
    struct safetensors *open;
    unsigned char *bytes;
    size_t size;
};

/* What a test does to one entry before it is written. */
struct change {
    const char *name;
    bool drop;
    size_t axis, length; /* ignored when dropped; axis == rank adds one */
};

static size_t entry_text(char *at, size_t room, const struct parameter *e,
                         const struct change *change, size_t *offset)
{
    size_t dim[TENSOR_MAX_RANK] = { 0 }, rank = e->rank, numel;
    char text[SHAPE_TEXT];
    memcpy(dim, e->dim, sizeof dim);
    if (change && strcmp(change->name, e->name) == 0) {
        if (change->drop)
            return 0;
        rank += change->axis == rank;
        dim[change->axis] = change->length;
    }
    assert_true(shape_numel(dim, rank, &numel));
    const size_t from = *offset;
    *offset += numel * NUMBER;
    return (size_t)snprintf(at, room,
                            "%s\"%s\":{\"dtype\":\"F16\",\"shape\":%s,\"data_offsets\":[%zu,%zu]}",
                            from ? "," : "", e->name, shape_text(dim, rank, text), from, *offset);
}

/* A model's checkpoint with one change (NULL: none). */
static void file_open(struct file *f, struct clip_settings settings, const struct change *change)
{
    static char header[HEADER];
    struct clip clip;
    size_t used = 1, offset = 0;
    header[0] = '{';
    declare(&clip, settings);
    for (size_t i = 0; i < clip.parameters.count; i++)
        used +=
            entry_text(header + used, HEADER - used, &clip.parameters.entry[i], change, &offset);
    clip_release(&clip);
    assert_true(used + 1 < HEADER);
    header[used++] = '}';
    const uint64_t length = used;
    f->size = 8 + used + offset;
    f->bytes = calloc(1, f->size);
    assert_non_null(f->bytes);
    memcpy(f->bytes, &length, 8);
    memcpy(f->bytes + 8, header, used);
    if (safetensors_open_memory(NULL, f->bytes, f->size, "test.safetensors", &f->open) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

static void file_close(struct file *f)
{
    safetensors_close(f->open);
    free(f->bytes);
}

static void assert_settings(const char *name, const struct clip_settings *found,
                            const struct clip_settings *expected)
{
    if (found->embed != expected->embed || found->image != expected->image ||
        found->resolution != expected->resolution || found->image_width != expected->image_width ||
        memcmp(found->blocks, expected->blocks, sizeof found->blocks) != 0 ||
        (expected->image == CLIP_VIT && found->patch != expected->patch) ||
        found->image_heads != expected->image_heads || found->text_width != expected->text_width ||
        found->text_layers != expected->text_layers || found->text_heads != expected->text_heads ||
        found->context != expected->context || found->vocabulary != expected->vocabulary ||
        found->activation != expected->activation)
        fail_msg("%s: other sizes", name);
}

static void test_infer(void **state)
{
    struct model model[MODELS];
    fill_models(model);
    for (size_t i = 0; i < MODELS; i++) {
        struct file f;
        struct clip_settings found;
        file_open(&f, model[i].settings, NULL);
        assert_int_equal(clip_settings_infer(f.open, &found), GMR_OK);
        assert_settings(model[i].name, &found, &model[i].settings);
        file_close(&f);
    }
}

/* ---- small models, and what is wrong with some ---- */

static struct clip_settings small(enum clip_image_kind kind)
{
    struct clip_settings s = { .embed = 6,
                               .image = kind,
                               .resolution = 64,
                               .image_width = 8,
                               .blocks = { 1, 2, 1, 1 },
                               .patch = 16,
                               .image_heads = 4,
                               .text_width = 12,
                               .text_layers = 2,
                               .text_heads = 1,
                               .context = 9,
                               .vocabulary = 16,
                               .activation = ACTIVATE_QUICK_GELU };
    if (kind == CLIP_VIT) {
        memcpy(s.blocks, (size_t[]){ 3, 0, 0, 0 }, sizeof s.blocks);
        s.image_heads = 1;
    }
    return s;
}

static void test_infer_small(void **state)
{
    for (int kind = CLIP_RESNET; kind <= CLIP_VIT; kind++) {
        const struct clip_settings expected = small((enum clip_image_kind)kind);
        struct clip_settings found;
        struct file f;
        file_open(&f, expected, NULL);
        assert_int_equal(clip_settings_infer(f.open, &found), GMR_OK);
        assert_settings("small", &found, &expected);
        file_close(&f);
    }
}

static void refuse(enum clip_image_kind kind, struct change change, enum gmr_status expected,
                   const char *message)
{
    struct clip_settings found = { .embed = 77 };
    struct file f;
    file_open(&f, small(kind), &change);
    const enum gmr_status status = clip_settings_infer(f.open, &found);
    if (status != expected)
        fail_msg("%s: status %d, not %d", change.name, status, expected);
    assert_message(message);
    assert_int_equal(found.embed, 77);
    file_close(&f);
}

static void test_not_clip(void **state)
{
    static const char *const needed[] = { "text_projection", "positional_embedding",
                                          "token_embedding.weight", "ln_final.weight" };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        refuse(CLIP_VIT, (struct change){ needed[i], .drop = true }, GMR_ERR_FORMAT, needed[i]);
    refuse(CLIP_VIT, (struct change){ "visual.conv1.weight", .drop = true }, GMR_ERR_FORMAT,
           "visual.conv1.weight");
    refuse(CLIP_VIT, (struct change){ "visual.positional_embedding", .drop = true }, GMR_ERR_FORMAT,
           "visual.positional_embedding");
    refuse(CLIP_RESNET, (struct change){ "visual.layer1.0.conv1.weight", .drop = true },
           GMR_ERR_FORMAT, "visual.layer1.0.conv1.weight");
}

static void test_contradictions(void **state)
{
    const struct change fifteen = { "visual.positional_embedding", .axis = 0, .length = 16 };
    refuse(CLIP_VIT, fifteen, GMR_ERR_SHAPE, "visual.positional_embedding");
    refuse(CLIP_VIT, (struct change){ "visual.positional_embedding", .axis = 0, .length = 0 },
           GMR_ERR_SHAPE, "visual.positional_embedding");
    refuse(CLIP_VIT, (struct change){ "visual.positional_embedding", .axis = 0, .length = 1 },
           GMR_ERR_SHAPE, "1 rows, not a square and one");
    refuse(CLIP_VIT, (struct change){ "visual.conv1.weight", .axis = 4, .length = 1 },
           GMR_ERR_SHAPE, "5 axes, not 4");
    refuse(CLIP_VIT, (struct change){ "visual.conv1.weight", .axis = 3, .length = 0 },
           GMR_ERR_SHAPE, "patch");
    refuse(CLIP_VIT,
           (struct change){ "visual.transformer.resblocks.0.attn.in_proj_weight", .drop = true },
           GMR_ERR_SHAPE, "layers");
    refuse(CLIP_RESNET,
           (struct change){ "visual.attnpool.positional_embedding", .axis = 0, .length = 7 },
           GMR_ERR_SHAPE, "attnpool");
    refuse(CLIP_RESNET, (struct change){ "visual.layer3.0.conv1.weight", .drop = true },
           GMR_ERR_SHAPE, "stage 3");
    refuse(CLIP_RESNET, (struct change){ "visual.layer1.0.conv1.weight", .axis = 0, .length = 7 },
           GMR_ERR_SHAPE, "odd");
    refuse(CLIP_RESNET, (struct change){ "token_embedding.weight", .axis = 0, .length = 0 },
           GMR_ERR_SHAPE, "vocabulary");
    refuse(CLIP_RESNET, (struct change){ "positional_embedding", .axis = 0, .length = 1 },
           GMR_ERR_SHAPE, "room");
}

/* Shapes that the sizes do not explain are the business of parameters_read, which checks all. */
static void test_inferred_model_fits(void **state)
{
    const struct change wide = { "visual.proj", .axis = 0, .length = 9 };
    struct clip_settings found;
    struct file f;
    struct clip clip;
    struct compute *compute;
    file_open(&f, small(CLIP_VIT), &wide);
    assert_int_equal(clip_settings_infer(f.open, &found), GMR_OK);
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    assert_int_equal(clip_init(&clip, compute, NULL, found), GMR_OK);
    assert_int_equal(parameters_read(&clip.parameters, f.open), GMR_ERR_SHAPE);
    assert_message("visual.proj");
    clip_release(&clip);
    compute_destroy(compute);
    file_close(&f);
}

/* ---- sizes by themselves ---- */

static void refuse_sizes(struct clip_settings s, const char *message)
{
    assert_int_equal(clip_settings_check(&s), GMR_ERR_RANGE);
    assert_message(message);
}

static void test_check(void **state)
{
    struct clip_settings s = small(CLIP_RESNET);
    assert_int_equal(clip_settings_check(&s), GMR_OK);
    s.resolution = 63;
    refuse_sizes(s, "no multiple of 32");
    s = small(CLIP_RESNET);
    s.blocks[3] = CLIP_MAX_LAYERS + 1;
    refuse_sizes(s, "stage 4");
    s = small(CLIP_RESNET);
    s.image_heads = 3;
    refuse_sizes(s, "do not divide 256 channels");
    s = small(CLIP_VIT);
    s.patch = 0;
    refuse_sizes(s, "patch");
    s = small(CLIP_VIT);
    s.text_heads = 5;
    refuse_sizes(s, "do not divide 12 channels");
    s = small(CLIP_VIT);
    s.text_layers = 0;
    refuse_sizes(s, "texts have 0 layers");
    s = small(CLIP_VIT);
    s.embed = (size_t)1 << 21;
    refuse_sizes(s, "common space");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),         cmocka_unit_test(test_infer),
        cmocka_unit_test(test_infer_small),    cmocka_unit_test(test_not_clip),
        cmocka_unit_test(test_contradictions), cmocka_unit_test(test_inferred_model_fits),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
