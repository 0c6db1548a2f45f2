/* Catalogues when something goes wrong: memory runs out, the disk gets full, the folder may not be
 * written. The call must say so and hold nothing, and the catalogue must stay as it was. */
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

#include "catalogue/catalogue.h"
#include "catalogue/writer.h"
#include "media/picture.h"
#include "support/catalogue.h"
#include "support/faults.h"
#include "support/message.h"
#include "support/process.h"
#include "support/scratch.h"
#include "support/support.h"

enum { ITEMS = 12, MORE = 20 };

/* ---- out of memory ---- */

static enum gmr_status import_more(const struct gmr_allocator *allocator, size_t items)
{
    const struct catalogue_source source = { .format = "test", .location = "somewhere" };
    struct catalogue_writer *writer;
    struct gmr_import_report report;
    struct support_item item;
    enum gmr_status status = catalogue_writer_open(allocator, in_scratch("shop"), &source, &writer);
    for (size_t i = 0; i < items && status == GMR_OK; i++) {
        support_item_fill(&item, i);
        if ((status = catalogue_writer_put(writer, &item.record)) == GMR_OK)
            status = catalogue_writer_split(writer, "all", item.key);
        if (status != GMR_OK)
            catalogue_writer_abort(writer);
    }
    return status == GMR_OK ? catalogue_writer_finish(writer, "more", &report) : status;
}

static enum gmr_status read_groups(struct catalogue *catalogue, struct arena *arena)
{
    static const char *const predicates[] = { "colour=Grün", "brand!=über nike", "price<50" };
    const struct gmr_split *splits;
    const struct gmr_attribute_summary *attributes;
    const struct gmr_value_summary *values;
    struct gmr_caption caption;
    size_t count, positions[ITEMS];
    uint8_t allowed[ITEMS];
    TRY(catalogue_splits(catalogue, &splits, &count));
    TRY(catalogue_split_items(catalogue, "train", positions, support_train_items(ITEMS)));
    TRY(catalogue_attributes(catalogue, arena, &attributes, &count));
    TRY(catalogue_values(catalogue, "price", arena, &values, &count));
    for (size_t i = 0; i < catalogue_caption_count(catalogue); i++)
        TRY(catalogue_caption(catalogue, i, arena, &caption));
    return catalogue_filter(catalogue, predicates, 3, allowed);
}

static enum gmr_status read_items(struct catalogue *catalogue, struct arena *arena)
{
    struct gmr_item item;
    const char *const *names;
    const void *bytes;
    size_t length, count;
    for (size_t i = 0; i < 3; i++) {
        TRY(catalogue_item(catalogue, i, arena, &item));
        TRY(catalogue_item_splits(catalogue, i, arena, &names, &count));
        TRY(catalogue_picture(catalogue, i, GMR_PICTURE_THUMBNAIL, arena, &bytes, &length));
    }
    return GMR_OK;
}

static enum gmr_status read_all(const struct gmr_allocator *allocator)
{
    struct catalogue *catalogue;
    struct arena arena;
    TRY(catalogue_open(allocator, in_scratch("shop"), &catalogue));
    arena_init(&arena, allocator, 64);
    enum gmr_status status = read_items(catalogue, &arena);
    if (status == GMR_OK)
        status = read_groups(catalogue, &arena);
    arena_release(&arena);
    catalogue_close(catalogue);
    return status;
}

static void assert_count(size_t expected)
{
    struct catalogue *catalogue;
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    assert_int_equal(catalogue_count(catalogue), expected);
    catalogue_close(catalogue);
}

/* What failed has changed nothing. */
static enum gmr_status or_as_it_was(enum gmr_status status)
{
    if (status != GMR_OK)
        assert_count(ITEMS);
    return status;
}

static enum gmr_status read_or_fail(const struct gmr_allocator *allocator, const void *subject)
{
    (void)subject;
    return or_as_it_was(read_all(allocator));
}

static enum gmr_status change_or_fail(const struct gmr_allocator *allocator, const void *subject)
{
    (void)subject;
    return or_as_it_was(import_more(allocator, MORE));
}

static void reading_survives(void **state)
{
    (void)state;
    support_catalogue_create(in_scratch("shop"), ITEMS);
    assert_true(fail_each_allocation(read_or_fail, NULL, false) > 30);
    assert_true(fail_each_allocation(read_or_fail, NULL, true) > 30);
}

static void writing_survives(void **state)
{
    (void)state;
    support_catalogue_create(in_scratch("shop"), ITEMS);
    assert_true(fail_each_allocation(change_or_fail, NULL, false) >= 4);
    assert_count(MORE);
    support_catalogue_create(in_scratch("shop"), ITEMS);
    assert_true(fail_each_allocation(change_or_fail, NULL, true) >= 4);
    assert_count(MORE);
}

static void a_first_import_without_memory_leaves_nothing(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        enum gmr_status status = import_more(&memory.allocator, 2);
        assert_true(failing_allocator_is_clean(&memory));
        if (status == GMR_OK)
            break;
        assert_int_equal(count_scratch_entries(), 0);
    }
    assert_count(2);
}

static void draw(struct picture_file *file)
{
    struct picture picture;
    assert_int_equal(picture_init(&picture, NULL, 300, 300), GMR_OK);
    memset(picture.pixels, 99, 300 * 300 * 3);
    assert_int_equal(picture_encode_jpeg(NULL, &picture, 80, file), GMR_OK);
    picture_release(&picture);
}

static enum gmr_status make_thumbnail(const struct gmr_allocator *allocator)
{
    struct catalogue *catalogue;
    struct arena arena;
    const void *bytes;
    size_t length;
    TRY(catalogue_open(allocator, in_scratch("shop"), &catalogue));
    arena_init(&arena, allocator, 64);
    enum gmr_status status =
        catalogue_picture(catalogue, ITEMS, GMR_PICTURE_THUMBNAIL, &arena, &bytes, &length);
    arena_release(&arena);
    catalogue_close(catalogue);
    return status;
}

static void making_a_thumbnail_survives(void **state)
{
    (void)state;
    const struct catalogue_source source = { .format = "test", .location = "picture" };
    struct catalogue_writer *writer;
    struct gmr_import_report report;
    struct picture_file file;
    draw(&file);
    const struct catalogue_record record = {
        .key = "large",
        .picture = { .format = GMR_PICTURE_JPEG,
                     .width = 300,
                     .height = 300,
                     .stamp = 1,
                     .bytes = file.bytes,
                     .size = file.size },
    };
    support_catalogue_create(in_scratch("shop"), ITEMS);
    assert_int_equal(catalogue_writer_open(NULL, in_scratch("shop"), &source, &writer), GMR_OK);
    assert_int_equal(catalogue_writer_put(writer, &record), GMR_OK);
    assert_int_equal(catalogue_writer_finish(writer, "f", &report), GMR_OK);
    picture_file_release(&file);
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        enum gmr_status status = make_thumbnail(&memory.allocator);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            break;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
    }
}

/* ---- full disk ---- */

static bool import_finds_no_room(void)
{
    enum gmr_status status = import_more(NULL, 3000);
    return status == GMR_ERR_IO;
}

static bool writer_stays_failed(void)
{
    const struct catalogue_source source = { .format = "test", .location = "somewhere" };
    static const char bytes[5000000];
    struct catalogue_record record = {
        .picture = { .format = GMR_PICTURE_PNG,
                     .width = 1,
                     .height = 1,
                     .stamp = 1,
                     .bytes = bytes,
                     .size = sizeof bytes },
    };
    struct catalogue_writer *writer;
    struct gmr_import_report report;
    enum gmr_status status = catalogue_writer_open(NULL, in_scratch("shop"), &source, &writer);
    char key[20];
    for (size_t i = 0; i < 40 && status == GMR_OK; i++) { /* more than the page cache holds */
        snprintf(key, sizeof key, "%zu", i);
        record.key = key;
        status = catalogue_writer_put(writer, &record);
    }
    record.key = "afterwards";
    record.picture = (struct catalogue_picture){ .stamp = 0 };
    return status == GMR_ERR_IO && catalogue_writer_put(writer, &record) == GMR_ERR_IO &&
           catalogue_writer_split(writer, "s", "0") == GMR_ERR_IO &&
           catalogue_writer_finish(writer, "f", &report) == GMR_ERR_IO;
}

static void a_full_disk_leaves_the_old_state(void **state)
{
    (void)state;
    support_catalogue_create(in_scratch("shop"), ITEMS);
    for (size_t size = 0; size < 800000; size += 100000) {
        assert_true(with_full_disk(size + 7, import_finds_no_room));
        assert_count(ITEMS);
    }
    assert_true(with_full_disk(10000000, writer_stays_failed));
    assert_count(ITEMS);
    assert_int_equal(import_more(NULL, 3000), GMR_OK);
    assert_count(3000);
}

static void a_full_disk_leaves_no_new_directory(void **state)
{
    (void)state;
    assert_true(with_full_disk(300000, import_finds_no_room));
    assert_int_equal(count_scratch_entries(), 0);
}

/* ---- not permitted ---- */

static bool import_is_not_permitted(void)
{
    return import_more(NULL, 3) == GMR_ERR_IO &&
           strstr(gmr_error_message(), "Permission denied") != NULL;
}

static bool catalogue_is_readable(void)
{
    return read_all(NULL) == GMR_OK;
}

static void a_read_only_directory_is_readable_only(void **state)
{
    (void)state;
    support_catalogue_create(in_scratch("shop"), ITEMS);
    assert_int_equal(chmod(in_scratch("."), 0755), 0);
    assert_int_equal(chmod(in_scratch("shop"), 0555), 0);
    assert_true(as_ordinary_user(catalogue_is_readable));
    assert_true(as_ordinary_user(import_is_not_permitted));
    assert_count(ITEMS);
}

static void a_directory_that_cannot_be_made_is_told(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_scratch("."), 0555), 0);
    assert_true(as_ordinary_user(import_is_not_permitted));
    assert_int_equal(chmod(in_scratch("."), 0755), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reading_survives),
        TEST(writing_survives),
        TEST(a_first_import_without_memory_leaves_nothing),
        TEST(making_a_thumbnail_survives),
        TEST(a_full_disk_leaves_the_old_state),
        TEST(a_full_disk_leaves_no_new_directory),
        TEST(a_read_only_directory_is_readable_only),
        TEST(a_directory_that_cannot_be_made_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
