/* Measuring when memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "learning/retrieval.h"
#include "learning/zero_shot.h"
#include "support/faults.h"
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
    struct retrieval_estimate found;
    (void)subject;
    return retrieval_estimate(allocator, ranks, 3, 1, &found);
}

static enum gmr_status find_median(const struct gmr_allocator *allocator, const void *subject)
{
    static const double values[] = { 3, 1, 2 };
    struct estimate found;
    (void)subject;
    return bootstrap_median(allocator, values, 3, 1, &found);
}

static enum gmr_status classify(const struct gmr_allocator *allocator, const void *vectors)
{
    static const char *const values[] = { "b", "a", NULL, "b", "c" };
    struct zero_shot z;
    struct zero_shot_result result;
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
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
