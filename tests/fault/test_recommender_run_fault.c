/* Training of a recommender when memory runs out: allocations fail here and there, each time it is
 * said and nothing is held, and a run that had enough at last ends as any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/status.h"
#include "learning/source_part.h"
#include "support/recommender_runs.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

enum { STEP = 41 /* a run is long; all of what it calls has tests of its own */ };

static void check(enum gmr_status status, struct failing_allocator *memory, size_t n)
{
    const bool failed = failing_allocator_has_failed(memory);
    assert_true(failing_allocator_is_clean(memory));
    if (status != GMR_OK && !(failed && status == GMR_ERR_NOMEM))
        fail_msg("allocation %zu fails: status %d, %s", n, (int)status, gmr_error_message());
}

static void runs_go_on_after_a_failure(void **state)
{
    (void)state;
    struct gmr_recommender_training_result whole, parts;
    enum gmr_status status = GMR_ERR_NOMEM;
    size_t failures = 0;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("whole");
    assert_int_equal(recommending_train(NULL, &o, &whole), GMR_OK);
    o = recommending_options("parts");
    for (size_t n = 1; status != GMR_OK; n += STEP, failures++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        status = recommending_train(&memory.allocator, &o, &parts);
        check(status, &memory, n);
    }
    assert_true(failures > 5);
    assert_true(training_same_file("whole/best.safetensors", "parts/best.safetensors"));
    assert_true(training_same_file("whole/reinforced/last.safetensors",
                                   "parts/reinforced/last.safetensors"));
}

static enum gmr_status say(void *user, const uint64_t *target, const uint64_t *liked,
                           struct critic_memory *memory, size_t count, real *text,
                           char (*words)[CRITIC_TEXT])
{
    (void)user, (void)memory, (void)words;
    for (size_t u = 0; u < count; u++)
        text[u] = (real)(10 * target[u] + liked[u]);
    return GMR_OK;
}

static void parts_of_sources_survive_failures(void **state)
{
    (void)state;
    static const real image[] = { 0, 1, 2, 3 };
    static const uint64_t items[] = { 3, 1 };
    const struct dialogue_source whole = {
        .items = 4, .features = 1, .image = image, .critiques = say
    };
    enum gmr_status status = GMR_ERR_NOMEM;
    size_t n = 0;
    for (; status != GMR_OK; n++) {
        struct failing_allocator memory;
        struct source_part part;
        real text[2];
        failing_allocator_init(&memory, n + 1);
        status = source_part_init(&part, &memory.allocator, &whole, items, 2);
        if (status == GMR_OK) {
            assert_int_equal(part.source.items, 2);
            assert_true(source_image(&part.source, 0)[0] == 3);
            status = part.source.critiques(part.source.user, (uint64_t[]){ 0, 1 },
                                           (uint64_t[]){ 1, 1 }, NULL, 2, text, NULL);
        }
        if (status == GMR_OK)
            assert_true(text[0] == 31 && text[1] == 11);
        source_part_release(&part);
        check(status, &memory, n);
    }
    assert_int_equal(n, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(runs_go_on_after_a_failure),
        TEST(parts_of_sources_survive_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
