/* Rankings worked out by hand, and what is refused. Written for any `real`: tests/gradient runs it
 * in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gommir/catalogue.h>

#include "base/status.h"
#include "catalogue/ranking.h"
#include "support/kernels.h"
#include "support/message.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct ranking *create(const struct compute *c, const real *vectors, size_t count,
                              size_t width, enum gmr_metric metric)
{
    struct ranking *ranking = NULL;
    assert_int_equal(ranking_create(NULL, c, vectors, count, width, metric, &ranking), GMR_OK);
    assert_non_null(ranking);
    return ranking;
}

/* Fails unless the nearest items of one query are `items` at `scores`; NAN stands for itself. */
static void assert_nearest(const struct ranking *r, const struct ranking_query *q, size_t k,
                           const size_t *items, const double *scores)
{
    size_t found[16];
    double at[16];
    assert_true(q->count * k <= COUNT(found));
    assert_int_equal(ranking_nearest(r, q, k, found, at), GMR_OK);
    for (size_t i = 0; i < q->count * k; i++) {
        assert_int_equal(found[i], items[i]);
        assert_true(at[i] == scores[i] || (isnan(at[i]) && isnan(scores[i])));
    }
    memset(found, 0x77, sizeof found);
    assert_int_equal(ranking_nearest(r, q, k, found, NULL), GMR_OK);
    assert_memory_equal(found, items, q->count * k * sizeof *items);
}

/* Places on a line; 1 and 3 are the same. */
static const real line[] = { 4, 1, 9, 1, -2, 6 };

static void distances_are_ordered_and_ties_go_to_the_lower_item(void **state)
{
    struct ranking *r = create(*state, line, COUNT(line), 1, GMR_SQUARED_L2);
    const real at[] = { 2, 5 };
    struct ranking_query q = { .vectors = at, .count = 2 };
    assert_nearest(r, &q, 4, (const size_t[]){ 1, 3, 0, 4, /* */ 0, 5, 1, 2 },
                   (const double[]){ 1, 1, 4, 16, /* */ 1, 1, 16, 16 });
    ranking_destroy(r);
}

static void products_are_ordered_from_the_greatest(void **state)
{
    const real items[] = { 1, 2, /* */ 3, -1, /* */ 0, 0, /* */ 2, 0 };
    const real at[] = { 2, 1, /* */ -1, 0 };
    struct ranking *r = create(*state, items, 4, 2, GMR_DOT);
    struct ranking_query q = { .vectors = at, .count = 2 };
    assert_nearest(r, &q, 4, (const size_t[]){ 1, 0, 3, 2, /* */ 2, 0, 3, 1 },
                   (const double[]){ 5, 4, 4, 0, /* */ 0, -1, -2, -3 });
    ranking_destroy(r);
}

static void unused_places_say_so(void **state)
{
    struct ranking *r = create(*state, line, COUNT(line), 1, GMR_SQUARED_L2);
    const real at[] = { 2 };
    struct ranking_query q = { .vectors = at, .count = 1 };
    assert_nearest(r, &q, 8, (const size_t[]){ 1, 3, 0, 4, 5, 2, GMR_NO_ITEM, GMR_NO_ITEM },
                   (const double[]){ 1, 1, 4, 16, 16, 49, (double)NAN, (double)NAN });
    ranking_destroy(r);
}

static void items_are_left_out(void **state)
{
    struct ranking *r = create(*state, line, COUNT(line), 1, GMR_SQUARED_L2);
    const real at[] = { 2, 2, 2 };
    const uint8_t allowed[] = { 1, 1, 2, 255, 0, 1 };
    const size_t seen[] = { 99, 3, 0, 3, 3, 5, 4, 3, 2, 1, 0, 0 }, begin[] = { 1, 1, 5, 12 };
    const double none = (double)NAN;
    struct ranking_query q = { .vectors = at, .count = 3, .seen = seen, .seen_begin = begin };
    assert_nearest(
        r, &q, 3,
        (const size_t[]){ 1, 3, 0, /* */ 1, 4, 5, /* */ GMR_NO_ITEM, GMR_NO_ITEM, GMR_NO_ITEM },
        (const double[]){ 1, 1, 4, /* */ 1, 16, 16, /* */ none, none, none });
    q.allowed = allowed;
    assert_nearest(
        r, &q, 3,
        (const size_t[]){ 1, 3, 0, /* */ 1, 5, 2, /* */ GMR_NO_ITEM, GMR_NO_ITEM, GMR_NO_ITEM },
        (const double[]){ 1, 1, 4, /* */ 1, 16, 49, /* */ none, none, none });
    ranking_destroy(r);
}

static void ranks_count_what_is_strictly_nearer(void **state)
{
    struct ranking *r = create(*state, line, COUNT(line), 1, GMR_SQUARED_L2);
    const real at[] = { 2, 2, 2, 2, 2 };
    const size_t target[] = { 3, 0, 4, 5, 2 };
    size_t rank[5];
    struct ranking_query q = { .vectors = at, .count = 5 };
    assert_int_equal(ranking_rank(r, &q, target, rank), GMR_OK);
    assert_memory_equal(rank, ((const size_t[]){ 0, 2, 3, 3, 5 }), sizeof rank);

    const uint8_t allowed[] = { 1, 0, 0, 1, 1, 1 };
    const size_t seen[] = { 3, 3, 4, 4, 0, 0, 0, 2 }, begin[] = { 0, 1, 2, 4, 4, 8 };
    q.seen = seen;
    q.seen_begin = begin;
    assert_int_equal(ranking_rank(r, &q, target, rank), GMR_OK);
    assert_memory_equal(rank, ((const size_t[]){ 0, 1, 3, 3, 4 }), sizeof rank);
    q.allowed = allowed; /* and not the target of the last query itself */
    assert_int_equal(ranking_rank(r, &q, target, rank), GMR_OK);
    assert_memory_equal(rank, ((const size_t[]){ 0, 0, 2, 2, 3 }), sizeof rank);
    ranking_destroy(r);
}

/* More copies than any list has room for. */
static void copies_come_in_order(void **state)
{
    enum { COPIES = 3000, K = 5 };
    static real items[2 * COPIES];
    for (size_t i = 0; i < 2 * COPIES; i++)
        items[i] = i % 2 ? (real)0.7 : (real)0.1;
    struct ranking *r = create(*state, items, COPIES, 2, GMR_SQUARED_L2);
    const real at[] = { 1, 1 };
    const size_t seen[] = { 2, 0 }, begin[] = { 0, 2 }, target[] = { COPIES - 1 };
    double d = pow(1 - (double)items[0], 2) + pow(1 - (double)items[1], 2);
    size_t rank[1];
    struct ranking_query q = { .vectors = at, .count = 1, .seen = seen, .seen_begin = begin };
    assert_nearest(r, &q, K, (const size_t[]){ 1, 3, 4, 5, 6 }, (const double[]){ d, d, d, d, d });
    assert_int_equal(ranking_rank(r, &q, target, rank), GMR_OK);
    assert_int_equal(rank[0], 0);
    ranking_destroy(r);
}

/* ---- random items ---- */

enum { ITEMS = 400, WIDTH = 11, QUERIES = 12 };

static double distance(const real *a, const real *b)
{
    double sum = 0;
    for (size_t i = 0; i < WIDTH; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

/* Far from the origin and so close together that differences of squares say nothing; every other
 * item is a copy of one before. */
static void crowded_items_are_told_apart(void **state)
{
    static real items[ITEMS * WIDTH], at[QUERIES * WIDTH];
    double unit = sizeof(real) == sizeof(float) ? 1e-6 : 1e-14;
    size_t found[QUERIES], rank[QUERIES];
    for (size_t i = 0; i < ITEMS * WIDTH; i++)
        items[i] = (real)(7 + unit * (double)(i * 2654435761U % 17));
    for (size_t i = 1; i < ITEMS; i += 2)
        memcpy(items + i * WIDTH, items + i / 4 * WIDTH, WIDTH * sizeof *items);
    for (size_t i = 0; i < QUERIES * WIDTH; i++)
        at[i] = (real)(7 + unit * (double)(i % 5));
    struct ranking *r = create(*state, items, ITEMS, WIDTH, GMR_SQUARED_L2);
    struct ranking_query q = { .vectors = at, .count = QUERIES };
    assert_int_equal(ranking_nearest(r, &q, 1, found, NULL), GMR_OK);
    assert_int_equal(ranking_rank(r, &q, found, rank), GMR_OK);
    for (size_t j = 0; j < QUERIES; j++) {
        size_t best = 0;
        for (size_t i = 1; i < ITEMS; i++)
            if (distance(at + j * WIDTH, items + i * WIDTH) <
                distance(at + j * WIDTH, items + best * WIDTH))
                best = i;
        assert_int_equal(found[j], best);
        assert_int_equal(rank[j], 0);
    }
    ranking_destroy(r);
}

static void nothing_is_found_in_nothing(void **state)
{
    struct ranking *r = create(*state, NULL, 0, 3, GMR_DOT);
    const real at[] = { 1, 2, 3 };
    size_t rank[1];
    struct ranking_query q = { .vectors = at, .count = 1 };
    assert_nearest(r, &q, 2, (const size_t[]){ GMR_NO_ITEM, GMR_NO_ITEM },
                   (const double[]){ (double)NAN, (double)NAN });
    assert_int_equal(ranking_rank(r, &q, (const size_t[]){ 0 }, rank), GMR_ERR_RANGE);
    assert_message("target 0 is not one of 0 items");
    ranking_destroy(r);
}

static void nobody_asks(void **state)
{
    struct ranking *r = create(*state, line, COUNT(line), 1, GMR_DOT);
    struct ranking_query q = { .count = 0 };
    assert_int_equal(ranking_nearest(r, &q, 1, NULL, NULL), GMR_OK);
    assert_int_equal(ranking_rank(r, &q, NULL, NULL), GMR_OK);
    ranking_destroy(r);
    ranking_destroy(NULL);
}

static void bad_vectors_are_named(void **state)
{
    real items[] = { 1, 2, 3, 4, 5, (real)NAN };
    struct ranking *r = (struct ranking *)items;
    assert_int_equal(ranking_create(NULL, *state, items, 3, 2, GMR_DOT, &r), GMR_ERR_NUMERIC);
    assert_null(r);
    assert_message("item 2 is not finite");
    assert_int_equal(ranking_create(NULL, *state, items, 3, 0, GMR_DOT, &r), GMR_ERR_RANGE);
    assert_message("width 0");

    const real at[] = { 1, 2, -(real)INFINITY, 0 };
    size_t found[2], rank[2] = { 0 };
    struct ranking_query q = { .vectors = at, .count = 2 };
    r = create(*state, items, 2, 2, GMR_DOT);
    assert_int_equal(ranking_nearest(r, &q, 1, found, NULL), GMR_ERR_NUMERIC);
    assert_message("query 1 is not finite");
    assert_int_equal(ranking_rank(r, &q, rank, rank), GMR_ERR_NUMERIC);
    ranking_destroy(r);
}

static void numbers_out_of_range_are_named(void **state)
{
    struct ranking *r = create(*state, line, COUNT(line), 1, GMR_DOT);
    const real at[] = { 1, 2 };
    size_t found[2], rank[2];
    size_t seen[] = { 5, 6 }, begin[] = { 0, 1, 2 };
    struct ranking_query q = { .vectors = at, .count = 2 };
    assert_int_equal(ranking_nearest(r, &q, 0, found, NULL), GMR_ERR_RANGE);
    assert_int_equal(ranking_nearest(r, &q, GMR_MAX_NEAREST + 1, found, NULL), GMR_ERR_RANGE);
    assert_message("65537 nearest items");
    assert_int_equal(ranking_rank(r, &q, (const size_t[]){ 5, 6 }, rank), GMR_ERR_RANGE);
    assert_message("target 6");
    q.seen = seen;
    q.seen_begin = begin;
    assert_int_equal(ranking_nearest(r, &q, 1, found, NULL), GMR_ERR_RANGE);
    assert_message("seen item 6 is not one of 6");
    assert_int_equal(ranking_rank(r, &q, (const size_t[]){ 0, 0 }, rank), GMR_ERR_RANGE);
    begin[2] = 0;
    assert_int_equal(ranking_nearest(r, &q, 1, found, NULL), GMR_ERR_RANGE);
    assert_message("query 1 end before they begin");
    ranking_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_ordered_and_ties_go_to_the_lower_item),
        cmocka_unit_test(products_are_ordered_from_the_greatest),
        cmocka_unit_test(unused_places_say_so),
        cmocka_unit_test(items_are_left_out),
        cmocka_unit_test(ranks_count_what_is_strictly_nearer),
        cmocka_unit_test(copies_come_in_order),
        cmocka_unit_test(crowded_items_are_told_apart),
        cmocka_unit_test(nothing_is_found_in_nothing),
        cmocka_unit_test(nobody_asks),
        cmocka_unit_test(bad_vectors_are_named),
        cmocka_unit_test(numbers_out_of_range_are_named),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
