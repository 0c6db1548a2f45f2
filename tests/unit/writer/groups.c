/* Pictures, splits and captions of a catalogue that is imported again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "catalogue/catalogue.h"
#include "support/message.h"
#include "support/scratch.h"
#include "unit/writer/shop.h"

/* ---- pictures ---- */

static struct gmr_import_report import_picture(const struct catalogue_picture *picture)
{
    struct catalogue_writer *writer = open_writer(&first);
    const struct catalogue_record record = { .key = "a", .picture = *picture };
    if (catalogue_writer_put(writer, &record) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return finish(writer);
}

static void assert_picture(const char *expected, const char *path)
{
    struct catalogue *catalogue = open_catalogue();
    struct arena arena;
    struct gmr_item item;
    const void *bytes;
    size_t length;
    arena_init(&arena, NULL, 0);
    assert_int_equal(catalogue_item(catalogue, 0, &arena, &item), GMR_OK);
    enum gmr_status status =
        catalogue_picture(catalogue, 0, GMR_PICTURE_FULL, &arena, &bytes, &length);
    assert_int_equal(status == GMR_OK, expected != NULL);
    if (expected) {
        assert_int_equal(length, strlen(expected));
        assert_memory_equal(bytes, expected, length);
    }
    assert_int_equal(item.picture_path != NULL, path != NULL);
    if (path)
        assert_string_equal(item.picture_path, path);
    arena_release(&arena);
    catalogue_close(catalogue);
}

static void assert_has_picture(int64_t stamp, bool stored, bool expected)
{
    struct catalogue_writer *writer = open_writer(&first), *other;
    assert_int_equal(catalogue_writer_has_picture(writer, "a", stamp, stored), expected);
    assert_false(catalogue_writer_has_picture(writer, "b", stamp, stored));
    catalogue_writer_abort(writer);
    other = open_writer(&second);
    assert_false(catalogue_writer_has_picture(other, "a", stamp, stored));
    catalogue_writer_abort(other);
}

static const struct catalogue_picture sun = {
    .format = GMR_PICTURE_PNG, .width = 4, .height = 4, .stamp = 5, .bytes = "sun", .size = 3
};

static void pictures_are_kept_by_their_stamp(void **state)
{
    (void)state;
    struct catalogue_picture picture = sun;
    assert_report(import_picture(&picture), 1, 0, 0, 0);
    assert_has_picture(5, true, true);
    assert_has_picture(5, false, false);
    assert_has_picture(6, true, false);
    assert_report(import_picture(&(struct catalogue_picture){ .stamp = 5 }), 0, 0, 0, 1);
    assert_picture("sun", NULL);
    assert_report(import_picture(&picture), 0, 0, 0, 1);
    picture.stamp = 6;
    picture.bytes = "moon";
    picture.size = 4;
    assert_report(import_picture(&picture), 0, 1, 0, 0);
    assert_picture("moon", NULL);
    assert_report(import_picture(&(struct catalogue_picture){ .stamp = 0 }), 0, 1, 0, 0);
    assert_picture(NULL, NULL);
    assert_int_equal(count_rows("SELECT count(*) FROM picture_data"), 0);
    assert_report(import_picture(&(struct catalogue_picture){ .stamp = 0 }), 0, 0, 0, 1);
}

static void pictures_may_lie_elsewhere(void **state)
{
    (void)state;
    struct catalogue_picture picture = sun;
    picture.path = "/nowhere/a.png";
    assert_report(import_picture(&picture), 1, 0, 0, 0);
    assert_picture(NULL, "/nowhere/a.png");
    assert_has_picture(5, false, true);
    assert_report(
        import_picture(&(struct catalogue_picture){ .stamp = 5, .path = "/nowhere/b.png" }), 0, 0,
        0, 1);
    assert_picture(NULL, "/nowhere/b.png");          /* the same file, found in another place */
    assert_report(import_picture(&sun), 0, 1, 0, 0); /* now it is stored */
    assert_picture("sun", NULL);
}

static void a_picture_to_keep_must_be_there(void **state)
{
    (void)state;
    struct catalogue_writer *writer = open_writer(&first);
    const struct catalogue_record record = { .key = "a", .picture = { .stamp = 5 } };
    assert_int_equal(catalogue_writer_put(writer, &record), GMR_ERR_FORMAT);
    assert_message("not there to be kept");
    catalogue_writer_abort(writer);
}

/* ---- splits and captions ---- */

static void splits_are_written_anew(void **state)
{
    (void)state;
    assert_int_equal(import_split(&first, "abcd", "train", "dbdb").splits, 1);
    assert_split(0, "train", "db"); /* one that is in it stays where it is */
    import_split(&second, "xyz", "train", "zx");
    assert_split(0, "train", "dbzx");
    import_split(&first, "abcd", "train", "acb");
    assert_split(0, "train", "acbzx"); /* the first source stays first */
    import_split(&first, "abcd", "extra", "d");
    assert_split(0, "train", "zx");
    assert_split(1, "extra", "d");
    import_split(&second, "xyz", "more", "y");
    assert_split(0, "extra", "d"); /* the empty one is gone */
    assert_split(1, "more", "y");
    assert_int_equal(count_rows("SELECT count(*) FROM split"), 2);
}

static void removed_items_leave_their_splits(void **state)
{
    (void)state;
    import_split(&first, "abcd", "train", "abcd");
    import_split(&first, "bd", "train", "bd");
    assert_split(0, "train", "bd");
    assert_int_equal(count_rows("SELECT count(*) FROM split_item"), 2);
}

static size_t import_captions(const struct catalogue_source *source, const char *keys,
                              const char *text, size_t captions)
{
    struct catalogue_writer *writer = open_writer(source);
    for (const char *k = keys; *k != '\0'; k++)
        put(writer, (const char[]){ *k, '\0' }, "old");
    for (size_t i = 0; i < captions; i++)
        assert_int_equal(catalogue_writer_caption(writer, "s", i, (const char[]){ keys[1], '\0' },
                                                  (const char[]){ keys[0], '\0' }, text),
                         GMR_OK);
    return finish(writer).captions;
}

static void assert_caption(size_t index, const char *text, size_t pair, size_t target)
{
    struct catalogue *catalogue = open_catalogue();
    struct gmr_caption caption;
    struct arena arena;
    arena_init(&arena, NULL, 0);
    assert_int_equal(catalogue_caption(catalogue, index, &arena, &caption), GMR_OK);
    assert_string_equal(caption.text, text);
    assert_int_equal(caption.pair, pair);
    assert_int_equal(caption.target, target);
    arena_release(&arena);
    catalogue_close(catalogue);
}

static void captions_are_written_anew(void **state)
{
    (void)state;
    assert_int_equal(import_captions(&first, "ab", "one", 2), 2);
    assert_int_equal(import_captions(&second, "xy", "two", 1), 1);
    assert_int_equal(import_captions(&first, "abc", "three", 1), 1);
    assert_int_equal(count_rows("SELECT count(*) FROM caption"), 2);
    assert_caption(0, "three", 0, 1); /* in the order of the sources */
    assert_caption(1, "two", 0, 4);
    assert_int_equal(import_captions(&second, "x", "none", 0), 0);
    assert_int_equal(count_rows("SELECT count(*) FROM caption"), 1);
}

static void groups_need_items_of_this_import(void **state)
{
    (void)state;
    import(&second, "x");
    import(&first, "ab");
    struct catalogue_writer *writer = open_writer(&first);
    assert_false(catalogue_writer_knows(writer, "a"));
    put(writer, "a", "old");
    assert_true(catalogue_writer_knows(writer, "a"));
    assert_false(catalogue_writer_knows(writer, "b"));
    assert_false(catalogue_writer_knows(writer, "x"));
    assert_int_equal(catalogue_writer_split(writer, "s", "b"), GMR_ERR_NOT_FOUND);
    assert_message("no item 'b' in this import");
    assert_int_equal(catalogue_writer_split(writer, "s", "x"), GMR_ERR_NOT_FOUND);
    assert_int_equal(catalogue_writer_caption(writer, "s", 0, "b", "a", "t"), GMR_ERR_NOT_FOUND);
    assert_int_equal(catalogue_writer_caption(writer, "s", 0, "a", "b", "t"), GMR_ERR_NOT_FOUND);
    assert_int_equal(catalogue_writer_split(writer, "", "a"), GMR_ERR_FORMAT);
    assert_int_equal(catalogue_writer_split(writer, "\xFF", "a"), GMR_ERR_FORMAT);
    assert_int_equal(catalogue_writer_caption(writer, "s", 0, NULL, "a", "\xFF"), GMR_ERR_FORMAT);
    assert_int_equal(finish(writer).splits, 0);
    assert_int_equal(count_rows("SELECT count(*) FROM split"), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int test_groups(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pictures_are_kept_by_their_stamp), TEST(pictures_may_lie_elsewhere),
        TEST(a_picture_to_keep_must_be_there),  TEST(splits_are_written_anew),
        TEST(removed_items_leave_their_splits), TEST(captions_are_written_anew),
        TEST(groups_need_items_of_this_import),
    };
    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
