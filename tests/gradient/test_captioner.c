/* The gradients of both captioners' losses, with smoothed labels, against central differences, for
 * every trained number; the transformer with batch norm on both sides, in training mode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "simulator/captioner/captioner.h"
#include "support/captioning.h"
#include "support/gradients.h"

enum { BATCH = 3, CHANNELS = 2, WORDS = 5, LENGTH = 3 };

struct problem {
    struct compute *compute;
    struct captioner model;
    struct captioning data;
    struct tape tape;
};

static struct tensor *loss(struct problem *p)
{
    return captioner_loss(&p->tape, &p->model, &p->data.pictures, &p->data.sentences, 0.1);
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

/* d loss / d x by a five-point stencil: the error falls with the fourth power of the step. */
static double difference(void *problem, real *x)
{
    struct problem *p = problem;
    const double step = 2e-5; /* small: no ReLU may cross its knee on the way */
    const real at = *x;
    double value[4];
    for (int i = 0; i < 4; i++) {
        static const int place[4] = { -2, -1, 1, 2 };
        *x = at + (real)(place[i] * step);
        value[i] = loss_value(p);
    }
    *x = at;
    return (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * step);
}

static void check(struct captioner_settings settings, size_t least)
{
    struct problem p;
    memset(&p, 0, sizeof p);
    settings.words = WORDS;
    settings.length = LENGTH;
    assert_int_equal(compute_create_reference(NULL, &p.compute), GMR_OK);
    assert_int_equal(captioner_init(&p.model, p.compute, NULL, settings, captioning_words), GMR_OK);
    captioner_initialise(&p.model, 7);
    captioning_init(&p.data, BATCH, CHANNELS, LENGTH, 3);
    for (size_t i = 0; i < BATCH * LENGTH; i++)
        if (p.data.ids[i] > WORDS)
            p.data.ids[i] %= WORDS + 1;
    tape_init(&p.tape, p.compute, NULL);
    assert_int_equal(tape_backward(&p.tape, loss(&p)), GMR_OK);
    tape_reset(&p.tape);
    const size_t checked = check_gradients(&p.model.parameters, difference, &p, 1, 1e-7);
    assert_true(checked >= least);
    tape_release(&p.tape);
    captioning_release(&p.data);
    captioner_release(&p.model);
    compute_destroy(p.compute);
}

static void test_show_attend_tell(void **state)
{
    (void)state;
    check(captioning_settings(CAPTIONER_SHOW_ATTEND_TELL, CHANNELS), 13);
}

static void test_transformer(void **state)
{
    (void)state;
    struct captioner_settings settings = captioning_settings(CAPTIONER_TRANSFORMER, CHANNELS);
    settings.encoder_layers = 1;
    settings.batch_norm = 2;
    check(settings, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_show_attend_tell),
        cmocka_unit_test(test_transformer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
