/* Predicates: their grammar, how texts are compared, and what they find in a catalogue. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "catalogue/filter.h"
#include "catalogue/inside.h"
#include "catalogue/number.h"
#include "support/catalogue.h"
#include "support/message.h"
#include "support/scratch.h"

enum { ITEMS = 24 };

static struct arena arena;

static int arena_setup(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 0);
    return 0;
}

static int arena_teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* ---- numbers ---- */

static void numbers_are_decimal_and_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } cases[] = {
        { "895", 895 },     { "1299.5", 1299.5 }, { "-3", -3 },     { "+4", 4 },  { ".5", 0.5 },
        { "-0.25", -0.25 }, { "2e3", 2000 },      { "1E-2", 0.01 }, { "007", 7 }, { "0", 0 },
    };
    static const char *const others[] = { "",    " 1",  "1 ",  "1,5",   "0x10",    "nan", "inf",
                                          "1.",  ".",   "-",   "e5",    "1e",      "1e+", "1.e5",
                                          "--1", "1 2", "12a", "1e999", "\xD9\xA1" };
    double number = 77;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(number_parse(cases[i].text, &number));
        assert_true(number == cases[i].number);
    }
    number = 77;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(number_parse(others[i], &number));
    assert_true(number == 77);
}

/* ---- grammar ---- */

static void predicates_are_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum predicate_relation relation;
        const char *name, *value;
    } cases[] = {
        { "price<80", PREDICATE_LESS, "price", "80" },
        { "price <= 80", PREDICATE_AT_MOST, "price", "80" },
        { "price>-1.5", PREDICATE_GREATER, "price", "-1.5" },
        { "price>=80", PREDICATE_AT_LEAST, "price", "80" },
        { "brand=Nike", PREDICATE_EQUAL, "brand", "nike" },
        { "\tColour != Dark  Black ", PREDICATE_UNEQUAL, "Colour", "dark  black" },
        { "size!=", PREDICATE_UNEQUAL, "size", "" },
        { "wow!x=1", PREDICATE_EQUAL, "wow!x", "1" },
        { "formula=a<b=c", PREDICATE_EQUAL, "formula", "a<b=c" },
        { "heart= <3", PREDICATE_EQUAL, "heart", "<3" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct predicate p;
        assert_int_equal(predicate_parse(cases[i].text, &arena, &p), GMR_OK);
        assert_int_equal(p.relation, cases[i].relation);
        assert_string_equal(p.name, cases[i].name);
        assert_string_equal(p.value, cases[i].value);
    }
}

static void numbers_of_predicates_are_read(void **state)
{
    (void)state;
    struct predicate p;
    assert_int_equal(predicate_parse("a < 1E2", &arena, &p), GMR_OK);
    assert_true(p.number == 100);
    assert_int_equal(predicate_parse("a = 100", &arena, &p), GMR_OK);
    assert_true(isnan(p.number));
}

static void others_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "", "'' is not a predicate: no '='" },
        { "price", "'price' is not a predicate: no '='" },
        { "really!", "no '='" },
        { "=80", "no name before the operator" },
        { "  <80", "no name before the operator" },
        { "price<cheap", "'cheap' is not a number" },
        { "price<", "'' is not a number" },
        { "price<1,5", "'1,5' is not a number" },
        { "a==b", "two operators in a row" },
        { "a=<b", "two operators in a row" },
        { "a=>b", "two operators in a row" },
        { "a=\xFF", "cannot compare" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct predicate p;
        assert_int_equal(predicate_parse(cases[i].text, &arena, &p), GMR_ERR_FORMAT);
        assert_message(cases[i].message);
    }
}

static void long_ones_are_refused(void **state)
{
    (void)state;
    static char text[PREDICATE_MAX + 2];
    struct predicate p;
    memset(text, 'x', PREDICATE_MAX);
    text[1] = '=';
    assert_int_equal(predicate_parse(text, &arena, &p), GMR_OK);
    text[PREDICATE_MAX] = 'x';
    assert_int_equal(predicate_parse(text, &arena, &p), GMR_ERR_FORMAT);
    assert_message("too long");
}

/* ---- comparing ---- */

static void texts_are_folded(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
    } same[] = {
        { "Nike", " nIKE\t" },          { "GRÖSSE", "größe" },
        { "Cafe\xCC\x81", "CAFÉ" },     /* e and a combining accent; one character */
        { "ΣΊΣΥΦΟΣ", "σίσυφος" },       /* both small sigmas */
        { "\xE2\x84\xAB", "\xC3\xA5" }, /* the Angstrom sign */
    };
    const char *a, *b;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_int_equal(filter_fold(same[i].a, &arena, &a), GMR_OK);
        assert_int_equal(filter_fold(same[i].b, &arena, &b), GMR_OK);
        assert_string_equal(a, b);
    }
    assert_int_equal(filter_fold("größe", &arena, &a), GMR_OK);
    assert_int_equal(filter_fold("grosse", &arena, &b), GMR_OK);
    assert_string_not_equal(a, b);
}

/* ---- catalogues ---- */

static struct catalogue *open_catalogue(void)
{
    struct catalogue *catalogue;
    support_catalogue_create(in_scratch("shop"), ITEMS);
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    assert_int_equal(catalogue_count(catalogue), ITEMS);
    return catalogue;
}

static void assert_found(struct catalogue *catalogue, const char *const *predicates, size_t count,
                         bool (*expected)(size_t i))
{
    uint8_t allowed[ITEMS];
    memset(allowed, 7, sizeof allowed);
    assert_int_equal(catalogue_filter(catalogue, predicates, count, allowed), GMR_OK);
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(allowed[i], expected(i));
}

static bool all(size_t i)
{
    (void)i;
    return true;
}

static bool green(size_t i)
{
    return i % 3 == 1;
}

static bool white(size_t i)
{
    return i % 6 == 5;
}

static bool not_blue(size_t i)
{
    return i % 3 != 2;
}

static bool unbranded_or_acme(size_t i)
{
    return i % 4 == 3 || i % 2 == 0;
}

static bool nike(size_t i)
{
    return i % 4 == 1;
}

static bool up_to_50(size_t i)
{
    return 5 * i <= 50;
}

static bool below_50(size_t i)
{
    return 5 * i < 50;
}

static bool from_50(size_t i)
{
    return 5 * i >= 50;
}

static bool above_50(size_t i)
{
    return 5 * i > 50;
}

static bool green_from_50(size_t i)
{
    return green(i) && from_50(i);
}

static bool none(size_t i)
{
    (void)i;
    return false;
}

static void items_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *predicate[2];
        bool (*expected)(size_t i);
    } cases[] = {
        { { NULL }, all },
        { { "colour=green" }, green },
        { { " COLOUR = Green " }, green },
        { { "colour=white" }, white }, /* the second value of these items */
        { { "colour!=blue" }, not_blue },
        { { "brand=über NIKE" }, nike },
        { { "brand!=ÜBER nike" }, unbranded_or_acme },
        { { "brand=nobody" }, none },
        { { "brand!=nobody" }, all },
        { { "price<=50" }, up_to_50 },
        { { "price<50" }, below_50 },
        { { "price>=50.0" }, from_50 },
        { { "price>5e1" }, above_50 },
        { { "price=50.0" }, none }, /* '=' compares texts */
        { { "colour<5" }, none },   /* no numbers */
        { { "colour=green", "price>=50" }, green_from_50 },
        { { "colour=green", "colour=blue" }, none },
    };
    struct catalogue *catalogue = open_catalogue();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *p = cases[i].predicate;
        assert_found(catalogue, p, (p[0] != NULL) + (size_t)(p[1] != NULL), cases[i].expected);
    }
    catalogue_close(catalogue);
}

static void bad_filters_are_refused(void **state)
{
    (void)state;
    struct catalogue *catalogue = open_catalogue();
    uint8_t allowed[ITEMS];
    const char *unknown[] = { "colour=green", "Sleeve Length=short" }, *bad[] = { "price" };
    assert_int_equal(catalogue_filter(catalogue, unknown, 2, allowed), GMR_ERR_NOT_FOUND);
    assert_message("has an attribute 'Sleeve Length'");
    assert_int_equal(catalogue_filter(catalogue, bad, 1, allowed), GMR_ERR_FORMAT);
    catalogue_close(catalogue);
}

/* Attributes whose names differ in case are one to a filter. */
static void names_that_differ_in_case_are_one(void **state)
{
    (void)state;
    const struct catalogue_source source = { .format = "test", .location = "case" };
    struct catalogue_writer *writer;
    struct gmr_import_report report;
    static const char *const names[] = { "Color", "COLOR", "color", "shade" };
    assert_int_equal(catalogue_writer_open(NULL, in_scratch("case"), &source, &writer), GMR_OK);
    for (size_t i = 0; i < 4; i++) {
        const struct gmr_attribute attribute = { .name = names[i], .value = "Red " };
        const struct catalogue_record record = { .key = names[i],
                                                 .attributes = &attribute,
                                                 .attribute_count = 1 };
        assert_int_equal(catalogue_writer_put(writer, &record), GMR_OK);
    }
    assert_int_equal(catalogue_writer_finish(writer, "f", &report), GMR_OK);
    struct catalogue *catalogue;
    uint8_t allowed[4];
    assert_int_equal(catalogue_open(NULL, in_scratch("case"), &catalogue), GMR_OK);
    assert_int_equal(catalogue_filter(catalogue, (const char *[]){ "coLor=red" }, 1, allowed),
                     GMR_OK);
    assert_memory_equal(allowed, ((const uint8_t[]){ 1, 1, 1, 0 }), 4);
    catalogue_close(catalogue);
}

#define TEXTS(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)
#define CATALOGUE(function) \
    cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal_and_whole),
        TEXTS(predicates_are_parsed),
        TEXTS(numbers_of_predicates_are_read),
        TEXTS(others_are_refused_with_the_reason),
        TEXTS(long_ones_are_refused),
        TEXTS(texts_are_folded),
        CATALOGUE(items_are_found),
        CATALOGUE(bad_filters_are_refused),
        CATALOGUE(names_that_differ_in_case_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
