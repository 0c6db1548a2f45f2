/* Rankings when memory runs out: made or not, answered or not, and usable after a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "catalogue/ranking.h"
#include "support/support.h"

enum { ITEMS = 300, WIDTH = 5, QUERIES = 20, K = 4 };

static float items[ITEMS * WIDTH], queries[QUERIES * WIDTH];

static int fill(void **state)
{
    fill_normal(items, ITEMS * WIDTH, 1);
    fill_normal(queries, QUERIES * WIDTH, 2);
    return compute_create_cpu(NULL, 2, (struct compute **)state) == GMR_OK ? 0 : -1;
}

static int destroy(void **state)
{
    compute_destroy(*state);
    return 0;
}

static void creation_fails_cleanly(void **state)
{
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        struct ranking *ranking;
        failing_allocator_init(&memory, n);
        enum gmr_status status = ranking_create(&memory.allocator, *state, items, ITEMS, WIDTH,
                                                GMR_SQUARED_L2, &ranking);
        ranking_destroy(ranking);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            assert_true(n > 3);
            break;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
        assert_null(ranking);
    }
}

typedef enum gmr_status search(const struct ranking *ranking, size_t *results);

static enum gmr_status nearest(const struct ranking *ranking, size_t *results)
{
    static const uint8_t allowed[ITEMS] = { [7] = 1, [100] = 1 };
    struct ranking_query query = { .vectors = queries, .count = QUERIES, .allowed = allowed };
    return ranking_nearest(ranking, &query, K, results, NULL);
}

static enum gmr_status rank(const struct ranking *ranking, size_t *results)
{
    static const size_t target[QUERIES], seen[] = { 5, 7 }, begin[QUERIES + 1] = { [QUERIES] = 2 };
    struct ranking_query query = {
        .vectors = queries, .count = QUERIES, .seen = seen, .seen_begin = begin
    };
    return ranking_rank(ranking, &query, target, results);
}

/* Fails the n-th allocation of the search, then searches again. */
static bool fails_at(const struct compute *c, search *work, size_t n)
{
    size_t results[QUERIES * K] = { 0 }, again[QUERIES * K] = { 0 };
    struct failing_allocator memory;
    struct ranking *ranking;
    failing_allocator_init(&memory, 0);
    assert_int_equal(ranking_create(&memory.allocator, c, items, ITEMS, WIDTH, GMR_DOT, &ranking),
                     GMR_OK);
    memory.fail_at = memory.calls + n;
    enum gmr_status status = work(ranking, results);
    bool failed = failing_allocator_has_failed(&memory);
    assert_int_equal(status, failed ? GMR_ERR_NOMEM : GMR_OK);
    memory.fail_at = 0;
    assert_int_equal(work(ranking, again), GMR_OK);
    if (!failed)
        assert_memory_equal(results, again, sizeof results);
    ranking_destroy(ranking);
    assert_true(failing_allocator_is_clean(&memory));
    return failed;
}

static void searches_fail_cleanly(void **state)
{
    search *const searches[] = { nearest, rank };
    for (size_t i = 0; i < 2; i++) {
        size_t n = 1;
        while (fails_at(*state, searches[i], n))
            n++;
        assert_true(n > 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation_fails_cleanly),
        cmocka_unit_test(searches_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, fill, destroy);
}
