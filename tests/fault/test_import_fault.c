/* Imports when memory runs out, when the disk is full and when the process is killed: the catalogue
 * is as it was or as it shall be, and nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "catalogue/catalogue.h"
#include "catalogue/import/import.h"
#include "support/importing.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

static struct gmr_import_report report;

/* ---- memory ---- */

static void put_sources(void)
{
    size_t size;
    void *jpeg = make_jpeg(300, 20, 9, &size);
    const struct zip_content entries[] = { { "images/1.jpg", jpeg, size, NULL },
                                           { "images/2.jpg", jpeg, 30, NULL },
                                           { .name = NULL } };
    put_folder("fp");
    put_zip("fp/images.zip", entries);
    free(jpeg);
    put_scratch("fp/styles.jsonl",
                "{\"id\":1,\"baseColour\":\"Red\",\"price\":5,\"articleAttributes\":{\"Fit\":"
                "\"Loose\",\"Odd One\":\"X\"}}\n{\"id\":2}\n{\"id\":\"x\"}\n");
    put_folder("p/x");
    put_jpeg("p/a.jpg", 300, 20, 3);
    put_jpeg("p/x/b.jpg", 10, 20, 3);
    put_scratch("p/items.csv", "file,colour,split\na.jpg,red,s;t\ngone.jpg,,\n");
    put_scratch("t.csv", "id,name,image,split\n1,\"O\nne\",p/a.jpg,s;t\n2,Two,../x,\n3\n");
    put_scratch("t.jsonl", "{\"id\":1,\"a\":{\"b\":[1,2.5]},\"picture\":\"fp/images.zip\","
                           "\"splits\":[\"s\"]}\n{\"id\":2,\"attributes\":{\"c\":\"d\"}}\n{\n");
    put_folder("fiq/captions");
    put_scratch("fiq/captions/cap.shirt.val.json",
                "[{\"target\":\"A\",\"candidate\":\"B\",\"captions\":[\"x\",\"\"]}]");
    put_folder("shoes");
    put_scratch("shoes/train_im_names.txt", "img_womens_flats_1.jpg\nimg_womens_clogs_2.jpg\n");
    put_scratch("shoes/captions_shoes.json",
                "[{\"ImageName\":\"img_womens_flats_1.jpg\",\"Caption\":\"x\"}]");
    put_scratch("shoes/relative_captions_shoes.json",
                "[{\"ImageName\":\"img_womens_flats_1.jpg\",\"ReferenceImageName\":"
                "\"img_womens_clogs_2.jpg\",\"RelativeCaption\":\"x\"}]");
}

static void remove_shop(void)
{
    struct temporary_directory shop;
    snprintf(shop.path, sizeof shop.path, "%s", in_scratch("shop"));
    if (access(shop.path, F_OK) == 0)
        temporary_directory_remove(&shop);
}

/* Fails every allocation of an import in turn. A skipped record would be a wrong answer: the only
 * results are the whole import and GMR_ERR_NOMEM without a catalogue. */
static void fail_each(enum gmr_import_format format, const char *source, size_t items)
{
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        const enum gmr_status status =
            import_with(&memory.allocator, format, source, NULL, NULL, &report);
        assert_true(failing_allocator_is_clean(&memory));
        if (status == GMR_OK) {
            assert_int_equal(report.added, items);
            remove_shop();
        } else {
            assert_int_equal(status, GMR_ERR_NOMEM);
            assert_int_not_equal(access(in_scratch("shop"), F_OK), 0);
        }
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            assert_true(n > 10);
            break;
        }
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    put_sources();
    fail_each(GMR_IMPORT_FOLDER, "p", 2);
    fail_each(GMR_IMPORT_CSV, "t.csv", 1);
    fail_each(GMR_IMPORT_JSONL, "t.jsonl", 1);
    fail_each(GMR_IMPORT_FASHION_PRODUCTS, "fp", 1);
    fail_each(GMR_IMPORT_FASHIONIQ, "fiq", 2);
    fail_each(GMR_IMPORT_SHOES, "shoes", 2);
}

/* ---- disk ---- */

static void full_disk_leaves_the_old_catalogue(void **state)
{
    (void)state;
    struct rlimit before, now;
    put_sources();
    assert_int_equal(import_scratch(GMR_IMPORT_CSV, "t.csv", NULL, NULL, &report), GMR_OK);
    assert_int_equal(report.added, 1);
    put_folder("many");
    for (int i = 0; i < 100; i++) {
        char name[40];
        snprintf(name, sizeof name, "many/%d.jpg", i);
        put_jpeg(name, 400, 400, (unsigned char)i);
    }
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    now = before;
    now.rlim_cur = 150000;
    setrlimit(RLIMIT_FSIZE, &now);
    const enum gmr_status status = import_scratch(GMR_IMPORT_FOLDER, "many", NULL, NULL, &report);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, GMR_ERR_IO);
    assert_string_equal(imported_keys(NULL), "1");
    assert_int_equal(import_scratch(GMR_IMPORT_FOLDER, "many", NULL, NULL, &report), GMR_OK);
    assert_int_equal(report.added, 100);
}

/* ---- kill ---- */

enum { ITEMS = 6000, KILLS = 20 };

/* A table of numbered items, each with what `version` says. */
static void put_many(const char *version)
{
    FILE *file = fopen(in_scratch("many.jsonl"), "w");
    assert_non_null(file);
    for (int i = 0; i < ITEMS; i++)
        fprintf(file, "{\"id\":%d,\"title\":\"%s\",\"colour\":\"c%d\",\"splits\":[\"s%d\"]}\n", i,
                version, i % 50, i % 3);
    fclose(file);
}

/* The title that all items of the catalogue share: "" where they differ or are not all there. */
static const char *common_title(void)
{
    static char title[20];
    struct catalogue *catalogue;
    struct arena arena;
    if (catalogue_open(NULL, in_scratch("shop"), &catalogue) != GMR_OK)
        return "none";
    arena_init(&arena, NULL, 0);
    size_t equal = 0;
    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        struct gmr_item item;
        arena_clear(&arena);
        assert_int_equal(catalogue_item(catalogue, i, &arena, &item), GMR_OK);
        if (i == 0)
            snprintf(title, sizeof title, "%s", item.title);
        equal += strcmp(title, item.title) == 0;
    }
    arena_release(&arena);
    catalogue_close(catalogue);
    return equal == ITEMS ? title : "";
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Runs an import in another process and kills it after some seconds, or lets it finish (negative).
 * The process is a fresh one, since threads of OpenMP do not survive a fork. */
static void import_and_kill(double after)
{
    int status;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "test_import_fault", in_scratch("many.jsonl"), in_scratch("shop"),
              (char *)NULL);
        _exit(1);
    }
    if (after >= 0) {
        const struct timespec wait = { (time_t)after,
                                       (long)((after - (double)(time_t)after) * 1e9) };
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

/* The moments are spread over the time that one import takes, with the end in it. */
static void killed_imports_leave_all_or_nothing(void **state)
{
    (void)state;
    char old[20] = "none", new[20];
    put_many("warm");
    const double start = now();
    import_and_kill(-1);
    const double whole = now() - start;
    remove_shop();
    for (int i = 0; i < KILLS; i++) {
        snprintf(new, sizeof new, "version %d", i);
        put_many(new);
        import_and_kill(1.2 * whole * (i + 1) / KILLS);
        const char *title = common_title();
        if (strcmp(title, old) != 0)
            assert_string_equal(title, new);
        snprintf(old, sizeof old, "%s", title);
    }
    put_many("last");
    import_and_kill(-1);
    assert_string_equal(common_title(), "last");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

/* What the process that is killed runs. */
static int import_only(const char *source, const char *shop)
{
    const struct gmr_import_options options = { .format = GMR_IMPORT_JSONL,
                                                .source = source,
                                                .catalogue = shop };
    return import_run(NULL, NULL, 2, &options, &report) == GMR_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return import_only(argv[1], argv[2]);
    const struct CMUnitTest tests[] = {
        TEST(every_allocation_may_fail),
        TEST(full_disk_leaves_the_old_catalogue),
        TEST(killed_imports_leave_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
