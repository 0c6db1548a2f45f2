/* Reading a catalogue: items, pictures, splits, attributes, captions; and files that are missing,
 * cut off or damaged. */
#include <math.h>
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
#include "catalogue/inside.h"
#include "media/picture.h"
#include "support/catalogue.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

enum { ITEMS = 24 };

static const enum gmr_picture_size sizes[] = { GMR_PICTURE_FULL, GMR_PICTURE_THUMBNAIL };

static struct catalogue *catalogue;
static struct arena arena;

static int setup(void **state)
{
    scratch_setup(state);
    support_catalogue_create(in_scratch("shop"), ITEMS);
    arena_init(&arena, NULL, 0);
    return catalogue_open(NULL, in_scratch("shop"), &catalogue) == GMR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    catalogue_close(catalogue);
    arena_release(&arena);
    return scratch_teardown(state);
}

static void run_sql(const char *sql)
{
    sqlite3 *db;
    char *problem = NULL;
    assert_int_equal(sqlite3_open(in_scratch("shop/catalogue.db"), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK)
        fail_msg("%s: %s", sql, problem);
    sqlite3_close(db);
}

/* Opens the catalogue again, after a change. */
static enum gmr_status reopen(void)
{
    catalogue_close(catalogue);
    return catalogue_open(NULL, in_scratch("shop"), &catalogue);
}

/* ---- items ---- */

static void assert_item(size_t i, const struct gmr_item *item)
{
    struct support_item expected;
    support_item_fill(&expected, i);
    assert_int_equal(item->position, i);
    assert_string_equal(item->key, expected.key);
    assert_string_equal(item->title, expected.title);
    assert_string_equal(item->description, expected.description);
    assert_int_equal(item->picture_format, expected.record.picture.format);
    assert_int_equal(item->picture_width, expected.record.picture.width);
    assert_int_equal(item->picture_height, expected.record.picture.height);
    assert_null(item->picture_path);
    assert_int_equal(item->attribute_count, expected.record.attribute_count);
    for (size_t k = 0; k < item->attribute_count; k++) {
        const struct gmr_attribute *attribute = &item->attributes[k];
        assert_string_equal(attribute->name, expected.attributes[k].name);
        assert_string_equal(attribute->value, expected.attributes[k].value);
        if (k == 0)
            assert_true(attribute->number == 5.0 * (double)i);
        else
            assert_true(isnan(attribute->number));
    }
}

static void items_are_read(void **state)
{
    (void)state;
    struct gmr_item item;
    int64_t ids[ITEMS], stamps[ITEMS];
    assert_int_equal(catalogue_count(catalogue), ITEMS);
    assert_string_equal(catalogue_path(catalogue), in_scratch("shop"));
    assert_int_equal(catalogue_item_ids(catalogue, ids, stamps), GMR_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(catalogue_item(catalogue, i, &arena, &item), GMR_OK);
        assert_item(i, &item);
        assert_int_equal(ids[i], item.id);
        assert_int_equal(stamps[i], i % 5 == 4 ? 0 : i + 1);
    }
    assert_int_equal(catalogue_item(catalogue, ITEMS, &arena, &item), GMR_ERR_RANGE);
    assert_message("no item at position 24");
    assert_int_equal(catalogue_item(catalogue, SIZE_MAX, &arena, &item), GMR_ERR_RANGE);
}

static void items_are_found_by_key(void **state)
{
    (void)state;
    size_t position = 99;
    assert_int_equal(catalogue_find(catalogue, "item-0007", &position), GMR_OK);
    assert_int_equal(position, 7);
    assert_int_equal(catalogue_find(catalogue, "item-7", &position), GMR_ERR_NOT_FOUND);
    assert_message("no item 'item-7' in '");
    assert_int_equal(catalogue_find(catalogue, "ITEM-0007", &position), GMR_ERR_NOT_FOUND);
}

/* ---- pictures ---- */

static enum gmr_status picture(size_t i, enum gmr_picture_size size, const void **bytes,
                               size_t *length)
{
    return catalogue_picture(catalogue, i, size, &arena, bytes, length);
}

static void small_pictures_are_their_own_thumbnails(void **state)
{
    (void)state;
    const void *bytes;
    size_t length;
    for (size_t s = 0; s < 2; s++) {
        assert_int_equal(picture(7, sizes[s], &bytes, &length), GMR_OK);
        assert_int_equal(length, strlen("picture 7"));
        assert_memory_equal(bytes, "picture 7", length);
        assert_int_equal(picture(4, sizes[s], &bytes, &length), GMR_ERR_NOT_FOUND);
        assert_message("item 'item-0004' has no picture");
        assert_int_equal(picture(ITEMS, sizes[s], &bytes, &length), GMR_ERR_RANGE);
    }
}

static void draw_jpeg(size_t width, size_t height, struct picture_file *file)
{
    struct picture drawn;
    assert_int_equal(picture_init(&drawn, NULL, width, height), GMR_OK);
    for (size_t i = 0; i < width * height * 3; i++)
        drawn.pixels[i] = (uint8_t)(i * 7);
    assert_int_equal(picture_encode_jpeg(NULL, &drawn, 80, file), GMR_OK);
    picture_release(&drawn);
}

/* Imports one item, with this picture, as the whole catalogue "one". */
static void put_picture(const struct catalogue_picture *picture_)
{
    const struct catalogue_source source = { .format = "test", .location = "one" };
    const struct catalogue_record record = { .key = "one", .picture = *picture_ };
    struct catalogue_writer *writer;
    struct gmr_import_report report;
    catalogue_close(catalogue);
    catalogue = NULL;
    assert_int_equal(catalogue_writer_open(NULL, in_scratch("one"), &source, &writer), GMR_OK);
    assert_int_equal(catalogue_writer_put(writer, &record), GMR_OK);
    assert_int_equal(catalogue_writer_finish(writer, "f", &report), GMR_OK);
    assert_int_equal(catalogue_open(NULL, in_scratch("one"), &catalogue), GMR_OK);
}

static void assert_thumbnail(size_t width, size_t height)
{
    const void *bytes;
    size_t length;
    struct picture thumbnail;
    assert_int_equal(picture(0, GMR_PICTURE_THUMBNAIL, &bytes, &length), GMR_OK);
    assert_int_equal(picture_recognise(bytes, length), GMR_PICTURE_JPEG);
    assert_int_equal(picture_decode(NULL, bytes, length, 0, "it", &thumbnail, NULL, NULL), GMR_OK);
    assert_int_equal(thumbnail.width, width);
    assert_int_equal(thumbnail.height, height);
    picture_release(&thumbnail);
}

static void a_stored_thumbnail_is_used_unless_damaged(void **state)
{
    (void)state;
    struct picture_file file, small;
    const void *bytes;
    size_t length;
    draw_jpeg(600, 300, &file);
    draw_jpeg(11, 12, &small);
    struct catalogue_picture stored = { .format = GMR_PICTURE_JPEG,
                                        .width = 600,
                                        .height = 300,
                                        .stamp = 1,
                                        .bytes = file.bytes,
                                        .size = file.size,
                                        .thumbnail = small.bytes,
                                        .thumbnail_size = small.size };
    put_picture(&stored);
    assert_thumbnail(11, 12);
    assert_int_equal(picture(0, GMR_PICTURE_FULL, &bytes, &length), GMR_OK);
    assert_int_equal(length, file.size);
    assert_memory_equal(bytes, file.bytes, length);

    stored.stamp = 2;
    stored.thumbnail_size--; /* its end is missing */
    put_picture(&stored);
    assert_thumbnail(256, 128);
    stored.stamp = 3;
    stored.thumbnail = NULL;
    put_picture(&stored);
    assert_thumbnail(256, 128);
    picture_file_release(&file);
    picture_file_release(&small);
}

static void pictures_elsewhere_are_read(void **state)
{
    (void)state;
    struct picture_file file;
    const void *bytes;
    size_t length;
    struct gmr_item item;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch("p.jpg"));
    draw_jpeg(300, 600, &file);
    write_file(path, file.bytes, file.size);
    put_picture(&(struct catalogue_picture){
        .format = GMR_PICTURE_JPEG, .width = 300, .height = 600, .stamp = 1, .path = path });
    assert_int_equal(catalogue_item(catalogue, 0, &arena, &item), GMR_OK);
    assert_string_equal(item.picture_path, path);
    assert_int_equal(picture(0, GMR_PICTURE_FULL, &bytes, &length), GMR_OK);
    assert_int_equal(length, file.size);
    assert_memory_equal(bytes, file.bytes, length);
    assert_thumbnail(128, 256);

    write_file(path, "secret", 6); /* what is no picture is not given away */
    assert_int_equal(picture(0, GMR_PICTURE_FULL, &bytes, &length), GMR_ERR_FORMAT);
    assert_message("p.jpg': not a picture");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(picture(0, GMR_PICTURE_FULL, &bytes, &length), GMR_ERR_NOT_FOUND);
    assert_int_equal(picture(0, GMR_PICTURE_THUMBNAIL, &bytes, &length), GMR_ERR_NOT_FOUND);
    picture_file_release(&file);
}

static void a_broken_picture_has_no_thumbnail(void **state)
{
    (void)state;
    const void *bytes;
    size_t length;
    put_picture(&(struct catalogue_picture){ .format = GMR_PICTURE_JPEG,
                                             .width = 300,
                                             .height = 600,
                                             .stamp = 1,
                                             .bytes = "junk",
                                             .size = 4 });
    assert_int_equal(picture(0, GMR_PICTURE_FULL, &bytes, &length), GMR_OK);
    assert_int_equal(picture(0, GMR_PICTURE_THUMBNAIL, &bytes, &length), GMR_ERR_FORMAT);
    assert_message("cannot decode 'one'");
}

/* ---- groups ---- */

static void splits_keep_their_order(void **state)
{
    (void)state;
    const struct gmr_split *splits;
    size_t count, train[ITEMS], test[ITEMS];
    assert_int_equal(catalogue_splits(catalogue, &splits, &count), GMR_OK);
    assert_int_equal(count, 2);
    assert_string_equal(splits[0].name, "train");
    assert_string_equal(splits[1].name, "test");
    assert_int_equal(splits[0].items, support_train_items(ITEMS));
    assert_int_equal(splits[1].items, ITEMS - support_train_items(ITEMS));
    assert_int_equal(catalogue_split_items(catalogue, "train", train, splits[0].items), GMR_OK);
    for (size_t i = ITEMS, n = 0; i-- > 0;)
        if (i % 3 != 2)
            assert_int_equal(train[n++], i);
    assert_int_equal(catalogue_split_items(catalogue, "test", test, splits[1].items), GMR_OK);
    for (size_t n = 0; n < splits[1].items; n++)
        assert_int_equal(test[n], 3 * n + 2);
    assert_int_equal(catalogue_split_items(catalogue, "test", test, 1), GMR_ERR_RANGE);
    assert_int_equal(catalogue_split_items(catalogue, "Test", test, 1), GMR_ERR_NOT_FOUND);
    assert_message("no split 'Test'");
}

static void items_know_their_splits(void **state)
{
    (void)state;
    const char *const *names;
    size_t count;
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(catalogue_item_splits(catalogue, i, &arena, &names, &count), GMR_OK);
        assert_int_equal(count, 1);
        assert_string_equal(names[0], i % 3 == 2 ? "test" : "train");
    }
    assert_int_equal(catalogue_item_splits(catalogue, ITEMS, &arena, &names, &count),
                     GMR_ERR_RANGE);
}

static void attributes_are_summed_up(void **state)
{
    (void)state;
    const struct gmr_attribute_summary *a;
    size_t count;
    assert_int_equal(catalogue_attributes(catalogue, &arena, &a, &count), GMR_OK);
    assert_int_equal(count, 3);
    assert_string_equal(a[0].name, "brand");
    assert_int_equal(a[0].items, ITEMS - ITEMS / 4);
    assert_int_equal(a[0].values, 2);
    assert_int_equal(a[0].numbers, 0);
    assert_true(isnan(a[0].low) && isnan(a[0].high));
    assert_string_equal(a[1].name, "colour");
    assert_int_equal(a[1].items, ITEMS); /* two values of one item count once */
    assert_int_equal(a[1].values, 4);
    assert_string_equal(a[2].name, "price");
    assert_int_equal(a[2].values, ITEMS);
    assert_int_equal(a[2].numbers, ITEMS);
    assert_true(a[2].low == 0 && a[2].high == 5 * (ITEMS - 1));
}

static void values_are_counted(void **state)
{
    (void)state;
    const struct gmr_value_summary *v;
    size_t count;
    assert_int_equal(catalogue_values(catalogue, "colour", &arena, &v, &count), GMR_OK);
    static const char *const names[] = { "blue", "green", "red", "white" };
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(v[i].value, names[i]);
        assert_int_equal(v[i].items, i < 3 ? ITEMS / 3 : ITEMS / 6);
    }
    assert_int_equal(catalogue_values(catalogue, "sleeve", &arena, &v, &count), GMR_ERR_NOT_FOUND);
    assert_message("has an attribute 'sleeve'");
}

static void captions_are_read(void **state)
{
    (void)state;
    struct gmr_caption caption;
    char text[80];
    size_t count = catalogue_caption_count(catalogue);
    assert_int_equal(count, support_captions(ITEMS));
    for (size_t n = 0; n + 1 < count; n++) {
        size_t i = 2 * n + 2;
        snprintf(text, sizeof text, "is %zu, not %zu", i, i - 1);
        assert_int_equal(catalogue_caption(catalogue, n, &arena, &caption), GMR_OK);
        assert_int_equal(caption.pair, n + 1);
        assert_int_equal(caption.target, i);
        assert_int_equal(caption.candidate, i - 1);
        assert_string_equal(caption.split, "train");
        assert_string_equal(caption.text, text);
    }
    assert_int_equal(catalogue_caption(catalogue, count - 1, &arena, &caption), GMR_OK);
    assert_true(caption.target == GMR_NO_ITEM);
    assert_int_equal(caption.candidate, 0);
    assert_string_equal(caption.split, "");
    assert_int_equal(catalogue_caption(catalogue, count, &arena, &caption), GMR_ERR_RANGE);
}

/* ---- what is no catalogue ---- */

static void assert_no_catalogue(const char *path, enum gmr_status status, const char *message)
{
    struct catalogue *opened = (void *)1;
    assert_int_equal(catalogue_open(NULL, path, &opened), status);
    assert_null(opened);
    assert_message(message);
}

static void missing_catalogues_are_told(void **state)
{
    (void)state;
    put_scratch("file", "f");
    assert_int_equal(mkdir(in_scratch("empty"), 0700), 0);
    assert_int_equal(mkdir(in_scratch("begun"), 0700), 0);
    put_scratch("begun/catalogue.db", "");
    assert_no_catalogue(in_scratch("nowhere"), GMR_ERR_NOT_FOUND, "no catalogue in '");
    assert_no_catalogue(in_scratch("file"), GMR_ERR_NOT_FOUND, "no catalogue in '");
    assert_no_catalogue(in_scratch("empty"), GMR_ERR_NOT_FOUND, "no catalogue in '");
    assert_no_catalogue(in_scratch("begun"), GMR_ERR_NOT_FOUND, "no catalogue in it yet");
    assert_no_catalogue("", GMR_ERR_NOT_FOUND, "No such file");
}

static void damaged_contents_are_told(void **state)
{
    (void)state;
    struct gmr_item item;
    struct gmr_caption caption;
    size_t position, positions[ITEMS];
    uint8_t allowed[ITEMS];
    run_sql("UPDATE item SET title = CAST(x'FF' AS TEXT) WHERE position = 1;"
            "UPDATE picture SET format = 9 WHERE item = (SELECT id FROM item WHERE position = 2);"
            "UPDATE picture SET width = -1 WHERE item = (SELECT id FROM item WHERE position = 3);"
            "UPDATE caption SET candidate = 777 WHERE pair = 1;"
            "UPDATE split_item SET item = 778 WHERE split = 1 AND place = 3;"
            "UPDATE attribute_value SET text = x'80' WHERE text = 'Acme'");
    assert_int_equal(reopen(), GMR_OK);
    for (size_t i = 1; i <= 3; i++)
        assert_int_equal(catalogue_item(catalogue, i, &arena, &item), GMR_ERR_FORMAT);
    assert_int_equal(catalogue_caption(catalogue, 0, &arena, &caption), GMR_ERR_FORMAT);
    assert_message("names an item that is not there");
    assert_int_equal(
        catalogue_split_items(catalogue, "train", positions, support_train_items(ITEMS)),
        GMR_ERR_FORMAT);
    assert_int_equal(catalogue_filter(catalogue, (const char *[]){ "brand=x" }, 1, allowed),
                     GMR_ERR_FORMAT);
    assert_int_equal(catalogue_find(catalogue, "item-0001", &position), GMR_OK);
}

static void positions_with_a_gap_are_told(void **state)
{
    (void)state;
    int64_t ids[ITEMS], stamps[ITEMS];
    uint8_t allowed[ITEMS];
    struct gmr_item item;
    run_sql("UPDATE item SET position = 6 WHERE position = 5");
    assert_int_equal(reopen(), GMR_OK);
    assert_int_equal(catalogue_item(catalogue, 5, &arena, &item), GMR_ERR_FORMAT);
    assert_message("no item at position 5");
    assert_int_equal(catalogue_item_ids(catalogue, ids, stamps), GMR_ERR_FORMAT);
    assert_int_equal(catalogue_filter(catalogue, (const char *[]){ "colour=red" }, 1, allowed),
                     GMR_ERR_FORMAT);
    run_sql("UPDATE item SET position = 1000000000000 WHERE position = 7");
    assert_int_equal(reopen(), GMR_ERR_FORMAT);
    assert_message("24 items at positions below 1000000000001");
}

static void missing_tables_are_told(void **state)
{
    (void)state;
    run_sql("DROP TABLE item_value");
    assert_int_equal(reopen(), GMR_OK);
    struct gmr_item item;
    assert_int_equal(catalogue_item(catalogue, 0, &arena, &item), GMR_ERR_FORMAT);
    assert_message("no such table");
    run_sql("DROP TABLE item");
    assert_int_equal(reopen(), GMR_ERR_FORMAT);
}

/* ---- damage anywhere ---- */

static bool plausible(enum gmr_status status)
{
    return status == GMR_OK || status == GMR_ERR_FORMAT || status == GMR_ERR_NOT_FOUND ||
           status == GMR_ERR_IO || status == GMR_ERR_RANGE || status == GMR_ERR_UNSUPPORTED ||
           status == GMR_ERR_NOMEM;
}

static void read_items(struct catalogue *c, struct arena *memory)
{
    struct gmr_item item;
    const char *const *names;
    const void *bytes;
    size_t length, count, position;
    for (size_t i = 0; i < catalogue_count(c) && i < 2 * ITEMS; i++) {
        enum gmr_status status = catalogue_item(c, i, memory, &item);
        assert_true(plausible(status));
        if (status == GMR_OK && catalogue_find(c, item.key, &position) == GMR_OK)
            assert_true(position < catalogue_count(c));
        for (size_t s = 0; s < 2; s++)
            assert_true(plausible(catalogue_picture(c, i, sizes[s], memory, &bytes, &length)));
        assert_true(plausible(catalogue_item_splits(c, i, memory, &names, &count)));
    }
}

static void read_splits(struct catalogue *c, struct arena *memory)
{
    const struct gmr_split *splits;
    size_t count;
    if (catalogue_splits(c, &splits, &count) != GMR_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        size_t *positions = arena_array(memory, splits[i].items, sizeof *positions);
        assert_non_null(positions);
        if (catalogue_split_items(c, splits[i].name, positions, splits[i].items) != GMR_OK)
            continue;
        for (size_t n = 0; n < splits[i].items; n++)
            assert_true(positions[n] < catalogue_count(c));
    }
}

static void read_the_rest(struct catalogue *c, struct arena *memory)
{
    const struct gmr_attribute_summary *attributes;
    const struct gmr_value_summary *values;
    struct gmr_caption caption;
    size_t count = catalogue_count(c);
    uint8_t *allowed = arena_array(memory, count, 1);
    int64_t *ids = arena_array(memory, count, sizeof *ids);
    int64_t *stamps = arena_array(memory, count, sizeof *stamps);
    for (size_t i = 0; i < catalogue_caption_count(c) && i < 2 * ITEMS; i++)
        if (catalogue_caption(c, i, memory, &caption) == GMR_OK)
            assert_true(caption.candidate < count);
    assert_true(plausible(catalogue_attributes(c, memory, &attributes, &count)));
    assert_true(plausible(catalogue_values(c, "colour", memory, &values, &count)));
    assert_true(
        plausible(catalogue_filter(c, (const char *[]){ "colour=red", "price<50" }, 2, allowed)));
    assert_true(plausible(catalogue_item_ids(c, ids, stamps)));
}

/* Opens a catalogue and reads all of it, whatever comes; returns whether it could be opened. */
static bool read_all(const char *path)
{
    struct catalogue *c;
    struct arena memory;
    enum gmr_status status = catalogue_open(NULL, path, &c);
    assert_true(plausible(status));
    if (status != GMR_OK)
        return false;
    assert_true(catalogue_count(c) < 100000);
    arena_init(&memory, NULL, 0);
    read_items(c, &memory);
    read_splits(c, &memory);
    read_the_rest(c, &memory);
    arena_release(&memory);
    catalogue_close(c);
    return true;
}

/* The bytes of the good database, for the tests that spoil it. */
static uint8_t *load_database(size_t *size)
{
    struct file_map map;
    catalogue_close(catalogue);
    catalogue = NULL;
    assert_int_equal(file_map_open(&map, in_scratch("shop/catalogue.db")), GMR_OK);
    uint8_t *bytes = test_malloc(map.size);
    memcpy(bytes, map.data, map.size);
    *size = map.size;
    file_map_close(&map);
    assert_int_equal(mkdir(in_scratch("bad"), 0700), 0);
    return bytes;
}

static bool read_damaged(const uint8_t *bytes, size_t size)
{
    write_file(in_scratch("bad/catalogue.db"), bytes, size);
    return read_all(in_scratch("bad"));
}

static void truncated_files_do_no_harm(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = load_database(&size);
    assert_true(read_damaged(bytes, size));
    for (size_t n = 0; n < 24; n++)
        read_damaged(bytes, size / 24 * n + n);
    assert_false(read_damaged(bytes, 100));
    test_free(bytes);
}

/* Only bytes that mean something: large runs of zeros are free space. */
static void flipped_bytes_do_no_harm(void **state)
{
    (void)state;
    size_t size, opened = 0, tried = 0;
    uint8_t *bytes = load_database(&size);
    for (size_t i = 0; i < size; i++) {
        bool in_use = bytes[i] != 0 || i % 16384 < 16 || i < 100;
        if (!in_use || (i * 2654435761u >> 7) % 24 != 0)
            continue;
        uint8_t was = bytes[i];
        bytes[i] ^= (uint8_t)(i % 3 == 0 ? 0xFF : 1 << (i % 8));
        opened += read_damaged(bytes, size);
        tried++;
        bytes[i] = was;
    }
    assert_true(tried > 300 && opened > 100 && opened < tried);
    test_free(bytes);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(items_are_read),
        TEST(items_are_found_by_key),
        TEST(small_pictures_are_their_own_thumbnails),
        TEST(a_stored_thumbnail_is_used_unless_damaged),
        TEST(pictures_elsewhere_are_read),
        TEST(a_broken_picture_has_no_thumbnail),
        TEST(splits_keep_their_order),
        TEST(items_know_their_splits),
        TEST(attributes_are_summed_up),
        TEST(values_are_counted),
        TEST(captions_are_read),
        TEST(missing_catalogues_are_told),
        TEST(damaged_contents_are_told),
        TEST(positions_with_a_gap_are_told),
        TEST(missing_tables_are_told),
        TEST(truncated_files_do_no_harm),
        TEST(flipped_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
