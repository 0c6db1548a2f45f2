/* What items are: valid by the tables, in sane proportions, the same every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "catalogue/generate/design.h"
#include "catalogue/generate/palette.h"
#include "unit/generate/generate.h"

enum { ITEMS = 5000, SEED = 7 };

static struct design design_of(size_t n)
{
    struct design design;
    design_choose(SEED, n, &design);
    return design;
}

static void designs_depend_on_seed_and_number_alone(void **state)
{
    (void)state;
    struct design a, b;
    size_t equal = 0;
    for (size_t n = 0; n < 200; n++) {
        design_choose(SEED, n, &a);
        design_choose(SEED + 1, 199 - n, &b);
        design_choose(SEED, n, &b);
        assert_memory_equal(a.value, b.value, sizeof a.value);
        assert_true(a.price == b.price);
        design_choose(SEED + 1, n, &b);
        equal += memcmp(a.value, b.value, sizeof a.value) == 0;
    }
    assert_true(equal < 5);
}

static size_t count_values(enum trait trait)
{
    size_t count = 0;
    while (count + 1 < TRAIT_VALUES && trait_tables[trait].value[count + 1])
        count++;
    return count;
}

static void tables_are_complete(void **state)
{
    (void)state;
    for (enum trait trait = 0; trait < TRAITS; trait++) {
        assert_non_null(trait_tables[trait].name);
        assert_true(count_values(trait) > 0);
    }
    for (size_t i = 1; i < CATEGORIES; i++) {
        const struct category_table *category = &category_tables[i];
        assert_true(category->weight > 0 && category->price > 0 && category->choice_count > 0);
        for (size_t c = 1; c < category->choice_count; c++)
            assert_true(category->choice[c - 1].trait != category->choice[c].trait);
    }
    for (size_t i = 0; i < trait_rule_count; i++) { /* else a rule would never be asked */
        assert_true(trait_rules[i].of < trait_rules[i].trait);
        assert_true(trait_rules[i].when != 0 && trait_rules[i].allowed != 0);
    }
}

static void rules_hold(void **state)
{
    (void)state;
    for (size_t n = 0; n < ITEMS; n++) {
        struct design d = design_of(n);
        for (size_t i = 0; i < trait_rule_count; i++) {
            const struct trait_rule *rule = &trait_rules[i];
            bool applies = d.value[rule->of] && rule->when >> d.value[rule->of] & 1;
            bool has = false; /* a category without the trait is not meant */
            const struct category_table *category = &category_tables[d.value[TRAIT_CATEGORY]];
            for (size_t c = 0; c < category->choice_count; c++)
                has |= category->choice[c].trait == rule->trait;
            if (applies && has && !(rule->allowed >> d.value[rule->trait] & 1))
                fail_msg("item %zu: %s with %s", n, trait_tables[rule->of].value[d.value[rule->of]],
                         trait_tables[rule->trait].value[d.value[rule->trait]]);
        }
    }
}

/* What a category always has is never lost to rules that leave nothing. */
static void nothing_that_is_due_is_missing(void **state)
{
    (void)state;
    for (size_t n = 0; n < ITEMS; n++) {
        struct design d = design_of(n);
        const struct category_table *category = &category_tables[d.value[TRAIT_CATEGORY]];
        size_t has = 0;
        for (size_t c = 0; c < category->choice_count; c++) {
            const struct trait_choice *choice = &category->choice[c];
            if (choice->weight[0] == 0 && d.value[choice->trait] == 0)
                fail_msg("item %zu, %s, has no %s", n,
                         trait_tables[TRAIT_CATEGORY].value[d.value[TRAIT_CATEGORY]],
                         trait_tables[choice->trait].name);
            assert_true(choice->weight[d.value[choice->trait]] > 0);
            has += d.value[choice->trait] > 0;
        }
        for (enum trait trait = TRAIT_CATEGORY + 1; trait < TRAITS; trait++)
            has -= d.value[trait] > 0; /* and it has nothing else */
        assert_int_equal(has, 0);
    }
}

static void every_value_occurs(void **state)
{
    (void)state;
    size_t count[TRAITS][TRAIT_VALUES] = { 0 }, weights = 0;
    for (size_t n = 0; n < ITEMS; n++) {
        struct design d = design_of(n);
        for (enum trait trait = 0; trait < TRAITS; trait++)
            count[trait][d.value[trait]]++;
    }
    for (enum trait trait = 0; trait < TRAITS; trait++)
        for (size_t v = 1; v <= count_values(trait); v++)
            if (count[trait][v] < 10)
                fail_msg("only %zu of %d items: %s %s", count[trait][v], ITEMS,
                         trait_tables[trait].name, trait_tables[trait].value[v]);
    for (size_t i = 1; i < CATEGORIES; i++)
        weights += category_tables[i].weight;
    for (size_t i = 1; i < CATEGORIES; i++) {
        double expected = (double)(ITEMS * category_tables[i].weight) / (double)weights;
        double found = (double)count[TRAIT_CATEGORY][i];
        assert_true(found > 0.75 * expected && found < 1.3 * expected);
    }
    double solid = (double)count[TRAIT_PATTERN][PATTERN_SOLID] / ITEMS;
    assert_true(solid > 0.4 && solid < 0.7);
    for (size_t v = 1; v < COLOURS; v++)
        assert_true(count[TRAIT_COLOUR][v] > ITEMS / 60 && count[TRAIT_COLOUR][v] < ITEMS / 4);
}

static void second_colours_stand_out(void **state)
{
    (void)state;
    for (size_t n = 0; n < ITEMS; n++) {
        struct design d = design_of(n);
        assert_int_equal(d.value[TRAIT_SECOND] != 0, d.value[TRAIT_PATTERN] != PATTERN_SOLID);
        if (d.value[TRAIT_SECOND])
            assert_true(rgb_distance(palette_rgb(d.value[TRAIT_COLOUR]),
                                     palette_rgb(d.value[TRAIT_SECOND])) > 40);
    }
}

static void names_of_colours_are_far_apart(void **state)
{
    (void)state;
    for (enum colour a = 1; a < COLOURS; a++)
        for (enum colour b = 1; b < a; b++)
            assert_true(rgb_distance(palette_rgb(a), palette_rgb(b)) > 18);
    struct rgb black = { 0, 0, 0 }, white = { 1, 1, 1 }, red = { 1, 0, 0 }, lime = { 0, 1, 0 };
    assert_float_equal(rgb_distance(black, white), 100, 0.1);
    assert_float_equal(rgb_distance(red, lime), 170.6, 0.5); /* CIE76, from the literature */
}

/* A dear brand costs more than a cheap one; leather more than canvas. */
static void prices_follow_brand_and_material(void **state)
{
    (void)state;
    double sum[2] = { 0 }, bag[2] = { 0 };
    size_t count[2] = { 0 }, bags[2] = { 0 };
    for (size_t n = 0; n < ITEMS; n++) {
        struct design d = design_of(n);
        assert_true(d.price >= 5 && d.price < 2000);
        for (size_t i = 0; i < 2; i++) {
            if (d.value[TRAIT_BRAND] == (i ? 7 : 10)) {
                sum[i] += d.price;
                count[i]++;
            }
            if (d.value[TRAIT_CATEGORY] == CATEGORY_BAG &&
                d.value[TRAIT_MATERIAL] == (i ? MATERIAL_LEATHER : MATERIAL_CANVAS)) {
                bag[i] += d.price;
                bags[i]++;
            }
        }
    }
    assert_true(sum[1] / (double)count[1] > 3 * sum[0] / (double)count[0]);
    assert_true(bag[1] / (double)bags[1] > 1.3 * bag[0] / (double)bags[0]);
}

int test_designs(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(designs_depend_on_seed_and_number_alone),
        cmocka_unit_test(tables_are_complete),
        cmocka_unit_test(rules_hold),
        cmocka_unit_test(nothing_that_is_due_is_missing),
        cmocka_unit_test(every_value_occurs),
        cmocka_unit_test(second_colours_stand_out),
        cmocka_unit_test(names_of_colours_are_far_apart),
        cmocka_unit_test(prices_follow_brand_and_material),
    };
    return cmocka_run_group_tests_name("designs", tests, NULL, NULL);
}
