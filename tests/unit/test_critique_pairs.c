/* Pairs to criticise: pure, never an item with itself, all items as targets, and candidates that
 * are the nearest of as many others as the settings say. Also what a user likes best of a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "simulator/critique_pairs.h"
#include "support/message.h"

enum { COUNT = 101, FIRST_POSITION = 1000, PAIRS = 20000 };

/* Item i of the list lies at i on a line. */
struct line {
    size_t positions[COUNT];
    real vectors[COUNT];
    struct critique_pairs pairs;
    struct critic_pair drawn[PAIRS];
};

static struct line line;

static struct line *line_of(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        line.positions[i] = FIRST_POSITION + 2 * i;
        line.vectors[i] = (real)i;
    }
    line.pairs = (struct critique_pairs){
        .positions = line.positions, .count = count, .vectors = line.vectors, .width = 1
    };
    return &line;
}

static size_t place_of(size_t position)
{
    assert_true(position >= FIRST_POSITION && (position - FIRST_POSITION) % 2 == 0);
    return (position - FIRST_POSITION) / 2;
}

static size_t distance_of(struct critic_pair pair)
{
    const size_t a = place_of(pair.target), b = place_of(pair.candidate);
    return a < b ? b - a : a - b;
}

static void pairs_are_pure(void **state)
{
    (void)state;
    struct line *l = line_of(COUNT);
    struct critic_pair one, other[64];
    critique_pairs_draw(&l->pairs, 7, 3, 100, 64, l->drawn);
    for (size_t i = 0; i < 64; i++) {
        critique_pairs_draw(&l->pairs, 7, 3, 163 - i, 1, &one);
        assert_memory_equal(&one, &l->drawn[63 - i], sizeof one);
    }
    critique_pairs_draw(&l->pairs, 7, 4, 100, 64, other);
    assert_memory_not_equal(other, l->drawn, sizeof other);
    critique_pairs_draw(&l->pairs, 8, 3, 100, 64, other);
    assert_memory_not_equal(other, l->drawn, sizeof other);
}

static void no_item_meets_itself(void **state)
{
    (void)state;
    for (size_t count = 2; count < 6; count++) {
        struct line *l = line_of(count);
        size_t targets[6] = { 0 };
        critique_pairs_draw(&l->pairs, 1, 0, 0, 1000, l->drawn);
        for (size_t i = 0; i < 1000; i++) {
            assert_in_range(place_of(l->drawn[i].target), 0, count - 1);
            assert_in_range(place_of(l->drawn[i].candidate), 0, count - 1);
            assert_true(distance_of(l->drawn[i]) > 0);
            targets[place_of(l->drawn[i].target)]++;
        }
        for (size_t k = 0; k < count; k++) /* five standard deviations */
            assert_true(fabs((double)targets[k] - 1000.0 / (double)count) < 80);
    }
}

/* Of all others, the nearest is a neighbour. */
static void many_others_bring_near_candidates(void **state)
{
    (void)state;
    struct line *l = line_of(COUNT);
    l->pairs.sizes = 1;
    l->pairs.size[0] = COUNT - 1;
    critique_pairs_draw(&l->pairs, 1, 0, 0, PAIRS, l->drawn);
    for (size_t i = 0; i < PAIRS; i++)
        assert_int_equal(distance_of(l->drawn[i]), 1);
}

static double mean_distance(struct line *l, size_t size)
{
    double sum = 0;
    l->pairs.sizes = size > 0;
    l->pairs.size[0] = size;
    critique_pairs_draw(&l->pairs, 1, 0, 0, PAIRS, l->drawn);
    for (size_t i = 0; i < PAIRS; i++)
        sum += (double)distance_of(l->drawn[i]);
    return sum / PAIRS;
}

/* The mean distance of two places of a line of n is (n + 1) / 3, and the mean of the least of m
 * distances from a target is what summing over all targets gives. */
static double expected_distance(size_t size)
{
    double sum = 0;
    for (size_t target = 0; target < COUNT; target++) {
        double none_nearer = 1; /* chance that all m lie at a distance of at least d */
        for (size_t d = 1; d < COUNT; d++) {
            sum += none_nearer;
            size_t within = 0;
            for (size_t i = 0; i < COUNT; i++)
                within += i != target && (i < target ? target - i : i - target) <= d;
            none_nearer = 1;
            for (size_t k = 0; k < size; k++)
                none_nearer *= within + k >= COUNT - 1
                                   ? 0
                                   : (double)(COUNT - 1 - within - k) / (double)(COUNT - 1 - k);
        }
    }
    return sum / COUNT;
}

static void candidates_are_the_nearest_of_so_many(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 3, 10, 30, 100 };
    struct line *l = line_of(COUNT);
    double all = 0;
    assert_true(fabs(expected_distance(1) - (COUNT + 1) / 3.0) < 1e-9);
    for (size_t i = 0; i < 5; i++) {
        const double expected = expected_distance(sizes[i]);
        assert_true(fabs(mean_distance(l, sizes[i]) / expected - 1) < 0.03);
        all += expected / 5;
    }
    assert_true(fabs(mean_distance(l, 0) / all - 1) < 0.05);
}

static void settings_out_of_range_are_refused(void **state)
{
    (void)state;
    struct line *l = line_of(COUNT);
    assert_int_equal(critique_pairs_check(&l->pairs), GMR_OK);
    l->pairs.count = 1;
    assert_int_equal(critique_pairs_check(&l->pairs), GMR_ERR_RANGE);
    assert_message("1 items make no pair");
    l->pairs.count = 2;
    l->pairs.sizes = 2;
    l->pairs.size[0] = CRITIQUE_PAIRS_MOST;
    l->pairs.size[1] = 0;
    assert_int_equal(critique_pairs_check(&l->pairs), GMR_ERR_RANGE);
    assert_message("lists of 0 items, not 1 .. 100");
    l->pairs.size[1] = CRITIQUE_PAIRS_MOST + 1;
    assert_int_equal(critique_pairs_check(&l->pairs), GMR_ERR_RANGE);
    l->pairs.sizes = CRITIQUE_PAIRS_SIZES + 1;
    assert_int_equal(critique_pairs_check(&l->pairs), GMR_ERR_RANGE);
    assert_message("9 sizes of lists, not 0 .. 8");
}

static void users_like_the_nearest(void **state)
{
    (void)state;
    static const real vectors[] = { 0, 0, 3, 4, 1, 1, -1, -1, 3, 4 };
    static const real target[] = { 0, 0 };
    assert_int_equal(critic_like(vectors, 2, target, (size_t[]){ 1, 3, 2 }, 3), 1);
    assert_int_equal(critic_like(vectors, 2, target, (size_t[]){ 1, 2, 3 }, 3), 1);
    assert_int_equal(critic_like(vectors, 2, target, (size_t[]){ 4, 1 }, 2), 0);
    assert_int_equal(critic_like(vectors, 2, target, (size_t[]){ 2, 0 }, 2), 1);
    assert_int_equal(critic_like(vectors, 2, target, (size_t[]){ 4 }, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_pure),
        cmocka_unit_test(no_item_meets_itself),
        cmocka_unit_test(many_others_bring_near_candidates),
        cmocka_unit_test(candidates_are_the_nearest_of_so_many),
        cmocka_unit_test(settings_out_of_range_are_refused),
        cmocka_unit_test(users_like_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
