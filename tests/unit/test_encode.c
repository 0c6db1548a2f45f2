/* Encoding a catalogue: every picture gets the vector of its square, only what lacks one is
 * encoded, and a run that was stopped is gone on with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "catalogue/embedding.h"
#include "catalogue/encode_scratch.h"
#include "support/encoding.h"
#include "support/message.h"
#include "support/pictured.h"
#include "support/scratch.h"
#include "support/support.h"

enum { ITEMS = 100 };

#define EMBEDDING "shop/embedding/clip.safetensors"
#define PARTIAL   "shop/embedding/clip.partial"

/* How many of items first .. end - 1 are so. */
static size_t count_items(bool (*is)(size_t), size_t first, size_t end)
{
    size_t count = 0;
    for (size_t i = first; i < end; i++)
        count += is(i);
    return count;
}

static struct gmr_encode_report encode_with(struct fake_tower *tower, enum gmr_status expected)
{
    struct gmr_encode_report report;
    const enum gmr_status status = fake_encode(NULL, tower, &report);
    if (status != expected)
        fail_msg("status %d: %s", status, gmr_error_message());
    return report;
}

static struct gmr_encode_report encode(const char *encoder)
{
    struct fake_tower tower = { .encoder = encoder };
    struct gmr_encode_report report = encode_with(&tower, GMR_OK);
    assert_int_equal(tower.squares, report.encoded);
    return report;
}

static bool exists(const char *name)
{
    return access(in_scratch(name), F_OK) == 0;
}

/* ---- vectors ---- */

static void check_vector(const struct embedding_file *e, size_t item, size_t position)
{
    const struct fake_tower tower = { .encoder = "a" };
    struct picture picture, square;
    float expected[FAKE_WIDTH];
    if (!pictured_is_sound(item)) {
        assert_int_equal(e->row[position], GMR_NO_ITEM);
        return;
    }
    picture = pictured_decode(item);
    assert_int_equal(preprocess_square(NULL, &picture, PREPROCESS_PAD, FAKE_SIDE, &square), GMR_OK);
    fake_vector(&tower, square.pixels, expected);
    assert_memory_equal(e->vectors + e->row[position] * FAKE_WIDTH, expected, sizeof expected);
    picture_release(&picture);
    picture_release(&square);
}

/* The embedding has the vectors of all sound items from `first` on. */
static void check_embedding(size_t first, size_t end)
{
    struct catalogue *catalogue;
    struct embedding_file e;
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    if (embedding_file_open(catalogue, "clip", &e) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_string_equal(e.encoder, "a");
    assert_int_equal(e.rows, count_items(pictured_is_sound, first, end));
    assert_int_equal(e.current, e.rows);
    for (size_t i = first; i < end; i++)
        check_vector(&e, i, i - first);
    embedding_file_close(&e);
    catalogue_close(catalogue);
}

static void check_problems(const struct gmr_encode_report *report)
{
    struct file_map map;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch("shop/encode-problems-clip.tsv"));
    assert_string_equal(report->problems, path);
    assert_int_equal(file_map_open(&map, path), GMR_OK);
    assert_non_null(memmem(map.data, map.size, "picture\titem-0007\t\tcannot decode", 32));
    assert_non_null(memmem(map.data, map.size, "picture\titem-0015\t/", 19));
    file_map_close(&map);
}

static void every_picture_gets_its_vector(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    const struct gmr_encode_report report = encode("a");
    assert_false(report.unchanged);
    assert_int_equal(report.items, ITEMS);
    assert_int_equal(report.kept, 0);
    assert_int_equal(report.resumed, 0);
    assert_int_equal(report.encoded, count_items(pictured_is_sound, 0, ITEMS));
    assert_int_equal(report.without_picture, ITEMS - count_items(pictured_has_picture, 0, ITEMS));
    assert_int_equal(report.broken_pictures, ITEMS - report.encoded - report.without_picture);
    check_problems(&report);
    check_embedding(0, ITEMS);
    assert_false(exists(PARTIAL));
}

static void nothing_to_do_changes_nothing(void **state)
{
    (void)state;
    struct stat before, after;
    pictured_create(0, 7, GMR_NO_ITEM); /* none is broken */
    assert_string_equal(encode("a").problems, "");
    assert_int_equal(stat(in_scratch(EMBEDDING), &before), 0);
    const struct gmr_encode_report report = encode("a");
    assert_true(report.unchanged);
    assert_int_equal(report.kept, 6);
    assert_int_equal(report.without_picture, 1);
    assert_int_equal(stat(in_scratch(EMBEDDING), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

/* Broken pictures are tried again, and still broken nothing is written. */
static void broken_pictures_alone_change_nothing(void **state)
{
    (void)state;
    struct stat before, after;
    pictured_create(0, 8, GMR_NO_ITEM);
    encode("a");
    assert_int_equal(stat(in_scratch(EMBEDDING), &before), 0);
    const struct gmr_encode_report report = encode("a");
    assert_false(report.unchanged);
    assert_int_equal(report.broken_pictures, 1);
    assert_int_equal(stat(in_scratch(EMBEDDING), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void a_catalogue_without_pictures_has_an_embedding(void **state)
{
    (void)state;
    pictured_create(4, 5, GMR_NO_ITEM);
    assert_int_equal(encode("a").without_picture, 1);
    check_embedding(4, 5);
    assert_true(encode("a").unchanged);
}

/* ---- only what lacks one ---- */

static void only_what_changed_is_encoded(void **state)
{
    (void)state;
    struct file_map map;
    pictured_create(0, 60, GMR_NO_ITEM);
    encode("a");
    pictured_create(5, ITEMS, 9);
    const struct gmr_encode_report report = encode("a");
    assert_int_equal(report.kept, count_items(pictured_is_sound, 5, 60) - 1);
    assert_int_equal(report.encoded, count_items(pictured_is_sound, 60, ITEMS) + 1);
    assert_int_equal(file_map_open(&map, in_scratch(EMBEDDING)), GMR_OK);
    unlink(in_scratch(EMBEDDING));
    assert_int_equal(encode("a").encoded, report.kept + report.encoded);
    assert_true(file_holds(in_scratch(EMBEDDING), map.data, map.size));
    file_map_close(&map);
}

static void another_encoder_makes_all_anew(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    encode("another");
    const struct gmr_encode_report report = encode("a");
    assert_int_equal(report.kept, 0);
    assert_int_equal(report.encoded, count_items(pictured_is_sound, 0, ITEMS));
    check_embedding(0, ITEMS);
}

static void a_damaged_embedding_is_made_again(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    encode("a");
    put_scratch(EMBEDDING, "nonsense");
    assert_int_equal(encode("a").kept, 0);
    check_embedding(0, ITEMS);
}

/* ---- going on ---- */

static size_t encode_and_stop(size_t calls)
{
    struct fake_tower tower = { .encoder = "a", .stop_after = calls };
    const struct gmr_encode_report report = encode_with(&tower, GMR_ERR_CANCELLED);
    assert_message("encoding was cancelled");
    assert_int_equal(tower.squares, report.encoded);
    return report.encoded;
}

/* Encodes the rest: `made` vectors are there, and the file is that of an unbroken run. */
static void go_on(size_t made)
{
    const size_t all = count_items(pictured_is_sound, 0, ITEMS);
    struct gmr_encode_report report = encode("a");
    struct file_map map;
    assert_int_equal(report.resumed, made);
    assert_int_equal(report.encoded, all - made);
    check_embedding(0, ITEMS);
    assert_false(exists(PARTIAL));
    assert_int_equal(file_map_open(&map, in_scratch(EMBEDDING)), GMR_OK);
    unlink(in_scratch(EMBEDDING));
    report = encode("a");
    assert_int_equal(report.encoded, all);
    assert_true(file_holds(in_scratch(EMBEDDING), map.data, map.size));
    file_map_close(&map);
}

static void a_stopped_run_is_gone_on_with(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    const size_t made = encode_and_stop(2);
    assert_true(made > 0);
    assert_false(exists(EMBEDDING));
    assert_true(exists(PARTIAL));
    assert_false(exists("shop/encode-problems-clip.tsv"));
    struct fake_tower tower = { .encoder = "a", .stop_after = 1 };
    const struct gmr_encode_report report = encode_with(&tower, GMR_ERR_CANCELLED);
    assert_int_equal(report.resumed, made);
    go_on(made + report.encoded);
}

static void a_failing_tower_leaves_the_old_file(void **state)
{
    (void)state;
    struct fake_tower tower = { .encoder = "a", .fail_after = 1 };
    struct file_map map;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    encode("another");
    assert_int_equal(file_map_open(&map, in_scratch(EMBEDDING)), GMR_OK);
    const struct gmr_encode_report report = encode_with(&tower, GMR_ERR_NUMERIC);
    assert_message("the tower fails");
    assert_true(file_holds(in_scratch(EMBEDDING), map.data, map.size));
    file_map_close(&map);
    go_on(report.encoded);
}

static void what_is_of_another_encoder_is_not_used(void **state)
{
    (void)state;
    struct fake_tower tower = { .encoder = "another", .stop_after = 1 };
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    encode_with(&tower, GMR_ERR_CANCELLED);
    assert_true(exists(PARTIAL));
    go_on(0);
}

static void vectors_of_other_pictures_are_not_used(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, 3);
    const size_t made = encode_and_stop(2);
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    go_on(made - 1);
}

static void vectors_of_items_that_are_gone_are_not_used(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    const size_t made = encode_and_stop(2);
    pictured_create(1, ITEMS, GMR_NO_ITEM);
    const struct gmr_encode_report report = encode("a");
    assert_int_equal(report.resumed, made - 1);
    check_embedding(1, ITEMS);
}

/* ---- damaged files of a run under way ---- */

enum { HEADER = 128, RECORD = 48, BATCH = 16 };

static off_t size_of(const char *name)
{
    struct stat info;
    assert_int_equal(stat(in_scratch(name), &info), 0);
    return info.st_size;
}

/* Changes a byte. */
static void damage(const char *name, long at)
{
    FILE *file = fopen(in_scratch(name), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    const int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    fputc(byte ^ 4, file);
    assert_int_equal(fclose(file), 0);
}

static void a_torn_record_is_ignored(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    for (off_t cut = 1; cut <= RECORD; cut += RECORD - 1) {
        const size_t made = encode_and_stop(2);
        assert_int_equal(made, 2 * BATCH);
        assert_int_equal(size_of(PARTIAL), HEADER + (off_t)made * RECORD);
        assert_int_equal(truncate(in_scratch(PARTIAL), size_of(PARTIAL) - cut), 0);
        go_on(made - BATCH);
        unlink(in_scratch(EMBEDDING));
    }
}

static void nothing_after_damage_is_used(void **state)
{
    (void)state;
    static const long places[] = { 0, 10, 17, 24, 39, 43 }; /* id, stamp, check, vector */
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        encode_and_stop(2);
        damage(PARTIAL, HEADER + (BATCH + 5) * RECORD + places[i]);
        go_on(BATCH);
        unlink(in_scratch(EMBEDDING));
    }
}

static void what_is_no_such_file_is_written_over(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    for (long at = 3; at < HEADER; at += 25) { /* what it is, width, encoder, zeros */
        encode_and_stop(2);
        damage(PARTIAL, at);
        go_on(0);
        unlink(in_scratch(EMBEDDING));
    }
    put_scratch(PARTIAL, "");
    go_on(0);
    unlink(in_scratch(EMBEDDING));
    put_scratch(PARTIAL, "nonsense");
    go_on(0);
}

/* A catalogue from somebody else must not make us write to any file of ours. */
static void links_are_not_followed(void **state)
{
    (void)state;
    struct fake_tower tower = { .encoder = "a" };
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    assert_int_equal(mkdir(in_scratch("shop/embedding"), 0777), 0);
    put_scratch("precious", "mine");
    assert_int_equal(symlink(in_scratch("precious"), in_scratch(PARTIAL)), 0);
    encode_with(&tower, GMR_ERR_IO);
    assert_message("clip.partial");
    assert_true(scratch_holds("precious", "mine"));
    unlink(in_scratch(PARTIAL));
    assert_int_equal(mkfifo(in_scratch(PARTIAL), 0666), 0);
    encode_with(&tower, GMR_ERR_IO);
    assert_message("not a regular file");
    assert_int_equal(tower.calls, 0);
}

/* ---- what cannot be ---- */

static void two_do_not_encode_the_same(void **state)
{
    (void)state;
    struct encode_scratch other;
    struct fake_tower tower = { .encoder = "a" };
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    const size_t made = encode_and_stop(1);
    assert_int_equal(
        encode_scratch_open(&other, NULL, in_scratch(PARTIAL), "a", FAKE_WIDTH * sizeof(float), 16),
        GMR_OK);
    assert_int_equal(other.count, made);
    encode_with(&tower, GMR_ERR_STATE);
    assert_message("another process is encoding into it");
    assert_int_equal(tower.calls, 0);
    encode_scratch_close(&other);
    go_on(made);
}

static void bad_names_are_refused(void **state)
{
    (void)state;
    struct catalogue *catalogue;
    struct gmr_encode_report report;
    const struct image_tower tower = { .side = 1, .width = 1, .encoder = "a" };
    const struct gmr_encode_options options = { .name = "../clip" };
    pictured_create(0, 3, GMR_NO_ITEM);
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    assert_int_equal(catalogue_encode(catalogue, &tower, 1, NULL, &options, &report),
                     GMR_ERR_FORMAT);
    assert_message("'../clip' is no name for an embedding");
    catalogue_close(catalogue);
    assert_false(exists("shop/embedding"));
}

/* ---- memory ---- */

static size_t peak(size_t items)
{
    struct failing_allocator memory;
    struct gmr_encode_report report;
    struct fake_tower tower = { .encoder = "a", .width = FAKE_MAX_WIDTH };
    pictured_create(0, items, GMR_NO_ITEM);
    unlink(in_scratch(EMBEDDING));
    failing_allocator_init(&memory, 0);
    assert_int_equal(fake_encode(&memory.allocator, &tower, &report), GMR_OK);
    assert_true(failing_allocator_is_clean(&memory));
    return memory.peak_bytes;
}

/* An item costs a few numbers, but not its vector of 1 KB. Decoders at work are not always as far,
 * hence the slack. */
static void memory_hardly_grows(void **state)
{
    (void)state;
    const size_t few = 300, many = 900, slack = 32 * 1024;
    const size_t least = peak(few), most = peak(many);
    if (most > least + (many - few) * 120 + slack)
        fail_msg("%zu bytes for %zu items, %zu for %zu", least, few, most, many);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_picture_gets_its_vector),
        TEST(nothing_to_do_changes_nothing),
        TEST(broken_pictures_alone_change_nothing),
        TEST(a_catalogue_without_pictures_has_an_embedding),
        TEST(only_what_changed_is_encoded),
        TEST(another_encoder_makes_all_anew),
        TEST(a_damaged_embedding_is_made_again),
        TEST(a_stopped_run_is_gone_on_with),
        TEST(a_failing_tower_leaves_the_old_file),
        TEST(what_is_of_another_encoder_is_not_used),
        TEST(vectors_of_other_pictures_are_not_used),
        TEST(vectors_of_items_that_are_gone_are_not_used),
        TEST(a_torn_record_is_ignored),
        TEST(nothing_after_damage_is_used),
        TEST(what_is_no_such_file_is_written_over),
        TEST(links_are_not_followed),
        TEST(two_do_not_encode_the_same),
        TEST(bad_names_are_refused),
        TEST(memory_hardly_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
