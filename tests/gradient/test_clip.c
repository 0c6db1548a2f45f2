/* The gradient of the loss that an encoder is trained with - the contrastive loss of a small CLIP,
 * an image tower of either kind, batch norm in training mode, the text tower, the temperature,
 * pairs left out - against central differences: for every trained number of the vision
 * transformer's model, and every 29th of the resnet's, which has many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "learning/contrastive.h"
#include "support/gradients.h"
#include "support/support.h"

enum { COUNT = 3, LENGTH = 4, PIXELS = 3 * 32 * 32 };

struct problem {
    struct compute *compute;
    struct clip model;
    struct tape tape;
    real pictures[COUNT * PIXELS];
    const real *mask;
};

static const int64_t ids[COUNT * LENGTH] = { 5, 1, 6, 0, 5, 2, 3, 6, 5, 6, 1, 1 };
static const int64_t end[COUNT] = { 2, 7, 9 };

/* Text 2 is also true of item 0, text 0 of item 1. */
static const real some_left_out[COUNT * COUNT] = {
    0, 0, -10000, /* */ -10000, 0, 0, /* */ 0, 0, 0
};

static struct tensor *loss(struct problem *p)
{
    const struct contrastive_batch batch = {
        .pictures = p->pictures,
        .words = { .count = COUNT, .length = LENGTH, .ids = ids, .end = end },
        .mask = p->mask
    };
    return contrastive_loss(&p->tape, &p->model, &batch);
}

static double loss_value(struct problem *p)
{
    p->tape.recording = false;
    const double value = (double)tape_scalar(&p->tape, loss(p));
    assert_int_equal(tape_status(&p->tape), GMR_OK);
    tape_reset(&p->tape);
    p->tape.recording = true;
    return value;
}

/* d loss / d x by a five-point stencil; the step is small, since no ReLU may cross its knee. */
static double difference(void *problem, real *x)
{
    struct problem *p = problem;
    static const int place[4] = { -2, -1, 1, 2 };
    const double step = 2e-6;
    const real at = *x;
    double value[4];
    for (int i = 0; i < 4; i++) {
        *x = at + (real)(place[i] * step);
        value[i] = loss_value(p);
    }
    *x = at;
    return (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * step);
}

/* Blocks begin as the identity, where some gradients are zero: move every value a little. */
static void shake(struct problem *p)
{
    for (size_t i = 0; i < p->model.parameters.count; i++) {
        const struct parameter *e = &p->model.parameters.entry[i];
        real noise[4096];
        size_t numel;
        if (e->kind != PARAMETER_TRAINED)
            continue;
        real *value = tensor_real(e->tensor) + e->offset;
        shape_numel(e->dim, e->rank, &numel);
        assert_true(numel <= sizeof noise / sizeof *noise);
        fill_normal(noise, numel, 100 + i);
        for (size_t k = 0; k < numel; k++)
            value[k] += (real)0.2 * noise[k];
    }
}

static void setup(struct problem *p, struct clip_settings settings)
{
    memset(p, 0, sizeof *p);
    assert_int_equal(compute_create_reference(NULL, &p->compute), GMR_OK);
    assert_int_equal(clip_init(&p->model, p->compute, NULL, settings), GMR_OK);
    clip_initialise(&p->model, 7);
    shake(p);
    tape_init(&p->tape, p->compute, NULL);
    fill_normal(p->pictures, COUNT * 3 * settings.resolution * settings.resolution, 3);
}

static void teardown(struct problem *p)
{
    tape_release(&p->tape);
    clip_release(&p->model);
    compute_destroy(p->compute);
}

static void check_all(struct clip_settings settings, const real *mask, size_t stride)
{
    static struct problem p;
    setup(&p, settings);
    p.mask = mask;
    assert_int_equal(tape_backward(&p.tape, loss(&p)), GMR_OK);
    tape_reset(&p.tape);
    const size_t checked = check_gradients(&p.model.parameters, difference, &p, stride, 1e-6);
    assert_true(checked > 30);
    teardown(&p);
}

static struct clip_settings with_text(struct clip_settings s)
{
    s.embed = 3;
    s.text_width = 4;
    s.text_layers = 1;
    s.text_heads = 2;
    s.context = 5;
    s.vocabulary = 7;
    return s;
}

/* A resolution of 32 leaves one token to the pool, beside their mean. */
static void test_resnet(void **state)
{
    check_all(with_text((struct clip_settings){ .image = CLIP_RESNET,
                                                .resolution = 32,
                                                .image_width = 2,
                                                .blocks = { 1, 1, 1, 1 },
                                                .image_heads = 4,
                                                .activation = ACTIVATE_QUICK_GELU }),
              NULL, 29);
}

static struct clip_settings small_vit(void)
{
    return with_text((struct clip_settings){ .image = CLIP_VIT,
                                             .resolution = 4,
                                             .image_width = 4,
                                             .patch = 2,
                                             .blocks = { 2 },
                                             .image_heads = 2,
                                             .activation = ACTIVATE_GELU });
}

static void test_vit(void **state)
{
    check_all(small_vit(), NULL, 1);
}

static void test_pairs_left_out(void **state)
{
    check_all(small_vit(), some_left_out, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resnet),
        cmocka_unit_test(test_vit),
        cmocka_unit_test(test_pairs_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
