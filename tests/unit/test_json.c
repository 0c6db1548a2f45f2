/* JSON that may be hostile: what is accepted, what is refused, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

/* Parses a copy of exactly `size` bytes, so that a sanitizer sees one read too far. */
static enum gmr_status parse_bytes(const char *text, size_t size, size_t depth, json_t **value)
{
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    enum gmr_status status = json_parse(copy, size, depth, "x.json", value);
    free(copy);
    return status;
}

static json_t *accept(const char *text)
{
    json_t *value;
    if (parse_bytes(text, strlen(text), 8, &value) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_non_null(value);
    return value;
}

static void refuse_bytes(const char *text, size_t size, const char *message)
{
    json_t *value = (void *)1;
    assert_int_equal(parse_bytes(text, size, 8, &value), GMR_ERR_FORMAT);
    assert_null(value);
    if (!strstr(gmr_error_message(), message))
        fail_msg("\"%s\" does not contain \"%s\"", gmr_error_message(), message);
}

static void refuse(const char *text, const char *message)
{
    refuse_bytes(text, strlen(text), message);
}

static void objects_are_read(void **state)
{
    (void)state;
    json_t *value = accept(" {\"name\": \"\\u00e9t\\u00e9\", \"shape\": [2, 3], \"lr\": 1e-3}\n");
    assert_string_equal(json_string_value(json_object_get(value, "name")), "\xC3\xA9t\xC3\xA9");
    assert_int_equal(json_array_size(json_object_get(value, "shape")), 2);
    assert_true(json_real_value(json_object_get(value, "lr")) == 1e-3);
    json_decref(value);
}

static void any_kind_of_value_may_be_the_whole(void **state)
{
    (void)state;
    static const char *texts[] = { "1", "\"s\"", "null", "true", "[]", "{}", "-0.5e2" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_decref(accept(texts[i]));
}

static void bytes_after_the_size_are_not_read(void **state)
{
    (void)state;
    json_t *value;
    assert_int_equal(json_parse("12345", 2, 1, "n", &value), GMR_OK);
    assert_int_equal(json_integer_value(value), 12);
    json_decref(value);
}

static void message_names_file_line_and_column(void **state)
{
    (void)state;
    refuse("{\n  \"a\": 1,\n  \"b\" 2\n}", "cannot parse 'x.json': line 3, column 7: ");
    refuse("[[[[\n[[[[ [", "cannot parse 'x.json': line 2, column 6: nested deeper than 8");
}

static void damaged_text_is_refused(void **state)
{
    (void)state;
    refuse("", "line 1");
    refuse("   ", "end of file");
    refuse("{\"a\":", "end of file");
    refuse("[1, 2", "end of file");
    refuse("\"abc", "end of input");
    refuse("\"abc\\", "line 1");
    refuse("[1] 2", "end of file expected");
    refuse("[1,]", "']'");
    refuse("{'a': 1}", "line 1");
    refuse("[1 2]", "line 1");
    refuse("]", "line 1");
    refuse("[}", "line 1");
    refuse("\"tab\there\"", "control character");
    refuse("nul", "invalid token");
    refuse("[01]", "line 1");
    refuse("[+1]", "line 1");
    refuse("[NaN]", "line 1");
}

static void repeated_key_is_refused(void **state)
{
    (void)state;
    refuse("{\"a\": 1, \"b\": 2, \"a\": 3}", "duplicate object key");
    refuse("[{\"x\": {\"a\": 1, \"\\u0061\": 3}}]", "duplicate object key");
    json_decref(accept("{\"a\": {\"a\": 1}, \"b\": {\"a\": 1}}"));
}

static void numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    refuse("[9223372036854775808]", "too big integer");
    refuse("[-9223372036854775809]", "too big negative integer");
    refuse("[1e999]", "real number overflow");
    json_decref(accept("[9223372036854775807, -9223372036854775808, 1e308, 1e-999]"));
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    refuse("\"\xFF\"", "unable to decode byte 0xff");
    refuse("\"\xC0\x80\"", "unable to decode");
    refuse("\"\xED\xA0\x80\"", "unable to decode");
    refuse("\"\xE2\x82\"", "unable to decode");
    refuse("\"\\ud800\"", "invalid Unicode");
    refuse("\xEF\xBB\xBF{}", "line 1"); /* a byte order mark is no white space */
}

static void nul_is_refused_everywhere(void **state)
{
    (void)state;
    refuse_bytes("[1]\0", 4, "line 1");
    refuse_bytes("\0[1]", 4, "line 1");
    refuse_bytes("[\0]", 3, "line 1");
    refuse_bytes("\"a\0b\"", 5, "control character 0x0");
    refuse_bytes("\0", 1, "line 1");
    refuse("\"\\u0000\"", "\\u0000 is not allowed");
    refuse("{\"a\\u0000\": 1}", "NUL");
}

/* depth brackets, then as many closed; the caller frees the text. */
static char *nested(size_t depth, const char *open, const char *close)
{
    size_t left = strlen(open), right = strlen(close);
    char *text = malloc(depth * (left + right) + 1), *at = text;
    assert_non_null(text);
    for (size_t i = 0; i < depth; i++, at += left)
        memcpy(at, open, left);
    for (size_t i = 0; i < depth; i++, at += right)
        memcpy(at, close, right);
    *at = '\0';
    return text;
}

static enum gmr_status parse_nested(size_t depth, size_t max_depth)
{
    char *text = nested(depth, "[", "]");
    json_t *value;
    enum gmr_status status = parse_bytes(text, strlen(text), max_depth, &value);
    json_decref(value);
    free(text);
    return status;
}

static void depth_is_limited_exactly(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 40; limit += 13) {
        assert_int_equal(parse_nested(limit, limit), GMR_OK);
        assert_int_equal(parse_nested(limit + 1, limit), GMR_ERR_FORMAT);
    }
    assert_int_equal(parse_nested(1, 0), GMR_ERR_FORMAT);
    json_t *value;
    assert_int_equal(parse_bytes("7", 1, 0, &value), GMR_OK);
    json_decref(value);
    assert_int_equal(parse_nested(1000000, SIZE_MAX), GMR_ERR_FORMAT); /* jansson's own limit */
}

static void only_nesting_counts_as_depth(void **state)
{
    (void)state;
    json_decref(accept("[[],[],[],[],[],[],[],[],[],[],{},{},{},{},{}]"));
    json_decref(accept("{\"[[[[[[[[[[\": \"{{{{{{{{{{{\"}"));
    json_decref(accept("[\"\\\"[[[[[[[[[[[[\", \"\\\\\", [\"\\\\\\\"[[[[[[[[[[[\"]]"));
    refuse("[\"\\\\\", [[[[[[[[1]]]]]]]]]", "nested deeper than 8");
    refuse("{\"a\":[{\"a\":[{\"a\":[{\"a\":[{}]}]}]}]}", "nested deeper than 8");
}

/* Hostile bytes in the text do not reach the message as they are. */
static void message_is_one_printable_line(void **state)
{
    (void)state;
    refuse("[\"a\x1B[2J\n\"]", "line");
    for (const char *c = gmr_error_message(); *c; c++)
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7F);
}

static size_t allocations_left;
static long live;

static void *fail_at_zero(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    void *memory = malloc(size);
    live += memory != NULL;
    return memory;
}

static void count_free(void *memory)
{
    live -= memory != NULL;
    free(memory);
}

/* Every allocation of jansson fails once. In the middle of a string jansson takes that for a bad
 * token, so both errors are right; a value, a leak or anything else is not. */
static void no_memory_leaves_nothing_behind(void **state)
{
    (void)state;
    static const char text[] =
        "{\"name\": [1, 2.5, \"three\", {\"deep\": [null, true]}], \"k\": {}}";
    size_t failures[] = { [GMR_ERR_NOMEM] = 0, [GMR_ERR_FORMAT] = 0 };
    json_malloc_t normal_malloc;
    json_free_t normal_free;
    json_t *value = NULL;
    json_get_alloc_funcs(&normal_malloc, &normal_free);
    json_set_alloc_funcs(fail_at_zero, count_free);
    for (size_t n = 0; n < 1000 && live == 0 && !value; n++) {
        allocations_left = n;
        enum gmr_status status = json_parse(text, sizeof text - 1, 8, "x.json", &value);
        failures[GMR_ERR_NOMEM] += status == GMR_ERR_NOMEM;
        failures[GMR_ERR_FORMAT] += status == GMR_ERR_FORMAT;
    }
    json_decref(value);
    json_set_alloc_funcs(normal_malloc, normal_free);
    assert_non_null(value); /* with enough memory it ended well */
    assert_int_equal(live, 0);
    assert_true(failures[GMR_ERR_NOMEM] > 10);
    assert_true(failures[GMR_ERR_FORMAT] < failures[GMR_ERR_NOMEM]);
}

static void sizes_are_read(void **state)
{
    (void)state;
    size_t size = 99;
    json_t *value = accept("{\"n\": 12, \"zero\": 0, \"large\": 9223372036854775807}");
    assert_int_equal(json_get_size(json_object_get(value, "n"), &size), GMR_OK);
    assert_int_equal(size, 12);
    assert_int_equal(json_get_size(json_object_get(value, "zero"), &size), GMR_OK);
    assert_int_equal(size, 0);
    assert_int_equal(json_get_size(json_object_get(value, "large"), &size), GMR_OK);
    assert_true(size == INT64_MAX);
    json_decref(value);
}

static void other_things_are_no_size(void **state)
{
    (void)state;
    static const struct {
        const char *text, *found;
    } cases[] = {
        { "-1", "found -1" },
        { "1.0", "found a fraction" },
        { "\"1\"", "found a string" },
        { "[1]", "found an array" },
        { "{}", "found an object" },
        { "true", "found a truth value" },
        { "false", "found a truth value" },
        { "null", "found null" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = 99;
        json_t *value = accept(cases[i].text);
        assert_int_equal(json_get_size(value, &size), GMR_ERR_FORMAT);
        assert_non_null(strstr(gmr_error_message(), cases[i].found));
        assert_int_equal(size, 99);
        json_decref(value);
    }
    size_t size;
    assert_int_equal(json_get_size(NULL, &size), GMR_ERR_FORMAT);
    assert_string_equal(gmr_error_message(), "expected a non-negative integer, found nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_read),
        cmocka_unit_test(any_kind_of_value_may_be_the_whole),
        cmocka_unit_test(bytes_after_the_size_are_not_read),
        cmocka_unit_test(message_names_file_line_and_column),
        cmocka_unit_test(damaged_text_is_refused),
        cmocka_unit_test(repeated_key_is_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(nul_is_refused_everywhere),
        cmocka_unit_test(depth_is_limited_exactly),
        cmocka_unit_test(only_nesting_counts_as_depth),
        cmocka_unit_test(message_is_one_printable_line),
        cmocka_unit_test(no_memory_leaves_nothing_behind),
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(other_things_are_no_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
