/* Measures of dialogues and their significance against the standard library of Python and SciPy
 * (scripts/golden/dialogue_metrics.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "base/file.h"
#include "base/json.h"
#include "learning/dialogue_metrics.h"
#include "learning/significance.h"

#define GOLDEN GMR_SOURCE_DIR "/tests/golden/data/dialogue_metrics.json"

enum { MOST_USERS = 4000, MOST_TURNS = 10 };

static json_t *golden;

static void assert_near(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fmax(1e-300, fabs(expected))))
        fail_msg("%.15g is not %.15g", found, expected);
}

static double number(const json_t *row, size_t i)
{
    const json_t *value = json_array_get(row, i);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static size_t read_numbers(const json_t *object, const char *name, double *values)
{
    const json_t *row = json_object_get(object, name);
    const size_t count = json_array_size(row);
    assert_true(count > 0 && count <= MOST_USERS);
    for (size_t i = 0; i < count; i++)
        values[i] = number(row, i);
    return count;
}

/* ---- dialogues ---- */

static void check_estimate(const json_t *dialogues, const char *name, size_t turn,
                           struct gmr_estimate e)
{
    const json_t *expected = json_array_get(json_object_get(dialogues, name), turn);
    assert_near(e.value, number(expected, 0), 1e-12);
    assert_near(e.low, number(expected, 1), 1e-12);
    assert_near(e.high, number(expected, 2), 1e-12);
}

static void check_dialogues(const json_t *dialogues)
{
    static size_t ranks[MOST_USERS];
    struct gmr_dialogue_turn found[MOST_TURNS];
    const json_t *rows = json_object_get(dialogues, "ranks");
    const size_t users = json_array_size(rows), turns = json_array_size(json_array_get(rows, 0));
    const size_t shown = (size_t)json_integer_value(json_object_get(dialogues, "shown"));
    const uint64_t seed = (uint64_t)json_integer_value(json_object_get(dialogues, "seed"));
    assert_true(turns > 0 && turns <= MOST_TURNS && users * turns <= MOST_USERS);
    for (size_t u = 0; u < users; u++)
        for (size_t t = 0; t < turns; t++)
            ranks[u * turns + t] = (size_t)number(json_array_get(rows, u), t);
    dialogue_ranks_settle(ranks, users, turns, shown);
    assert_int_equal(dialogue_measures(NULL, ranks, users, turns, shown, seed, found), GMR_OK);
    for (size_t t = 0; t < turns; t++) {
        check_estimate(dialogues, "sr", t, found[t].sr);
        check_estimate(dialogues, "ndcg3", t, found[t].ndcg3);
        check_estimate(dialogues, "ndcg10", t, found[t].ndcg10);
    }
}

static void dialogues_agree(void **state)
{
    (void)state;
    const json_t *all = json_object_get(golden, "dialogues");
    assert_int_equal(json_array_size(all), 2);
    for (size_t i = 0; i < json_array_size(all); i++)
        check_dialogues(json_array_get(all, i));
}

/* ---- significance ---- */

static void beta_agrees(void **state)
{
    (void)state;
    const json_t *all = json_object_get(golden, "beta");
    assert_true(json_array_size(all) > 100);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *row = json_array_get(all, i);
        const double x = number(row, 2);
        assert_near(incomplete_beta(number(row, 0), number(row, 1), x, 1 - x), number(row, 3),
                    1e-10);
    }
}

static void t_tests_agree(void **state)
{
    (void)state;
    static double a[MOST_USERS], b[MOST_USERS];
    const json_t *all = json_object_get(golden, "tests");
    assert_int_equal(json_array_size(all), 5);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *row = json_array_get(all, i);
        const size_t count = read_numbers(row, "a", a);
        assert_int_equal(read_numbers(row, "b", b), count);
        const struct paired_test test = paired_t_test(a, b, count);
        assert_near(test.t, json_number_value(json_object_get(row, "t")), 1e-10);
        assert_near(test.p, json_number_value(json_object_get(row, "p")), 1e-8);
    }
}

static void holm_agrees(void **state)
{
    (void)state;
    static double p[MOST_USERS], adjusted[MOST_USERS];
    const json_t *all = json_object_get(golden, "holm");
    assert_int_equal(json_array_size(all), 5);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const size_t count = read_numbers(json_array_get(all, i), "p", p);
        assert_int_equal(read_numbers(json_array_get(all, i), "adjusted", adjusted), count);
        assert_int_equal(holm_adjust(NULL, p, count), GMR_OK);
        for (size_t j = 0; j < count; j++)
            assert_near(p[j], adjusted[j], 1e-12);
    }
}

static int setup(void **state)
{
    (void)state;
    struct file_map map;
    enum gmr_status status = file_map_open(&map, GOLDEN);
    if (status == GMR_OK)
        status = json_parse(map.data, map.size, 8, GOLDEN, &golden);
    file_map_close(&map);
    return status != GMR_OK;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(golden);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dialogues_agree),
        cmocka_unit_test(beta_agrees),
        cmocka_unit_test(t_tests_agree),
        cmocka_unit_test(holm_agrees),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
