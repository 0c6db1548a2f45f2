/* The table of recommenders: each has the tensors and sizes of the specification, takes turns, and
 * comes back from a file as it went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"
#include "model/recommender_file.h"
#include "support/message.h"
#include "support/scratch.h"
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

/* ---- files ---- */

static struct recommender_facts facts_of_lists(size_t shown)
{
    struct recommender_facts facts = { .shown = shown };

    memset(facts.encoder, 'a', DIGEST_HEX - 1);
    return facts;
}

static void check_same(const struct recommender *a, const struct recommender *b)
{
    assert_ptr_equal(a->row, b->row);
    if (a->row->layout != GOMMIR_NO_TRACKER) /* else layers, heads and hidden mean nothing */
        assert_memory_equal(&a->settings, &b->settings, sizeof a->settings);
    assert_int_equal(a->parameters->values_bytes, b->parameters->values_bytes);
    assert_memory_equal(a->parameters->values, b->parameters->values, a->parameters->values_bytes);
}

static void files_give_back_what_they_got(void **state)
{
    const struct safetensors_metadata extra = { "step", "7" };
    const struct recommender_facts facts = facts_of_lists(3);
    struct recommender_facts found;
    size_t count;
    const struct recommender_row *rows = recommender_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const char *path = in_scratch("weights");
        struct recommender m, again;

        init(&m, rows[i].name, 5);
        assert_int_equal(recommender_save(&m, path, &facts, &extra, 1), GMR_OK);
        assert_int_equal(recommender_open(&again, compute, NULL, path, NULL, &found), GMR_OK);
        check_same(&m, &again);
        assert_int_equal(found.shown, 3);
        assert_string_equal(found.encoder, facts.encoder);
        recommender_release(&again);
        recommender_release(&m);
    }
}

static void the_original_composer_is_seen(void **state)
{
    struct recommender_settings settings = SMALL;
    const struct recommender_facts facts = { 0 };
    struct recommender_facts found;
    struct recommender m, again;

    (void)state;
    settings.original_composer = true;
    assert_int_equal(recommender_init(&m, compute, NULL, recommender_find("gommir"), settings, 5),
                     GMR_OK);
    assert_int_equal(recommender_save(&m, in_scratch("weights"), &facts, NULL, 0), GMR_OK);
    assert_int_equal(recommender_open(&again, compute, NULL, in_scratch("weights"), NULL, &found),
                     GMR_OK);
    check_same(&m, &again);
    assert_int_equal(found.shown, 0);
    assert_string_equal(found.encoder, "");
    recommender_release(&again);
    recommender_release(&m);
}

/* Published files have tensors and nothing else: heads are 64 wide then. */
static void published_files_open(void **state)
{
    struct recommender_settings settings = {
        .features = 4, .width = 128, .layers = 1, .heads = 2, .hidden = 8
    };
    struct recommender m, again;
    struct recommender_facts found;

    (void)state;
    assert_int_equal(
        recommender_init(&m, compute, NULL, recommender_find("gommir-no-comp"), settings, 5),
        GMR_OK);
    assert_int_equal(parameters_save(m.parameters, in_scratch("weights"), NULL, 0), GMR_OK);
    assert_int_equal(recommender_open(&again, compute, NULL, in_scratch("weights"), NULL, &found),
                     GMR_ERR_UNSUPPORTED);
    assert_message("does not tell which recommender it is");
    assert_int_equal(
        recommender_open(&again, compute, NULL, in_scratch("weights"), "gommir-no-comp", &found),
        GMR_OK);
    check_same(&m, &again);
    recommender_release(&again);
    recommender_release(&m);
}

/* Saves `m` with this metadata, and opens it as `name`. */
static void check_refused(const struct recommender *m, struct safetensors_metadata metadata,
                          const char *name, enum gmr_status expected, const char *message)
{
    struct recommender_facts found;
    struct recommender again;

    assert_int_equal(parameters_save(m->parameters, in_scratch("weights"), &metadata, 1), GMR_OK);
    assert_int_equal(recommender_open(&again, compute, NULL, in_scratch("weights"), name, &found),
                     expected);
    assert_message(message);
}

static void other_files_are_refused(void **state)
{
    const struct safetensors_metadata gommir = { "model", "gommir" };
    struct recommender_facts found;
    struct recommender m, again;

    (void)state;
    init(&m, "gommir", 1);
    check_refused(&m, gommir, "gommir-no-comp", GMR_ERR_FORMAT, "weights");
    check_refused(&m, gommir, "nobody", GMR_ERR_NOT_FOUND, "there is no recommender 'nobody'");
    check_refused(&m, (struct safetensors_metadata){ "heads", "two" }, "gommir", GMR_ERR_FORMAT,
                  "says that its heads is 'two'");
    check_refused(&m, (struct safetensors_metadata){ "top_k", "-3" }, "gommir", GMR_ERR_FORMAT,
                  "says that its top_k is '-3'");
    check_refused(&m, (struct safetensors_metadata){ "heads", "3" }, "gommir", GMR_ERR_FORMAT,
                  "cannot be 'gommir': width 8 does not divide into 3 heads");
    recommender_release(&m);
    put_scratch("weights", "no weights");
    assert_int_equal(recommender_open(&again, compute, NULL, in_scratch("weights"), NULL, &found),
                     GMR_ERR_FORMAT);
    assert_int_equal(recommender_open(&again, compute, NULL, in_scratch("none"), NULL, &found),
                     GMR_ERR_NOT_FOUND);
}

/* A small file that speaks of a large model costs no memory. */
static void sizes_are_compared_before_memory_is_asked_for(void **state)
{
    enum { LARGE = 2048 };
    static const float rows[LARGE];
    const struct safetensors_entry entries[] = {
        { .name = "img_linear.weight",
          .dtype = DTYPE_F32,
          .rank = 2,
          .dim = { LARGE, 1 },
          .data = rows,
          .size = sizeof rows },
        { .name = "tran.layers.0.attn.q_linear.weight",
          .dtype = DTYPE_F32,
          .rank = 1,
          .dim = { 1 },
          .data = rows,
          .size = sizeof *rows },
        { .name = "tran.layers.0.ff.linear_1.weight",
          .dtype = DTYPE_F32,
          .rank = 2,
          .dim = { LARGE, 1 },
          .data = rows,
          .size = sizeof rows },
    };
    struct failing_allocator memory;
    struct recommender_facts found;
    struct compute *counted;
    struct recommender m;

    (void)state;
    assert_int_equal(safetensors_write(NULL, in_scratch("weights"), entries, 3, NULL, 0), GMR_OK);
    failing_allocator_init(&memory, 0);
    assert_int_equal(compute_create_reference(&memory.allocator, &counted), GMR_OK);
    assert_int_equal(
        recommender_open(&m, counted, &memory.allocator, in_scratch("weights"), "mmt", &found),
        GMR_ERR_FORMAT);
    compute_destroy(counted);
    assert_true(memory.peak_bytes < 1 << 20);
    assert_true(failing_allocator_is_clean(&memory));
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_those_of_the_paper),
        cmocka_unit_test(the_small_one_is_smaller),
        cmocka_unit_test(names_are_found_once),
        cmocka_unit_test(layers_begin_alike_unless_told),
        cmocka_unit_test(dialogues_end_with_the_positions),
        cmocka_unit_test(other_layouts_have_other_ends),
        cmocka_unit_test(settings_are_checked),
        FILE_TEST(files_give_back_what_they_got),
        FILE_TEST(the_original_composer_is_seen),
        FILE_TEST(published_files_open),
        FILE_TEST(other_files_are_refused),
        FILE_TEST(sizes_are_compared_before_memory_is_asked_for),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
