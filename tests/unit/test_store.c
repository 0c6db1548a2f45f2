/* Databases behind our errors: whose they are, migrations, transactions, columns, and places where
 * they can only be read. */
#include <fcntl.h>
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

#include "base/file.h"
#include "base/store.h"
#include "support/message.h"
#include "support/process.h"
#include "support/scratch.h"
#include "support/support.h"

static const struct store_schema schema = {
    .prefix = "catalogue/schema/", .noun = "list", .application_id = 0x1234, .page_size = 4096
};

static const enum store_mode modes[] = { STORE_READ, STORE_WRITE };

/* Runs SQL with SQLite alone. */
static void run_sql(const char *name, const char *sql)
{
    sqlite3 *db;
    char *problem = NULL;
    assert_int_equal(sqlite3_open(in_scratch(name), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK)
        fail_msg("%s: %s", sql, problem);
    sqlite3_close(db);
}

static struct store *open_store(const char *name, enum store_mode mode)
{
    struct store *store;
    if (store_open(NULL, in_scratch(name), mode, &schema, &store) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return store;
}

static void make(const char *name)
{
    struct store *store = open_store(name, STORE_WRITE);
    assert_int_equal(store_begin(store), GMR_OK);
    assert_int_equal(store_migrate(store), GMR_OK);
    assert_int_equal(store_commit(store), GMR_OK);
    store_close(store);
}

static void add_split(struct store *store, const char *sql)
{
    assert_int_equal(store_begin(store), GMR_OK);
    assert_int_equal(store_execute(store, sql), GMR_OK);
}

static int64_t number(struct store *store, const char *sql)
{
    sqlite3_stmt *q;
    int64_t value = -1;
    if (store_prepare(store, sql, &q) != GMR_OK ||
        store_integer(store, q, "read it", &value) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    sqlite3_finalize(q);
    return value;
}

static void assert_refused(const char *name, enum store_mode mode, enum gmr_status status,
                           const char *message)
{
    struct store *store = (void *)1;
    assert_int_equal(store_open(NULL, in_scratch(name), mode, &schema, &store), status);
    assert_null(store);
    assert_message(message);
}

/* ---- schemas ---- */

static void a_new_database_gets_the_schema(void **state)
{
    (void)state;
    make("f");
    struct store *store = open_store("f", STORE_READ);
    assert_int_equal(store_begin(store), GMR_OK);
    assert_int_equal(number(store, "PRAGMA application_id"), 0x1234);
    assert_int_equal(number(store, "PRAGMA user_version"), 1);
    assert_int_equal(number(store, "SELECT count(*) FROM item"), 0);
    store_close(store);
    assert_int_equal(count_scratch_entries(), 1); /* no log is left */
}

static void migrations_are_applied_once(void **state)
{
    (void)state;
    make("f");
    run_sql("f", "INSERT INTO split (name) VALUES ('kept')");
    make("f");
    struct store *store = open_store("f", STORE_READ);
    assert_int_equal(store_begin(store), GMR_OK);
    assert_int_equal(number(store, "SELECT count(*) FROM split"), 1);
    store_close(store);
}

static void an_unfinished_database_is_empty(void **state)
{
    (void)state;
    struct store *store = open_store("f", STORE_WRITE);
    assert_int_equal(store_begin(store), GMR_OK);
    assert_int_equal(store_migrate(store), GMR_OK);
    store_close(store);
    store = open_store("f", STORE_READ);
    assert_int_equal(store_begin(store), GMR_ERR_NOT_FOUND);
    assert_message("there is no list in it yet");
    store_close(store);
    make("f");
}

static void later_versions_are_refused(void **state)
{
    (void)state;
    make("f");
    run_sql("f", "PRAGMA user_version = 1000");
    assert_refused("f", STORE_READ, GMR_ERR_UNSUPPORTED, "written by a later version (form 1000");
    assert_refused("f", STORE_WRITE, GMR_ERR_UNSUPPORTED, "later version");
    run_sql("f", "PRAGMA user_version = -1");
    assert_refused("f", STORE_READ, GMR_ERR_FORMAT, "no list of ours");
}

static void foreign_files_are_refused_and_left_alone(void **state)
{
    (void)state;
    struct file_map before, after;
    run_sql("other", "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    put_scratch("text", "this is certainly no database, but a text of more than sixteen bytes");
    assert_int_equal(file_map_open(&before, in_scratch("other")), GMR_OK);
    for (size_t m = 0; m < 2; m++) {
        assert_refused("other", modes[m], GMR_ERR_FORMAT, "no list of ours");
        assert_refused("text", modes[m], GMR_ERR_FORMAT, "not a database");
    }
    assert_int_equal(file_map_open(&after, in_scratch("other")), GMR_OK);
    assert_int_equal(before.size, after.size);
    assert_memory_equal(before.data, after.data, after.size);
    file_map_close(&before);
    file_map_close(&after);
    assert_true(scratch_holds("text",
                              "this is certainly no database, but a text of more than sixteen "
                              "bytes"));
    assert_int_equal(count_scratch_entries(), 2);
}

/* Whatever could run code that the author of the file wrote. */
static void strange_schemas_are_refused(void **state)
{
    (void)state;
    static const char *const additions[] = {
        "CREATE VIEW v AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM item; END",
        "CREATE VIRTUAL TABLE w USING fts5(x)",
        "PRAGMA writable_schema = ON; DROP TABLE caption; CREATE VIEW caption AS SELECT 1",
    };
    for (size_t i = 0; i < sizeof additions / sizeof *additions; i++) {
        char name[] = { 'f', (char)('0' + i), '\0' };
        make(name);
        run_sql(name, additions[i]);
        assert_refused(name, STORE_READ, GMR_ERR_FORMAT, "no list of ours");
        assert_refused(name, STORE_WRITE, GMR_ERR_FORMAT, "no list of ours");
    }
}

static void missing_tables_are_an_error(void **state)
{
    (void)state;
    sqlite3_stmt *q = (void *)1;
    make("f");
    run_sql("f", "DROP TABLE caption");
    struct store *store = open_store("f", STORE_READ);
    assert_int_equal(store_prepare(store, "SELECT text FROM caption", &q), GMR_ERR_FORMAT);
    assert_null(q);
    assert_message("cannot read the list in '");
    assert_message("no such table: caption");
    store_close(store);
}

/* ---- places ---- */

static void only_regular_files_are_opened(void **state)
{
    (void)state;
    struct store *store;
    assert_int_equal(mkdir(in_scratch("folder"), 0700), 0);
    assert_int_equal(mkfifo(in_scratch("pipe"), 0600), 0);
    put_scratch("plain", "p");
    for (size_t m = 0; m < 2; m++) {
        assert_refused("folder", modes[m], GMR_ERR_IO, "not a regular file");
        assert_refused("pipe", modes[m], GMR_ERR_IO, "not a regular file");
        assert_refused("plain/f", modes[m], GMR_ERR_NOT_FOUND, "Not a directory");
        assert_int_equal(store_open(NULL, "", modes[m], &schema, &store), GMR_ERR_NOT_FOUND);
    }
    assert_refused("missing", STORE_READ, GMR_ERR_NOT_FOUND, "No such file");
    assert_refused("missing/f", STORE_WRITE, GMR_ERR_IO, "No such file");
    assert_int_equal(count_scratch_entries(), 3);
}

static void paths_mean_what_they_say(void **state)
{
    (void)state;
    static const char *const names[] = { "a?mode=memory", "a#b", "a%20b", "a b'\"c", "%", "é&=\\" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make(names[i]);
        assert_int_equal(access(in_scratch(names[i]), F_OK), 0);
        store_close(open_store(names[i], STORE_READ));
        assert_int_equal(count_scratch_entries(), (int)i + 1);
    }
}

static void relative_and_doubled_slashes_work(void **state)
{
    (void)state;
    char before[PATH_MAX], path[PATH_MAX + 1];
    struct store *store;
    make("f");
    snprintf(path, sizeof path, "/%s", in_scratch("f")); /* "//tmp" names no host */
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(in_scratch(".")), 0);
    const char *const paths[] = { path, "f", "./f" };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(store_open(NULL, paths[i], STORE_READ, &schema, &store), GMR_OK);
        store_close(store);
    }
    assert_int_equal(chdir(before), 0);
}

static void lock_up(const char *folder)
{
    assert_int_equal(chmod(in_scratch("."), 0755), 0);
    assert_int_equal(chmod(in_scratch(folder), 0555), 0);
}

static bool locked_can_be_read(void)
{
    struct store *store;
    bool good = store_open(NULL, in_scratch("locked/f"), STORE_READ, &schema, &store) == GMR_OK &&
                store_begin(store) == GMR_OK && number(store, "SELECT count(*) FROM split") == 0;
    store_close(store);
    return good && count_scratch_entries() == 1;
}

static bool locked_cannot_be_written(void)
{
    struct store *store;
    return store_open(NULL, in_scratch("locked/f"), STORE_WRITE, &schema, &store) == GMR_ERR_IO &&
           store_open(NULL, in_scratch("locked/new"), STORE_WRITE, &schema, &store) == GMR_ERR_IO;
}

static void a_read_only_folder_can_be_read(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_scratch("locked"), 0700), 0);
    make("locked/f");
    lock_up("locked");
    assert_true(as_ordinary_user(locked_can_be_read));
    assert_true(as_ordinary_user(locked_cannot_be_written));
}

/* The log of a writer that is at work, or was killed, lies there: it is read, too. */
static bool committed_log_is_read(void)
{
    struct store *store;
    bool good = store_open(NULL, in_scratch("locked/f"), STORE_READ, &schema, &store) == GMR_OK &&
                store_begin(store) == GMR_OK && number(store, "SELECT count(*) FROM split") == 1;
    store_close(store);
    return good;
}

static void a_log_in_a_read_only_folder_is_read(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_scratch("locked"), 0755), 0);
    make("locked/f");
    struct store *writer = open_store("locked/f", STORE_WRITE);
    add_split(writer, "INSERT INTO split (name) VALUES ('a')");
    assert_int_equal(store_commit(writer), GMR_OK);
    lock_up("locked");
    assert_true(as_ordinary_user(committed_log_is_read));
    store_close(writer);
}

static bool change_is_noticed(void)
{
    struct store *store;
    sqlite3_stmt *q;
    if (store_open(NULL, in_scratch("locked/f"), STORE_READ, &schema, &store) != GMR_OK ||
        store_begin(store) != GMR_OK || number(store, "SELECT count(*) FROM split") != 0)
        return false;
    const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    if (utimensat(AT_FDCWD, in_scratch("locked/f"), times, 0) != 0)
        return false;
    bool noticed = store_prepare(store, "SELECT 1", &q) == GMR_ERR_STATE;
    store_close(store);
    return noticed;
}

/* The file's owner may change its time, so that the child can do without another process. */
static void a_change_of_an_unchanging_file_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_scratch("locked"), 0700), 0);
    make("locked/f");
    if (geteuid() == 0)
        assert_int_equal(chown(in_scratch("locked/f"), 65534, 65534), 0);
    assert_int_equal(chmod(in_scratch("locked/f"), 0444), 0);
    lock_up("locked");
    assert_true(as_ordinary_user(change_is_noticed));
}

/* ---- transactions ---- */

static void a_second_writer_is_refused(void **state)
{
    (void)state;
    make("f");
    struct store *first = open_store("f", STORE_WRITE), *second = open_store("f", STORE_WRITE);
    assert_int_equal(store_begin(first), GMR_OK);
    sqlite3_busy_timeout(store_handle(second), 1);
    assert_int_equal(store_begin(second), GMR_ERR_STATE);
    assert_message("another process is writing");
    store_rollback(first);
    assert_int_equal(store_begin(second), GMR_OK);
    store_close(second);
    store_close(first);
}

static void a_reader_keeps_its_snapshot(void **state)
{
    (void)state;
    make("f");
    struct store *reader = open_store("f", STORE_READ), *writer = open_store("f", STORE_WRITE);
    assert_int_equal(store_begin(reader), GMR_OK);
    add_split(writer, "INSERT INTO split (name) VALUES ('a')");
    assert_int_equal(store_commit(writer), GMR_OK);
    store_checkpoint(writer);
    assert_int_equal(number(reader, "SELECT count(*) FROM split"), 0);
    struct store *later = open_store("f", STORE_READ);
    assert_int_equal(store_begin(later), GMR_OK);
    assert_int_equal(number(later, "SELECT count(*) FROM split"), 1);
    store_close(writer);
    assert_int_equal(number(reader, "SELECT count(*) FROM split"), 0);
    store_close(reader);
    store_close(later);
    assert_int_equal(count_scratch_entries(), 1);
}

static void readers_cannot_write(void **state)
{
    (void)state;
    make("f");
    struct store *reader = open_store("f", STORE_READ);
    assert_int_equal(store_begin(reader), GMR_OK);
    assert_int_equal(store_execute(reader, "DELETE FROM split"), GMR_ERR_IO);
    store_close(reader);
}

static void what_is_rolled_back_is_gone(void **state)
{
    (void)state;
    make("f");
    struct store *store = open_store("f", STORE_WRITE);
    add_split(store, "INSERT INTO split (name) VALUES ('a')");
    gmr_error(GMR_ERR_STATE, "kept");
    store_rollback(store);
    store_rollback(store);
    assert_message("kept");
    assert_int_equal(number(store, "SELECT count(*) FROM split"), 0);
    store_close(store);
}

static void a_removed_file_is_noticed(void **state)
{
    (void)state;
    make("f");
    struct store *store = open_store("f", STORE_WRITE);
    assert_int_equal(unlink(in_scratch("f")), 0);
    assert_int_equal(store_begin(store), GMR_ERR_STATE);
    assert_message("another process removed it");
    store_close(store);
}

static void only_an_empty_database_is_taken_as_such(void **state)
{
    (void)state;
    struct store *store = open_store("f", STORE_WRITE);
    assert_int_equal(store_begin(store), GMR_OK);
    assert_int_equal(store_migrate(store), GMR_OK);
    assert_true(store_begin_empty(store)); /* what was migrated is given up */
    store_close(store);
    make("f");
    store = open_store("f", STORE_WRITE);
    assert_false(store_begin_empty(store));
    store_close(store);
}

/* ---- statements and columns ---- */

static void statements_are_reused(void **state)
{
    (void)state;
    static const char sql[] = "SELECT ?1";
    sqlite3_stmt *first, *second;
    make("f");
    struct store *store = open_store("f", STORE_READ);
    assert_int_equal(store_reuse(store, sql, &first), GMR_OK);
    sqlite3_bind_int(first, 1, 7);
    assert_int_equal(sqlite3_step(first), SQLITE_ROW);
    assert_int_equal(store_reuse(store, sql, &second), GMR_OK);
    assert_ptr_equal(first, second);
    assert_int_equal(sqlite3_step(second), SQLITE_ROW);
    assert_int_equal(sqlite3_column_type(second, 0), SQLITE_NULL);
    store_close(store);
}

static void assert_text(struct store *store, const char *sql, enum gmr_status status,
                        const char *expected)
{
    struct arena arena;
    sqlite3_stmt *q;
    const char *text = NULL;
    arena_init(&arena, NULL, 0);
    assert_int_equal(store_prepare(store, sql, &q), GMR_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_int_equal(store_text(store, q, 0, &arena, &text), status);
    if (status == GMR_OK)
        assert_string_equal(text, expected);
    sqlite3_finalize(q);
    arena_release(&arena);
}

static void texts_are_checked(void **state)
{
    (void)state;
    make("f");
    struct store *store = open_store("f", STORE_READ);
    assert_text(store, "SELECT 'grün'", GMR_OK, "grün");
    assert_text(store, "SELECT ''", GMR_OK, "");
    assert_text(store, "SELECT 12", GMR_OK, "12");
    assert_text(store, "SELECT NULL AS x", GMR_ERR_FORMAT, NULL);
    assert_message("no proper text in column 'x'");
    assert_text(store, "SELECT CAST(x'61FF' AS TEXT)", GMR_ERR_FORMAT, NULL);
    assert_text(store, "SELECT CAST(x'610062' AS TEXT)", GMR_ERR_FORMAT, NULL);
    store_close(store);
}

static void numbers_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum gmr_status status;
    } cases[] = {
        { "SELECT 0", GMR_OK },           { "SELECT 9", GMR_OK },
        { "SELECT 10", GMR_ERR_FORMAT },  { "SELECT -1", GMR_ERR_FORMAT },
        { "SELECT '9'", GMR_ERR_FORMAT }, { "SELECT NULL", GMR_ERR_FORMAT },
    };
    make("f");
    struct store *store = open_store("f", STORE_READ);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sqlite3_stmt *q;
        size_t value;
        assert_int_equal(store_prepare(store, cases[i].sql, &q), GMR_OK);
        assert_int_equal(sqlite3_step(q), SQLITE_ROW);
        assert_int_equal(store_size(store, q, 0, 10, &value), cases[i].status);
        sqlite3_finalize(q);
    }
    store_close(store);
}

static void large_values_are_refused(void **state)
{
    (void)state;
    sqlite3_stmt *q;
    int64_t value;
    make("f");
    struct store *store = open_store("f", STORE_READ);
    assert_int_equal(store_prepare(store, "SELECT length(zeroblob(1000000000))", &q), GMR_OK);
    assert_int_equal(store_integer(store, q, "measure it", &value), GMR_ERR_FORMAT);
    assert_message("cannot measure it in '");
    sqlite3_finalize(q);
    store_close(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_database_gets_the_schema),
        TEST(migrations_are_applied_once),
        TEST(an_unfinished_database_is_empty),
        TEST(later_versions_are_refused),
        TEST(foreign_files_are_refused_and_left_alone),
        TEST(strange_schemas_are_refused),
        TEST(missing_tables_are_an_error),
        TEST(only_regular_files_are_opened),
        TEST(paths_mean_what_they_say),
        TEST(relative_and_doubled_slashes_work),
        TEST(a_read_only_folder_can_be_read),
        TEST(a_log_in_a_read_only_folder_is_read),
        TEST(a_change_of_an_unchanging_file_is_noticed),
        TEST(a_second_writer_is_refused),
        TEST(a_reader_keeps_its_snapshot),
        TEST(readers_cannot_write),
        TEST(what_is_rolled_back_is_gone),
        TEST(a_removed_file_is_noticed),
        TEST(only_an_empty_database_is_taken_as_such),
        TEST(statements_are_reused),
        TEST(texts_are_checked),
        TEST(numbers_are_checked),
        TEST(large_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
