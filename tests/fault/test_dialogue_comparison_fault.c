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

enum { MODELS = 2 };

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

/* What a comparison has kept when memory ran out is of use to the next one. */
static void goes_on_after_a_failure(const struct gmr_dialogue_evaluation_options *options)
{
    enum gmr_status status = GMR_ERR_NOMEM;
    for (size_t n = 1; status != GMR_OK; n += 23) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        directories = 0;
        status = compare(&memory.allocator, options);
        assert_true(failing_allocator_is_clean(&memory));
        assert_true(status == GMR_OK || status == GMR_ERR_NOMEM);
    }
}

static void survives_every_failure(void **state)
{
    (void)state;
    struct gmr_dialogue_evaluation_options options[MODELS];
    char shop[PATH_MAX], encoder[PATH_MAX], digest[DIGEST_HEX];
    encoded_prepare(digest);
    encoded_embed(digest, 0);
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    snprintf(encoder, sizeof encoder, "%s", in_scratch("clip.safetensors"));
    for (size_t i = 0; i < MODELS; i++) {
        options[i] = gmr_dialogue_evaluation_options_default();
        options[i].policy = i == 0 ? "random" : "sum";
        options[i].catalogue = shop;
        options[i].split = "test";
        options[i].encoder = encoder;
        options[i].turns = options[i].k = 1;
    }
    assert_true(fail_each_allocation(compare, options, false) > 160);
    is_kept = true;
    assert_true(fail_each_allocation(compare, options, true) > 160);
    goes_on_after_a_failure(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
        survives_every_failure, scratch_setup, scratch_teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
