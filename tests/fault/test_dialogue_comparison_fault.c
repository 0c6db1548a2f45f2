/* Comparing recommenders when memory runs out at any allocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include <gommir/evaluation.h>

#include "base/digest.h"
#include "support/encoded.h"
#include "support/faults.h"
#include "support/scratch.h"
#include "support/support.h"

enum { MODELS = 2, STEP = 13 /* records are opened, read and closed in a row */ };

static void prepare(struct gmr_dialogue_evaluation_options options[MODELS], char shop[PATH_MAX],
                    char encoder[PATH_MAX])
{
    char digest[DIGEST_HEX];
    encoded_prepare(digest);
    encoded_embed(digest, 0);
    snprintf(shop, PATH_MAX, "%s", in_scratch("shop"));
    snprintf(encoder, PATH_MAX, "%s", in_scratch("clip.safetensors"));
    for (size_t i = 0; i < MODELS; i++) {
        options[i] = gmr_dialogue_evaluation_options_default();
        options[i].policy = i == 0 ? "random" : "sum";
        options[i].catalogue = shop;
        options[i].split = "test";
        options[i].encoder = encoder;
        options[i].turns = options[i].k = 1;
    }
}

static bool is_kept;
static size_t directories; /* each comparison has one of its own */

static enum gmr_status compare(const struct gmr_allocator *allocator, const void *options)
{
    struct gmr_context_options wanted = gmr_context_options_default();
    struct gmr_dialogue_evaluation results[MODELS];
    struct gmr_dialogue_difference differences[MODELS];
    struct gmr_context *context;
    char name[32];
    snprintf(name, sizeof name, "kept-%zu", ++directories);
    wanted.allocator = *allocator;
    wanted.threads = 1;
    TRY(gmr_context_create(&wanted, &context));
    const enum gmr_status status = gmr_dialogue_compare(
        context, options, MODELS, 0, is_kept ? in_scratch(name) : NULL, results, differences);
    gmr_context_destroy(context);
    assert_true(status != GMR_OK || !isnan(differences[1].sr));
    return status;
}

static void survives_every_failure(void **state)
{
    (void)state;
    struct gmr_dialogue_evaluation_options options[MODELS];
    char shop[PATH_MAX], encoder[PATH_MAX];
    prepare(options, shop, encoder);
    assert_true(fail_each_allocation(compare, options, false) > 160);
}

/* Here and there, in a directory of its own each time and then in the one that is left: what a
 * comparison has kept when memory ran out is of use to the next one. */
static void kept_ones_survive_failures(void **state)
{
    (void)state;
    struct gmr_dialogue_evaluation_options options[MODELS];
    char shop[PATH_MAX], encoder[PATH_MAX];
    prepare(options, shop, encoder);
    is_kept = true;
    for (int same = 0; same < 2; same++) {
        enum gmr_status status = GMR_ERR_NOMEM;
        for (size_t n = 1; status != GMR_OK; n += STEP) {
            struct failing_allocator memory;
            failing_allocator_init(&memory, n);
            directories = same ? 0 : directories;
            status = compare(&memory.allocator, options);
            assert_true(failing_allocator_is_clean(&memory));
            assert_true(status == GMR_ERR_NOMEM || !failing_allocator_has_failed(&memory));
        }
        assert_int_equal(status, GMR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(survives_every_failure, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(kept_ones_survive_failures, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
