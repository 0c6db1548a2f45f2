/* Files of recommenders: each comes back as it went, says which it is, and is refused when it is
 * another one or too large. */
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

enum { FEATURES = 6, WIDTH = 8 };

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

/* What only one of them has tells which it is. */
static void files_tell_what_they_are(void **state)
{
    static const char *const names[] = { "gommir", "gommir-dislikes", "gommir-no-gate",
                                         "gommir-no-res", "tirg" };
    const struct recommender_settings settings = {
        .features = 4, .width = 128, .layers = 1, .heads = 2, .hidden = 8
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct recommender m, again;
        struct recommender_facts found;

        assert_int_equal(
            recommender_init(&m, compute, NULL, recommender_find(names[i]), settings, 5), GMR_OK);
        assert_int_equal(parameters_save(m.parameters, in_scratch("weights"), NULL, 0), GMR_OK);
        assert_int_equal(
            recommender_open(&again, compute, NULL, in_scratch("weights"), NULL, &found), GMR_OK);
        check_same(&m, &again);
        recommender_release(&again);
        recommender_release(&m);
    }
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_give_back_what_they_got), TEST(the_original_composer_is_seen),
        TEST(published_files_open),          TEST(files_tell_what_they_are),
        TEST(other_files_are_refused),       TEST(sizes_are_compared_before_memory_is_asked_for),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
