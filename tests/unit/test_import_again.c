/* Importing again: what changed is done and nothing else; two sources beside each other;
 * cancelling; what is left behind by an import that failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogue/import/import.h"
#include "support/importing.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

static struct gmr_import_report report;

static void import(enum gmr_import_format format, const char *source)
{
    assert_int_equal(import_scratch(format, source, NULL, NULL, &report), GMR_OK);
}

static void assert_counts(size_t added, size_t changed, size_t removed, size_t same)
{
    assert_false(report.unchanged);
    assert_int_equal(report.added, added);
    assert_int_equal(report.changed, changed);
    assert_int_equal(report.removed, removed);
    assert_int_equal(report.same, same);
}

static void three_pictures(void)
{
    put_folder("p");
    put_jpeg("p/a.jpg", 20, 20, 1);
    put_jpeg("p/b.jpg", 20, 20, 2);
    put_jpeg("p/c.jpg", 20, 20, 3);
}

static void only_what_changed_is_done(void **state)
{
    (void)state;
    three_pictures();
    import(GMR_IMPORT_FOLDER, "p");
    assert_counts(3, 0, 0, 0);
    import(GMR_IMPORT_FOLDER, "p");
    assert_true(report.unchanged);
    assert_int_equal(report.same, 3);
    assert_int_equal(report.added + report.changed + report.removed + report.skipped, 0);
    put_jpeg("p/b.jpg", 24, 20, 2); /* another size of file or another time */
    put_jpeg("p/d.jpg", 20, 20, 4);
    assert_int_equal(unlink(in_scratch("p/a.jpg")), 0);
    import(GMR_IMPORT_FOLDER, "p");
    assert_counts(1, 1, 1, 1);
    assert_string_equal(imported_keys(NULL), "b.jpg c.jpg d.jpg");
    assert_string_equal(imported("b.jpg"), "b /  /  /  / JPEG 24x20 file");
}

/* A file that is touched is read again; options and times count, and so does nothing else. */
static void what_makes_a_source_another(void **state)
{
    (void)state;
    const struct timespec times[2] = { { 5, 5 }, { 5, 5 } };
    put_folder("other");
    put_scratch("t.csv", "id,name\n1,One\n");
    assert_int_equal(import_scratch(GMR_IMPORT_CSV, "t.csv", NULL, "other", &report), GMR_OK);
    assert_int_equal(import_scratch(GMR_IMPORT_CSV, "t.csv", NULL, "other", &report), GMR_OK);
    assert_true(report.unchanged);
    assert_int_equal(import_scratch(GMR_IMPORT_CSV, "t.csv", "-name", "other", &report), GMR_OK);
    assert_counts(0, 1, 0, 0);
    assert_int_equal(import_scratch(GMR_IMPORT_CSV, "t.csv", NULL, NULL, &report), GMR_OK);
    assert_counts(0, 1, 0, 0);
    assert_int_equal(utimensat(AT_FDCWD, in_scratch("t.csv"), times, 0), 0);
    assert_int_equal(import_scratch(GMR_IMPORT_CSV, "t.csv", NULL, NULL, &report), GMR_OK);
    assert_counts(0, 0, 0, 1);
    put_scratch("new file in the folder of pictures", "");
    assert_int_equal(import_scratch(GMR_IMPORT_CSV, "t.csv", NULL, NULL, &report), GMR_OK);
    assert_counts(0, 0, 0, 1);
    assert_int_equal(import_scratch(GMR_IMPORT_CSV, "t.csv", NULL, NULL, &report), GMR_OK);
    assert_true(report.unchanged);
}

/* The catalogue may lie in the folder that is imported: its own writing is no change. */
static void the_catalogue_is_no_source(void **state)
{
    (void)state;
    put_jpeg("a.jpg", 4, 4, 1);
    import(GMR_IMPORT_FOLDER, ".");
    import(GMR_IMPORT_FOLDER, ".");
    assert_true(report.unchanged);
}

/* Replaces the zip file by one with the same entry in other bytes, of the same size and CRC as far
 * as its directory says: it would be broken if anyone read it. */
static void unchanged_pictures_in_zip_files_are_not_read(void **state)
{
    (void)state;
    size_t size;
    struct stat info;
    unsigned char *jpeg = make_jpeg(30, 30, 5, &size), *whole;
    const struct zip_content entries[] = { { "1.jpg", jpeg, size, NULL }, { .name = NULL } };
    put_zip("z.zip", entries);
    put_scratch("t.jsonl", "{\"id\":1,\"picture\":\"1.jpg\"}\n");
    assert_int_equal(import_scratch(GMR_IMPORT_JSONL, "t.jsonl", NULL, "z.zip", &report), GMR_OK);
    assert_int_equal(stat(in_scratch("z.zip"), &info), 0);
    const size_t whole_size = (size_t)info.st_size;
    whole = malloc(whole_size);
    FILE *file = fopen(in_scratch("z.zip"), "rb");
    assert_int_equal(fread(whole, 1, whole_size, file), whole_size);
    fclose(file);
    memset(whole + 40, 0xFF, 60); /* in the compressed data */
    write_file(in_scratch("z.zip"), whole, whole_size);
    assert_int_equal(import_scratch(GMR_IMPORT_JSONL, "t.jsonl", NULL, "z.zip", &report), GMR_OK);
    assert_counts(0, 0, 0, 1);
    assert_string_equal(imported("1"), " /  /  /  / JPEG 30x30 stored");
    put_scratch("u.jsonl", "{\"id\":2,\"picture\":\"1.jpg\"}\n");
    assert_int_equal(import_scratch(GMR_IMPORT_JSONL, "u.jsonl", NULL, "z.zip", &report),
                     GMR_ERR_FORMAT);
    free(whole);
    free(jpeg);
}

static void problems_come_and_go(void **state)
{
    (void)state;
    three_pictures();
    put_scratch("p/b.jpg", "broken");
    import(GMR_IMPORT_FOLDER, "p");
    assert_non_null(strstr(report.problems, "/shop/import-problems-folder.tsv"));
    assert_int_equal(access(report.problems, F_OK), 0);
    put_jpeg("p/b.jpg", 20, 20, 2);
    import(GMR_IMPORT_FOLDER, "p");
    assert_string_equal(report.problems, "");
    assert_int_not_equal(access(in_scratch("shop/import-problems-folder.tsv"), F_OK), 0);
}

static void sources_live_side_by_side(void **state)
{
    (void)state;
    three_pictures();
    put_scratch("t.csv", "id,name\n1,One\na.jpg,Taken\n");
    import(GMR_IMPORT_FOLDER, "p");
    import(GMR_IMPORT_CSV, "t.csv");
    assert_int_equal(report.skipped, 1);
    assert_non_null(strstr(imported_problems(&report), "belongs to an item of another source"));
    assert_string_equal(imported_keys(NULL), "a.jpg b.jpg c.jpg 1");
}

static void a_failed_import_changes_nothing(void **state)
{
    (void)state;
    three_pictures();
    import(GMR_IMPORT_FOLDER, "p");
    const int entries = count_scratch_entries();
    for (const char *name = "abc"; *name; name++) {
        char path[20];
        snprintf(path, sizeof path, "p/%c.jpg", *name);
        put_scratch(path, "broken");
    }
    assert_int_equal(import_scratch(GMR_IMPORT_FOLDER, "p", NULL, NULL, &report), GMR_ERR_FORMAT);
    assert_message("3 records were skipped, the first because");
    assert_int_equal(report.skipped, 3);
    assert_string_equal(report.problems, "");
    assert_string_equal(imported_keys(NULL), "a.jpg b.jpg c.jpg");
    assert_int_not_equal(access(in_scratch("shop/import-problems-folder.tsv"), F_OK), 0);
    assert_int_equal(count_scratch_entries(), entries);
}

/* ---- progress ---- */

static struct {
    size_t reports, asked, stop_at;
    uint64_t done, total;
} heard;

static void hear(void *user, const struct gmr_progress_report *r)
{
    (void)user;
    assert_string_equal(r->job, "importing");
    assert_string_equal(r->unit, "item");
    assert_true(r->done >= heard.done && r->done <= r->total);
    heard.done = r->done;
    heard.total = r->total;
    heard.reports++;
}

static bool ask(void *user)
{
    (void)user;
    return ++heard.asked == heard.stop_at;
}

static enum gmr_status import_many(size_t stop_at)
{
    char source[PATH_MAX], shop[PATH_MAX];
    snprintf(source, sizeof source, "%s", in_scratch("many.csv"));
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    memset(&heard, 0, sizeof heard);
    heard.stop_at = stop_at;
    const struct gmr_import_options options = { .format = GMR_IMPORT_CSV,
                                                .source = source,
                                                .catalogue = shop,
                                                .progress = { hear, ask, NULL } };
    return import_run(NULL, NULL, 2, &options, &report);
}

static void progress_is_told_and_can_be_stopped(void **state)
{
    (void)state;
    FILE *file = fopen(in_scratch("many.csv"), "w");
    fputs("id,name\n", file);
    for (int i = 0; i < 1000; i++)
        fprintf(file, "%d,%s\n", i, i % 2 ? "odd" : "even,");
    fclose(file);
    assert_int_equal(import_many(2), GMR_ERR_CANCELLED);
    assert_message("importing was cancelled");
    assert_int_not_equal(access(in_scratch("shop"), F_OK), 0);
    assert_int_equal(import_many(0), GMR_OK);
    assert_int_equal(report.added, 500);
    assert_int_equal(report.skipped, 500);
    assert_true(heard.reports >= 2);
    assert_int_equal(heard.total, 1000);
    assert_int_equal(heard.done, 1000);
    assert_true(report.seconds > 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_what_changed_is_done),
        TEST(what_makes_a_source_another),
        TEST(the_catalogue_is_no_source),
        TEST(unchanged_pictures_in_zip_files_are_not_read),
        TEST(problems_come_and_go),
        TEST(sources_live_side_by_side),
        TEST(a_failed_import_changes_nothing),
        TEST(progress_is_told_and_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
