/* Replaying dialogues to recommenders as PyTorch wrote them (tests/golden/data/recommender;
 * recommender_checkpoints.py): states, composed vectors and embeddings of every turn are those that
 * PyTorch computes; and the same again after converting, by the public calls alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <gommir/recommender.h>
#include <gommir/weights.h>

#include "support/scratch.h"
#include "support/support.h"
#include "tensor/safetensors.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/recommender/"

enum { DIALOGUES = 11, TURNS = 21, WIDTH = 8, NUMBERS = DIALOGUES * TURNS * WIDTH };

static const double TOLERANCE = 1e-5;
static const char *const parts[] = { "state", "composed", "embedded" };

static struct gmr_context *context;

static int setup(void **state)
{
    const struct gmr_context_options options = { .threads = 2 };
    assert_int_equal(gmr_context_create(&options, &context), GMR_OK);
    return scratch_setup(state);
}

static int teardown(void **state)
{
    gmr_context_destroy(context);
    return scratch_teardown(state);
}

static void compare(const struct safetensors *states, const struct safetensors *expected,
                    const char *model, const char *part)
{
    static const size_t dim[] = { DIALOGUES, TURNS, WIDTH };
    real found[NUMBERS], wanted[NUMBERS];
    char name[64];
    snprintf(name, sizeof name, "%s.%s", model, part);
    if (!safetensors_find(expected, name)) {
        assert_null(safetensors_find(states, part));
        return;
    }
    assert_int_equal(safetensors_read(expected, name, dim, 3, wanted), GMR_OK);
    assert_int_equal(safetensors_read(states, part, dim, 3, found), GMR_OK);
    assert_true(normalised_error(found, wanted, NUMBERS) < TOLERANCE);
    for (size_t i = 0; i < NUMBERS; i += WIDTH) /* each row, lest two dialogues are exchanged */
        assert_true(normalised_error(found + i, wanted + i, WIDTH) < 10 * TOLERANCE);
}

static void check(const char *weights, const char *name, const char *model)
{
    const struct gmr_replay_options options = { .model = weights,
                                                .name = name,
                                                .input = DATA "dialogues.safetensors",
                                                .output = in_scratch("states.safetensors") };
    struct gmr_replay_result result;
    struct safetensors *states, *expected;
    if (gmr_replay(context, &options, &result) != GMR_OK)
        fail_msg("%s: %s", weights, gmr_error_message());
    assert_string_equal(result.model, model);
    assert_int_equal(result.dialogues, DIALOGUES);
    assert_int_equal(result.turns, TURNS);
    assert_int_equal(result.width, WIDTH);
    assert_int_equal(result.composed, strcmp(model, "gommir-no-comp") != 0);
    assert_int_equal(safetensors_open(NULL, DATA "expected.safetensors", &expected), GMR_OK);
    assert_int_equal(safetensors_open(NULL, options.output, &states), GMR_OK);
    assert_string_equal(safetensors_metadata_find(states, "model"), model);
    assert_int_equal(safetensors_count(states), result.composed ? 3 : 2);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        compare(states, expected, model, parts[i]);
    safetensors_close(states);
    safetensors_close(expected);
}

static void published_files(void **state)
{
    (void)state;
    check(DATA "gommir.pth", NULL, "gommir");
    check(DATA "gommir_legacy.pth", "gommir", "gommir");
    check(DATA "gommir-no-gate.pth", NULL, "gommir-no-gate");
    check(DATA "gommir-no-res.pth", NULL, "gommir-no-res");
    check(DATA "gommir-no-comp.pth", "gommir-no-comp", "gommir-no-comp");
}

static void converted_files(void **state)
{
    (void)state;
    static const char *const models[] = { "gommir", "gommir-no-gate", "gommir-no-res",
                                          "gommir-no-comp" };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        char published[256];
        snprintf(published, sizeof published, DATA "%s.pth", models[i]);
        const struct gmr_convert_options options = { .input = published,
                                                     .output = in_scratch("own.safetensors"),
                                                     .model = models[i] };
        assert_int_equal(gmr_weights_convert(context, &options), GMR_OK);
        check(options.output, NULL, models[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(published_files, setup, teardown),
        cmocka_unit_test_setup_teardown(converted_files, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
