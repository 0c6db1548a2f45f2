/* Measuring when memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <gommir/gommir.h>
#include <limits.h>
#include <string.h>

#include "learning/retrieval.h"
#include "learning/zero_shot.h"
#include "support/clip_files.h"
#include "support/faults.h"
#include "support/labelled.h"
#include "support/scratch.h"
#include "support/support.h"

enum { COUNT = 20, WIDTH = 3, BLOCK = 8 };

static struct compute *compute;

static int setup(void **state)
{
    (void)state;
    return compute_create_cpu(NULL, 2, &compute) == GMR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    compute_destroy(compute);
    return 0;
}

static enum gmr_status rank(const struct gmr_allocator *allocator, const void *vectors)
{
    size_t ranks[COUNT], ranked;
    const enum gmr_status status =
        retrieval_ranks(allocator, compute, vectors, vectors, COUNT, WIDTH, BLOCK, ranks, &ranked);
    assert_int_equal(ranked, status == GMR_OK ? 16 : 0);
    return status;
}

static enum gmr_status summarise(const struct gmr_allocator *allocator, const void *subject)
{
    static const size_t ranks[] = { 3, 1, 2 };
    struct retrieval_summary summary;
    (void)subject;
    return retrieval_summarise(allocator, ranks, 3, &summary);
}

static enum gmr_status estimate(const struct gmr_allocator *allocator, const void *subject)
{
    static const size_t ranks[] = { 3, 1, 2 };
    struct gmr_retrieval found;
    (void)subject;
    return retrieval_estimate(allocator, ranks, 3, 1, &found);
}

static enum gmr_status find_median(const struct gmr_allocator *allocator, const void *subject)
{
    static const double values[] = { 3, 1, 2 };
    struct gmr_estimate found;
    (void)subject;
    return bootstrap_median(allocator, values, 3, 1, &found);
}

static enum gmr_status classify(const struct gmr_allocator *allocator, const void *vectors)
{
    static const char *const values[] = { "b", "a", NULL, "b", "c" };
    struct zero_shot z;
    struct gmr_zero_shot result;
    enum gmr_status status = zero_shot_init(&z, allocator, values, 5, 2);
    if (status == GMR_OK)
        status = zero_shot_measure(&z, compute, vectors, vectors, WIDTH, 1, &result);
    zero_shot_release(&z);
    return status;
}

static void classification_fails_cleanly(void **state)
{
    real vectors[COUNT * WIDTH];
    (void)state;
    fill_normal(vectors, COUNT * WIDTH, 1);
    assert_true(fail_each_allocation(classify, vectors, false) > 9);
    assert_true(fail_each_allocation(classify, vectors, true) > 9);
}

static enum gmr_status evaluate(const struct gmr_allocator *allocator, const void *options)
{
    struct gmr_context_options wanted = gmr_context_options_default();
    struct gmr_encoder_evaluation result;
    struct gmr_context *context;
    wanted.allocator = *allocator;
    wanted.threads = 2;
    TRY(gmr_context_create(&wanted, &context));
    const enum gmr_status status = gmr_encoder_evaluate(context, options, &result);
    gmr_context_destroy(context);
    return status;
}

static void an_evaluation_fails_cleanly(void **state)
{
    const struct gmr_zero_shot_wanted kind = { "kind", 2 };
    struct gmr_encoder_evaluation_options options = gmr_encoder_evaluation_options_default();
    char model[PATH_MAX], catalogue[PATH_MAX];
    (void)state;
    options.model = strcpy(model, in_scratch("model.safetensors"));
    options.catalogue = strcpy(catalogue, in_scratch("shop"));
    options.split = "all";
    options.zero_shot = &kind;
    options.zero_shot_count = 1;
    clip_file_write(model, CLIP_VIT, NULL, 0);
    put_scratch("vocabulary.txt", clip_file_vocabulary);
    labelled_create(9);
    assert_true(fail_each_allocation(evaluate, &options, false) > 60);
    assert_true(fail_each_allocation(evaluate, &options, true) > 60);
}

static void retrieval_fails_cleanly(void **state)
{
    real vectors[COUNT * WIDTH];
    (void)state;
    fill_normal(vectors, COUNT * WIDTH, 1);
    assert_true(fail_each_allocation(rank, vectors, false) > 6);
    assert_true(fail_each_allocation(rank, vectors, true) > 6);
    assert_int_equal(fail_each_allocation(summarise, NULL, false), 1);
    assert_int_equal(fail_each_allocation(estimate, NULL, false), 3);
    assert_int_equal(fail_each_allocation(find_median, NULL, false), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retrieval_fails_cleanly),
        cmocka_unit_test(classification_fails_cleanly),
        cmocka_unit_test_setup_teardown(an_evaluation_fails_cleanly, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
