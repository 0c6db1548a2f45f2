/* gmr_demo_run: its steps, what it leaves, and that it goes on where it was stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <gommir/demo.h>

#include "support/clip_files.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

enum { TURNS = 2, SHOWN = 2, POLICIES = 6 };

static struct failing_allocator memory;
static struct gmr_context *context;
static struct gmr_demo_options options;
static struct gmr_demo_result result, again;
static char directory[PATH_MAX], encoder[PATH_MAX];

/* What the callbacks saw, and when they ask to stop. */
static size_t steps, dialogues, stop_in;
static enum gmr_demo_step step_now;

static void begin(void *user, enum gmr_demo_step step)
{
    assert_ptr_equal(user, &options);
    assert_int_equal(step, steps);
    step_now = step;
    steps++;
}

static void watch(void *user, const struct gmr_dialogue *dialogue)
{
    assert_ptr_equal(user, &options);
    assert_int_equal(dialogue->turns, TURNS);
    dialogues++;
}

static bool is_cancelled(void *user)
{
    (void)user;
    return steps > 0 && step_now == stop_in;
}

static void reset_options(void)
{
    options = gmr_demo_options_default();
    options.directory = directory;
    options.encoder = encoder;
    options.items = 100;
    options.supervised_epochs = options.epochs = 1;
    options.turns = TURNS;
    options.k = SHOWN;
    options.begin = begin;
    options.watch = watch;
    options.user = &options;
    options.progress.cancelled = is_cancelled;
    steps = dialogues = 0;
    stop_in = GMR_DEMO_STEPS;
}

static int setup(void **state)
{
    const struct safetensors_metadata vocabulary = { "vocabulary", clip_file_vocabulary };
    struct gmr_context_options wanted = gmr_context_options_default();
    scratch_setup(state);
    failing_allocator_init(&memory, 0);
    wanted.allocator = memory.allocator;
    wanted.threads = 2;
    assert_int_equal(gmr_context_create(&wanted, &context), GMR_OK);
    snprintf(encoder, sizeof encoder, "%s", in_scratch("clip.safetensors"));
    snprintf(directory, sizeof directory, "%s", in_scratch("demo"));
    clip_file_write(encoder, CLIP_VIT, &vocabulary, 1);
    reset_options();
    return 0;
}

static int teardown(void **state)
{
    gmr_context_destroy(context);
    assert_true(failing_allocator_is_clean(&memory));
    return scratch_teardown(state);
}

static void run(struct gmr_demo_result *to)
{
    if (gmr_demo_run(context, &options, to) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_int_equal(steps, GMR_DEMO_STEPS);
}

static void same_results(void)
{
    for (size_t p = 0; p < POLICIES; p++)
        assert_memory_equal(result.policy[p].evaluation.turn, again.policy[p].evaluation.turn,
                            sizeof again.policy[p].evaluation.turn);
    assert_true(result.training.reinforced.ndcg10 == again.training.reinforced.ndcg10);
}

/* ---- results ---- */

static void measures_rules_and_both_stages(void **state)
{
    static const char *const names[POLICIES] = { "random",         "text",        "sum",
                                                 "average-vector", "pre-trained", "trained" };
    (void)state;
    run(&result);
    assert_int_equal(result.policies, POLICIES);
    const size_t users = result.policy[0].evaluation.users;
    assert_in_range(users, 15, 45);
    assert_int_equal(dialogues, users);
    for (size_t p = 0; p < POLICIES; p++) {
        assert_string_equal(result.policy[p].name, names[p]);
        assert_int_equal(result.policy[p].evaluation.users, users);
        assert_int_equal(result.policy[p].evaluation.turns, TURNS);
    }
    assert_string_equal(result.policy[POLICIES - 1].evaluation.name, "gommir-dislikes");
    assert_memory_not_equal(result.policy[4].evaluation.turn, result.policy[5].evaluation.turn,
                            sizeof result.policy[4].evaluation.turn);
    assert_int_equal(result.training.supervised.epochs, 1);
    assert_int_equal(result.training.reinforced.epochs, 1);
    assert_int_equal(result.training.items + result.training.held_out + users, 100);
    assert_int_equal(count_scratch_entries(), 2);
}

static void a_second_run_uses_what_is_there(void **state)
{
    (void)state;
    run(&result);
    steps = 0;
    run(&again);
    same_results();
    assert_int_equal(again.training.supervised.steps, result.training.supervised.steps);
}

static void goes_on_after_a_stop_in_any_step(void **state)
{
    (void)state;
    for (stop_in = 0; stop_in < GMR_DEMO_STEPS; stop_in++) {
        steps = 0;
        assert_int_equal(gmr_demo_run(context, &options, &again), GMR_ERR_CANCELLED);
        assert_int_equal(steps, stop_in + 1);
    }
    steps = 0;
    run(&again);
    snprintf(directory, sizeof directory, "%s", in_scratch("unbroken"));
    steps = 0;
    run(&result);
    same_results();
}

static void callbacks_are_optional(void **state)
{
    (void)state;
    options.begin = NULL;
    options.watch = NULL;
    assert_int_equal(gmr_demo_run(context, &options, &result), GMR_OK);
}

/* ---- errors ---- */

static void refused(enum gmr_status status, const char *message)
{
    assert_int_equal(gmr_demo_run(context, &options, &result), status);
    assert_message(message);
    assert_int_equal(result.policies, 0);
    reset_options();
}

static void options_out_of_range(void **state)
{
    (void)state;
    options.items = 99;
    refused(GMR_ERR_RANGE, "items is 99, not in 100 .. 100000");
    options.epochs = 0;
    refused(GMR_ERR_RANGE, "epochs is 0, not in 1 .. 1000");
    options.supervised_epochs = 1001;
    refused(GMR_ERR_RANGE, "supervised epochs is 1001, not in 1 .. 1000");
    options.turns = 21;
    refused(GMR_ERR_RANGE, "turns is 21, not in 1 .. 20");
    options.k = 1;
    refused(GMR_ERR_RANGE, "k is 1, not in 2 .. 10");
    options.turns = 3;
    refused(GMR_ERR_RANGE, "100 items are too few for 4 lists of 2: at least 128");
    options.directory = NULL;
    refused(GMR_ERR_RANGE, "a demonstration needs a directory");
    options.encoder = NULL;
    refused(GMR_ERR_RANGE, "a demonstration needs an encoder");
    assert_int_equal(count_scratch_entries(), 1);
}

static void the_directory_of_something_else(void **state)
{
    (void)state;
    options.directory = in_scratch("");
    assert_int_equal(gmr_demo_run(context, &options, &result), GMR_ERR_STATE);
    reset_options();
    stop_in = GMR_DEMO_DRAW;
    assert_int_equal(gmr_demo_run(context, &options, &result), GMR_ERR_CANCELLED);
    reset_options();
    options.seed = 7;
    assert_int_equal(gmr_demo_run(context, &options, &result), GMR_ERR_STATE);
    assert_int_equal(steps, 0);
}

static void an_encoder_that_is_not_there(void **state)
{
    (void)state;
    options.encoder = "nowhere.safetensors";
    assert_int_equal(gmr_demo_run(context, &options, &result), GMR_ERR_NOT_FOUND);
    assert_int_equal(step_now, GMR_DEMO_ENCODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(measures_rules_and_both_stages, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_run_uses_what_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(goes_on_after_a_stop_in_any_step, setup, teardown),
        cmocka_unit_test_setup_teardown(callbacks_are_optional, setup, teardown),
        cmocka_unit_test_setup_teardown(options_out_of_range, setup, teardown),
        cmocka_unit_test_setup_teardown(the_directory_of_something_else, setup, teardown),
        cmocka_unit_test_setup_teardown(an_encoder_that_is_not_there, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
