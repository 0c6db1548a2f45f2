/* Classification by words: which classes there are, and scores worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "learning/zero_shot.h"
#include "support/kernels.h"
#include "support/message.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void a_value_is_the_only_one(void **state)
{
    const struct gmr_attribute attributes[] = {
        { "colour", "red", 0 }, { "size", "7", 7 }, { "colour", "blue", 0 }, { "kind", "cup", 0 }
    };
    const struct gmr_item item = { .attributes = attributes, .attribute_count = 4 };
    (void)state;
    assert_null(zero_shot_value(&item, "colour"));
    assert_string_equal(zero_shot_value(&item, "size"), "7");
    assert_string_equal(zero_shot_value(&item, "kind"), "cup");
    assert_null(zero_shot_value(&item, "Kind"));
    assert_null(zero_shot_value(&(struct gmr_item){ 0 }, "kind"));
}

/* b 3, a 2, c 2, d 1, e 1; two say nothing. */
static const char *const values[] = { "c", "b", "a", NULL, "b", "e", "d", NULL, "a", "c", "b" };

static void assert_classes(size_t most, size_t classes, const char *const *names,
                           const size_t *labels, size_t counted)
{
    struct zero_shot z;
    assert_int_equal(zero_shot_init(&z, NULL, values, COUNT(values), most), GMR_OK);
    assert_int_equal(z.items, COUNT(values));
    assert_int_equal(z.classes, classes);
    assert_int_equal(z.counted, counted);
    assert_int_equal(z.largest, 3);
    for (size_t k = 0; k < classes; k++)
        assert_string_equal(z.name[k], names[k]);
    for (size_t i = 0; i < COUNT(values); i++)
        assert_int_equal(z.label[i], labels[i]);
    zero_shot_release(&z);
}

static void classes_are_the_commonest_values(void **state)
{
    const char *const names[] = { "b", "a", "c", "d", "e" };
    (void)state;
    assert_classes(9, 5, names, (const size_t[]){ 2, 0, 1, 5, 0, 4, 3, 5, 1, 2, 0 }, 9);
    assert_classes(4, 4, names, (const size_t[]){ 2, 0, 1, 4, 0, 4, 3, 4, 1, 2, 0 }, 8);
    assert_classes(2, 2, names, (const size_t[]){ 2, 0, 1, 2, 0, 2, 2, 2, 1, 2, 0 }, 5);
    assert_classes(1, 1, names, (const size_t[]){ 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0 }, 3);
}

static void nothing_has_no_classes(void **state)
{
    const char *const nothing[] = { NULL, NULL };
    const real pictures[] = { 1, 2 };
    struct zero_shot z;
    struct gmr_zero_shot r = { 0 };
    for (size_t items = 0; items <= 2; items += 2) {
        assert_int_equal(zero_shot_init(&z, NULL, nothing, items, 3), GMR_OK);
        assert_int_equal(z.classes, 0);
        assert_int_equal(z.counted, 0);
        assert_int_equal(zero_shot_measure(&z, *state, pictures, NULL, 1, 1, &r), GMR_OK);
        assert_true(isnan(r.accuracy.value) && isnan(r.balanced.low) && isnan(r.majority));
        zero_shot_release(&z);
    }
}

/* Prompts b: right, a: up, c: left; what is not counted, or rare, points anywhere. Right are b, b,
 * a; wrong a b (up), an a (left), both c. */
static const real prompts[] = { 0.5, 0, /* */ 0, 9, /* */ -3, 0 };
static const real pictures[] = { 1, 1.5, /* c: a */ 2,    1,  /* b */ 0,  1,    /* a */
                                 0, 1,   /* */ 7,         -1, /* b */ -1, -1,   /* e */
                                 3, 0,   /* d */ 0,       0,  /* */ -0.5, 0.25, /* a: c */
                                 8, 0,   /* c: b */ 0.25, 0.5 /* b: a */ };

static void scores_are_shares_of_what_counts(void **state)
{
    struct zero_shot z;
    struct gmr_zero_shot r, again, other;
    assert_int_equal(zero_shot_init(&z, NULL, values, COUNT(values), 3), GMR_OK);
    assert_int_equal(zero_shot_measure(&z, *state, pictures, prompts, 2, 1, &r), GMR_OK);
    assert_true(fabs(r.accuracy.value - 3. / 7) < 1e-12);
    assert_true(fabs(r.balanced.value - (2. / 3 + 1. / 2 + 0) / 3) < 1e-12);
    assert_true(fabs(r.majority - 3. / 7) < 1e-12);
    assert_true(r.accuracy.low < 0.2 && r.accuracy.high > 0.7);
    assert_true(r.balanced.low < 0.2 && r.balanced.high > 0.6 && r.balanced.high <= 1);
    assert_int_equal(zero_shot_measure(&z, *state, pictures, prompts, 2, 1, &again), GMR_OK);
    assert_memory_equal(&r, &again, sizeof r);
    bool moved = false; /* intervals, by another seed: of so few items most are the same */
    for (uint64_t seed = 2; seed < 30; seed++) {
        assert_int_equal(zero_shot_measure(&z, *state, pictures, prompts, 2, seed, &other), GMR_OK);
        assert_true(r.accuracy.value == other.accuracy.value);
        moved = moved || memcmp(&r, &other, sizeof r) != 0;
    }
    assert_true(moved);
    zero_shot_release(&z);
}

/* All of a class in a sample, or none: it is left out of the mean, not counted as wrong. */
static void a_class_missing_from_a_sample_is_left_out(void **state)
{
    const char *const two[] = { "x", "y" };
    const real both[] = { 1, 0, /* */ 0, 1 };
    struct zero_shot z;
    struct gmr_zero_shot r;
    assert_int_equal(zero_shot_init(&z, NULL, two, 2, 2), GMR_OK);
    assert_int_equal(zero_shot_measure(&z, *state, both, both, 2, 1, &r), GMR_OK);
    assert_true(r.balanced.value == 1 && r.balanced.low == 1 && r.balanced.high == 1);
    assert_true(r.accuracy.low == 1 && r.majority == 0.5);
    zero_shot_release(&z);
}

static void of_equally_near_classes_the_commoner_is_taken(void **state)
{
    const char *const three[] = { "x", "y", "x" };
    const real same[] = { 1, 0, /* */ 1, 0 }, any[] = { 1, 0, /* */ 1, 0, /* */ 0, 0 };
    struct zero_shot z;
    struct gmr_zero_shot r;
    assert_int_equal(zero_shot_init(&z, NULL, three, 3, 2), GMR_OK);
    assert_int_equal(zero_shot_measure(&z, *state, any, same, 2, 1, &r), GMR_OK);
    assert_true(fabs(r.accuracy.value - r.majority) < 1e-12 && r.balanced.value == 0.5);
    zero_shot_release(&z);
}

static void bad_vectors_are_refused(void **state)
{
    const real bad[] = { 1, 2, (real)NAN, 1, 2, 3, 4, 5, 6, 7, 8 }, good[] = { 1, 2, 3 };
    struct zero_shot z;
    struct gmr_zero_shot r;
    assert_int_equal(zero_shot_init(&z, NULL, values, COUNT(values), 3), GMR_OK);
    assert_int_equal(zero_shot_measure(&z, *state, bad, good, 1, 1, &r), GMR_ERR_NUMERIC);
    assert_message("not finite");
    assert_true(isnan(r.accuracy.value));
    zero_shot_release(&z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_the_only_one),
        cmocka_unit_test(classes_are_the_commonest_values),
        cmocka_unit_test(nothing_has_no_classes),
        cmocka_unit_test(scores_are_shares_of_what_counts),
        cmocka_unit_test(a_class_missing_from_a_sample_is_left_out),
        cmocka_unit_test(of_equally_near_classes_the_commoner_is_taken),
        cmocka_unit_test(bad_vectors_are_refused),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
