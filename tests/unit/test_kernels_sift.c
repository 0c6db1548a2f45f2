/* Sums of squares and sifting, against results worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/kernels.h"

static void squares_are_summed_by_row(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 1, 2, -3, /* */ 0, 0, 0, /* */ (real)1e30, 0, 1, /* */ 1, (real)NAN, 1 };
    double y[4];
    c->square_rows(c, y, x, 4, 3);
    assert_true(y[0] == 14);
    assert_true(y[1] == 0);
    assert_true(fabs(y[2] / 1e60 - 1) < 1e-6);
    assert_true(isnan(y[3]));
}

/* Four items on a line, seen from 2 and from -1: score = x^2 - 2 q x. */
static const real x[] = { 1, 3, -2, 2 }, base[] = { 1, 9, 4, 4 }, reach[] = { 1, 1, 1, 2 };
static const real slope[] = { 1, 0 };

static struct sieve line(bool few, const real *near, const real *far)
{
    return (struct sieve){ .items = 4,
                           .queries = 2,
                           .width = 1,
                           .few = few,
                           .alpha = -2,
                           .bend = (real)0.5,
                           .base = base,
                           .reach = reach,
                           .slope = slope,
                           .near = near,
                           .far = far };
}

static void assert_hit(struct sieve_hit hit, uint32_t item, uint32_t query, double score)
{
    assert_int_equal(hit.item, item);
    assert_int_equal(hit.query, query);
    assert_true((double)hit.score == score);
}

/* Scores of the first query are -3 -3 12 -4, its low -4 -4 11 -6, its high -1.5 -1.5 13.5 0; of the
 * second 3 15 0 8 = low, and high 3.5 15.5 0.5 10. */
static void sift_line(const struct compute *c, bool few, const real *q)
{
    uint32_t sure[2], hits[1];
    struct sieve_hit hit[2 * SIEVE_CHUNK];
    struct sieve shape = line(few, NULL, (const real[]){ -4, 7 });
    c->sift(c, &shape, NULL, hits, hit, x, q);
    assert_int_equal(hits[0], 5);
    assert_hit(hit[0], 0, 0, -3);
    assert_hit(hit[1], 1, 0, -3);
    assert_hit(hit[2], 3, 0, -4);
    assert_hit(hit[3], 0, 1, 3);
    assert_hit(hit[4], 2, 1, 0);

    shape = line(few, (const real[]){ -1, (real)0.5 }, (const real[]){ 100, 3 });
    c->sift(c, &shape, sure, hits, hit, x, q);
    assert_int_equal(sure[0], 2);
    assert_int_equal(sure[1], 0);
    assert_int_equal(hits[0], 4);
    assert_hit(hit[0], 2, 0, 12);
    assert_hit(hit[1], 3, 0, -4);
    assert_hit(hit[2], 0, 1, 3);
    assert_hit(hit[3], 2, 1, 0);
}

static void items_are_sifted(void **state)
{
    const real rows[] = { 2, -1 }, panel[SIEVE_PANEL] = { 2, -1 };
    sift_line(*state, true, rows);
    sift_line(*state, false, panel);
}

static void infinite_bases_are_on_no_list(void **state)
{
    const struct compute *c = *state;
    const real gone[] = { 1, (real)INFINITY, 4, (real)INFINITY }, rows[] = { 2, -1 };
    const real most = (real)1e30;
    uint32_t sure[2], hits[1];
    struct sieve_hit hit[2 * SIEVE_CHUNK];
    struct sieve shape = line(true, (const real[]){ 0, -most }, (const real[]){ most, most });
    shape.base = gone;
    c->sift(c, &shape, sure, hits, hit, x, rows);
    assert_int_equal(sure[0], 1);
    assert_int_equal(hits[0], 3);
    assert_hit(hit[0], 2, 0, 12);
    assert_hit(hit[1], 0, 1, 3);
    assert_hit(hit[2], 2, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares_are_summed_by_row),
        cmocka_unit_test(items_are_sifted),
        cmocka_unit_test(infinite_bases_are_on_no_list),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
