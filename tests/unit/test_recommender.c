/* The table of recommenders: each has the tensors and sizes of the specification, and takes
 * turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"
#include "model/recommender.h"
#include "support/message.h"
#include "support/support.h"

enum { FEATURES = 6, WIDTH = 8, USERS = 3 };

static struct compute *compute;

static const struct recommender_settings SMALL = {
    .features = FEATURES, .width = WIDTH, .layers = 2, .heads = 2, .hidden = 10
};

static void init(struct recommender *m, const char *name, uint64_t seed)
{
    const struct recommender_row *row = recommender_find(name);

    assert_non_null(row);
    assert_int_equal(recommender_init(m, compute, NULL, row, SMALL, seed), GMR_OK);
}

/* ---- the table ---- */

static void check_size(const char *name, size_t parameters, size_t entries)
{
    const struct recommender_settings paper = recommender_settings_paper(512);
    struct recommender m;

    assert_int_equal(recommender_declare(&m, NULL, recommender_find(name), paper), GMR_OK);
    assert_int_equal(m.parameters->count, entries);
    assert_int_equal(parameters_trained(m.parameters), parameters - 512); /* sp_token is frozen */
    recommender_release(&m);
}

/* Spec sections 2.1, 3 and 4. */
static void sizes_are_those_of_the_paper(void **state)
{
    (void)state;
    check_size("gommir", 14462978, 127);
    check_size("gommir-no-comp", 13409280, 112);
    check_size("gommir-no-gate", 13936130, 120);
    check_size("gommir-no-res", 13936130, 120);
    check_size("gommir-random-negs", 14462978, 127);
    check_size("ir-img", 13409280, 112);
    check_size("ir-txt", 13409280, 112);
    check_size("mmt", 13409280, 112);
    check_size("tirg", 1582594, 26);

    /* one projection and one Norm more than gommir */
    check_size("gommir-dislikes", 14462978 + 512 * 513 + 2 * 512, 127 + 4);
}

static void the_small_one_is_smaller(void **state)
{
    const struct recommender_settings small = recommender_settings_small(512);
    struct recommender m;

    (void)state;
    assert_int_equal(recommender_declare(&m, NULL, recommender_find("gommir"), small), GMR_OK);
    assert_int_equal(m.settings.width, 256);
    assert_true(parameters_trained(m.parameters) < 2000000);
    recommender_release(&m);
}

static void names_are_found_once(void **state)
{
    size_t count;
    const struct recommender_row *rows = recommender_rows(&count);

    (void)state;
    assert_true(count >= 13);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(recommender_find(rows[i].name), &rows[i]);
        if (rows[i].begins_with)
            assert_non_null(recommender_find(rows[i].begins_with));
    }
    assert_null(recommender_find("gommir-no"));
}

/* Whether both layers of the tracker begin alike. */
static bool layers_begin_alike(bool independent)
{
    struct recommender_settings settings = SMALL;
    const struct parameter *a, *b;
    struct recommender m;
    bool same;

    settings.independent_layers = independent;
    assert_int_equal(recommender_init(&m, compute, NULL, recommender_find("gommir"), settings, 1),
                     GMR_OK);
    a = parameters_find(m.parameters, "tran.layers.0.ff.linear_1.weight");
    b = parameters_find(m.parameters, "tran.layers.1.ff.linear_1.weight");
    same = memcmp(tensor_real(a->tensor), tensor_real(b->tensor), 10 * WIDTH * sizeof(real)) == 0;
    recommender_release(&m);
    return same;
}

static void layers_begin_alike_unless_told(void **state)
{
    (void)state;
    assert_true(layers_begin_alike(false));
    assert_false(layers_begin_alike(true));
}

/* The first values of a projection, `features` wide on one side. */
static void check_projection(const struct recommender *m, const char *name, size_t features,
                             real value)
{
    const real *weight = tensor_real(parameters_find(m->parameters, name)->tensor);

    for (size_t i = 0; i < WIDTH; i++)
        for (size_t j = 0; j < features; j++) {
            const bool is_met = features < WIDTH ? i % features == j : i == j % WIDTH;

            assert_true(weight[i * features + j] == (is_met ? value : 0));
        }
}

/* Fewer features than the width are repeated, more are added up. */
static void projections_begin_alike_when_told_to(void **state)
{
    static const size_t features[] = { FEATURES, WIDTH, 2 * WIDTH - 1 };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct recommender_settings settings = SMALL;
        struct recommender m;

        settings.features = features[i];
        settings.aligned = true;
        assert_int_equal(
            recommender_init(&m, compute, NULL, recommender_find("gommir-dislikes"), settings, 1),
            GMR_OK);
        check_projection(&m, "img_linear.weight", features[i], 1);
        check_projection(&m, "text_linear.weight", features[i], 1);
        check_projection(&m, "dislike_linear.weight", features[i], -1);
        check_projection(&m, "out_linear.weight", WIDTH, (real)(1 / sqrt(WIDTH)));
        recommender_release(&m);
    }
}

/* ---- turns ---- */

static struct recommender_turn take_turn(struct tape *t, const struct recommender *m,
                                         struct recommender_history *h)
{
    const size_t dim[] = { USERS, FEATURES };
    real image[USERS * FEATURES], text[USERS * FEATURES];
    struct recommender_input input = { 0 };

    fill_normal(image, USERS * FEATURES, 1 + h->tokens.tokens.length);
    fill_normal(text, USERS * FEATURES, 100 + h->tokens.tokens.length);
    input.image = tape_input(t, dim, 2, image);
    input.text = tape_input(t, dim, 2, text);
    return recommender_turn(t, m, h, &input);
}

/* All positions of the tracker can be used, and no more. */
static void dialogues_end_with_the_positions(void **state)
{
    struct recommender_history history;
    struct recommender m;
    struct tape t;

    (void)state;
    init(&m, "gommir-no-comp", 1);
    tape_init(&t, compute, NULL);
    recommender_begin(&history);
    assert_int_equal(recommender_max_turns(&m), 21);
    for (size_t turn = 0; turn < 21; turn++) {
        const struct recommender_turn result = take_turn(&t, &m, &history);

        assert_int_equal(tape_status(&t), GMR_OK);
        assert_int_equal(tensor_dim(result.state, 1), WIDTH);
        assert_null(result.composed);
    }
    take_turn(&t, &m, &history);
    assert_int_equal(tape_status(&t), GMR_ERR_RANGE);
    assert_message("at most 21 turns");
    tape_release(&t);
    recommender_release(&m);
}

/* State and composed vector of a first turn, with dislikes of that seed. */
static void turn_with_dislikes(struct tape *t, const struct recommender *m, uint64_t seed,
                               real state[USERS * WIDTH], real composed[USERS * WIDTH])
{
    const size_t dim[] = { USERS, FEATURES }, others[] = { USERS, 2, FEATURES };
    real image[USERS * FEATURES], dislike[USERS * 2 * FEATURES];
    struct recommender_history history;
    struct recommender_turn turn;

    fill_normal(image, USERS * FEATURES, 1);
    fill_normal(dislike, USERS * 2 * FEATURES, seed);
    recommender_begin(&history);
    turn = recommender_turn(t, m, &history,
                            &(struct recommender_input){
                                .image = tape_input(t, dim, 2, image),
                                .text = tape_input(t, dim, 2, image),
                                .dislike = tape_input(t, others, 3, dislike),
                            });
    tape_read(t, turn.state, state);
    tape_read(t, turn.composed, composed);
    assert_int_equal(tape_status(t), GMR_OK);
    tape_reset(t);
}

/* What is disliked moves the state of who wants to hear of it, and nothing else. */
static void dislikes_count_where_they_are_wanted(void **state)
{
    static const char *const names[] = { "gommir", "gommir-dislikes" };
    real first[USERS * WIDTH], other[USERS * WIDTH], composed[2][USERS * WIDTH];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct recommender m;
        struct tape t;

        init(&m, names[i], 1);
        tape_init(&t, compute, NULL);
        assert_int_equal(recommender_wants_dislikes(&m), i == 1);
        turn_with_dislikes(&t, &m, 2, first, composed[0]);
        turn_with_dislikes(&t, &m, 3, other, composed[1]);
        assert_int_equal(memcmp(first, other, sizeof first) != 0, i == 1);
        assert_memory_equal(composed[0], composed[1], sizeof first);
        tape_release(&t);
        recommender_release(&m);
    }
}

/* Two tokens a turn: more turns; no history: no end. */
static void other_layouts_have_other_ends(void **state)
{
    struct recommender_history history;
    struct recommender m;
    struct tape t;

    (void)state;
    init(&m, "ir-txt", 1);
    assert_int_equal(recommender_max_turns(&m), 32);
    recommender_release(&m);
    init(&m, "gommir-dislikes", 1);
    assert_int_equal(recommender_max_turns(&m), 16);
    recommender_release(&m);
    init(&m, "tirg", 1);
    tape_init(&t, compute, NULL);
    recommender_begin(&history);
    for (size_t turn = 0; turn < 40; turn++) {
        const struct recommender_turn result = take_turn(&t, &m, &history);

        assert_ptr_equal(result.state, result.composed);
    }
    assert_int_equal(tape_status(&t), GMR_OK);
    assert_true(recommender_max_turns(&m) == SIZE_MAX);
    tape_release(&t);
    recommender_release(&m);
}

static void settings_are_checked(void **state)
{
    struct recommender_settings bad = SMALL;
    struct recommender m;

    (void)state;
    bad.heads = 3;
    assert_int_equal(recommender_init(&m, compute, NULL, recommender_find("gommir"), bad, 1),
                     GMR_ERR_RANGE);
    assert_message("width 8 does not divide into 3 heads");
    bad = SMALL;
    bad.features = 0;
    assert_int_equal(recommender_init(&m, compute, NULL, recommender_find("gommir"), bad, 1),
                     GMR_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_those_of_the_paper),
        cmocka_unit_test(the_small_one_is_smaller),
        cmocka_unit_test(names_are_found_once),
        cmocka_unit_test(layers_begin_alike_unless_told),
        cmocka_unit_test(projections_begin_alike_when_told_to),
        cmocka_unit_test(dialogues_end_with_the_positions),
        cmocka_unit_test(other_layouts_have_other_ends),
        cmocka_unit_test(dislikes_count_where_they_are_wanted),
        cmocka_unit_test(settings_are_checked),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
