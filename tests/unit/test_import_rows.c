/* Reading CSV and lines of JSON: what is in them, and what damage costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/import/rows.h"
#include "support/message.h"
#include "support/support.h"

/* Everything that was read, as "LINE name=value,...;" and "LINE!reason;". */
static char seen[64 * 1024];
static size_t rows, stop_after;

static void add(const char *format, ...) GMR_PRINTF(1, 2);
static void add(const char *format, ...)
{
    const size_t used = strlen(seen);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(seen + used, sizeof seen - used, format, arguments);
    va_end(arguments);
}

static enum gmr_status on_row(void *user, const struct row *row)
{
    (void)user;
    add("%zu", row->line);
    for (size_t i = 0; i < row->count; i++)
        add("%c%s%s=%s", i > 0 ? ',' : ' ', row->fields[i].attribute ? "*" : "",
            row->fields[i].name, row->fields[i].value);
    add(";");
    return ++rows == stop_after ? gmr_error(GMR_ERR_CANCELLED, "enough") : GMR_OK;
}

static enum gmr_status on_damage(void *user, size_t line, const char *reason)
{
    (void)user;
    add("%zu!%s;", line, reason);
    return GMR_OK;
}

static const struct row_sink sink = { on_row, on_damage, NULL };

static void clear(void)
{
    seen[0] = '\0';
    rows = 0;
}

static const char *csv(const char *text)
{
    clear();
    assert_int_equal(csv_read(NULL, text, strlen(text), "t.csv", false, &sink), GMR_OK);
    return seen;
}

static const char *jsonl(const char *text)
{
    clear();
    assert_int_equal(jsonl_read(NULL, text, strlen(text), "t.jsonl", &sink), GMR_OK);
    return seen;
}

static void csv_is_read(void **state)
{
    (void)state;
    assert_string_equal(csv("a,b\n1,2\n3,4\n"), "2 a=1,b=2;3 a=3,b=4;");
    assert_string_equal(csv("a,b\r\n1,2\r\n3,4"), "2 a=1,b=2;3 a=3,b=4;");
    assert_string_equal(csv("a,b\r1,2\r3,4"), "2 a=1,b=2;3 a=3,b=4;");
    assert_string_equal(csv("\xEF\xBB\xBF"
                            "a,b\n1,2"),
                        "2 a=1,b=2;");
    assert_string_equal(csv("a;b\n1,5;2"), "2 a=1,5,b=2;");
    assert_string_equal(csv("a\tb\n1,5\t2;"), "2 a=1,5,b=2;;");
    assert_string_equal(csv("\n\na,b\n\n1,\n"), "5 a=1,b=;");
    assert_string_equal(csv("a\n\"x, \"\"y\"\"\"\n"), "2 a=x, \"y\";");
    assert_string_equal(csv("a,b\n\"two\nlines\",1\n3,4\n"), "2 a=two\nlines,b=1;4 a=3,b=4;");
    assert_string_equal(csv("a,b\n  x  , \" y \"\n"), "2 a=x,b= y ;");
    assert_string_equal(csv("a,b\n"), "");
}

/* One damaged record costs itself, whatever it looks like. */
static void csv_damage_costs_one_record(void **state)
{
    (void)state;
    assert_string_equal(csv("a,b\n1\n3,4\n"), "2!1 fields where the first line has 2;3 a=3,b=4;");
    assert_string_equal(csv("a,b\n1,2,3\n3,4\n"),
                        "2!3 fields where the first line has 2;3 a=3,b=4;");
    assert_string_equal(csv("a,b\n1,5\"\n3,4\n"),
                        "2!a quote where none may be, or one that is missing;3 a=3,b=4;");
    assert_string_equal(csv("a,b\n\"1\"x,5\n3,4\n"),
                        "2!a quote where none may be, or one that is missing;3 a=3,b=4;");
    assert_string_equal(csv("a,b\n1,\"2\n3,4\n5,6"),
                        "2!a quote that is never closed;3 a=3,b=4;4 a=5,b=6;");
    assert_string_equal(
        csv("a,b\n1,\"2\n3,4\n5,\"6\"\n7,8"),
        "2!a quote where none may be, or one that is missing;3 a=3,b=4;4 a=5,b=6;5 a=7,b=8;");
    assert_string_equal(csv("a\n\xE9t\xE9\nb\n"), "2!text that is not UTF-8;3 a=b;");
}

static void csv_with_nul_is_damaged(void **state)
{
    (void)state;
    clear();
    assert_int_equal(csv_read(NULL, "a\nx\0y\nb\n", 8, "t.csv", false, &sink), GMR_OK);
    assert_string_equal(seen, "2!a NUL character;3 a=b;");
}

static void unquoted_commas_join_the_last_column(void **state)
{
    (void)state;
    clear();
    const char text[] = "id,name\n1,Red, white and blue\n2,Plain\n3\n";
    assert_int_equal(csv_read(NULL, text, strlen(text), "t.csv", true, &sink), GMR_OK);
    assert_string_equal(seen, "2 id=1,name=Red,white and blue;3 id=2,name=Plain;"
                              "4!1 fields where the first line has 2;");
}

static void assert_no_csv(const char *text, size_t size, const char *part)
{
    clear();
    assert_int_equal(csv_read(NULL, text, size, "t.csv", false, &sink), GMR_ERR_FORMAT);
    assert_message(part);
    assert_string_equal(seen, "");
}

static void what_is_no_csv_is_refused(void **state)
{
    (void)state;
    assert_no_csv("", 0, "it is empty");
    assert_no_csv(" \n\n", 3, "it is empty");
    assert_no_csv("\"open\nclosed never", 18, "never closed");
    assert_no_csv("\xFF\xFE"
                  "a\0",
                  4, "UTF-16");
    assert_no_csv("\x89PNG\r\n\x1A\n\0\0", 10, "not UTF-8");
    assert_no_csv("a\0b\n1\n", 6, "NUL");
}

/* A file of another kind is given up early; many damaged records among sound ones are not. */
static void hopeless_files_are_given_up(void **state)
{
    (void)state;
    char *text = malloc(8 * 1000);
    strcpy(text, "a,b\n");
    for (int i = 0; i < 500; i++)
        strcat(text, "x\n");
    clear();
    assert_int_equal(csv_read(NULL, text, strlen(text), "t.csv", false, &sink), GMR_ERR_FORMAT);
    assert_message("its first 100 records are damaged");
    memcpy(text, "a\nx\n{\n", 6);
    clear();
    assert_int_equal(jsonl_read(NULL, text, strlen(text), "t.jsonl", &sink), GMR_ERR_FORMAT);
    assert_message("one JSON object a line");
    memcpy(text, "{}\n", 3);
    clear();
    assert_int_equal(jsonl_read(NULL, text, strlen(text), "t.jsonl", &sink), GMR_OK);
    free(text);
}

static void records_have_bounds(void **state)
{
    (void)state;
    const size_t size = 2 * ROWS_MAX_LINE;
    char *text = malloc(size + 20);
    memset(text, 'x', size);
    memcpy(text, "a\n\"", 3);
    memcpy(text + size - 5, "\"\nb\n", 5);
    clear();
    assert_int_equal(csv_read(NULL, text, strlen(text), "t.csv", false, &sink), GMR_OK);
    assert_string_equal(seen,
                        "2!a record that is too long, or a quote that is never closed;3 a=b;");
    memset(text, ' ', size);
    memcpy(text, "{\"a\":1", 6);
    memcpy(text + size - 5, "}\n{}\n", 6);
    clear();
    assert_int_equal(jsonl_read(NULL, text, strlen(text), "t.jsonl", &sink), GMR_OK);
    assert_true(strncmp(seen, "1!a line of ", 12) == 0 && strstr(seen, ";2;"));
    memset(text, ',', ROWS_MAX_FIELDS);
    text[ROWS_MAX_FIELDS] = '\0';
    assert_no_csv(text, strlen(text), "too many columns");
    free(text);
}

static void json_lines_are_rows(void **state)
{
    (void)state;
    assert_string_equal(jsonl("{\"a\":\"x\",\"b\":2,\"c\":2.5,\"d\":true,\"e\":null}\n"),
                        "1 a=x,b=2,c=2.5,d=yes;");
    assert_string_equal(jsonl("\xEF\xBB\xBF{\"a\":[\"x\",\"y\"]}\r\n\n{\"a\":[]}"), "1 a=x,a=y;3;");
    assert_string_equal(jsonl("{\"size\":{\"width\":3,\"unit\":\"cm\"}}"),
                        "1 size width=3,size unit=cm;");
    assert_string_equal(jsonl("{\"attributes\":{\"Sleeve_X\":[\"a\",\"b\"],\"key\":1e20}}"),
                        "1 *Sleeve_X=a,*Sleeve_X=b,*key=1e+20;");
    assert_string_equal(jsonl("{\"attributes\":\"plain\",\"x\":{\"attributes\":{\"y\":1}}}"),
                        "1 attributes=plain,x attributes y=1;");
}

static void json_damage_costs_one_line(void **state)
{
    (void)state;
    assert_string_equal(jsonl("{\"a\":1}\n[1]\n{\"a\":2}\n"), "1 a=1;2!not a JSON object;3 a=2;");
    assert_non_null(strstr(jsonl("{\"a\":\n{\"a\":2}\n"), "cannot parse 't.jsonl:1'"));
    assert_non_null(strstr(seen, ";2 a=2;"));
    assert_non_null(strstr(jsonl("{\"a\":[[[[[[[[[1]]]]]]]]]}\n{}"), "nested deeper than 8"));
    assert_non_null(strstr(jsonl("{\"a\":\"\\u0000\"}\n{\"a\":1,\"a\":2}\n{}"), "2!cannot parse"));
}

static void too_many_values_are_damage(void **state)
{
    (void)state;
    char *text = malloc(8 * ROWS_MAX_FIELDS);
    strcpy(text, "{\"a\":[0");
    for (int i = 0; i < ROWS_MAX_FIELDS; i++)
        strcat(text, ",1");
    strcat(text, "]}\n{\"a\":3}\n");
    assert_string_equal(jsonl(text), "1!more than 1024 values;2 a=3;");
    free(text);
}

static void the_receiver_can_stop(void **state)
{
    (void)state;
    stop_after = 2;
    clear();
    assert_int_equal(csv_read(NULL, "a\n1\n2\n3\n", 8, "t", false, &sink), GMR_ERR_CANCELLED);
    assert_string_equal(seen, "2 a=1;3 a=2;");
    clear();
    assert_int_equal(jsonl_read(NULL, "{}\n{}\n{}\n", 9, "t", &sink), GMR_ERR_CANCELLED);
    assert_string_equal(seen, "1;2;");
    stop_after = 0;
}

static void records_are_counted(void **state)
{
    (void)state;
    static const char table[] = "a,b\n1,\"x\ny\"\n\n3,4", lines[] = "{}\n\n {} \n{}";
    assert_int_equal(csv_count(table, sizeof table - 1), 2);
    assert_int_equal(csv_count("", 0), 0);
    assert_int_equal(json_lines_count(lines, sizeof lines - 1), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_is_read),
        cmocka_unit_test(csv_damage_costs_one_record),
        cmocka_unit_test(csv_with_nul_is_damaged),
        cmocka_unit_test(unquoted_commas_join_the_last_column),
        cmocka_unit_test(what_is_no_csv_is_refused),
        cmocka_unit_test(hopeless_files_are_given_up),
        cmocka_unit_test(records_have_bounds),
        cmocka_unit_test(json_lines_are_rows),
        cmocka_unit_test(json_damage_costs_one_line),
        cmocka_unit_test(too_many_values_are_damage),
        cmocka_unit_test(the_receiver_can_stop),
        cmocka_unit_test(records_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
