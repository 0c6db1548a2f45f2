/* Status codes, the message of each thread, and the text that goes into it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "base/text.h"

static void every_code_has_its_own_text(void **state)
{
    (void)state;
    const char *texts[] = {
#define TEXT(name, value, text) [value] = text,
        GMR_STATUS_LIST(TEXT)
#undef TEXT
    };
    const size_t count = sizeof texts / sizeof *texts;
    for (size_t i = 0; i < count; i++) {
        assert_non_null(texts[i]); /* the values leave no gap */
        assert_string_equal(gmr_status_text((enum gmr_status)i), texts[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(texts[i], texts[j]);
    }
    assert_string_equal(gmr_status_text((enum gmr_status)count), "unknown status");
    assert_string_equal(gmr_status_text((enum gmr_status) - 1), "unknown status");
}

static void values_are_those_of_the_abi(void **state)
{
    (void)state;
    assert_int_equal(GMR_OK, 0);
    assert_int_equal(GMR_ERR_NOMEM, 1);
    assert_int_equal(GMR_ERR_CANCELLED, 10);
    assert_int_equal(GMR_ERR_NUMERIC, 11);
}

static void error_returns_the_code_and_keeps_the_message(void **state)
{
    (void)state;
    assert_int_equal(gmr_error(GMR_ERR_RANGE, "k is %d, at most %s", 7, "five"), GMR_ERR_RANGE);
    assert_string_equal(gmr_error_message(), "k is 7, at most five");
    assert_int_equal(gmr_error(GMR_ERR_IO, "shorter"), GMR_ERR_IO);
    assert_string_equal(gmr_error_message(), "shorter");
}

static void error_may_extend_the_message_before(void **state)
{
    (void)state;
    gmr_error(GMR_ERR_FORMAT, "no shape");
    gmr_error(GMR_ERR_FORMAT, "tensor 'w': %s in %s", gmr_error_message(), gmr_error_message());
    assert_string_equal(gmr_error_message(), "tensor 'w': no shape in no shape");
}

static void long_message_is_cut(void **state)
{
    (void)state;
    char path[2 * TEXT_LINE_SIZE];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    gmr_error(GMR_ERR_IO, "cannot read '%s'", path);
    assert_int_equal(strlen(gmr_error_message()), TEXT_LINE_SIZE - 1);
    assert_string_equal(gmr_error_message() + TEXT_LINE_SIZE - 6, "pp...");
}

static enum gmr_status give(enum gmr_status status)
{
    return status;
}

static enum gmr_status tries(enum gmr_status first, int *reached)
{
    TRY(give(first));
    *reached = 1;
    return GMR_OK;
}

static void try_passes_errors_on(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(tries(GMR_ERR_SHAPE, &reached), GMR_ERR_SHAPE);
    assert_int_equal(reached, 0);
    assert_int_equal(tries(GMR_OK, &reached), GMR_OK);
    assert_int_equal(reached, 1);
}

static void *fail_in_a_thread(void *copy)
{
    char *text = copy;
    strcpy(text, gmr_error_message()); /* "" in a new thread */
    gmr_error(GMR_ERR_TYPE, "from the other thread");
    strcpy(text + 1, gmr_error_message());
    return NULL;
}

static void threads_have_their_own_message(void **state)
{
    (void)state;
    char other[64];
    pthread_t thread;
    gmr_error(GMR_ERR_STATE, "from this thread");
    assert_int_equal(pthread_create(&thread, NULL, fail_in_a_thread, other), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(other[0], '\0');
    assert_string_equal(other + 1, "from the other thread");
    assert_string_equal(gmr_error_message(), "from this thread");
}

static void print(char *line, size_t size, const char *format, ...) GMR_PRINTF(3, 4);
static void print(char *line, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_format(line, size, format, arguments);
    va_end(arguments);
}

static void text_is_cut_between_characters(void **state)
{
    (void)state;
    /* 12 bytes hold 8 of text and "...": the euro sign (3 bytes) fits or goes as a whole */
    static const struct {
        const char *text, *line;
    } cases[] = {
        { "12345678901", "12345678901" },
        { "123456789012", "12345678..." },
        { "12345\xE2\x82\xAC"
          "9012",
          "12345\xE2\x82\xAC..." },
        { "123456\xE2\x82\xAC"
          "012",
          "123456..." },
        { "1234567\xE2\x82\xAC"
          "12",
          "1234567..." },
        { "12345678\xE2\x82\xAC", "12345678\xE2\x82\xAC" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[12];
        print(line, sizeof line, "%s", cases[i].text);
        assert_string_equal(line, cases[i].line);
    }
}

static void text_loses_what_is_not_printable(void **state)
{
    (void)state;
    char line[64];
    print(line, sizeof line,
          "a\nb\tc\x1B[31m\x7F"
          "d");
    assert_string_equal(line, "a?b?c?[31m?d");
    print(line, sizeof line, "%s",
          "\xFF"
          "abc\xC3\xA9"
          "\xC3"
          "x\xE2\x82");
    assert_string_equal(line, "?abc\xC3\xA9"
                              "?x??");
}

/* Every sequence of up to four bytes that matters: first byte x second byte, then the rest. */
static uint32_t decode(const unsigned char *b, size_t n)
{
    static const unsigned char mask[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    uint32_t value = b[0] & mask[n];
    for (size_t i = 1; i < n; i++)
        value = value << 6 | (b[i] & 0x3F);
    return value;
}

static size_t encode(uint32_t code, unsigned char *b)
{
    static const unsigned char mark[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        b[i] = (unsigned char)(0x80 | (code & 0x3F));
    b[0] = (unsigned char)(mark[n] | code);
    return n;
}

static void utf8_knows_every_character(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x120000; code++) {
        unsigned char bytes[4];
        size_t n = encode(code, bytes);
        int valid = code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
        assert_int_equal(text_utf8_length((const char *)bytes, n), valid ? n : 0);
        if (n > 1)
            assert_int_equal(text_utf8_length((const char *)bytes, n - 1), 0);
    }
}

static void utf8_accepts_only_the_shortest_form(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            const unsigned char bytes[] = { (unsigned char)first, (unsigned char)second, 0x80,
                                            0xBF };
            unsigned char again[4];
            size_t n = text_utf8_length((const char *)bytes, sizeof bytes);
            if (n == 0)
                continue;
            assert_int_equal(encode(decode(bytes, n), again), n);
            assert_memory_equal(again, bytes, n);
        }
    assert_int_equal(text_utf8_length("", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_own_text),
        cmocka_unit_test(values_are_those_of_the_abi),
        cmocka_unit_test(error_returns_the_code_and_keeps_the_message),
        cmocka_unit_test(error_may_extend_the_message_before),
        cmocka_unit_test(long_message_is_cut),
        cmocka_unit_test(try_passes_errors_on),
        cmocka_unit_test(threads_have_their_own_message),
        cmocka_unit_test(text_is_cut_between_characters),
        cmocka_unit_test(text_loses_what_is_not_printable),
        cmocka_unit_test(utf8_knows_every_character),
        cmocka_unit_test(utf8_accepts_only_the_shortest_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
