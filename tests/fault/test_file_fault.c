/* Files when something goes wrong: places that cannot be written, a full disk, a crash. The old
 * file must stay, with nothing beside it, and the message must say why. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "support/process.h"
#include "support/scratch.h"
#include "support/support.h"

static void assert_message(const char *name, const char *cause)
{
    char expected[PATH_MAX + 100];
    snprintf(expected, sizeof expected, "'%s': %s", in_scratch(name), cause);
    if (!strstr(gmr_error_message(), expected))
        fail_msg("\"%s\" does not contain \"%s\"", gmr_error_message(), expected);
}

static void assert_no_map(const char *name, enum gmr_status status, const char *cause)
{
    struct file_map map;
    assert_int_equal(file_map_open(&map, in_scratch(name)), status);
    assert_message(name, cause);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    file_map_close(&map);
}

static void only_regular_files_are_mapped(void **state)
{
    (void)state;
    put_scratch("plain", "p");
    assert_int_equal(mkdir(in_scratch("folder"), 0700), 0);
    assert_int_equal(mkfifo(in_scratch("pipe"), 0600), 0);
    assert_no_map("missing", GMR_ERR_NOT_FOUND, "No such file or directory");
    assert_no_map("plain/below", GMR_ERR_NOT_FOUND, "Not a directory");
    assert_no_map("folder", GMR_ERR_IO, "Is a directory");
    assert_no_map("pipe", GMR_ERR_IO, "not a regular file");
    struct file_map map;
    assert_int_equal(file_map_open(&map, "/dev/zero"), GMR_ERR_IO);
}

static void assert_no_writer(const char *name, enum gmr_status status, const char *cause)
{
    struct file_writer *writer = (void *)1;
    int before = count_scratch_entries();
    assert_int_equal(file_writer_create(NULL, in_scratch(name), &writer), status);
    assert_null(writer);
    assert_message(name, cause);
    assert_int_equal(count_scratch_entries(), before);
}

static void impossible_places_are_refused(void **state)
{
    (void)state;
    struct file_writer *writer;
    char name[300];
    put_scratch("plain", "p");
    assert_int_equal(mkdir(in_scratch("folder"), 0700), 0);
    assert_int_equal(mkfifo(in_scratch("pipe"), 0600), 0);
    assert_int_equal(symlink("loop", in_scratch("loop")), 0);
    assert_no_writer("missing/f", GMR_ERR_NOT_FOUND, "No such file or directory");
    assert_no_writer("plain/f", GMR_ERR_NOT_FOUND, "Not a directory");
    assert_no_writer("folder", GMR_ERR_IO, "Is a directory");
    assert_no_writer("folder/", GMR_ERR_IO, "Is a directory");
    assert_no_writer("folder/..", GMR_ERR_IO, "Is a directory");
    assert_no_writer("pipe", GMR_ERR_IO, "not a regular file");
    assert_no_writer("loop", GMR_ERR_IO, "Too many levels of symbolic links");
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_no_writer(name, GMR_ERR_IO, "File name too long");
    assert_int_equal(file_writer_create(NULL, "", &writer), GMR_ERR_NOT_FOUND);
    assert_int_equal(file_writer_create(NULL, "/dev/full", &writer), GMR_ERR_IO);
    char *path = malloc(PATH_MAX + 1);
    memset(path, '/', PATH_MAX);
    path[PATH_MAX] = '\0';
    assert_int_equal(file_writer_create(NULL, path, &writer), GMR_ERR_IO);
    free(path);
}

/* A file-size limit is a disk that gets full: the first write beyond it is short, the next fails.
 */
static enum gmr_status write_limited(const char *path, size_t limit, size_t piece, size_t pieces)
{
    struct rlimit before, now;
    struct file_writer *writer;
    char *bytes = calloc(piece, 1);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    enum gmr_status status = file_writer_create(NULL, path, &writer);
    if (status == GMR_OK) {
        getrlimit(RLIMIT_FSIZE, &before);
        now = before;
        now.rlim_cur = limit;
        setrlimit(RLIMIT_FSIZE, &now);
        for (size_t i = 0; i < pieces; i++)
            file_writer_write(writer, bytes, piece);
        gmr_error(GMR_ERR_STATE, "another message in between");
        status = file_writer_commit(writer);
        setrlimit(RLIMIT_FSIZE, &before);
    }
    signal(SIGXFSZ, handler);
    free(bytes);
    return status;
}

static void full_disk_is_reported_and_leaves_the_old_file(void **state)
{
    (void)state;
    static const struct {
        size_t limit, piece, pieces;
    } cases[] = {
        { 100000, 1000, 300 }, { 100000, 300000, 1 }, { 10, 11, 1 }, { 65536, 65537, 3 }
    };
    put_scratch("f", "old");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            write_limited(in_scratch("f"), cases[i].limit, cases[i].piece, cases[i].pieces),
            GMR_ERR_IO);
        assert_message("f", "File too large");
        assert_true(scratch_holds("f", "old"));
        assert_int_equal(count_scratch_entries(), 1);
    }
    assert_int_equal(write_limited(in_scratch("f"), 1000, 100, 10), GMR_OK);
}

static bool denied(enum gmr_status status)
{
    return status == GMR_ERR_IO && strstr(gmr_error_message(), "Permission denied");
}

static bool folder_is_denied(void)
{
    return denied(scratch_write("locked/f", "new")) && denied(scratch_write("locked/new", "new"));
}

static void read_only_directory_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_scratch("."), 0755), 0);
    assert_int_equal(mkdir(in_scratch("locked"), 0700), 0);
    put_scratch("locked/f", "old");
    assert_int_equal(chmod(in_scratch("locked/f"), 0666), 0);
    assert_int_equal(chmod(in_scratch("locked"), 0555), 0);
    assert_true(as_ordinary_user(folder_is_denied));
    assert_true(scratch_holds("locked/f", "old"));
}

static bool protected_file_is_denied(void)
{
    struct file_map map;
    return denied(scratch_write("open/f", "new")) &&
           denied(file_map_open(&map, in_scratch("open/f")));
}

static void protected_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_scratch("."), 0755), 0);
    assert_int_equal(mkdir(in_scratch("open"), 0700), 0);
    assert_int_equal(chmod(in_scratch("open"), 0777), 0);
    put_scratch("open/f", "old");
    assert_int_equal(chmod(in_scratch("open/f"), 0000), 0);
    assert_true(as_ordinary_user(protected_file_is_denied));
    assert_int_equal(chmod(in_scratch("open/f"), 0600), 0);
    assert_true(scratch_holds("open/f", "old"));
}

static void crash_before_commit_leaves_the_old_file(void **state)
{
    (void)state;
    int status;
    put_scratch("f", "old");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct file_writer *writer;
        char piece[100000] = "new";
        if (file_writer_create(NULL, in_scratch("f"), &writer) != GMR_OK)
            _exit(1);
        for (int i = 0; i < 5; i++)
            file_writer_write(writer, piece, sizeof piece);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(scratch_holds("f", "old"));
    assert_int_equal(count_scratch_entries(), 2);
    assert_int_equal(scratch_write("f", "new"), GMR_OK); /* what it left is in no way */
    assert_true(scratch_holds("f", "new"));
}

static int open_descriptors(void)
{
    int count = 0;
    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

/* A program that the caller starts meanwhile must not inherit them. */
static void descriptors_close_on_exec(void **state)
{
    (void)state;
    bool open_before[256];
    struct file_writer *writer;
    for (int i = 0; i < 256; i++)
        open_before[i] = fcntl(i, F_GETFD) >= 0;
    assert_int_equal(file_writer_create(NULL, in_scratch("f"), &writer), GMR_OK);
    for (int i = 0; i < 256; i++)
        if (!open_before[i] && fcntl(i, F_GETFD) >= 0)
            assert_true(fcntl(i, F_GETFD) & FD_CLOEXEC);
    file_writer_abort(writer);
}

static void no_descriptor_is_left_open(void **state)
{
    (void)state;
    int before = open_descriptors();
    struct file_writer *writer;
    struct file_map map;
    put_scratch("f", "f");
    assert_int_equal(file_map_open(&map, in_scratch("f")), GMR_OK);
    assert_int_equal(open_descriptors(), before); /* a mapping needs none */
    file_map_close(&map);
    file_map_open(&map, in_scratch("."));
    scratch_write("f", "g");
    scratch_write(".", "g");
    scratch_write("missing/f", "g");
    assert_int_equal(file_writer_create(NULL, in_scratch("f"), &writer), GMR_OK);
    file_writer_abort(writer);
    assert_int_equal(write_limited(in_scratch("f"), 10, 20, 1), GMR_ERR_IO);
    assert_int_equal(open_descriptors(), before);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_regular_files_are_mapped),
        TEST(impossible_places_are_refused),
        TEST(full_disk_is_reported_and_leaves_the_old_file),
        TEST(read_only_directory_is_refused),
        TEST(protected_file_is_refused),
        TEST(crash_before_commit_leaves_the_old_file),
        TEST(no_descriptor_is_left_open),
        TEST(descriptors_close_on_exec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
