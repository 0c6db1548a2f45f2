/* safetensors files when memory or the disk runs out: every allocation of the library, and every
 * one of the JSON parser below it, fails in turn. Then there is no handle, nothing is held, and an
 * old file is as it was. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/support.h"
#include "tensor/safetensors.h"

static char source[PATH_MAX], target[PATH_MAX];

static unsigned char data[200000];
static const struct safetensors_entry entries[] = {
    { "a", DTYPE_U8, 1, { sizeof data }, data, sizeof data },
    { "b", DTYPE_F32, 3, { 1, 2, 3 }, data, 24 },
    { "c", DTYPE_F16, 1, { 0 }, NULL, 0 },
};
static const struct safetensors_metadata metadata[] = { { "model", "gommir" }, { "dim", "5" } };

static enum gmr_status write_to(const struct gmr_allocator *allocator, const char *path)
{
    return safetensors_write(allocator, path, entries, 3, metadata, 2);
}

static enum gmr_status write_target(const struct gmr_allocator *allocator)
{
    return write_to(allocator, target);
}

static enum gmr_status open_source(const struct gmr_allocator *allocator)
{
    struct safetensors *file = (void *)1;
    enum gmr_status status = safetensors_open(allocator, source, &file);
    if (status != GMR_OK) {
        assert_null(file);
        return status;
    }
    assert_int_equal(safetensors_count(file), 3);
    assert_non_null(safetensors_find(file, "b"));
    assert_string_equal(safetensors_metadata_find(file, "dim"), "5");
    safetensors_close(file);
    return GMR_OK;
}

/* One run of a job in which something was made to fail. */
static void check_failure(enum gmr_status status)
{
    if (status != GMR_ERR_NOMEM)
        fail_msg("status %d: %s", status, gmr_error_message());
    assert_non_null(strstr(gmr_error_message(), "memory"));
    assert_true(file_holds(target, "old", 3));
}

typedef enum gmr_status job(const struct gmr_allocator *allocator);

/* Returns how many allocations the job makes. */
static size_t fail_each_allocation(job *work, bool stays_failed)
{
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        memory.stays_failed = stays_failed;
        write_file(target, "old", 3);
        enum gmr_status status = work(&memory.allocator);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            return n - 1;
        }
        check_failure(status);
    }
}

static void library_allocations_may_fail(void **state)
{
    (void)state;
    for (int stays = 0; stays < 2; stays++) {
        assert_true(fail_each_allocation(open_source, stays) >= 5);
        assert_true(fail_each_allocation(write_target, stays) >= 2);
    }
}

/* ---- jansson's own memory ---- */

static size_t json_calls, json_fail_at, json_live;

static void *json_allocate(size_t size)
{
    if (++json_calls == json_fail_at)
        return NULL;
    void *memory = malloc(size);
    json_live += memory != NULL;
    return memory;
}

static void json_release(void *memory)
{
    json_live -= memory != NULL;
    free(memory);
}

/* Jansson takes a string that it has no memory for to be a syntax error: its caller cannot tell. */
static void check_json_failure(enum gmr_status status)
{
    if (status != GMR_ERR_FORMAT)
        check_failure(status);
    else
        assert_non_null(strstr(gmr_error_message(), "source.safetensors': cannot parse 'header'"));
}

static size_t fail_each_json_allocation(job *work)
{
    for (json_fail_at = 1;; json_fail_at++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, 0);
        write_file(target, "old", 3);
        json_calls = 0;
        enum gmr_status status = work(&memory.allocator);
        assert_true(failing_allocator_is_clean(&memory));
        assert_int_equal(json_live, 0);
        if (json_calls < json_fail_at) {
            assert_int_equal(status, GMR_OK);
            return json_fail_at - 1;
        }
        check_json_failure(status);
    }
}

static void json_allocations_may_fail(void **state)
{
    (void)state;
    json_malloc_t allocate;
    json_free_t release;
    json_get_alloc_funcs(&allocate, &release);
    json_set_alloc_funcs(json_allocate, json_release);
    assert_true(fail_each_json_allocation(open_source) > 30);
    assert_true(fail_each_json_allocation(write_target) > 30);
    json_set_alloc_funcs(allocate, release);
}

/* ---- the disk ---- */

static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    static const rlim_t limits[] = { 0, 7, 100, sizeof data, sizeof data + 255 };
    struct rlimit before, now;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        write_file(target, "old", 3);
        now = before;
        now.rlim_cur = limits[i];
        setrlimit(RLIMIT_FSIZE, &now);
        enum gmr_status status = write_target(NULL);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(status, GMR_ERR_IO);
        assert_non_null(strstr(gmr_error_message(), "target.safetensors': File too large"));
        assert_true(file_holds(target, "old", 3));
    }
    signal(SIGXFSZ, handler);
}

int main(void)
{
    struct temporary_directory directory;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_allocations_may_fail),
        cmocka_unit_test(json_allocations_may_fail),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
    };
    temporary_directory_create(&directory);
    temporary_path(&directory, "source.safetensors", source);
    temporary_path(&directory, "target.safetensors", target);
    int failures = write_to(NULL, source) == GMR_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    temporary_directory_remove(&directory);
    return failures;
}
