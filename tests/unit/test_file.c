/* Files: mapped for reading, written whole or not at all. What happens when that fails is in
 * tests/fault/test_file_fault.c. */
#include <dirent.h>
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
#include "support/scratch.h"
#include "support/support.h"

static unsigned mode_of(const char *name)
{
    struct stat info;
    assert_int_equal(stat(in_scratch(name), &info), 0);
    return info.st_mode & 07777;
}

static void map_shows_the_bytes(void **state)
{
    (void)state;
    struct file_map map;
    put_scratch("a", "some bytes");
    assert_int_equal(file_map_open(&map, in_scratch("a")), GMR_OK);
    assert_int_equal(map.size, 10);
    assert_memory_equal(map.data, "some bytes", 10);
    assert_int_equal(unlink(in_scratch("a")), 0); /* the mapping outlives the name */
    assert_memory_equal(map.data, "some bytes", 10);
    file_map_close(&map);
    assert_null(map.data);
    file_map_close(&map); /* closing twice is harmless */
}

static void empty_file_maps_to_nothing(void **state)
{
    (void)state;
    struct file_map map;
    put_scratch("empty", "");
    assert_int_equal(file_map_open(&map, in_scratch("empty")), GMR_OK);
    assert_int_equal(map.size, 0);
    assert_non_null(map.data);
    file_map_close(&map);
}

/* Sparse, so it costs no disk; its last byte lies above 4 GiB. */
static void large_file_is_mapped_whole(void **state)
{
    (void)state;
    struct file_map map;
    const off_t size = ((off_t)5 << 30) + 1;
    int file = open(in_scratch("large"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(pwrite(file, "x", 1, size - 1), 1);
    assert_int_equal(close(file), 0);
    assert_int_equal(file_map_open(&map, in_scratch("large")), GMR_OK);
    assert_true(map.size == (size_t)size);
    assert_int_equal(map.data[map.size - 1], 'x');
    assert_int_equal(map.data[0], 0);
    file_map_close(&map);
}

static void writer_makes_and_replaces_a_file(void **state)
{
    (void)state;
    assert_int_equal(scratch_write("f", "first"), GMR_OK);
    assert_true(scratch_holds("f", "first"));
    assert_int_equal(scratch_write("f", "second, longer"), GMR_OK);
    assert_true(scratch_holds("f", "second, longer"));
    assert_int_equal(scratch_write("f", ""), GMR_OK);
    assert_true(scratch_holds("f", ""));
    assert_int_equal(count_scratch_entries(), 1);
}

static void path_is_untouched_until_commit(void **state)
{
    (void)state;
    struct file_writer *writer;
    put_scratch("f", "old");
    assert_int_equal(file_writer_create(NULL, in_scratch("f"), &writer), GMR_OK);
    file_writer_write(writer, "new", 3);
    assert_true(scratch_holds("f", "old"));
    assert_int_equal(count_scratch_entries(), 2);
    assert_int_equal(file_writer_commit(writer), GMR_OK);
    assert_true(scratch_holds("f", "new"));
    assert_int_equal(count_scratch_entries(), 1);
}

static void abort_leaves_nothing(void **state)
{
    (void)state;
    struct file_writer *writer;
    put_scratch("old", "old");
    const char *names[] = { "old", "new" };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(file_writer_create(NULL, in_scratch(names[i]), &writer), GMR_OK);
        file_writer_printf(writer, "%s", "half");
        file_writer_abort(writer);
    }
    file_writer_abort(NULL);
    assert_true(scratch_holds("old", "old"));
    assert_int_equal(count_scratch_entries(), 1);
}

/* Pieces of all sizes around the buffer's, against the same bytes kept in memory. */
static void pieces_of_any_size_arrive_in_order(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 0,      7,     65535, 1,     65536, 65537,
                                    3, 200000, 65536, 5,     40000, 40000 };
    struct file_writer *writer;
    size_t total = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        total += sizes[i];
    unsigned char *bytes = malloc(total);
    assert_non_null(bytes);
    for (size_t i = 0; i < total; i++)
        bytes[i] = (unsigned char)(i * 2654435761U >> 13);
    assert_int_equal(file_writer_create(NULL, in_scratch("f"), &writer), GMR_OK);
    for (size_t i = 0, at = 0; i < sizeof sizes / sizeof *sizes; at += sizes[i++])
        file_writer_write(writer, bytes + at, sizes[i]);
    assert_int_equal(file_writer_commit(writer), GMR_OK);
    assert_true(file_holds(in_scratch("f"), bytes, total));
    free(bytes);
}

static void printf_takes_any_length(void **state)
{
    (void)state;
    static const int widths[] = { 1, 510, 511, 512, 513, 100000 };
    struct failing_allocator memory;
    struct file_writer *writer;
    failing_allocator_init(&memory, 0);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char *expected = NULL;
        int length = asprintf(&expected, "%*d,%s\n", widths[i], 7, "x");
        assert_int_equal(file_writer_create(&memory.allocator, in_scratch("f"), &writer), GMR_OK);
        file_writer_printf(writer, "%*d,%s\n", widths[i], 7, "x");
        assert_int_equal(file_writer_commit(writer), GMR_OK);
        assert_true(file_holds(in_scratch("f"), expected, (size_t)length));
        free(expected);
    }
    assert_true(failing_allocator_is_clean(&memory));
}

static void permissions_are_kept_or_follow_the_umask(void **state)
{
    (void)state;
    mode_t before = umask(027);
    enum gmr_status made = scratch_write("new", "n");
    put_scratch("private", "p");
    put_scratch("shared", "s");
    assert_int_equal(chmod(in_scratch("private"), 0600), 0);
    assert_int_equal(chmod(in_scratch("shared"), 0666), 0);
    enum gmr_status kept = scratch_write("private", "n");
    enum gmr_status wide = scratch_write("shared", "n");
    umask(before);
    assert_int_equal(made, GMR_OK);
    assert_int_equal(kept, GMR_OK);
    assert_int_equal(wide, GMR_OK);
    assert_int_equal(mode_of("new"), 0640);
    assert_int_equal(mode_of("private"), 0600);
    assert_int_equal(mode_of("shared"), 0666);
}

static void secret_file_has_no_readable_temporary(void **state)
{
    (void)state;
    struct file_writer *writer;
    struct stat info;
    put_scratch("secret", "s");
    assert_int_equal(chmod(in_scratch("secret"), 0600), 0);
    assert_int_equal(file_writer_create(NULL, in_scratch("secret"), &writer), GMR_OK);
    DIR *entries = opendir(in_scratch("."));
    int temporaries = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strncmp(entry->d_name, ".secret.", 8) != 0)
            continue;
        temporaries++;
        assert_int_equal(stat(in_scratch(entry->d_name), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
    closedir(entries);
    assert_int_equal(temporaries, 1);
    file_writer_abort(writer);
}

static void assert_is_link(const char *name)
{
    struct stat info;
    assert_int_equal(lstat(in_scratch(name), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
}

static void link_stays_and_its_target_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_scratch("far"), 0700), 0);
    put_scratch("far/target", "old");
    assert_int_equal(symlink("far/middle", in_scratch("link")), 0);
    assert_int_equal(symlink("target", in_scratch("far/middle")), 0); /* relative to far/ */
    assert_int_equal(scratch_write("link", "new"), GMR_OK);
    assert_is_link("link");
    assert_is_link("far/middle");
    assert_true(scratch_holds("far/target", "new"));

    assert_int_equal(symlink(in_scratch("far/made"), in_scratch("dangling")), 0);
    assert_int_equal(scratch_write("dangling", "made"), GMR_OK);
    assert_is_link("dangling");
    assert_true(scratch_holds("far/made", "made"));
}

static void longest_name_is_fine(void **state)
{
    (void)state;
    char name[NAME_MAX + 1];
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    assert_int_equal(scratch_write(name, "long"), GMR_OK);
    assert_true(scratch_holds(name, "long"));
    assert_int_equal(count_scratch_entries(), 1);
}

static void relative_path_survives_chdir(void **state)
{
    (void)state;
    struct file_writer *writer;
    int home = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(in_scratch(".")), 0);
    enum gmr_status status = file_writer_create(NULL, "f", &writer);
    assert_int_equal(fchdir(home), 0);
    close(home);
    assert_int_equal(status, GMR_OK);
    file_writer_write(writer, "here", 4);
    assert_int_equal(file_writer_commit(writer), GMR_OK);
    assert_true(scratch_holds("f", "here"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(map_shows_the_bytes),
        TEST(empty_file_maps_to_nothing),
        TEST(large_file_is_mapped_whole),
        TEST(writer_makes_and_replaces_a_file),
        TEST(path_is_untouched_until_commit),
        TEST(abort_leaves_nothing),
        TEST(pieces_of_any_size_arrive_in_order),
        TEST(printf_takes_any_length),
        TEST(permissions_are_kept_or_follow_the_umask),
        TEST(secret_file_has_no_readable_temporary),
        TEST(link_stays_and_its_target_is_replaced),
        TEST(longest_name_is_fine),
        TEST(relative_path_survives_chdir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
