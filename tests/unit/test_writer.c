/* Changing a catalogue: what is added, changed, removed and kept; several sources; what others see
 * meanwhile; what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "catalogue/catalogue.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "unit/writer/shop.h"

/* ---- importing again ---- */

static void records_are_added_kept_and_removed(void **state)
{
    (void)state;
    assert_report(import(&first, "abcd"), 4, 0, 0, 0);
    assert_keys("abcd");
    int64_t id = facts_of("c").id;
    assert_report(import(&first, "ecb"), 1, 0, 2, 2);
    assert_keys("ecb");
    assert_int_equal(facts_of("c").id, id);
    assert_report(import(&first, "abc"), 1, 0, 1, 2);
    assert_keys("abc");
    assert_int_equal(facts_of("c").id, id);
    assert_true(facts_of("a").id > id + 2); /* a number is never used twice */
    assert_report(import(&first, "abc"), 0, 0, 0, 3);
}

static void put_pairs(struct catalogue_writer *writer, const char *const *pairs, size_t count)
{
    struct gmr_attribute attributes[4];
    for (size_t i = 0; i < count; i++)
        attributes[i] =
            (struct gmr_attribute){ .name = pairs[2 * i], .value = pairs[2 * i + 1], .number = 9 };
    const struct catalogue_record record = { .key = "a",
                                             .attributes = attributes,
                                             .attribute_count = count };
    assert_int_equal(catalogue_writer_put(writer, &record), GMR_OK);
}

static struct gmr_import_report import_pairs(const char *const *pairs, size_t count)
{
    struct catalogue_writer *writer = open_writer(&first);
    put_pairs(writer, pairs, count);
    return finish(writer);
}

static void changed_attributes_are_written(void **state)
{
    (void)state;
    static const char *const old[] = { "size", "10", "colour", "red", "colour", "red" };
    static const char *const new[] = { "size", "10.5", "shape", "round" };
    assert_report(import_pairs(old, 3), 1, 0, 0, 0);
    struct facts facts = facts_of("a");
    assert_int_equal(facts.attributes, 2); /* the same pair twice counts once */
    assert_true(facts.number == 10);       /* found by the writer, not taken from the record */
    assert_report(import_pairs(old, 3), 0, 0, 0, 1);
    assert_report(import_pairs(new, 2), 0, 1, 0, 0);
    assert_string_equal(facts_of("a").value, "10.5");
    assert_true(facts_of("a").number == 10.5);
    assert_int_equal(facts_of("a").id, facts.id);
    assert_int_equal(count_rows("SELECT count(*) FROM attribute_value"), 2); /* no orphans */
    assert_int_equal(count_rows("SELECT count(*) FROM attribute"), 2);
}

static void changed_titles_are_written(void **state)
{
    (void)state;
    import(&first, "ab");
    struct catalogue_writer *writer = open_writer(&first);
    put(writer, "a", "new");
    put(writer, "b", "old");
    assert_report(finish(writer), 0, 1, 0, 1);
    assert_string_equal(facts_of("a").title, "new");
    assert_string_equal(facts_of("b").title, "old");
}

static void unusual_texts_are_kept(void **state)
{
    (void)state;
    static const char *const pairs[] = {
        "sleeve \"length\" in 'cm'", "Größe ≤ 3; DROP TABLE item", "emoji", "👗", "empty", ""
    };
    char key[CATALOGUE_KEY_MAX + 2];
    import_pairs(pairs, 3);
    assert_string_equal(facts_of("a").name, pairs[0]);
    assert_string_equal(facts_of("a").value, pairs[1]);
    assert_int_equal(facts_of("a").attributes, 3);
    memset(key, 'k', CATALOGUE_KEY_MAX);
    key[CATALOGUE_KEY_MAX] = '\0';
    struct catalogue_writer *writer = open_writer(&first);
    put(writer, key, "long");
    put(writer, "schlüssel 'mit \"allem\"", "other");
    finish(writer);
    assert_string_equal(facts_of(key).title, "long");
    assert_string_equal(facts_of("schlüssel 'mit \"allem\"").title, "other");
}

/* Many distinct values, among them some that take each other's place in the table of names, and
 * some too long for it. */
static void many_names_are_told_apart(void **state)
{
    (void)state;
    enum { MANY = 9000 };
    char text[100];
    for (int pass = 0; pass < 2; pass++) {
        struct catalogue_writer *writer = open_writer(&first);
        for (size_t i = 0; i < MANY; i++) {
            char key[16];
            snprintf(key, sizeof key, "%zu", i);
            snprintf(text, sizeof text, i % 2 ? "%zu" : "%070zu", i * (size_t)(pass + 1));
            const struct gmr_attribute attribute = { .name = i % 3 ? "a" : "b", .value = text };
            const struct catalogue_record record = { .key = key,
                                                     .attributes = &attribute,
                                                     .attribute_count = 1 };
            assert_int_equal(catalogue_writer_put(writer, &record), GMR_OK);
        }
        finish(writer);
    }
    assert_string_equal(facts_of("3333").value, "6666");
    assert_string_equal(facts_of("3333").name, "b");
    assert_string_equal(facts_of("3331").value, "6662");
    assert_int_equal(count_rows("SELECT count(*) FROM attribute_value"), MANY);
    assert_int_equal(count_rows("SELECT count(*) FROM item_value"), MANY);
}

/* ---- sources ---- */

static void sources_keep_their_places(void **state)
{
    (void)state;
    import(&first, "abc");
    import(&second, "xy");
    assert_keys("abcxy");
    int64_t id = facts_of("x").id;
    import(&first, "badef");
    assert_keys("badefxy");
    import(&first, "f");
    assert_keys("fxy");
    assert_int_equal(facts_of("x").id, id);
    import(&second, "yzx");
    assert_keys("fyzx");
    import(&first, "");
    assert_keys("yzx");
    assert_int_equal(count_rows("SELECT count(*) FROM source"), 1);
    import(&first, "a"); /* now it is the later one */
    assert_keys("yzxa");
}

static void format_and_location_make_a_source(void **state)
{
    (void)state;
    const struct catalogue_source other = { .format = "other", .location = "first" };
    import(&first, "a");
    import(&other, "b");
    assert_keys("ab");
}

static void fingerprints_tell_what_is_current(void **state)
{
    (void)state;
    struct catalogue_writer *writer = open_writer(&first);
    assert_false(catalogue_writer_is_current(writer, ""));
    assert_false(catalogue_writer_is_current(writer, "print"));
    assert_int_equal(catalogue_writer_count(writer), 0);
    put(writer, "a", "");
    finish(writer);
    writer = open_writer(&first);
    assert_true(catalogue_writer_is_current(writer, "print"));
    assert_false(catalogue_writer_is_current(writer, "other"));
    assert_int_equal(catalogue_writer_count(writer), 1);
    catalogue_writer_abort(writer);
    writer = open_writer(&second);
    assert_false(catalogue_writer_is_current(writer, "print"));
    catalogue_writer_abort(writer);
    assert_keys("a");
}

/* ---- records that are refused ---- */

static void bad_records_are_left_out(void **state)
{
    (void)state;
    char long_key[CATALOGUE_KEY_MAX + 2];
    memset(long_key, 'k', sizeof long_key - 1);
    long_key[sizeof long_key - 1] = '\0';
    const struct gmr_attribute nameless = { .name = "", .value = "v" },
                               garbled = { .name = "n", .value = "\xC3" };
    const struct {
        struct catalogue_record record;
        const char *message;
    } cases[] = {
        { { .key = "" }, "the key is empty" },
        { { .key = long_key }, "is longer than 1024 bytes" },
        { { .key = "k\xFF" }, "is not UTF-8" },
        { { .key = "a" }, "key 'a' comes twice" },
        { { .key = "x" }, "key 'x' belongs to an item of another source" },
        { { .key = "k", .title = "\x80" }, "title '?' is not UTF-8" },
        { { .key = "k", .description = "\x80" }, "description '?' is not UTF-8" },
        { { .key = "k", .attributes = &nameless, .attribute_count = 1 }, "has no name" },
        { { .key = "k", .attributes = &garbled, .attribute_count = 1 }, "is not UTF-8" },
    };
    import(&second, "x");
    struct catalogue_writer *writer = open_writer(&first);
    put(writer, "a", "old");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(catalogue_writer_put(writer, &cases[i].record), GMR_ERR_FORMAT);
        assert_message(cases[i].message);
    }
    put(writer, "b", "old"); /* it goes on */
    assert_report(finish(writer), 2, 0, 0, 0);
    assert_keys("xab");
}

/* ---- all or nothing ---- */

static void readers_see_the_old_state_until_the_end(void **state)
{
    (void)state;
    import(&first, "abc");
    struct catalogue *before = open_catalogue();
    struct catalogue_writer *writer = open_writer(&first);
    put(writer, "d", "new");
    put(writer, "a", "new");
    assert_keys("abc");
    finish(writer);
    assert_keys_of(before, "abc");
    assert_keys("da");
    catalogue_close(before);
    assert_keys("da");
}

static void an_aborted_import_changes_nothing(void **state)
{
    (void)state;
    import_split(&first, "abc", "train", "ab");
    struct catalogue_writer *writer = open_writer(&first);
    put(writer, "a", "new");
    add_to_split(writer, "train", "a");
    gmr_error(GMR_ERR_CANCELLED, "the reason");
    catalogue_writer_abort(writer);
    assert_message("the reason");
    catalogue_writer_abort(NULL);
    assert_keys("abc");
    assert_split(0, "train", "ab");
    assert_string_equal(facts_of("a").title, "old");
}

static void a_directory_that_was_made_is_removed(void **state)
{
    (void)state;
    struct catalogue_writer *writer = open_writer(&first);
    put(writer, "a", "new");
    catalogue_writer_abort(writer);
    assert_int_equal(count_scratch_entries(), 0);
    assert_int_equal(mkdir(in_scratch("shop"), 0700), 0);
    catalogue_writer_abort(open_writer(&first));
    assert_int_equal(access(in_scratch("shop"), F_OK), 0); /* it was there before */
}

static void a_directory_with_other_files_stays(void **state)
{
    (void)state;
    struct catalogue_writer *writer = open_writer(&first);
    put_scratch("shop/note", "n");
    catalogue_writer_abort(writer);
    assert_true(scratch_holds("shop/note", "n"));
    assert_int_equal(count_scratch_entries(), 1);
}

static void one_process_writes_at_a_time(void **state)
{
    (void)state;
    import(&first, "a");
    struct catalogue_writer *writer = open_writer(&first), *other = (void *)1;
    assert_int_equal(catalogue_writer_open(NULL, in_scratch("shop"), &second, &other),
                     GMR_ERR_STATE);
    assert_null(other);
    assert_message("another process is writing");
    put(writer, "b", "new");
    finish(writer);
    assert_keys("b");
}

static void other_databases_are_refused(void **state)
{
    (void)state;
    struct catalogue_writer *writer = (void *)1;
    sqlite3 *db;
    import(&first, "a");
    assert_int_equal(sqlite3_open(in_scratch("shop/catalogue.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(catalogue_writer_open(NULL, in_scratch("shop"), &first, &writer),
                     GMR_ERR_UNSUPPORTED);
    assert_null(writer);
    put_scratch("shop/catalogue.db", "some text that is no database at all");
    assert_int_equal(catalogue_writer_open(NULL, in_scratch("shop"), &first, &writer),
                     GMR_ERR_FORMAT);
    assert_true(scratch_holds("shop/catalogue.db", "some text that is no database at all"));
    assert_int_equal(catalogue_writer_open(NULL, in_scratch("a/b/c"), &first, &writer),
                     GMR_ERR_NOT_FOUND);
    assert_int_equal(catalogue_writer_open(NULL, in_scratch("shop/catalogue.db"), &first, &writer),
                     GMR_ERR_NOT_FOUND);
}

static void no_log_is_left(void **state)
{
    (void)state;
    import(&first, "abc");
    assert_int_equal(access(in_scratch("shop/catalogue.db-wal"), F_OK), -1);
    assert_int_equal(access(in_scratch("shop/catalogue.db-shm"), F_OK), -1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_are_added_kept_and_removed), TEST(changed_attributes_are_written),
        TEST(changed_titles_are_written),         TEST(unusual_texts_are_kept),
        TEST(many_names_are_told_apart),          TEST(sources_keep_their_places),
        TEST(format_and_location_make_a_source),  TEST(fingerprints_tell_what_is_current),
        TEST(bad_records_are_left_out),           TEST(readers_see_the_old_state_until_the_end),
        TEST(an_aborted_import_changes_nothing),  TEST(a_directory_that_was_made_is_removed),
        TEST(a_directory_with_other_files_stays), TEST(one_process_writes_at_a_time),
        TEST(other_databases_are_refused),        TEST(no_log_is_left),
    };
    int failures = cmocka_run_group_tests_name("items", tests, NULL, NULL);
    return failures + test_groups();
}
