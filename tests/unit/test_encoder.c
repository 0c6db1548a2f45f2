/* The recommender's encoder and the model around it: the table of positions, the longest history,
 * layers that start as copies, and the names, shapes and number of the paper's parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "model/gommir.h"
#include "support/support.h"

static struct compute *compute;

/* ---- positions ---- */

static void positions_are_those_of_the_spec(void **state)
{
    static const double expected[] = { .8415, .5697, .8020, .6234, .7617, .6709 };
    static real table[3 * 512];

    (void)state;
    nn_positions_recommender(table, 3, 512);
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs((double)table[512 + i] - expected[i]) < 5e-5);
    for (size_t i = 0; i < 512; i++)
        assert_true(table[i] == (i % 2 ? 1 : 0)); /* position 0: sin 0, cos 0 */
    assert_true(fabs((double)table[2 * 512] - sin(2)) < 1e-6);
}

static void sinusoids_are_the_usual_ones(void **state)
{
    real table[2 * 4];
    const double expected[] = { sin(1), cos(1), sin(0.01), cos(0.01) };

    (void)state;
    nn_positions_sinusoid(table, 2, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs((double)table[4 + i] - expected[i]) < 1e-6);
    assert_true(table[0] == 0 && table[1] == 1);
}

/* ---- a small encoder ---- */

enum { WIDTH = 6, LAYERS = 3, POSITIONS = 5 };

struct problem {
    struct parameters p;
    struct nn_encoder encoder;
    struct tape tape;
};

static void init(struct problem *s, bool independent)
{
    parameters_init(&s->p, NULL);
    nn_encoder_declare(&s->encoder, &s->p, "tran",
                       (struct nn_encoder_settings){ .width = WIDTH,
                                                     .layers = LAYERS,
                                                     .heads = 2,
                                                     .hidden = 7,
                                                     .positions = POSITIONS,
                                                     .independent = independent });
    assert_int_equal(parameters_create(&s->p, compute), GMR_OK);
    parameters_initialise(&s->p, 1);
    nn_encoder_initialise(&s->encoder);
    tape_init(&s->tape, compute, NULL);
}

static void release(struct problem *s)
{
    tape_release(&s->tape);
    parameters_release(&s->p);
}

static struct tensor *zeros(struct tape *t, size_t length)
{
    return tape_filled(t, (size_t[]){ 2, length, WIDTH }, 3, 0);
}

static void too_many_tokens_are_refused(void **state)
{
    struct problem s;
    struct tensor *z;

    (void)state;
    init(&s, false);
    z = nn_encoder(&s.tape, &s.encoder, zeros(&s.tape, POSITIONS));
    assert_int_equal(tape_status(&s.tape), GMR_OK);
    assert_int_equal(tensor_dim(z, 1), POSITIONS);
    nn_encoder(&s.tape, &s.encoder, zeros(&s.tape, POSITIONS + 1));
    assert_int_equal(tape_status(&s.tape), GMR_ERR_RANGE);
    assert_non_null(strstr(s.tape.message, "6 tokens are more than 5 positions"));
    tape_reset(&s.tape);
    nn_encoder(&s.tape, &s.encoder, zeros(&s.tape, 1));
    assert_int_equal(tape_status(&s.tape), GMR_OK);
    release(&s);
}

/* Equal parameters of two layers, by the rest of their names. */
static size_t count_equal(const struct parameters *p, size_t a, size_t b, size_t *compared)
{
    size_t equal = 0, start = strlen("tran.layers.0.");
    char prefix[32], other[PARAMETER_NAME];

    *compared = 0;
    snprintf(prefix, sizeof prefix, "tran.layers.%zu.", a);
    for (size_t i = 0; i < p->count; i++) {
        const struct parameter *x = &p->entry[i], *y;
        size_t numel;

        if (strncmp(x->name, prefix, start) != 0)
            continue;
        snprintf(other, sizeof other, "tran.layers.%zu.%s", b, x->name + start);
        y = parameters_find(p, other);
        assert_non_null(y);
        shape_numel(x->dim, x->rank, &numel);
        equal += memcmp(tensor_real(x->tensor) + x->offset, tensor_real(y->tensor) + y->offset,
                        numel * sizeof(real)) == 0;
        ++*compared;
    }
    return equal;
}

static void layers_start_as_copies(void **state)
{
    struct problem s;
    size_t compared;

    (void)state;
    init(&s, false);
    for (size_t layer = 1; layer < LAYERS; layer++) {
        assert_int_equal(count_equal(&s.p, 0, layer, &compared), 16);
        assert_int_equal(compared, 16);
    }
    release(&s);
}

/* Norms start at one and zero in every layer; the other twelve differ. */
static void layers_start_apart_when_independent(void **state)
{
    struct problem s;
    size_t compared;

    (void)state;
    init(&s, true);
    for (size_t layer = 1; layer < LAYERS; layer++) {
        assert_int_equal(count_equal(&s.p, 0, layer, &compared), 4);
        assert_int_equal(compared, 16);
    }
    release(&s);
}

/* ---- the paper's model ---- */

struct key {
    const char *name;
    size_t rank, dim[3];
    enum parameter_kind kind;
};

/* Spec section 2.1, but for the layers of the tracker. */
static const struct key keys[] = {
    { "text_linear.weight", 2, { 512, 512 }, PARAMETER_TRAINED },
    { "text_linear.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "text_norm.alpha", 1, { 512 }, PARAMETER_TRAINED },
    { "text_norm.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "img_linear.weight", 2, { 512, 512 }, PARAMETER_TRAINED },
    { "img_linear.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "image_norm.alpha", 1, { 512 }, PARAMETER_TRAINED },
    { "image_norm.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "a", 1, { 2 }, PARAMETER_TRAINED },
    { "gated_feature_composer.0.weight", 1, { 1024 }, PARAMETER_TRAINED },
    { "gated_feature_composer.0.bias", 1, { 1024 }, PARAMETER_TRAINED },
    { "gated_feature_composer.0.running_mean", 1, { 1024 }, PARAMETER_BUFFER },
    { "gated_feature_composer.0.running_var", 1, { 1024 }, PARAMETER_BUFFER },
    { "gated_feature_composer.0.num_batches_tracked", 0, { 0 }, PARAMETER_COUNTER },
    { "gated_feature_composer.2.weight", 2, { 512, 1024 }, PARAMETER_TRAINED },
    { "gated_feature_composer.2.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "res_info_composer.0.weight", 1, { 1024 }, PARAMETER_TRAINED },
    { "res_info_composer.0.bias", 1, { 1024 }, PARAMETER_TRAINED },
    { "res_info_composer.0.running_mean", 1, { 1024 }, PARAMETER_BUFFER },
    { "res_info_composer.0.running_var", 1, { 1024 }, PARAMETER_BUFFER },
    { "res_info_composer.0.num_batches_tracked", 0, { 0 }, PARAMETER_COUNTER },
    { "res_info_composer.2.weight", 2, { 512, 1024 }, PARAMETER_TRAINED },
    { "res_info_composer.2.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "sp_token", 2, { 1, 512 }, PARAMETER_BUFFER }, /* a parameter in PyTorch, but frozen */
    { "sp_norm.alpha", 1, { 512 }, PARAMETER_TRAINED },
    { "sp_norm.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "tran.pe.pe", 3, { 1, 64, 512 }, PARAMETER_BUFFER },
    { "tran.norm.alpha", 1, { 512 }, PARAMETER_TRAINED },
    { "tran.norm.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "out_linear.weight", 2, { 512, 512 }, PARAMETER_TRAINED },
    { "out_linear.bias", 1, { 512 }, PARAMETER_TRAINED },
};

/* Under tran.layers.{0..5}. */
static const struct key layer_keys[] = {
    { "norm_1.alpha", 1, { 512 }, PARAMETER_TRAINED },
    { "norm_1.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "norm_2.alpha", 1, { 512 }, PARAMETER_TRAINED },
    { "norm_2.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "attn.q_linear.weight", 2, { 512, 512 }, PARAMETER_TRAINED },
    { "attn.q_linear.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "attn.k_linear.weight", 2, { 512, 512 }, PARAMETER_TRAINED },
    { "attn.k_linear.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "attn.v_linear.weight", 2, { 512, 512 }, PARAMETER_TRAINED },
    { "attn.v_linear.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "attn.out.weight", 2, { 512, 512 }, PARAMETER_TRAINED },
    { "attn.out.bias", 1, { 512 }, PARAMETER_TRAINED },
    { "ff.linear_1.weight", 2, { 1024, 512 }, PARAMETER_TRAINED },
    { "ff.linear_1.bias", 1, { 1024 }, PARAMETER_TRAINED },
    { "ff.linear_2.weight", 2, { 512, 1024 }, PARAMETER_TRAINED },
    { "ff.linear_2.bias", 1, { 512 }, PARAMETER_TRAINED },
};

enum {
    KEYS = sizeof keys / sizeof *keys,
    LAYER_KEYS = sizeof layer_keys / sizeof *layer_keys,
    PAPER_LAYERS = 6
};

static void check_key(const struct parameters *p, const char *prefix, const struct key *key)
{
    char name[PARAMETER_NAME];
    const struct parameter *e;

    snprintf(name, sizeof name, "%s%s", prefix, key->name);
    e = parameters_find(p, name);
    if (!e)
        fail_msg("there is no '%s'", name);
    if (e->kind != key->kind || e->rank != key->rank ||
        memcmp(e->dim, key->dim, key->rank * sizeof *key->dim) != 0)
        fail_msg("'%s' has another kind or shape", name);
}

static void the_papers_model_has_the_papers_parameters(void **state)
{
    struct gommir model;
    const struct parameters *p = &model.parameters;

    (void)state;
    assert_int_equal(gommir_init(&model, compute, NULL, gommir_settings_paper(), 1), GMR_OK);
    assert_int_equal(p->count, 127);
    assert_int_equal(KEYS + PAPER_LAYERS * LAYER_KEYS, 127);
    for (size_t i = 0; i < KEYS; i++)
        check_key(p, "", &keys[i]);
    for (size_t layer = 0; layer < PAPER_LAYERS; layer++) {
        char prefix[32];

        snprintf(prefix, sizeof prefix, "tran.layers.%zu.", layer);
        for (size_t i = 0; i < LAYER_KEYS; i++)
            check_key(p, prefix, &layer_keys[i]);
    }
    assert_int_equal(parameters_trained(p) + tensor_numel(model.separator), 14462978);
    assert_int_equal(tensor_numel(model.separator), 512);
    gommir_release(&model);
}

/* ---- the recommender's limits and first values ---- */

static const struct gommir_settings SMALL = {
    .features = 4, .width = 6, .layers = 1, .heads = 2, .hidden = 5
};

static void first_values_of_the_model(void **state)
{
    struct gommir_settings settings = SMALL;
    struct gommir model;

    (void)state;
    assert_int_equal(gommir_init(&model, compute, NULL, settings, 1), GMR_OK);
    assert_true(tensor_real(model.composer.omega)[0] == 1);
    assert_true(tensor_real(model.composer.omega)[1] == 1);
    for (size_t i = 0; i < settings.width; i++)
        assert_true(tensor_real(model.separator)[i] == 0);
    assert_true(tensor_real(model.tracker.positions)[1] == 1); /* cos 0: the table is written */
    gommir_release(&model);
    settings.composer = COMPOSER_ORIGINAL;
    assert_int_equal(gommir_init(&model, compute, NULL, settings, 1), GMR_OK);
    assert_true(tensor_real(model.composer.omega)[0] == 1);
    assert_true(tensor_real(model.composer.omega)[1] == 10);
    assert_non_null(parameters_find(&model.parameters, "res_info_composer.4.weight"));
    gommir_release(&model);
}

static void a_dialogue_has_at_most_21_turns(void **state)
{
    struct gommir_history history;
    struct gommir model;
    struct tensor *raw;
    struct tape t;

    (void)state;
    assert_int_equal(gommir_init(&model, compute, NULL, SMALL, 1), GMR_OK);
    tape_init(&t, compute, NULL);
    t.training = false;
    raw = tape_filled(&t, (size_t[]){ 2, SMALL.features }, 2, 1);
    gommir_history_clear(&history);
    for (int turn = 0; turn < 21; turn++) {
        struct gommir_turn result = gommir_turn(&t, &model, &history, raw, raw, NULL);

        assert_int_equal(tape_status(&t), GMR_OK);
        assert_int_equal(tensor_dim(result.state, 0), 2);
        assert_int_equal(tensor_dim(result.state, 1), SMALL.width);
    }
    assert_int_equal(history.tokens.length, 63);
    gommir_turn(&t, &model, &history, raw, raw, NULL);
    assert_int_equal(tape_status(&t), GMR_ERR_RANGE);
    assert_non_null(strstr(t.message, "at most 21 turns"));
    tape_release(&t);
    gommir_release(&model);
}

static void settings_out_of_range_are_refused(void **state)
{
    struct gommir_settings bad[6] = { SMALL, SMALL, SMALL, SMALL, SMALL, SMALL };
    struct gommir model;

    (void)state;
    bad[0].features = 0;
    bad[1].width = 1;
    bad[2].layers = 0;
    bad[3].heads = 0;
    bad[4].hidden = 0;
    bad[5].heads = 4; /* 6 is no multiple */
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(gommir_init(&model, compute, NULL, bad[i], 1), GMR_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_those_of_the_spec),
        cmocka_unit_test(sinusoids_are_the_usual_ones),
        cmocka_unit_test(too_many_tokens_are_refused),
        cmocka_unit_test(layers_start_as_copies),
        cmocka_unit_test(layers_start_apart_when_independent),
        cmocka_unit_test(the_papers_model_has_the_papers_parameters),
        cmocka_unit_test(first_values_of_the_model),
        cmocka_unit_test(a_dialogue_has_at_most_21_turns),
        cmocka_unit_test(settings_out_of_range_are_refused),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
