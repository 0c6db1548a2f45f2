/* What critiques are worth, on items whose attributes are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "learning/caption_evaluation.h"
#include "support/attributed.h"
#include "support/scratch.h"

enum { PAIRS = 4 };

/* Of the last item, nothing but the colour is known. */
static const char *const items[] = { "category=dress; colour=red; sleeve length=long sleeves",
                                     "category=dress; colour=blue; sleeve length=long sleeves",
                                     "category=dress; colour=green" };

static const struct critic_pair pairs[PAIRS] = { { 0, 1 }, { 1, 0 }, { 0, 2 }, { 2, 0 } };

static void check(struct gmr_estimate e, double expected)
{
    assert_true(fabs(e.value - expected) < 1e-12);
    assert_true(e.low <= e.value && e.value <= e.high);
}

static void judge(const char *const *texts, struct gmr_caption_measures *measures)
{
    static const char *const references[] = { "is red" };
    const struct attribute_critic_options options = { 1, GMR_PHRASING_TRAINING, true };
    struct caption_case cases[PAIRS];
    struct attribute_critic *critic;
    attributed_create(items, sizeof items / sizeof *items);
    struct catalogue *catalogue = attributed_open();
    assert_int_equal(attribute_critic_create(NULL, catalogue, &options, &critic), GMR_OK);
    catalogue_close(catalogue);
    for (size_t i = 0; i < PAIRS; i++)
        cases[i] = (struct caption_case){ "", references, 1 };
    const struct caption_evaluation evaluation = {
        .judge = critic, .pairs = pairs, .cases = cases, .count = PAIRS, .seed = 1
    };
    assert_int_equal(caption_evaluate(&evaluation, texts, measures), GMR_OK);
    attribute_critic_destroy(critic);
}

/* Of five statements one speaks of sleeves that the target may have or not, and another of sleeves
 * that the candidate may have or not: four can be true of the target, three of the target alone. */
static void shares_are_of_what_is_known(void **state)
{
    (void)state;
    static const char *const texts[PAIRS] = { "is red", "is red", "is red and has long sleeves",
                                              "has long sleeves" };
    struct gmr_caption_measures m;
    judge(texts, &m);
    assert_int_equal(m.statements, 5);
    assert_int_equal(m.known, 4);
    assert_int_equal(m.known_of_both, 3);
    assert_int_equal(m.distinct, 3);
    check(m.true_of_target, 3.0 / 4);
    check(m.distinguishing, 2.0 / 3);
}

static void nothing_said_has_no_truth(void **state)
{
    (void)state;
    static const char *const texts[PAIRS] = { "", "", "", "" };
    struct gmr_caption_measures m;
    judge(texts, &m);
    assert_int_equal(m.statements, 0);
    assert_true(isnan(m.true_of_target.value) && isnan(m.distinguishing.value));
    assert_int_equal(m.distinct, 1);
    check(m.rouge_l, 0);
}

static void the_consensus_is_most_like_the_others(void **state)
{
    (void)state;
    static const char *const texts[] = { "has a bow", "are red", "are red and long",
                                         "are blue and long", "no" };
    size_t place = 9;
    assert_int_equal(caption_consensus(NULL, texts, 5, &place), GMR_OK);
    assert_int_equal(place, 2);
    assert_int_equal(caption_consensus(NULL, texts, 1, &place), GMR_OK);
    assert_int_equal(place, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shares_are_of_what_is_known),
        TEST(nothing_said_has_no_truth),
        cmocka_unit_test(the_consensus_is_most_like_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
