/* The loss that an encoder is trained with: which pairs are left out of it, and its value, computed
 * from the vectors by hand. tests/gradient has its gradient. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "learning/contrastive.h"
#include "nn/adam.h"
#include "support/clip_files.h"
#include "support/support.h"

enum { COUNT = 3, LENGTH = 4, SIDE = 12, WIDTH = CLIP_FILE_WIDTH };

/* ---- what is left out ---- */

struct shelf {
    struct arena arena;
    struct item_facts facts[COUNT];
    const struct item_facts *of[COUNT];
};

static const struct gmr_attribute black_shirt[] = { { "colour", "black", 0 },
                                                    { "category", "shirt", 0 } },
                                  black_shoe[] = { { "colour", "black", 0 },
                                                   { "category", "shoe", 0 } },
                                  two_colours[] = { { "colour", "black", 0 },
                                                    { "colour", "white", 0 },
                                                    { "category", "shirt", 0 } };

static void fill_shelf(struct shelf *s)
{
    const struct gmr_item items[COUNT] = {
        { .title = "one", .description = "", .attributes = black_shirt, .attribute_count = 2 },
        { .title = "two", .description = "", .attributes = black_shoe, .attribute_count = 2 },
        { .title = "three", .description = "", .attributes = two_colours, .attribute_count = 3 },
    };
    arena_init(&s->arena, NULL, 0);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(item_facts(&items[i], &s->arena, &s->facts[i]), GMR_OK);
        s->of[i] = &s->facts[i];
    }
}

/* A text that states what an item of these attributes, and nothing else, would. */
static struct item_text state_all(struct shelf *s, const struct gmr_attribute *attributes,
                                  size_t count)
{
    const struct gmr_item item = {
        .title = "", .description = "", .attributes = attributes, .attribute_count = count
    };
    struct item_text text = { .text = "" };
    struct item_facts facts, none;
    assert_int_equal(item_facts(&item, &s->arena, &facts), GMR_OK);
    assert_int_equal(
        item_facts(&(struct gmr_item){ .title = "", .description = "" }, &s->arena, &none), GMR_OK);
    for (size_t i = 0; i < facts.count; i++) {
        bool empty = false; /* the title and the description, which are the same in `none` */
        for (size_t k = 0; k < none.count; k++)
            empty = empty || none.fact[k] == facts.fact[i];
        if (!empty)
            text.fact[text.facts++] = facts.fact[i];
    }
    assert_int_equal(text.facts, count);
    return text;
}

static void texts_that_are_true_of_others_are_left_out(void **state)
{
    struct shelf s;
    real mask[COUNT * COUNT];
    (void)state;
    fill_shelf(&s);
    /* "black shirt", "black", "black and white shirt" */
    const struct item_text text[COUNT] = { state_all(&s, black_shirt, 2),
                                           state_all(&s, black_shirt, 1),
                                           state_all(&s, two_colours, 3) };
    const bool left_out[COUNT * COUNT] = { 0, 1, 0, /* */ 0, 0, 0, /* */ 1, 1, 0 };
    contrastive_mask(mask, text, s.of, COUNT);
    for (size_t i = 0; i < COUNT * COUNT; i++)
        if (left_out[i])
            assert_true(mask[i] < -1000 && isfinite(mask[i]));
        else
            assert_true(mask[i] == 0);
    arena_release(&s.arena);
}

/* ---- the loss ---- */

static const int64_t ids[COUNT * LENGTH] = { 514, 1, 515, 0, 514, 2, 3, 515, 514, 515, 1, 1 };
static const int64_t end[COUNT] = { 2, 7, 9 };
static const real masks[COUNT * COUNT] = { 0, 0, -10000, /* */ -10000, 0, 0, /* */ 0, 0, 0 };
static const bool counts_masked[COUNT][COUNT] = { { 1, 1, 0 }, { 0, 1, 1 }, { 1, 1, 1 } };
static const bool counts_all[COUNT][COUNT] = { { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 } };

struct problem {
    struct compute *compute;
    struct clip model;
    struct tape tape;
    real pictures[COUNT * 3 * SIDE * SIDE];
};

static void setup(struct problem *p)
{
    assert_int_equal(compute_create_cpu(NULL, 2, &p->compute), GMR_OK);
    clip_file_model(&p->model, p->compute, CLIP_VIT);
    tape_init(&p->tape, p->compute, NULL);
    p->tape.recording = false;
    fill_normal(p->pictures, COUNT * 3 * SIDE * SIDE, 3);
}

static void teardown(struct problem *p)
{
    tape_release(&p->tape);
    clip_release(&p->model);
    compute_destroy(p->compute);
}

static double cosine(const real *a, const real *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < WIDTH; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

/* The mean over pictures and over texts of -log of the share of the right one among those that
 * count (Radford et al. 2021, figure 3). */
static double by_hand(struct problem *p, const struct clip_words *words,
                      const bool counts[COUNT][COUNT])
{
    const size_t dim[] = { COUNT, 3, SIDE, SIDE };
    const real *image =
        tensor_real(clip_image(&p->tape, &p->model, tape_input(&p->tape, dim, 4, p->pictures)));
    const real *text = tensor_real(clip_text(&p->tape, &p->model, words));
    const double scale = exp((double)*tensor_real(p->model.logit_scale));
    double loss = 0;
    for (size_t i = 0; i < COUNT; i++) {
        double row = 0, column = 0;
        for (size_t j = 0; j < COUNT; j++) {
            row += counts[i][j] ? exp(scale * cosine(image + i * WIDTH, text + j * WIDTH)) : 0;
            column += counts[j][i] ? exp(scale * cosine(image + j * WIDTH, text + i * WIDTH)) : 0;
        }
        const double right = scale * cosine(image + i * WIDTH, text + i * WIDTH);
        loss += (log(row) - right + log(column) - right) / (2 * COUNT);
    }
    return loss;
}

static double check_loss(struct problem *p, const real *mask, const bool counts[COUNT][COUNT])
{
    const struct contrastive_batch batch = {
        .pictures = p->pictures,
        .words = { .count = COUNT, .length = LENGTH, .ids = ids, .end = end },
        .mask = mask
    };
    const double loss =
        (double)tape_scalar(&p->tape, contrastive_loss(&p->tape, &p->model, &batch));
    const double expected = by_hand(p, &batch.words, counts);
    assert_int_equal(tape_status(&p->tape), GMR_OK);
    assert_true(fabs(loss - expected) < 1e-5 * expected);
    tape_reset(&p->tape);
    return loss;
}

static void the_loss_is_that_of_the_pairs_that_count(void **state)
{
    static struct problem p;
    (void)state;
    setup(&p);
    const double all = check_loss(&p, NULL, counts_all),
                 some = check_loss(&p, masks, counts_masked);
    assert_true(some < all);
    teardown(&p);
}

/* Both towers together can tell the pairs of one batch apart, whatever they show. */
static void one_batch_is_learned_by_heart(void **state)
{
    static struct problem p;
    struct adam_settings settings = adam_settings_default();
    const struct contrastive_batch batch = {
        .pictures = p.pictures,
        .words = { .count = COUNT, .length = LENGTH, .ids = ids, .end = end }
    };
    struct optimiser optimiser;
    double first = 0, last = 0;
    (void)state;
    setup(&p);
    settings.rate = 5e-3;
    p.tape.recording = p.tape.training = true;
    assert_int_equal(optimiser_init(&optimiser, &p.model.parameters, settings), GMR_OK);
    for (size_t step = 0; step < 100; step++) {
        parameters_clear_grad(&p.model.parameters);
        struct tensor *loss = contrastive_loss(&p.tape, &p.model, &batch);
        last = (double)tape_scalar(&p.tape, loss);
        first = step == 0 ? last : first;
        assert_int_equal(tape_backward(&p.tape, loss), GMR_OK);
        tape_reset(&p.tape);
        optimiser_step(&optimiser);
        contrastive_clamp(&p.model);
    }
    assert_true(first > 0.5 && last < 0.01);
    optimiser_release(&optimiser);
    teardown(&p);
}

static void the_temperature_is_kept_in_bounds(void **state)
{
    static const double given[] = { -1, 0, 2, 4.6, 10 }, kept[] = { 0, 0, 2, 4.6, 4.605170186 };
    static struct problem p;
    (void)state;
    setup(&p);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        *tensor_real(p.model.logit_scale) = (real)given[i];
        contrastive_clamp(&p.model);
        assert_true(fabs((double)*tensor_real(p.model.logit_scale) - kept[i]) < 1e-6);
    }
    teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_true_of_others_are_left_out),
        cmocka_unit_test(the_loss_is_that_of_the_pairs_that_count),
        cmocka_unit_test(one_batch_is_learned_by_heart),
        cmocka_unit_test(the_temperature_is_kept_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
