/* Where pictures are looked for: folders and zip files, hostile ones too; and walking folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalogue/import/roots.h"
#include "catalogue/import/walk.h"
#include "media/picture.h"
#include "support/importing.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, NULL, 0);
    return scratch_setup(state);
}

static int teardown(void **state)
{
    arena_release(&arena);
    return scratch_teardown(state);
}

/* Opens one or two places in the scratch directory. */
static struct picture_roots open_roots(const char *first, const char *second)
{
    struct picture_roots roots;
    const char *paths[] = { in_scratch(first), second ? in_scratch(second) : NULL };
    assert_int_equal(picture_roots_open(&roots, NULL, paths, second ? 2 : 1), GMR_OK);
    return roots;
}

/* The text of the picture of that name, or the name of the error. */
static const char *look(const struct picture_roots *roots, const char *name,
                        struct picture_place *place)
{
    struct picture_bytes bytes;
    enum gmr_status status = picture_roots_find(roots, &arena, &name, 1, place);
    if (status == GMR_OK)
        status = picture_bytes_read(&bytes, NULL, place);
    if (status != GMR_OK)
        return status == GMR_ERR_NOT_FOUND ? "missing" : "refused";
    assert_int_equal(bytes.size, place->size);
    const char *text = arena_printf(&arena, "%.*s", (int)bytes.size, (const char *)bytes.data);
    picture_bytes_release(&bytes);
    return text;
}

static void pictures_are_found_in_order(void **state)
{
    (void)state;
    const struct zip_content entries[] = { { "a.jpg", "zip a", 5, NULL },
                                           { "images/c.jpg", "zip c", 5, NULL },
                                           { .name = NULL } };
    struct picture_place place;
    put_folder("f/sub");
    put_scratch("f/a.jpg", "file a");
    put_scratch("f/sub/b.jpg", "file b");
    put_zip("z.zip", entries);
    struct picture_roots roots = open_roots("f", "z.zip");
    assert_string_equal(look(&roots, "a.jpg", &place), "file a");
    assert_true(place.path[0] == '/');
    assert_string_equal(look(&roots, "sub/b.jpg", &place), "file b");
    assert_string_equal(look(&roots, "images/c.jpg", &place), "zip c");
    assert_null(place.path);
    assert_string_equal(look(&roots, "./images/c.jpg", &place), "zip c");
    assert_string_equal(look(&roots, "d.jpg", &place), "missing");
    assert_string_equal(look(&roots, "sub", &place), "missing");
    assert_string_equal(look(&roots, "a.jpg/x", &place), "missing");
    picture_roots_close(&roots);
    roots = open_roots("z.zip", "f");
    assert_string_equal(look(&roots, "a.jpg", &place), "zip a");
    picture_roots_close(&roots);
}

static void names_stay_inside(void **state)
{
    (void)state;
    struct picture_place place;
    put_folder("f/sub");
    put_folder("fx");
    put_scratch("out.jpg", "secret");
    put_scratch("fx/y.jpg", "secret");
    put_scratch("f/a..b.jpg", "inside");
    struct picture_roots roots = open_roots("f", NULL);
    assert_string_equal(look(&roots, "../out.jpg", &place), "refused");
    assert_message("'../out.jpg' leads out of");
    assert_string_equal(look(&roots, "sub/../../out.jpg", &place), "refused");
    assert_string_equal(look(&roots, "..", &place), "refused");
    assert_string_equal(look(&roots, "a..b.jpg", &place), "inside");
    assert_string_equal(look(&roots, in_scratch("out.jpg"), &place), "missing");
    assert_string_equal(look(&roots, in_scratch("fx/y.jpg"), &place), "missing");
    assert_string_equal(look(&roots, in_scratch("f/a..b.jpg"), &place), "inside");
    picture_roots_close(&roots);
}

static int64_t stamp_of(const char *root, const char *name)
{
    struct picture_place place;
    struct picture_roots roots = open_roots(root, NULL);
    assert_int_equal(picture_roots_find(&roots, &arena, &name, 1, &place), GMR_OK);
    picture_roots_close(&roots);
    assert_true(place.stamp != 0);
    return place.stamp;
}

static void stamps_tell_pictures_apart(void **state)
{
    (void)state;
    struct zip_content entries[] = {
        { "a", "one", 3, NULL }, { "b", "two", 3, NULL }, { "c", "one", 3, NULL }, { .name = NULL }
    };
    put_folder("f");
    put_scratch("f/a", "one");
    const int64_t before = stamp_of("f", "a");
    assert_true(stamp_of("f", "a") == before);
    const struct timespec times[2] = { { 1, 5 }, { 1, 5 } };
    assert_int_equal(utimensat(AT_FDCWD, in_scratch("f/a"), times, 0), 0);
    assert_true(stamp_of("f", "a") != before);
    put_zip("z.zip", entries);
    assert_true(stamp_of("z.zip", "a") != stamp_of("z.zip", "b"));
    assert_true(stamp_of("z.zip", "a") == stamp_of("z.zip", "c"));
}

static void places_that_are_none_are_refused(void **state)
{
    (void)state;
    struct picture_roots roots;
    const char *path = in_scratch("missing");
    assert_int_equal(picture_roots_open(&roots, NULL, &path, 1), GMR_ERR_NOT_FOUND);
    picture_roots_close(&roots);
    put_scratch("text", "this is no zip file");
    path = in_scratch("text");
    assert_int_equal(picture_roots_open(&roots, NULL, &path, 1), GMR_ERR_FORMAT);
    assert_message("not a zip file");
    picture_roots_close(&roots);
    path = "/dev/null";
    assert_int_equal(picture_roots_open(&roots, NULL, &path, 1), GMR_ERR_FORMAT);
    picture_roots_close(&roots);
}

/* ---- hostile zip files ---- */

static void encrypted_entries_are_refused(void **state)
{
    (void)state;
    const struct zip_content entries[] = { { "a.jpg", "hidden", 6, "word" }, { .name = NULL } };
    struct picture_place place;
    put_zip("z.zip", entries);
    struct picture_roots roots = open_roots("z.zip", NULL);
    assert_string_equal(look(&roots, "a.jpg", &place), "refused");
    assert_message("'a.jpg' is encrypted");
    picture_roots_close(&roots);
}

static void bombs_are_refused(void **state)
{
    (void)state;
    const size_t size = 8 * 1024 * 1024;
    void *zeros = calloc(size, 1);
    const struct zip_content entries[] = { { "bomb.jpg", zeros, size, NULL },
                                           { "small.jpg", zeros, 100000, NULL },
                                           { .name = NULL } };
    struct picture_place place;
    put_zip("z.zip", entries);
    free(zeros);
    struct picture_roots roots = open_roots("z.zip", NULL);
    assert_string_equal(look(&roots, "bomb.jpg", &place), "refused");
    assert_message("z.zip': entry 'bomb.jpg'");
    assert_message("claims to hold 8388608 bytes in");
    assert_string_equal(look(&roots, "small.jpg", &place), "");
    picture_roots_close(&roots);
}

/* Offsets in the central directory of a zip file with one entry, "a.jpg". */
static unsigned char *find_central(unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i + 4 <= size; i++)
        if (memcmp(bytes + i, "PK\1\2", 4) == 0)
            return bytes + i;
    fail();
    return NULL;
}

/* Changes four bytes of the central directory's entry and looks for the picture. */
static void assert_forged(size_t offset, uint32_t value, const char *part)
{
    const struct zip_content entries[] = { { "a.jpg", "some picture", 12, NULL },
                                           { .name = NULL } };
    unsigned char bytes[1000];
    struct picture_place place;
    put_zip("z.zip", entries);
    FILE *file = fopen(in_scratch("z.zip"), "rb");
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    unsigned char *entry = find_central(bytes, size);
    for (size_t i = 0; i < 4; i++)
        entry[offset + i] = (unsigned char)(value >> 8 * i);
    write_file(in_scratch("z.zip"), bytes, size);
    const char *path = in_scratch("z.zip");
    struct picture_roots roots;
    if (picture_roots_open(&roots, NULL, &path, 1) == GMR_OK)
        assert_string_equal(look(&roots, "a.jpg", &place), "refused");
    assert_message(part);
    picture_roots_close(&roots);
}

static void forged_entries_are_refused(void **state)
{
    (void)state;
    assert_forged(24, 0x7FFFFFFF, "at most 268435456 are expected");
    assert_forged(24, PICTURE_MAX_BYTES, "claims to hold");
    assert_forged(24, 13, "entry 'a.jpg'"); /* longer than it is */
    assert_forged(24, 5, "entry 'a.jpg'");  /* shorter */
    assert_forged(16, 1, "entry 'a.jpg'");  /* another CRC */
    assert_forged(42, 0x7FFFFFFF, "z.zip"); /* begins beyond the end */
}

static void truncated_zip_files_are_refused(void **state)
{
    (void)state;
    const struct zip_content entries[] = { { "a.jpg", "some picture", 12, NULL },
                                           { .name = NULL } };
    struct picture_roots roots;
    put_zip("z.zip", entries);
    assert_int_equal(truncate(in_scratch("z.zip"), 60), 0);
    const char *path = in_scratch("z.zip");
    assert_int_equal(picture_roots_open(&roots, NULL, &path, 1), GMR_ERR_FORMAT);
    picture_roots_close(&roots);
}

/* An entry of that name can be in the file; nobody can ask for it. */
static void climbing_entries_are_out_of_reach(void **state)
{
    (void)state;
    const struct zip_content entries[] = { { "../a.jpg", "x", 1, NULL }, { .name = NULL } };
    struct picture_place place;
    put_zip("z.zip", entries);
    struct picture_roots roots = open_roots("z.zip", NULL);
    assert_string_equal(look(&roots, "../a.jpg", &place), "refused");
    assert_string_equal(look(&roots, "a.jpg", &place), "missing");
    picture_roots_close(&roots);
}

/* ---- walking ---- */

static char walked[4000];

static enum gmr_status note(void *user, const char *path, const struct stat *info)
{
    (void)user;
    (void)info;
    strcat(walked, path);
    strcat(walked, " ");
    return strcmp(path, "stop") == 0 ? gmr_error(GMR_ERR_CANCELLED, "stop") : GMR_OK;
}

static enum gmr_status walk(bool hidden, bool tolerant, const char *except)
{
    char top[PATH_MAX], skipped[PATH_MAX];
    snprintf(top, sizeof top, "%s", in_scratch("top"));
    snprintf(skipped, sizeof skipped, "%s", in_scratch(except ? except : "nothing"));
    const struct walk options = { top, skipped, hidden, tolerant, note, NULL };
    walked[0] = '\0';
    return walk_files(NULL, &options);
}

/* "a.b" comes before "a/x" since '.' comes before '/', and "a0" after it. */
static void files_come_in_the_order_of_their_bytes(void **state)
{
    (void)state;
    put_folder("top/a/deep");
    put_folder("top/.git");
    put_folder("top/shop");
    static const char *const files[] = { "a0", "a.b", "a/x", "a/deep/y", "B", ".git/z", "shop/db" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[100];
        snprintf(name, sizeof name, "top/%s", files[i]);
        put_scratch(name, "");
    }
    assert_int_equal(walk(false, false, "top/shop"), GMR_OK);
    assert_string_equal(walked, "B a.b a/deep/y a/x a0 ");
    assert_int_equal(walk(true, false, NULL), GMR_OK);
    assert_string_equal(walked, ".git/z B a.b a/deep/y a/x a0 shop/db ");
    put_scratch("top/stop", "");
    assert_int_equal(walk(false, false, NULL), GMR_ERR_CANCELLED);
}

static void links_are_followed_but_not_in_circles(void **state)
{
    (void)state;
    put_folder("top/a");
    put_folder("elsewhere");
    put_scratch("elsewhere/f", "");
    put_scratch("top/a/g", "");
    assert_int_equal(symlink("../..", in_scratch("top/a/up")), 0);
    assert_int_equal(symlink(".", in_scratch("top/self")), 0);
    assert_int_equal(symlink("../elsewhere", in_scratch("top/out")), 0);
    assert_int_equal(symlink("nowhere", in_scratch("top/broken")), 0);
    assert_int_equal(mkfifo(in_scratch("top/pipe"), 0600), 0);
    assert_int_equal(walk(false, false, NULL), GMR_OK);
    assert_non_null(strstr(walked, "a/g "));
    assert_non_null(strstr(walked, "out/f "));
    assert_null(strstr(walked, "self/"));
    assert_null(strstr(walked, "pipe"));
    assert_true(strlen(walked) < 60);
}

static void folders_that_are_not_there_or_too_deep_are_errors(void **state)
{
    (void)state;
    assert_int_equal(walk(false, false, NULL), GMR_ERR_NOT_FOUND);
    char path[400] = "top";
    for (size_t i = 0; i <= WALK_MAX_DEPTH; i++)
        strcat(path, "/d");
    put_folder(path);
    assert_int_equal(walk(false, false, NULL), GMR_ERR_RANGE);
    assert_message("too deep");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pictures_are_found_in_order),
        TEST(names_stay_inside),
        TEST(stamps_tell_pictures_apart),
        TEST(places_that_are_none_are_refused),
        TEST(encrypted_entries_are_refused),
        TEST(bombs_are_refused),
        TEST(forged_entries_are_refused),
        TEST(truncated_zip_files_are_refused),
        TEST(climbing_entries_are_out_of_reach),
        TEST(files_come_in_the_order_of_their_bytes),
        TEST(links_are_followed_but_not_in_circles),
        TEST(folders_that_are_not_there_or_too_deep_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
