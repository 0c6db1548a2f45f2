/* A sequence that grows by parts, encoded after each, gives the values and gradients of sequences
 * that are encoded whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "nn/transformer.h"
#include "support/support.h"

enum { BATCH = 3, WIDTH = 6, POSITIONS = 6, TURNS = 2, SAID = 2, EACH = 1 + SAID };

struct problem {
    struct compute *compute;
    struct parameters p;
    struct nn_encoder encoder;
    struct tape tape;
    struct tensor *separator, *said[TURNS]; /* [1, 1, WIDTH], [BATCH, SAID, WIDTH] */
};

static struct tensor *variable(struct tape *t, size_t batch, size_t length, uint64_t seed)
{
    const size_t dim[] = { batch, length, WIDTH };
    real data[BATCH * SAID * WIDTH];

    fill_normal(data, batch * length * WIDTH, seed);
    struct tensor *x = tape_input(t, dim, 3, data);
    x->requires_grad = true;
    x->grad = tape_scratch(t, tensor_numel(x)); /* stays until the tape is reset */
    return x;
}

static void setup(struct problem *s)
{
    memset(s, 0, sizeof *s);
    assert_int_equal(compute_create_cpu(NULL, 2, &s->compute), GMR_OK);
    parameters_init(&s->p, NULL);
    nn_encoder_declare(&s->encoder, &s->p, "tran",
                       (struct nn_encoder_settings){ .width = WIDTH,
                                                     .layers = 2,
                                                     .heads = 2,
                                                     .hidden = 7,
                                                     .positions = POSITIONS,
                                                     .independent = true });
    assert_int_equal(parameters_create(&s->p, s->compute), GMR_OK);
    parameters_initialise(&s->p, 1);
    nn_encoder_initialise(&s->encoder);
    tape_init(&s->tape, s->compute, NULL);
}

static void teardown(struct problem *s)
{
    tape_release(&s->tape);
    parameters_release(&s->p);
    compute_destroy(s->compute);
}

static void draw(struct problem *s)
{
    s->separator = variable(&s->tape, 1, 1, 10);
    for (size_t k = 0; k < TURNS; k++)
        s->said[k] = variable(&s->tape, BATCH, SAID, 20 + k);
}

/* ---- two ways ---- */

static void grown(struct problem *s, struct tensor *z[TURNS])
{
    struct nn_sequence sequence = { 0 };

    for (size_t k = 0; k < TURNS; k++) {
        nn_sequence_append(&s->tape, &s->encoder, &sequence, s->separator, BATCH);
        nn_sequence_append(&s->tape, &s->encoder, &sequence, s->said[k], BATCH);
        z[k] = nn_sequence_encode(&s->tape, &s->encoder, &sequence);
    }
    assert_int_equal(sequence.length, TURNS * EACH);
}

static void whole(struct problem *s, struct tensor *z[TURNS])
{
    const size_t dim[] = { BATCH, 1, WIDTH };
    struct tensor *one = op_add(&s->tape, tape_filled(&s->tape, dim, 3, 0), s->separator);
    struct tensor *part[2 * TURNS];

    for (size_t k = 0; k < TURNS; k++) {
        part[2 * k] = one;
        part[2 * k + 1] = s->said[k];
        z[k] = nn_encoder(&s->tape, &s->encoder, op_concat(&s->tape, part, 2 * (k + 1), 1));
    }
}

/* ---- what they give ---- */

enum { MOST = 1024 };

struct found {
    size_t count;
    real number[MOST];
};

static void keep(struct found *f, const real *number, size_t count)
{
    assert_true(f->count + count <= MOST);
    memcpy(f->number + f->count, number, count * sizeof *number);
    f->count += count;
}

static struct tensor *weighted(struct problem *s, struct tensor *z, uint64_t seed)
{
    real weight[BATCH * TURNS * EACH * WIDTH];

    fill_normal(weight, tensor_numel(z), seed);
    return op_sum_all(&s->tape,
                      op_multiply(&s->tape, z, tape_input(&s->tape, z->dim, z->rank, weight)));
}

static void run(struct problem *s, void (*way)(struct problem *s, struct tensor *z[TURNS]),
                struct found *f)
{
    struct tensor *z[TURNS], *loss = NULL;

    f->count = 0;
    draw(s);
    way(s, z);
    for (size_t k = 0; k < TURNS; k++) {
        struct tensor *part = weighted(s, z[k], 30 + k);
        loss = loss ? op_add(&s->tape, loss, part) : part;
    }
    parameters_clear_grad(&s->p);
    assert_int_equal(tape_backward(&s->tape, loss), GMR_OK);
    for (size_t k = 0; k < TURNS; k++) {
        keep(f, tensor_real(z[k]), tensor_numel(z[k]));
        keep(f, s->said[k]->grad, tensor_numel(s->said[k]));
    }
    keep(f, s->separator->grad, WIDTH);
    for (size_t i = 0; i < s->p.tensor_count; i++)
        if (s->p.tensor[i]->requires_grad)
            keep(f, s->p.tensor[i]->grad, tensor_numel(s->p.tensor[i]));
    tape_reset(&s->tape);
}

static void growing_gives_what_the_whole_gives(void **state)
{
    static struct found a, b;
    struct problem s;

    (void)state;
    setup(&s);
    run(&s, grown, &a);
    run(&s, whole, &b);
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        if (fabs((double)(a.number[i] - b.number[i])) > 1e-4 * (1 + fabs((double)b.number[i])))
            fail_msg("number %zu is %g, not %g", i, (double)a.number[i], (double)b.number[i]);
    teardown(&s);
}

/* Without recording, what is used up is given back on the way; the values are the same. */
static void inference_gives_the_same_in_less_memory(void **state)
{
    struct tensor *z[TURNS];
    real recorded[BATCH * TURNS * EACH * WIDTH];
    struct problem s;

    (void)state;
    setup(&s);
    draw(&s);
    grown(&s, z);
    tape_read(&s.tape, z[TURNS - 1], recorded);
    const size_t before = tape_statistics(&s.tape).bytes_in_use;
    tape_reset(&s.tape);
    s.tape.recording = false;
    draw(&s);
    grown(&s, z);
    assert_int_equal(tape_status(&s.tape), GMR_OK);
    assert_memory_equal(tensor_real(z[TURNS - 1]), recorded, sizeof recorded);
    assert_true(tape_statistics(&s.tape).bytes_in_use < before / 2);
    teardown(&s);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct nn_sequence sequence = { 0 };
    struct problem s;

    (void)state;
    setup(&s);
    draw(&s);
    for (size_t i = 0; i < POSITIONS; i++)
        nn_sequence_append(&s.tape, &s.encoder, &sequence, s.separator, BATCH);
    assert_int_equal(tape_status(&s.tape), GMR_OK);
    nn_sequence_append(&s.tape, &s.encoder, &sequence, s.separator, BATCH);
    assert_int_equal(tape_status(&s.tape), GMR_ERR_RANGE);
    assert_non_null(strstr(s.tape.message, "7 tokens are more than 6 positions"));
    assert_int_equal(sequence.length, POSITIONS);
    teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growing_gives_what_the_whole_gives),
        cmocka_unit_test(inference_gives_the_same_in_less_memory),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
