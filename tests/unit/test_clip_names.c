/* Everyone's names for CLIP's tensors: what is found under what stands before it, what is left out,
 * and what is said of files in which something is missing, wrong, unknown or there twice. Files are
 * those that PyTorch wrote, with a few tensors changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "encoder/clip_checkpoint.h"
#include "support/message.h"
#include "support/scratch.h"
#include "tensor/weights.h"

#define DATA         GMR_SOURCE_DIR "/tests/golden/data/clip/"
#define HUGGING_FACE DATA "hugging_face.safetensors"
#define OPEN_CLIP    DATA "open_clip.safetensors"
#define OPENAI       DATA "openai.safetensors"
#define RESNET       DATA "resnet_open_clip.safetensors"

/* ---- files that differ in one tensor ---- */

enum what { NOTHING, DROP, RENAME, COPY, RETYPE, RESHAPE };

/* What happens to a tensor. Reshaping keeps the number of elements unless it has fewer. */
struct change {
    enum what what;
    const char *name, *other; /* the new name */
    size_t rank, dim[5];
};

enum { MOST = 200 };

static struct change none(void)
{
    return (struct change){ .what = NOTHING };
}

static struct change drop(const char *name)
{
    return (struct change){ .what = DROP, .name = name };
}

static struct change rename_to(const char *name, const char *other)
{
    return (struct change){ .what = RENAME, .name = name, .other = other };
}

static struct change copy(const char *name, const char *other)
{
    return (struct change){ .what = COPY, .name = name, .other = other };
}

static struct change retype(const char *name)
{
    return (struct change){ .what = RETYPE, .name = name };
}

static struct change reshape(const char *name, size_t rank, const size_t *dim)
{
    struct change change = { .what = RESHAPE, .name = name, .rank = rank };
    memcpy(change.dim, dim, (rank ? rank : 1) * sizeof *dim);
    return change;
}

static void apply(const struct change *change, struct safetensors_entry *entry, size_t *count,
                  size_t at)
{
    static double wide[4096];
    struct safetensors_entry *e = &entry[at < *count ? at : 0];
    switch (change->what) {
    case NOTHING: break;
    case DROP: *e = entry[--*count]; break;
    case RENAME: e->name = change->other; break;
    case COPY:
        entry[*count] = *e;
        entry[(*count)++].name = change->other;
        break;
    case RETYPE:
        e->size = e->size / dtype_size(e->dtype) * sizeof(double);
        assert_true(e->size <= sizeof wide);
        e->dtype = DTYPE_F64;
        e->data = wide;
        break;
    case RESHAPE:
        e->rank = change->rank;
        memcpy(e->dim, change->dim, sizeof change->dim);
        e->size = dtype_size(e->dtype);
        for (size_t i = 0; i < e->rank; i++)
            e->size *= e->dim[i];
        break;
    }
}

/* Writes a changed copy of a file to the scratch directory; PREFIX goes before all names. */
static void write_changed(const char *path, const char *prefix, const struct change *change)
{
    struct safetensors *file;
    struct safetensors_entry entry[MOST + 1];
    char names[MOST + 1][128];
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_OK);
    size_t count = safetensors_count(file), at = MOST;
    assert_true(count < MOST);
    for (size_t i = 0; i < count; i++) {
        entry[i] = *safetensors_at(file, i);
        if (change->name && strcmp(entry[i].name, change->name) == 0)
            at = i;
    }
    assert_true(at < MOST || !change->name);
    apply(change, entry, &count, at);
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%s%s", prefix, entry[i].name);
        entry[i].name = names[i];
    }
    if (safetensors_write(NULL, in_scratch("w"), entry, count, NULL, 0) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    safetensors_close(file);
}

static enum gmr_status read_changed(enum clip_naming *naming)
{
    struct safetensors *file;
    struct clip_checkpoint checkpoint;
    assert_int_equal(weights_open(NULL, in_scratch("w"), &file), GMR_OK);
    assert_true(clip_names_found(file));
    const enum gmr_status status = clip_checkpoint_init(&checkpoint, NULL, file);
    if (status == GMR_OK) {
        *naming = checkpoint.naming;
        clip_checkpoint_release(&checkpoint);
    }
    safetensors_close(file);
    return status;
}

static void accept(const char *path, const char *prefix, struct change change,
                   enum clip_naming expected)
{
    enum clip_naming naming;
    write_changed(path, prefix, &change);
    if (read_changed(&naming) != GMR_OK)
        fail_msg("%s%s: %s", prefix, change.name ? change.name : "", gmr_error_message());
    assert_int_equal(naming, expected);
}

static void refuse(const char *path, struct change change, enum gmr_status expected,
                   const char *message)
{
    enum clip_naming naming;
    write_changed(path, "", &change);
    const enum gmr_status status = read_changed(&naming);
    if (status != expected)
        fail_msg("%s: status %d, not %d: %s", change.name, status, expected, gmr_error_message());
    assert_message(message);
    assert_message(in_scratch("w"));
}

/* ---- what is found ---- */

static void anything_may_stand_before_the_names(void **state)
{
    (void)state;
    static const char *const before[] = { "module.", "state_dict.", "state_dict.module.", "CLIP.",
                                          "a.b.c." };
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        accept(OPENAI, before[i], none(), CLIP_NAMES_OPEN_CLIP);
        accept(OPEN_CLIP, before[i], none(), CLIP_NAMES_OPEN_CLIP);
        accept(HUGGING_FACE, before[i], none(), CLIP_NAMES_HUGGING_FACE);
    }
}

static void other_spellings_are_known(void **state)
{
    (void)state;
    accept(HUGGING_FACE, "",
           rename_to("vision_model.pre_layrnorm.bias", "vision_model.pre_layernorm.bias"),
           CLIP_NAMES_HUGGING_FACE);
    accept(HUGGING_FACE, "", reshape("logit_scale", 1, (size_t[]){ 1 }), CLIP_NAMES_HUGGING_FACE);
    accept(OPEN_CLIP, "", reshape("logit_scale", 0, (size_t[]){ 0 }), CLIP_NAMES_OPEN_CLIP);
}

static void what_is_no_part_of_the_model_is_left_out(void **state)
{
    (void)state;
    static const char *const left_out[] = { "input_resolution",
                                            "context_length",
                                            "vocab_size",
                                            "attn_mask",
                                            "text.attn_mask",
                                            "visual.input_resolution",
                                            "transformer.resblocks.0.attn_mask" };
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        accept(OPENAI, "", copy("ln_final.bias", left_out[i]), CLIP_NAMES_OPENAI);
    accept(RESNET, "", retype("visual.bn1.num_batches_tracked"), CLIP_NAMES_OPEN_CLIP);
    accept(RESNET, "", drop("visual.bn1.num_batches_tracked"), CLIP_NAMES_OPEN_CLIP);
    accept(HUGGING_FACE, "", drop("text_model.embeddings.position_ids"), CLIP_NAMES_HUGGING_FACE);
}

/* What a training saves besides lies elsewhere. */
static void what_lies_elsewhere_does_not_count(void **state)
{
    (void)state;
    enum clip_naming naming;
    struct safetensors *file;
    struct safetensors_entry entry[MOST];
    char names[MOST][128];
    assert_int_equal(safetensors_open(NULL, OPENAI, &file), GMR_OK);
    const size_t count = safetensors_count(file);
    for (size_t i = 0; i < count; i++) {
        entry[i] = *safetensors_at(file, i);
        snprintf(names[i], sizeof names[i], "model.%s", entry[i].name);
        entry[i].name = names[i];
    }
    entry[count] = *safetensors_at(file, 0);
    entry[count].name = "optimizer.state.0.exp_avg";
    assert_int_equal(safetensors_write(NULL, in_scratch("w"), entry, count + 1, NULL, 0), GMR_OK);
    assert_int_equal(read_changed(&naming), GMR_OK);
    safetensors_close(file);
}

static void parts_are_joined_in_order(void **state)
{
    (void)state;
    static const char *const parts[] = { "q", "k", "v" };
    enum { WIDTH = 4, EMBED = 6 };
    struct safetensors *file, *translated;
    enum clip_naming naming;
    real joined[3 * WIDTH * WIDTH], part[WIDTH * WIDTH], turned[WIDTH * EMBED], own[EMBED * WIDTH];
    assert_int_equal(safetensors_open(NULL, HUGGING_FACE, &file), GMR_OK);
    assert_int_equal(clip_names_translate(NULL, file, &translated, &naming), GMR_OK);
    assert_int_equal(safetensors_read(translated, "transformer.resblocks.1.attn.in_proj_weight",
                                      (size_t[]){ 3 * WIDTH, WIDTH }, 2, joined),
                     GMR_OK);
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "text_model.encoder.layers.1.self_attn.%s_proj.weight",
                 parts[i]);
        assert_int_equal(safetensors_read(file, name, (size_t[]){ WIDTH, WIDTH }, 2, part), GMR_OK);
        assert_memory_equal(joined + i * WIDTH * WIDTH, part, sizeof part);
    }
    assert_int_equal(
        safetensors_read(translated, "visual.proj", (size_t[]){ WIDTH, EMBED }, 2, turned), GMR_OK);
    assert_int_equal(
        safetensors_read(file, "visual_projection.weight", (size_t[]){ EMBED, WIDTH }, 2, own),
        GMR_OK);
    for (size_t i = 0; i < WIDTH; i++)
        for (size_t k = 0; k < EMBED; k++)
            assert_true(turned[i * EMBED + k] == own[k * WIDTH + i]);
    safetensors_close(translated);
    safetensors_close(file);
}

/* ---- what is wrong ---- */

static void missing_tensors_are_named(void **state)
{
    (void)state;
    refuse(HUGGING_FACE, drop("vision_model.encoder.layers.1.self_attn.k_proj.weight"),
           GMR_ERR_FORMAT, "'vision_model.encoder.layers.1.self_attn.k_proj.weight' is missing");
    refuse(HUGGING_FACE, drop("text_model.encoder.layers.0.self_attn.v_proj.bias"), GMR_ERR_FORMAT,
           "'text_model.encoder.layers.0.self_attn.v_proj.bias' is missing");
    refuse(HUGGING_FACE, drop("text_model.encoder.layers.0.self_attn.q_proj.bias"), GMR_ERR_FORMAT,
           "'transformer.resblocks.0.attn.in_proj_bias' is missing (names are "
           "OpenAI's, the file has those of Hugging Face)");
    refuse(OPENAI, drop("visual.ln_pre.bias"), GMR_ERR_FORMAT, "'visual.ln_pre.bias' is missing");
    refuse(RESNET, drop("visual.layer2.0.downsample.0.weight"), GMR_ERR_FORMAT,
           "'visual.layer2.0.downsample.0.weight' is missing");
}

static void wrong_tensors_are_named(void **state)
{
    (void)state;
    refuse(HUGGING_FACE, retype("text_model.encoder.layers.0.self_attn.k_proj.bias"), GMR_ERR_TYPE,
           "different types");
    refuse(HUGGING_FACE,
           reshape("text_model.encoder.layers.0.self_attn.v_proj.weight", 2, (size_t[]){ 2, 8 }),
           GMR_ERR_SHAPE, "different shapes");
    refuse(HUGGING_FACE,
           reshape("text_model.encoder.layers.0.self_attn.q_proj.bias", 0, (size_t[]){ 0 }),
           GMR_ERR_SHAPE, "different shapes");
    refuse(HUGGING_FACE, reshape("text_projection.weight", 3, (size_t[]){ 6, 4, 1 }), GMR_ERR_SHAPE,
           "'text_projection' has 3 axes, not 2");
    refuse(HUGGING_FACE, reshape("visual_projection.weight", 2, (size_t[]){ 4, 6 }), GMR_ERR_SHAPE,
           "'visual.proj': shape [6, 4], expected [4, 6]");
    refuse(OPEN_CLIP, reshape("visual.conv1.weight", 4, (size_t[]){ 4, 3, 2, 4 }), GMR_ERR_SHAPE,
           "'visual.conv1.weight': shape [4, 3, 2, 4]");
    refuse(OPENAI, reshape("logit_scale", 2, (size_t[]){ 1, 1 }), GMR_ERR_SHAPE, "'logit_scale'");
    refuse(OPENAI, reshape("token_embedding.weight", 1, (size_t[]){ 100 }), GMR_ERR_SHAPE,
           "'token_embedding.weight' has 1 axes, not 2");
}

static void unknown_tensors_are_named(void **state)
{
    (void)state;
    refuse(HUGGING_FACE, copy("logit_scale", "vision_model.head.weight"), GMR_ERR_FORMAT,
           "does not have its tensor 'vision_model.head.weight'");
    refuse(HUGGING_FACE, copy("logit_scale", "text_model.encoder.layers.x.layer_norm1.weight"),
           GMR_ERR_FORMAT, "'text_model.encoder.layers.x.layer_norm1.weight'");
    refuse(HUGGING_FACE, copy("logit_scale", "text_model.encoder.layers.0.layer_norm3.weight"),
           GMR_ERR_FORMAT, "'text_model.encoder.layers.0.layer_norm3.weight'");
    refuse(HUGGING_FACE, copy("logit_scale", "logit_scale_2"), GMR_ERR_FORMAT, "'logit_scale_2'");
    refuse(OPEN_CLIP, copy("logit_scale", "logit_bias"), GMR_ERR_FORMAT, "'logit_bias'");
    refuse(OPENAI, copy("ln_final.bias", "transformer.resblocks.7.ln_1.bias"), GMR_ERR_FORMAT,
           "'transformer.resblocks.7.ln_1.bias'");
}

static void tensors_that_are_there_twice_are_named(void **state)
{
    (void)state;
    refuse(OPEN_CLIP, copy("text.ln_final.bias", "ln_final.bias"), GMR_ERR_FORMAT,
           "two tensors are called 'ln_final.bias'");
    refuse(HUGGING_FACE, copy("vision_model.pre_layrnorm.bias", "vision_model.pre_layernorm.bias"),
           GMR_ERR_FORMAT, "two tensors are called 'visual.ln_pre.bias'");
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH(anything_may_stand_before_the_names),
        SCRATCH(other_spellings_are_known),
        SCRATCH(what_is_no_part_of_the_model_is_left_out),
        SCRATCH(what_lies_elsewhere_does_not_count),
        cmocka_unit_test(parts_are_joined_in_order),
        SCRATCH(missing_tensors_are_named),
        SCRATCH(wrong_tensors_are_named),
        SCRATCH(unknown_tensors_are_named),
        SCRATCH(tensors_that_are_there_twice_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
