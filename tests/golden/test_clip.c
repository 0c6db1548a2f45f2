/* Two small CLIP models, one of each kind of image tower, against PyTorch: what each part makes,
 * the contrastive loss, gradients of all parameters, running statistics; and that cutting texts
 * behind their end token changes nothing. Then the same from the towers that only infer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "encoder/clip_inference.h"
#include "support/golden.h"

enum { COUNT = 3, CONTEXT = 9, LONGEST = 9, PIXELS = 3 * 64 * 64, EMBED = 6 };

/* Of every text, the end token's place. */
static const int64_t end_place[COUNT] = { 4, 8, 2 };

/* Gradients pass through batch norms of a dozen numbers: PyTorch itself is 2e-5 off in float. */
static const double TRAINING_TOLERANCE = 1e-4;

static struct clip_settings settings_of(enum clip_image_kind kind)
{
    struct clip_settings s = { .embed = EMBED,
                               .image = kind,
                               .text_width = 12,
                               .text_layers = 2,
                               .text_heads = 2,
                               .context = CONTEXT,
                               .vocabulary = 16,
                               .activation = ACTIVATE_QUICK_GELU };
    if (kind == CLIP_RESNET) {
        s.resolution = 64;
        s.image_width = 2;
        memcpy(s.blocks, (size_t[]){ 1, 2, 1, 1 }, sizeof s.blocks);
        s.image_heads = 4;
    } else {
        s.resolution = 12;
        s.image_width = 12;
        s.patch = 4;
        s.blocks[0] = 2;
        s.image_heads = 3;
    }
    return s;
}

static void make_model(struct golden *g, struct clip *model, enum clip_image_kind kind)
{
    assert_int_equal(clip_init(model, g->compute, NULL, settings_of(kind)), GMR_OK);
    golden_load(g, &model->parameters, "param.");
}

/* pixels / 64 - 2 */
static struct tensor *pictures(struct golden *g)
{
    static real x[COUNT * PIXELS];
    struct tensor *pixels = golden_input(g, "pixels");
    const unsigned char *byte = pixels->data;
    const size_t n = tensor_numel(pixels);
    assert_true(n <= sizeof x / sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)byte[i] / 64 - 2;
    return tape_input(&g->tape, pixels->dim, pixels->rank, x);
}

/* The texts of the file, cut to `length` tokens. */
static struct clip_words cut_words(struct golden *g, size_t length, int64_t *ids, int64_t *end)
{
    const int64_t *all = tensor_index(golden_input(g, "ids"));
    for (size_t b = 0; b < COUNT; b++) {
        memcpy(ids + b * length, all + b * CONTEXT, length * sizeof *ids);
        end[b] = (int64_t)(b * length) + end_place[b];
    }
    return (struct clip_words){ .count = COUNT, .length = length, .ids = ids, .end = end };
}

/* The first picture's part of a value. */
static void check_first(struct golden *g, const char *name, struct tensor *x)
{
    golden_value(g, name,
                 op_reshape(&g->tape, op_slice(&g->tape, x, 0, 0, 1),
                            (size_t[]){ tensor_dim(x, 1), tensor_dim(x, 2), tensor_dim(x, 3) }, 3));
}

static void check_resnet_stages(struct golden *g, const struct clip *model)
{
    struct tape *t = &g->tape;
    struct tensor *x = clip_resnet_stem(t, &model->resnet, pictures(g));
    const struct clip_bottleneck *block = model->resnet.block;
    check_first(g, "eval.stem", x);
    for (size_t stage = 0; stage < CLIP_STAGES; stage++) {
        char name[32];
        for (size_t i = 0; i < model->settings.blocks[stage]; i++)
            x = clip_bottleneck(t, block++, x);
        snprintf(name, sizeof name, "eval.layer%zu", stage + 1);
        check_first(g, name, x);
    }
}

static void check_blocks(struct golden *g, const char *names, const struct nn_clip_block *block,
                         size_t count, struct tensor *x, bool causal)
{
    for (size_t i = 0; i < count; i++) {
        char name[32];
        x = nn_clip_block(&g->tape, &block[i], x, causal);
        snprintf(name, sizeof name, names, i);
        golden_value(g, name, x);
    }
}

static void check_vit_stages(struct golden *g, const struct clip *model)
{
    struct tape *t = &g->tape;
    struct tensor *x = clip_vit_embed(t, &model->vit, pictures(g));
    golden_value(g, "eval.ln_pre", x);
    check_blocks(g, "eval.block%zu", model->vit.block, model->vit.count, x, false);
    x = op_slice(t, clip_vit_tokens(t, &model->vit, pictures(g)), 1, 0, 1);
    x = op_reshape(t, x, (size_t[]){ COUNT, tensor_last(x) }, 2);
    golden_value(g, "eval.ln_post", nn_layer_norm(t, &model->vit.after, x));
}

static void check_image(struct golden *g, const struct clip *model)
{
    g->tape.training = false;
    if (model->settings.image == CLIP_RESNET)
        check_resnet_stages(g, model);
    else
        check_vit_stages(g, model);
    golden_value(g, "eval.tokens", clip_image_tokens(&g->tape, model, pictures(g)));
    golden_value(g, "eval.image", clip_image(&g->tape, model, pictures(g)));
    g->tape.training = true;
}

static void check_text(struct golden *g, const struct clip *model)
{
    int64_t ids[COUNT * CONTEXT], end[COUNT];
    struct tape *t = &g->tape;
    const struct clip_words words = cut_words(g, CONTEXT, ids, end);
    struct tensor *x = clip_text_embed(t, model, &words);
    golden_value(g, "text.embedded", x);
    check_blocks(g, "text.block%zu", model->text.block, model->text.count, x, true);
    for (size_t i = 0; i < model->text.count; i++)
        x = nn_clip_block(t, &model->text.block[i], x, true);
    x = op_reshape(t, x, (size_t[]){ COUNT * CONTEXT, tensor_last(x) }, 2);
    x = op_gather_rows(t, x, tape_indices(t, &words.count, 1, words.end));
    golden_value(g, "text.ln_final", nn_layer_norm(t, &model->text.after, x));
    golden_value(g, "text", clip_text(t, model, &words));
}

/* Each text alone, up to its end. */
static void check_cut_text(struct golden *g, const struct clip *model)
{
    int64_t ids[COUNT * CONTEXT], end[COUNT];
    cut_words(g, CONTEXT, ids, end);
    for (size_t b = 0; b < COUNT; b++) {
        const struct clip_words one = { .count = 1,
                                        .length = (size_t)end_place[b] + 1,
                                        .ids = ids + b * CONTEXT,
                                        .end = &end_place[b] };
        struct tensor *y = clip_text(&g->tape, model, &one);
        real row[EMBED];
        tape_read(&g->tape, y, row);
        golden_array(g, "text", 1, b, row, EMBED);
    }
}

static void check_loss(struct golden *g, const struct clip *model)
{
    int64_t ids[COUNT * CONTEXT], end[COUNT];
    struct tape *t = &g->tape;
    const struct clip_words words = cut_words(g, LONGEST, ids, end);
    g->tolerance = TRAINING_TOLERANCE;
    struct tensor *image = clip_image(t, model, pictures(g));
    golden_value(g, "train.image", image);
    struct tensor *text = op_l2_normalise(t, clip_text(t, model, &words));
    struct tensor *logits = op_matmul(t, op_l2_normalise(t, image), text, false, true);
    logits = op_multiply(t, logits, op_exp(t, model->logit_scale));
    struct tensor *loss = op_contrastive(t, logits);
    golden_value(g, "loss", loss);
    golden_backward(g, loss);
    golden_gradients(g, "grad.", &model->parameters);
}

/* The towers that only infer. */
static void check_inference(struct golden *g, const struct clip *model)
{
    int64_t ids[COUNT * CONTEXT], end[COUNT];
    const struct clip_words words = cut_words(g, CONTEXT, ids, end);
    real y[COUNT * EMBED];
    struct clip_inference *fast;
    assert_int_equal(clip_inference_create(model, &fast), GMR_OK);
    assert_int_equal(clip_inference_images(fast, y, tensor_real(pictures(g)), COUNT), GMR_OK);
    golden_array(g, "eval.image", 0, 0, y, COUNT * EMBED);
    assert_int_equal(clip_inference_texts(fast, y, &words), GMR_OK);
    golden_array(g, "text", 0, 0, y, COUNT * EMBED);
    clip_inference_destroy(fast);
}

static void check_model(struct golden *g, enum clip_image_kind kind)
{
    struct clip model;
    make_model(g, &model, kind);
    check_image(g, &model);
    check_text(g, &model);
    check_cut_text(g, &model);
    check_inference(g, &model);
    check_loss(g, &model);
    if (kind == CLIP_RESNET)
        golden_parameters(g, "after.", &model.parameters, NULL);
    clip_release(&model);
}

/* The train mode's token map alone: a pass of its own, since each one moves the statistics. */
static void check_train_tokens(struct golden *g, enum clip_image_kind kind)
{
    struct clip model;
    make_model(g, &model, kind);
    g->tolerance = TRAINING_TOLERANCE;
    golden_value(g, "train.tokens", clip_image_tokens(&g->tape, &model, pictures(g)));
    clip_release(&model);
}

static void check_resnet(struct golden *g)
{
    check_model(g, CLIP_RESNET);
}

static void check_vit(struct golden *g)
{
    check_model(g, CLIP_VIT);
}

static void check_resnet_tokens(struct golden *g)
{
    check_train_tokens(g, CLIP_RESNET);
}

static void check_vit_tokens(struct golden *g)
{
    check_train_tokens(g, CLIP_VIT);
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "resnet", { "clip_resnet" }, check_resnet },
        { "vision transformer", { "clip_vit" }, check_vit },
        { "resnet tokens", { "clip_resnet" }, check_resnet_tokens },
        { "vision transformer tokens", { "clip_vit" }, check_vit_tokens },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
