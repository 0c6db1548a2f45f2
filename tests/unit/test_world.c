/* The generated problem: pictures show what items have, critiques name what a candidate lacks and
 * nothing else, and all of it depends on the two seeds only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "simulator/world.h"
#include "support/support.h"

enum { ITEMS = 40, ATTRIBUTES = 4, VALUES = 3, FEATURES = 10 };

static struct world_settings settings(size_t mentions, double noise)
{
    return (struct world_settings){ .items = ITEMS,
                                    .attributes = ATTRIBUTES,
                                    .values = VALUES,
                                    .features = FEATURES,
                                    .mentions = mentions,
                                    .noise = noise };
}

static void init(struct world *w, size_t mentions, double noise, uint64_t seed, uint64_t item_seed)
{
    assert_int_equal(world_init(w, NULL, settings(mentions, noise), seed, item_seed), GMR_OK);
}

static uint8_t value_of(const struct world *w, size_t item, size_t attribute)
{
    return w->attribute[item * ATTRIBUTES + attribute];
}

/* Bit a: the target's attribute a is not that of the candidate. */
static unsigned differing(const struct world *w, size_t target, size_t candidate)
{
    unsigned set = 0;

    for (size_t a = 0; a < ATTRIBUTES; a++)
        if (value_of(w, target, a) != value_of(w, candidate, a))
            set |= 1U << a;
    return set;
}

static size_t bits(unsigned set)
{
    return (size_t)__builtin_popcount(set);
}

/* The sum of directions of the item's values of some attributes. */
static void sum_of(const struct world *w, const real *codes, size_t item, unsigned set,
                   real sum[FEATURES])
{
    memset(sum, 0, FEATURES * sizeof *sum);
    for (size_t a = 0; a < ATTRIBUTES; a++)
        for (size_t i = 0; i < FEATURES && set >> a & 1; i++)
            sum[i] += codes[(a * VALUES + value_of(w, item, a)) * FEATURES + i];
}

/* ---- critiques ---- */

/* The attributes that a text names, found by trying all sets; fails when there is no such set. */
static unsigned named_by(const struct world *w, size_t target, const real *text)
{
    for (unsigned set = 0; set < 1U << ATTRIBUTES; set++) {
        real sum[FEATURES];

        sum_of(w, w->spoken_code, target, set, sum);
        if (max_abs_difference(sum, text, FEATURES) < 1e-5)
            return set;
    }
    fail_msg("a critique of target %zu names what the target does not have", target);
    return 0;
}

static void critiques_name_what_is_lacking(void **state)
{
    (void)state;
    for (size_t mentions = 1; mentions <= ATTRIBUTES + 1; mentions++) {
        struct world w;

        init(&w, mentions, 0.1, 1, 2);
        for (size_t target = 0; target < ITEMS; target++)
            for (size_t candidate = 0; candidate < ITEMS; candidate++) {
                unsigned lacking = differing(&w, target, candidate), named;
                size_t expected = bits(lacking) < mentions ? bits(lacking) : mentions;
                real text[FEATURES];

                world_critique(&w, target, candidate, text);
                named = named_by(&w, target, text);
                assert_int_equal(named & ~lacking, 0);
                assert_int_equal(bits(named), expected);
            }
        world_release(&w);
    }
}

static void equal_items_leave_nothing_to_say(void **state)
{
    struct world w;
    size_t equal_pairs = 0;

    (void)state;
    init(&w, 2, 0.1, 1, 2);
    for (size_t target = 0; target < ITEMS; target++)
        for (size_t candidate = 0; candidate < ITEMS; candidate++) {
            real text[FEATURES];
            bool silent = true;

            world_critique(&w, target, candidate, text);
            for (size_t i = 0; i < FEATURES; i++)
                silent = silent && text[i] == 0;
            assert_int_equal(silent, differing(&w, target, candidate) == 0);
            equal_pairs += silent;
        }
    assert_true(equal_pairs >= ITEMS);
    world_release(&w);
}

static void critiques_are_pure(void **state)
{
    real first[FEATURES], again[FEATURES], other[FEATURES];
    struct world w;

    (void)state;
    init(&w, 1, 0.1, 1, 2);
    world_critique(&w, 3, 5, first);
    world_critique(&w, 5, 3, other);
    for (size_t i = 0; i < FEATURES; i++)
        again[i] = (real)NAN; /* what stood there before does not matter */
    world_critique(&w, 3, 5, again);
    assert_memory_equal(first, again, sizeof first);
    assert_true(max_abs_difference(first, other, FEATURES) > 0.01);
    world_release(&w);
}

/* No attribute is always named first. */
static void every_attribute_is_named_somewhere(void **state)
{
    unsigned named_from_all = 0;
    struct world w;

    (void)state;
    init(&w, 1, 0.1, 1, 2);
    for (size_t target = 0; target < ITEMS; target++)
        for (size_t candidate = 0; candidate < ITEMS; candidate++)
            if (bits(differing(&w, target, candidate)) == ATTRIBUTES) {
                real text[FEATURES];

                world_critique(&w, target, candidate, text);
                named_from_all |= named_by(&w, target, text);
            }
    assert_int_equal(named_from_all, (1U << ATTRIBUTES) - 1);
    world_release(&w);
}

/* ---- pictures ---- */

static void pictures_show_what_items_have(void **state)
{
    struct world w;

    (void)state;
    init(&w, 1, 0, 1, 2);
    for (size_t item = 0; item < ITEMS; item++) {
        real sum[FEATURES];

        sum_of(&w, w.shown_code, item, (1U << ATTRIBUTES) - 1, sum);
        assert_true(max_abs_difference(sum, world_image(&w, item), FEATURES) < 1e-6);
    }
    world_release(&w);
}

static void noise_has_its_deviation(void **state)
{
    const double noise = 0.3;
    struct world w;
    double squares = 0;

    (void)state;
    init(&w, 1, noise, 1, 2);
    for (size_t item = 0; item < ITEMS; item++) {
        real sum[FEATURES];

        sum_of(&w, w.shown_code, item, (1U << ATTRIBUTES) - 1, sum);
        for (size_t i = 0; i < FEATURES; i++)
            squares += pow((double)(world_image(&w, item)[i] - sum[i]), 2);
    }
    assert_true(fabs(sqrt(squares / (ITEMS * FEATURES)) - noise) < 0.1 * noise);
    world_release(&w);
}

static void every_value_occurs(void **state)
{
    unsigned seen[ATTRIBUTES] = { 0 };
    struct world w;

    (void)state;
    init(&w, 1, 0, 1, 2);
    for (size_t item = 0; item < ITEMS; item++)
        for (size_t a = 0; a < ATTRIBUTES; a++) {
            assert_true(value_of(&w, item, a) < VALUES);
            seen[a] |= 1U << value_of(&w, item, a);
        }
    for (size_t a = 0; a < ATTRIBUTES; a++)
        assert_int_equal(seen[a], (1U << VALUES) - 1);
    world_release(&w);
}

/* ---- seeds ---- */

enum { CODES = ATTRIBUTES * VALUES * FEATURES };

static bool same_language(const struct world *a, const struct world *b)
{
    return memcmp(a->shown_code, b->shown_code, CODES * sizeof(real)) == 0 &&
           memcmp(a->spoken_code, b->spoken_code, CODES * sizeof(real)) == 0;
}

static bool same_items(const struct world *a, const struct world *b)
{
    return memcmp(a->attribute, b->attribute, (size_t)ITEMS * ATTRIBUTES) == 0;
}

static void worlds_depend_on_their_seeds(void **state)
{
    struct world a, b, other_items, other_language;

    (void)state;
    init(&a, 1, 0.1, 1, 2);
    init(&b, 1, 0.1, 1, 2);
    init(&other_items, 1, 0.1, 1, 3);
    init(&other_language, 1, 0.1, 4, 2);
    assert_true(same_language(&a, &b) && same_items(&a, &b));
    assert_memory_equal(a.image, b.image, ITEMS * FEATURES * sizeof(real));
    assert_true(same_language(&a, &other_items));
    assert_false(same_items(&a, &other_items));
    assert_false(same_language(&a, &other_language));
    assert_true(same_items(&a, &other_language));
    assert_true(memcmp(a.shown_code, a.spoken_code, CODES * sizeof(real)) != 0);
    world_release(&a);
    world_release(&b);
    world_release(&other_items);
    world_release(&other_language);
}

/* ---- limits ---- */

static void sizes_out_of_range_are_refused(void **state)
{
    struct world_settings bad[7];
    struct world w;

    (void)state;
    for (size_t i = 0; i < 7; i++)
        bad[i] = settings(1, 0.1);
    bad[0].items = 0;
    bad[1].attributes = 0;
    bad[2].values = 1;
    bad[3].values = 257;
    bad[4].features = 0;
    bad[5].mentions = 0;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(world_init(&w, NULL, bad[i], 1, 1), GMR_ERR_RANGE);
        world_release(&w);
    }
    bad[6].values = 256;
    assert_int_equal(world_init(&w, NULL, bad[6], 1, 1), GMR_OK);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(critiques_name_what_is_lacking),
        cmocka_unit_test(equal_items_leave_nothing_to_say),
        cmocka_unit_test(critiques_are_pure),
        cmocka_unit_test(every_attribute_is_named_somewhere),
        cmocka_unit_test(pictures_show_what_items_have),
        cmocka_unit_test(noise_has_its_deviation),
        cmocka_unit_test(every_value_occurs),
        cmocka_unit_test(worlds_depend_on_their_seeds),
        cmocka_unit_test(sizes_out_of_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
