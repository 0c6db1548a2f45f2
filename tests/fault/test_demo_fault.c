/* The demonstration when memory runs out: in each of its steps, allocations fail here and there.
 * Each time that is said and nothing is held; what the steps before have made stays, and the run
 * that has enough at last ends as one that always had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gommir/demo.h>

#include "base/status.h"
#include "support/clip_files.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

/* The first allocation of a step fails, then the 9th, the 73rd, ...: the calls that the
 * demonstration is made of have tests of their own. */
enum { FACTOR = 8 };

/* Which allocation fails next. */
static struct failing_allocator memory;
static enum gmr_demo_step step_now;
static size_t of_step, failures[GMR_DEMO_STEPS];
static bool fails;

/* A step that has come to its end is done with: the next one is to fail. */
static void begin(void *user, enum gmr_demo_step step)
{
    (void)user;
    if (!fails || step < step_now)
        return;
    if (step > step_now)
        of_step = 1;
    step_now = step;
    memory.fail_at = memory.calls + of_step;
}

static enum gmr_status run(const char *directory, struct gmr_demo_result *result)
{
    struct gmr_context_options wanted = gmr_context_options_default();
    struct gmr_demo_options options = gmr_demo_options_default();
    struct gmr_context *context;
    char encoder[PATH_MAX];
    failing_allocator_init(&memory, 0);
    wanted.allocator = memory.allocator;
    wanted.threads = 1;
    snprintf(encoder, sizeof encoder, "%s", in_scratch("clip.safetensors"));
    options.directory = in_scratch(directory);
    options.encoder = encoder;
    options.items = GMR_DEMO_MIN_ITEMS;
    options.supervised_epochs = options.epochs = 1;
    options.turns = 1;
    options.k = 2;
    options.begin = begin;
    assert_int_equal(gmr_context_create(&wanted, &context), GMR_OK);
    const enum gmr_status status = gmr_demo_run(context, &options, result);
    gmr_context_destroy(context);
    assert_true(failing_allocator_is_clean(&memory));
    return status;
}

/* ---- what is left ---- */

static int is_shown(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Hidden files count, for what is half written is hidden. */
static void same_names(const char *a, const char *b)
{
    char one[PATH_MAX], other[PATH_MAX];
    struct dirent **first, **second;
    const int count = scandir(in_scratch(a), &first, is_shown, alphasort);
    assert_int_equal(scandir(in_scratch(b), &second, is_shown, alphasort), count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(first[i]->d_name, second[i]->d_name);
        snprintf(one, sizeof one, "%s/%s", a, first[i]->d_name);
        snprintf(other, sizeof other, "%s/%s", b, second[i]->d_name);
        if (first[i]->d_type == DT_DIR)
            same_names(one, other);
        free(first[i]);
        free(second[i]);
    }
    free(first);
    free(second);
}

static void same_results(const struct gmr_demo_result *a, const struct gmr_demo_result *b)
{
    assert_int_equal(a->policies, b->policies);
    for (size_t p = 0; p < a->policies; p++)
        assert_memory_equal(a->policy[p].evaluation.turn, b->policy[p].evaluation.turn,
                            sizeof a->policy[p].evaluation.turn);
    same_names("whole", "parts");
    assert_true(training_same_file("whole/run/best.safetensors", "parts/run/best.safetensors"));
    assert_true(training_same_file("whole/catalogue/embedding/clip.safetensors",
                                   "parts/catalogue/embedding/clip.safetensors"));
}

/* ---- the test ---- */

static void goes_on_after_failures_in_any_step(void **state)
{
    (void)state;
    const struct safetensors_metadata vocabulary = { "vocabulary", clip_file_vocabulary };
    static struct gmr_demo_result whole, parts;
    clip_file_write(in_scratch("clip.safetensors"), CLIP_VIT, &vocabulary, 1);
    assert_int_equal(run("whole", &whole), GMR_OK);
    fails = true;
    of_step = 1;
    for (enum gmr_status status; (status = run("parts", &parts)) != GMR_OK;
         of_step = FACTOR * of_step + 1) {
        if (status != GMR_ERR_NOMEM)
            fail_msg("allocation %zu of step %d fails: status %d, %s", of_step, (int)step_now,
                     (int)status, gmr_error_message());
        assert_message("out of memory");
        failures[step_now]++;
    }
    assert_false(failing_allocator_has_failed(&memory));
    for (size_t step = 0; step < GMR_DEMO_STEPS; step++)
        assert_true(failures[step] > 2);
    same_results(&whole, &parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
        goes_on_after_failures_in_any_step, scratch_setup, scratch_teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
