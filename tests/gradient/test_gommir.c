/* The gradient of the whole supervised loss of a small recommender - composer in training mode,
 * tracker over three turns, both triplet terms - against central differences, for every trained
 * number of the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/gommir.h"
#include "support/gradients.h"
#include "support/support.h"

enum { BATCH = 4, TURNS = 3, FEATURES = 5, WIDTH = 6 };

struct problem {
    struct compute *compute;
    struct gommir model;
    struct tape tape;
    real image[TURNS][BATCH * FEATURES], text[TURNS][BATCH * FEATURES];
    real target[BATCH * WIDTH], negative[TURNS][BATCH * WIDTH];
};

static struct tensor *rows(struct tape *t, size_t columns, const real *data)
{
    return tape_input(t, (size_t[]){ BATCH, columns }, 2, data);
}

/* The mean over turns of trip(s, target, n) + trip(c, target, n). The margin is wide, so that no
 * hinge is near its knee. */
static struct tensor *loss(struct problem *p)
{
    struct tape *t = &p->tape;
    struct tensor *target = rows(t, WIDTH, p->target), *sum = NULL;
    struct gommir_history history;

    gommir_history_clear(&history);
    for (size_t i = 0; i < TURNS; i++) {
        struct gommir_turn turn = gommir_turn(
            t, &p->model, &history, rows(t, FEATURES, p->image[i]), rows(t, FEATURES, p->text[i]), NULL);
        struct tensor *n = rows(t, WIDTH, p->negative[i]);
        struct tensor *part = op_mean_all(t, op_add(t, op_triplet(t, turn.state, target, n, 20),
                                                    op_triplet(t, turn.composed, target, n, 20)));

        sum = sum ? op_add(t, sum, part) : part;
    }
    return op_scale(t, sum, 1.0 / TURNS);
}

static double loss_value(struct problem *p)
{
    double value;

    p->tape.recording = false;
    value = (double)tape_scalar(&p->tape, loss(p));
    assert_int_equal(tape_status(&p->tape), GMR_OK);
    tape_reset(&p->tape);
    p->tape.recording = true;
    return value;
}

/* d loss / d x by a five-point stencil: the error falls with the fourth power of the step. */
static double difference(void *problem, real *x)
{
    struct problem *p = problem;
    const double step = 2e-5; /* small: no ReLU may cross its knee on the way */
    real at = *x;
    double value[4];

    for (int i = 0; i < 4; i++) {
        static const int place[4] = { -2, -1, 1, 2 };

        *x = at + (real)(place[i] * step);
        value[i] = loss_value(p);
    }
    *x = at;
    return (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * step);
}

static void setup(struct problem *p, enum composer_form form)
{
    struct gommir_settings settings = { .features = FEATURES,
                                        .width = WIDTH,
                                        .layers = 2,
                                        .heads = 2,
                                        .hidden = 7,
                                        .composer = form,
                                        .independent_layers = true };

    memset(p, 0, sizeof *p);
    assert_int_equal(compute_create_reference(NULL, &p->compute), GMR_OK);
    assert_int_equal(gommir_init(&p->model, p->compute, NULL, settings, 7), GMR_OK);
    tape_init(&p->tape, p->compute, NULL);
    for (size_t i = 0; i < TURNS; i++) {
        fill_normal(p->image[i], BATCH * FEATURES, 10 + i);
        fill_normal(p->text[i], BATCH * FEATURES, 20 + i);
        fill_normal(p->negative[i], BATCH * WIDTH, 30 + i);
    }
    fill_normal(p->target, BATCH * WIDTH, 40);
}

static void teardown(struct problem *p)
{
    tape_release(&p->tape);
    gommir_release(&p->model);
    compute_destroy(p->compute);
}

static void check_all(enum composer_form form)
{
    struct problem p;

    setup(&p, form);
    assert_int_equal(tape_backward(&p.tape, loss(&p)), GMR_OK);
    tape_reset(&p.tape);
    const size_t checked = check_gradients(&p.model.parameters, difference, &p, 1, 1e-7);
    assert_true(checked > 40);
    teardown(&p);
}

static void test_gommir_composer(void **state)
{
    check_all(COMPOSER_GOMMIR);
}

static void test_original_composer(void **state)
{
    check_all(COMPOSER_ORIGINAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gommir_composer),
        cmocka_unit_test(test_original_composer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
