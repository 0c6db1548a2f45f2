/* Encoding when something goes wrong: memory runs out, the disk gets full, the catalogue may not be
 * written. The call says so, and the embedding stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support/encoding.h"
#include "support/faults.h"
#include "support/pictured.h"
#include "support/process.h"
#include "support/scratch.h"
#include "support/support.h"

enum { FEW = 6, ITEMS = 24 /* more than a batch */, MANY = 200 };

#define EMBEDDING "shop/embedding/clip.safetensors"
#define PARTIAL   "shop/embedding/clip.partial"

static void encode(const char *encoder)
{
    struct fake_tower tower = { .encoder = encoder };
    struct gmr_encode_report report;
    if (fake_encode(NULL, &tower, &report) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

/* ---- out of memory ---- */

/* From the state that `stop_after` leaves. */
static enum gmr_status encode_with(const struct gmr_allocator *allocator, const void *stop_after)
{
    struct fake_tower tower = { .encoder = "a", .stop_after = *(const size_t *)stop_after };
    struct gmr_encode_report report;
    unlink(in_scratch(PARTIAL));
    if (tower.stop_after > 0)
        assert_int_equal(fake_encode(NULL, &tower, &report), GMR_ERR_CANCELLED);
    tower.stop_after = 0;
    return fake_encode(allocator, &tower, &report);
}

static void fail_all(size_t items, size_t stop_after)
{
    pictured_create(0, items, GMR_NO_ITEM);
    for (int stays_failed = 0; stays_failed < 2; stays_failed++) {
        encode("another");
        assert_true(fail_each_allocation(encode_with, &stop_after, stays_failed) > 30);
    }
}

static void out_of_memory(void **state)
{
    (void)state;
    fail_all(FEW, 0);
    fail_all(ITEMS, 1);
}

/* ---- full disk ---- */

/* What the limits leave room for, the database's own files included. */
static const size_t too_small[] = { 40000, 60000 }, too_small_for_all[] = { 100000, 150000 };

static enum gmr_status encode_wide(void)
{
    struct fake_tower tower = { .encoder = "a", .width = FAKE_MAX_WIDTH };
    struct gmr_encode_report report;
    return fake_encode(NULL, &tower, &report);
}

static bool finds_no_room(const char *file)
{
    return encode_wide() == GMR_ERR_IO && strstr(gmr_error_message(), file) != NULL &&
           strstr(gmr_error_message(), "File too large") != NULL;
}

static bool has_no_room_for_vectors(void)
{
    return finds_no_room(PARTIAL);
}

static bool has_no_room_for_the_embedding(void)
{
    return finds_no_room(EMBEDDING);
}

static struct file_map map_embedding(void)
{
    struct file_map map;
    assert_int_equal(file_map_open(&map, in_scratch(EMBEDDING)), GMR_OK);
    return map;
}

static void check_full(size_t size, bool (*check)(void), const struct file_map *old)
{
    assert_true(with_full_disk(size, check));
    assert_true(file_holds(in_scratch(EMBEDDING), old->data, old->size));
    assert_int_equal(access(in_scratch(PARTIAL), F_OK), 0);
}

/* Half of the vectors are there; the others fit into a file, or do not; all together do not. */
static void a_full_disk_leaves_the_old_embedding(void **state)
{
    (void)state;
    pictured_create(0, MANY / 2, GMR_NO_ITEM);
    assert_int_equal(encode_wide(), GMR_OK);
    struct file_map old = map_embedding();
    pictured_create(0, MANY, GMR_NO_ITEM);
    for (size_t i = 0; i < 2; i++)
        check_full(too_small[i], has_no_room_for_vectors, &old);
    for (size_t i = 0; i < 2; i++)
        check_full(too_small_for_all[i], has_no_room_for_the_embedding, &old);
    assert_int_equal(encode_wide(), GMR_OK);
    struct file_map new = map_embedding();
    unlink(in_scratch(EMBEDDING));
    assert_int_equal(encode_wide(), GMR_OK);
    assert_true(file_holds(in_scratch(EMBEDDING), new.data, new.size));
    file_map_close(&old);
    file_map_close(&new);
}

/* ---- not permitted ---- */

static bool is_refused_at_once(void)
{
    struct fake_tower tower = { .encoder = "a" };
    struct gmr_encode_report report;
    return fake_encode(NULL, &tower, &report) == GMR_ERR_IO && tower.calls == 0 &&
           strstr(gmr_error_message(), "Permission denied") != NULL &&
           strstr(gmr_error_message(), "shop/embedding") != NULL;
}

static bool is_up_to_date(void)
{
    struct fake_tower tower = { .encoder = "a" };
    struct gmr_encode_report report;
    return fake_encode(NULL, &tower, &report) == GMR_OK && report.unchanged;
}

static void open_to_all(const char *name, mode_t mode)
{
    assert_int_equal(chmod(in_scratch(name), mode), 0);
}

static void a_read_only_catalogue_is_told_at_once(void **state)
{
    (void)state;
    pictured_create(0, 7, GMR_NO_ITEM);
    open_to_all(".", 0755);
    open_to_all("shop", 0555);
    assert_true(as_ordinary_user(is_refused_at_once)); /* no folder, none can be made */
    open_to_all("shop", 0755);
    encode("another");
    open_to_all("shop", 0777);
    open_to_all("shop/embedding", 0555);
    assert_true(as_ordinary_user(is_refused_at_once));
    open_to_all("shop/embedding", 0777);
    open_to_all(EMBEDDING, 0444);
    assert_true(as_ordinary_user(is_refused_at_once));
    open_to_all(EMBEDDING, 0666);
    encode("a");
    open_to_all("shop/embedding", 0555);
    open_to_all("shop", 0555);
    assert_true(as_ordinary_user(is_up_to_date));
}

static bool is_done_without_list(void)
{
    struct fake_tower tower = { .encoder = "a" };
    struct gmr_encode_report report;
    return fake_encode(NULL, &tower, &report) == GMR_OK && report.broken_pictures > 0 &&
           report.encoded > 0 && report.problems[0] == '\0';
}

/* Vectors are what was asked for. */
static void a_list_that_cannot_be_written_is_done_without(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    assert_int_equal(mkdir(in_scratch("shop/embedding"), 0777), 0);
    open_to_all(".", 0755);
    open_to_all("shop", 0555);
    open_to_all("shop/embedding", 0777);
    assert_true(as_ordinary_user(is_done_without_list));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(out_of_memory),
        TEST(a_full_disk_leaves_the_old_embedding),
        TEST(a_read_only_catalogue_is_told_at_once),
        TEST(a_list_that_cannot_be_written_is_done_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
