/* Ranks of pairs among blocks, worked out by hand and in another way; their summary. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "learning/retrieval.h"
#include "support/kernels.h"
#include "support/message.h"
#include "support/support.h"

enum { MOST = 64 };

static void assert_ranks(const struct compute *c, const real *queries, const real *candidates,
                         size_t count, size_t width, size_t block, size_t expected_count,
                         const size_t *expected)
{
    size_t ranks[MOST], ranked = 99;
    memset(ranks, 0x77, sizeof ranks);
    assert_int_equal(
        retrieval_ranks(NULL, c, queries, candidates, count, width, block, ranks, &ranked), GMR_OK);
    assert_int_equal(ranked, expected_count);
    for (size_t i = 0; i < expected_count; i++)
        assert_int_equal(ranks[i], expected[i]);
    for (size_t i = expected_count; i < MOST; i++) /* untouched */
        assert_int_equal(ranks[i], 0x7777777777777777);
}

/* Candidates point right, up, left and, long and short, between right and up. */
static const real candidate[] = { 1, 0, /* */ 0, 2, /* */ -4, 0, /* */ 3, 3, /* */ 0.25, 0.25 };

static void cosines_are_ranked_whatever_the_lengths(void **state)
{
    /* the last: up, then between, then right, then left */
    const real query[] = { 5, 0, /* */ -1, 0, /* */ 1, 0.5, /* */ 0, -1, /* */ 0.125, 1 };
    /* right: first; left: only "left" is nearer than up; left is last for what points right;
     * down: left and right are nearer, those between lie equally far; up is nearer than the last */
    assert_ranks(*state, query, candidate, 5, 2, 0, 5, (const size_t[]){ 0, 1, 4, 2, 1 });
}

static void ties_favour_the_target(void **state)
{
    const real same[] = { 2, 1, /* */ 2, 1, /* */ 2, 1, /* */ -1, 2 };
    const real query[] = { 1, 1, /* */ 1, 1, /* */ 1, 1, /* */ 1, 1 };
    assert_ranks(*state, query, same, 4, 2, 0, 4, (const size_t[]){ 0, 0, 0, 3 });
}

static void zeros_have_cosine_zero(void **state)
{
    const real query[] = { 1, 0, /* */ 0, 0, /* */ 1, 0, /* */ 1, 0 };
    const real with_zero[] = { 0, 0, /* */ -1, 0, /* */ 1, 1, /* */ -1, 1 };
    /* 1: to a query of zeros all are equally far */
    assert_ranks(*state, query, with_zero, 4, 2, 0, 4, (const size_t[]){ 1, 0, 0, 2 });
}

static void only_the_block_counts(void **state)
{
    /* on a line that turns: the pair is in place i, and the query points to candidate i + 1 */
    real query[2 * 7], line[2 * 7];
    for (size_t i = 0; i < 7; i++) {
        line[2 * i] = (real)cos(0.1 * (double)i);
        line[2 * i + 1] = (real)sin(0.1 * (double)i);
        query[2 * i] = (real)cos(0.1 * (double)i + 0.09);
        query[2 * i + 1] = (real)sin(0.1 * (double)i + 0.09);
    }
    const size_t all[] = { 1, 1, 1, 1, 1, 1, 0 }, threes[] = { 1, 1, 0, 1, 1, 0 };
    assert_ranks(*state, query, line, 7, 2, 0, 7, all);
    assert_ranks(*state, query, line, 7, 2, 7, 7, all);
    assert_ranks(*state, query, line, 7, 2, 8, 7, all); /* shorter, but the only one */
    assert_ranks(*state, query, line, 7, 2, 6, 6, (const size_t[]){ 1, 1, 1, 1, 1, 0 });
    assert_ranks(*state, query, line, 7, 2, 3, 6, threes);
    assert_ranks(*state, query, line, 6, 2, 3, 6, threes);
    assert_ranks(*state, query, line, 7, 2, 1, 7, (const size_t[]){ 0, 0, 0, 0, 0, 0, 0 });
    assert_ranks(*state, query, line, 0, 2, 3, 0, NULL);
    assert_ranks(*state, query, line, 0, 2, 0, 0, NULL);
}

/* The same by counting, in double, among as many as fit two blocks. */
static void ranks_are_those_of_counting(void **state)
{
    enum { COUNT = 60, WIDTH = 9, BLOCK = 25 };
    real query[COUNT * WIDTH], random[COUNT * WIDTH];
    size_t expected[COUNT] = { 0 };
    fill_normal(query, COUNT * WIDTH, 1);
    fill_normal(random, COUNT * WIDTH, 2);
    for (size_t i = 0; i < 2 * BLOCK; i++) {
        double own = 0;
        for (size_t pass = 0; pass < 2; pass++)
            for (size_t j = i / BLOCK * BLOCK; j < (i / BLOCK + 1) * BLOCK; j++) {
                double product = 0, squares = 0;
                for (size_t k = 0; k < WIDTH; k++) {
                    product += (double)query[i * WIDTH + k] * (double)random[j * WIDTH + k];
                    squares += (double)random[j * WIDTH + k] * (double)random[j * WIDTH + k];
                }
                if (pass == 0 && j == i)
                    own = product / sqrt(squares);
                expected[i] += pass == 1 && product / sqrt(squares) > own + 1e-12;
            }
    }
    assert_ranks(*state, query, random, COUNT, WIDTH, BLOCK, 2 * BLOCK, expected);
}

static void bad_vectors_are_named(void **state)
{
    real good[14] = { 0 }, bad[14] = { 0 };
    size_t ranks[7], ranked = 99;
    bad[2 * 5 + 1] = (real)NAN;
    assert_int_equal(retrieval_ranks(NULL, *state, bad, good, 7, 2, 3, ranks, &ranked),
                     GMR_ERR_NUMERIC);
    assert_message("vector of query 5 is not finite");
    assert_int_equal(ranked, 0);
    assert_int_equal(retrieval_ranks(NULL, *state, good, bad, 7, 2, 3, ranks, &ranked),
                     GMR_ERR_NUMERIC);
    assert_message("vector of candidate 5 is not finite");
    assert_int_equal(retrieval_ranks(NULL, *state, good, good, 7, 0, 3, ranks, &ranked),
                     GMR_ERR_RANGE);
    assert_message("width 0");
}

static void assert_summary(const size_t *ranks, size_t count, struct retrieval_summary expected)
{
    struct retrieval_summary s;
    assert_int_equal(retrieval_summarise(NULL, ranks, count, &s), GMR_OK);
    assert_true(fabs(s.recall_1 - (expected.recall_1)) < 1e-12);
    assert_true(fabs(s.recall_5 - (expected.recall_5)) < 1e-12);
    assert_true(fabs(s.recall_10 - (expected.recall_10)) < 1e-12);
    assert_true(fabs(s.median_rank - (expected.median_rank)) < 1e-12);
    assert_true(fabs(s.mean_reciprocal - (expected.mean_reciprocal)) < 1e-12);
}

static void summaries_count_from_one(void **state)
{
    (void)state;
    assert_summary((const size_t[]){ 10, 0, 4, 5, 9, 0, 1, 19 }, 8,
                   (struct retrieval_summary){
                       2. / 8, 4. / 8, 6. / 8, 5.5,
                       (1. / 11 + 1 + 1. / 5 + 1. / 6 + 1. / 10 + 1 + 1. / 2 + 1. / 20) / 8 });
    assert_summary(
        (const size_t[]){ 7, 100, 0 }, 3,
        (struct retrieval_summary){ 1. / 3, 1. / 3, 2. / 3, 8, (1. / 8 + 1. / 101 + 1) / 3 });
    assert_summary((const size_t[]){ 3 }, 1, (struct retrieval_summary){ 0, 1, 1, 4, 0.25 });
}

static void nothing_has_no_summary(void **state)
{
    struct retrieval_summary s = { 0 };
    (void)state;
    assert_int_equal(retrieval_summarise(NULL, NULL, 0, &s), GMR_OK);
    assert_true(isnan(s.recall_1) && isnan(s.recall_5) && isnan(s.recall_10));
    assert_true(isnan(s.median_rank) && isnan(s.mean_reciprocal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosines_are_ranked_whatever_the_lengths),
        cmocka_unit_test(ties_favour_the_target),
        cmocka_unit_test(zeros_have_cosine_zero),
        cmocka_unit_test(only_the_block_counts),
        cmocka_unit_test(ranks_are_those_of_counting),
        cmocka_unit_test(bad_vectors_are_named),
        cmocka_unit_test(summaries_count_from_one),
        cmocka_unit_test(nothing_has_no_summary),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
