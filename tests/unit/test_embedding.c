/* Embeddings of a catalogue: what is written is read, rows find their items again after an import,
 * and files that are wrong are reported without doing harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "catalogue/embedding.h"
#include "support/catalogue.h"
#include "support/support.h"
#include "tensor/safetensors.h"

enum { ITEMS = 12, WIDTH = 3 };

struct fixture {
    struct temporary_directory directory;
    char path[PATH_MAX];
    struct catalogue *catalogue;
    size_t positions[ITEMS], count; /* of the items with a picture */
    float vectors[ITEMS * WIDTH];
};

static void open_catalogue(struct fixture *f)
{
    catalogue_close(f->catalogue);
    assert_int_equal(catalogue_open(NULL, f->path, &f->catalogue), GMR_OK);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;
    *f = (struct fixture){ 0 };
    temporary_directory_create(&f->directory);
    temporary_path(&f->directory, "shop", f->path);
    support_catalogue_create(f->path, ITEMS);
    open_catalogue(f);
    for (size_t i = 0; i < ITEMS; i++)
        if (i % 5 != 4)
            f->positions[f->count++] = i;
    for (size_t i = 0; i < f->count * WIDTH; i++)
        f->vectors[i] = (float)i + 0.5F;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    catalogue_close(f->catalogue);
    temporary_directory_remove(&f->directory);
    return 0;
}

static void write_all(struct fixture *f, const char *name)
{
    assert_int_equal(
        embedding_write(f->catalogue, name, "abc", f->vectors, WIDTH, f->positions, f->count),
        GMR_OK);
}

/* ---- reading what was written ---- */

static void reads_what_was_written(void **state)
{
    struct fixture *f = *state;
    struct embedding_file e;
    write_all(f, "clip-1");
    assert_int_equal(embedding_file_open(f->catalogue, "clip-1", &e), GMR_OK);
    assert_int_equal(e.width, WIDTH);
    assert_int_equal(e.rows, f->count);
    assert_int_equal(e.current, f->count);
    assert_string_equal(e.encoder, "abc");
    assert_memory_equal(e.vectors, f->vectors, f->count * WIDTH * sizeof *e.vectors);
    for (size_t r = 0; r < e.rows; r++) {
        assert_int_equal(e.position[r], f->positions[r]);
        assert_int_equal(e.row[f->positions[r]], r);
    }
    assert_int_equal(e.row[4], GMR_NO_ITEM);
    embedding_file_close(&e);
}

static void some_items_are_enough(void **state)
{
    struct fixture *f = *state;
    struct embedding_file e;
    assert_int_equal(
        embedding_write(f->catalogue, "few", "", f->vectors, WIDTH, (size_t[]){ 3, 7 }, 2), GMR_OK);
    assert_int_equal(embedding_file_open(f->catalogue, "few", &e), GMR_OK);
    assert_int_equal(e.current, 2);
    assert_int_equal(e.row[7], 1);
    assert_int_equal(e.row[0], GMR_NO_ITEM);
    embedding_file_close(&e);
    assert_int_equal(embedding_write(f->catalogue, "none", "", NULL, WIDTH, NULL, 0), GMR_OK);
    assert_int_equal(embedding_file_open(f->catalogue, "none", &e), GMR_OK);
    assert_int_equal(e.current, 0);
    embedding_file_close(&e);
}

/* Two tensors of halves, one of them of rank 2, and a metadata of their own. */
static const struct item_row_layout halves = {
    .dtype = DTYPE_F16,
    .tensors = 2,
    .tensor = { { "map", 2, { 2, WIDTH } }, { "mean", 1, { WIDTH } } },
    .metadata = { "grid", "1" },
};

static const void *row_of(void *user, size_t tensor, size_t position)
{
    uint16_t *row = user;
    for (size_t i = 0; i < item_row_numel(&halves.tensor[tensor]); i++)
        row[i] = (uint16_t)(1000 * tensor + 100 * position + i);
    return row;
}

static void rows_may_be_of_several_tensors(void **state)
{
    struct fixture *f = *state;
    struct item_rows rows;
    struct item_row_layout other = halves;
    const uint8_t *data[ITEM_ROW_TENSORS];
    uint16_t row[2 * WIDTH];
    assert_int_equal(item_row_bytes(&halves), 3 * WIDTH * 2);
    assert_int_equal(item_rows_write(f->catalogue, "halves", "some", "abc", &halves, row_of, row,
                                     f->positions, f->count),
                     GMR_OK);
    assert_int_equal(item_rows_open(f->catalogue, "halves", "some", &rows), GMR_OK);
    assert_int_equal(rows.current, f->count);
    assert_true(item_rows_have(&rows, &halves, "abc", data));
    for (size_t r = 0; r < rows.rows; r++)
        for (size_t t = 0; t < 2; t++) {
            const size_t bytes = item_row_numel(&halves.tensor[t]) * 2;
            row_of(row, t, f->positions[r]);
            assert_memory_equal(data[t] + r * bytes, row, bytes);
        }
    assert_false(item_rows_have(&rows, &halves, "abd", data));
    other.tensor[0].dim[0] = 3;
    assert_false(item_rows_have(&rows, &other, "abc", data));
    other = halves;
    other.tensor[1].name = "median";
    assert_false(item_rows_have(&rows, &other, "abc", data));
    assert_string_equal(safetensors_metadata_find(rows.file, "grid"), "1");
    item_rows_close(&rows);
}

/* ---- after an import ---- */

/* Imports the records again: without the first `left_out`, and with another picture of item
 * `changed`. */
static void import_again(struct fixture *f, size_t left_out, size_t changed)
{
    const struct catalogue_source source = { "test", "somewhere" };
    struct catalogue_writer *writer;
    struct gmr_import_report report = { 0 };
    assert_int_equal(catalogue_writer_open(NULL, f->path, &source, &writer), GMR_OK);
    for (size_t i = left_out; i < ITEMS; i++) {
        struct support_item item;
        support_item_fill(&item, i);
        if (i == changed)
            item.record.picture.stamp += 1000;
        assert_int_equal(catalogue_writer_put(writer, &item.record), GMR_OK);
    }
    assert_int_equal(catalogue_writer_finish(writer, "second", &report), GMR_OK);
}

static void rows_follow_their_items(void **state)
{
    struct fixture *f = *state;
    struct embedding_file e;
    write_all(f, "clip");
    import_again(f, 2, 3);
    open_catalogue(f);
    assert_int_equal(catalogue_count(f->catalogue), ITEMS - 2);
    assert_int_equal(embedding_file_open(f->catalogue, "clip", &e), GMR_OK);
    assert_int_equal(e.rows, f->count);
    assert_int_equal(e.current, f->count - 3); /* items 0 and 1 are gone, 3 looks different */
    assert_int_equal(e.position[0], GMR_NO_ITEM);
    assert_int_equal(e.position[2], 0); /* item 2 */
    assert_int_equal(e.position[3], GMR_NO_ITEM);
    assert_int_equal(e.row[1], GMR_NO_ITEM);
    assert_int_equal(e.row[3], 4); /* item 5 is the fifth with a picture */
    embedding_file_close(&e);
}

/* ---- what is wrong ---- */

static void bad_names(void **state)
{
    static const char *const names[] = {
        "", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "ü"
    };
    struct fixture *f = *state;
    struct embedding_file e;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_false(embedding_name_is_valid(names[i]));
        assert_int_equal(embedding_file_open(f->catalogue, names[i], &e), GMR_ERR_FORMAT);
        assert_int_equal(
            embedding_write(f->catalogue, names[i], "", f->vectors, WIDTH, f->positions, f->count),
            GMR_ERR_FORMAT);
    }
    assert_true(embedding_name_is_valid("RN101_v1.2-x"));
}

static void bad_arguments(void **state)
{
    struct fixture *f = *state;
    struct embedding_file e;
    const size_t falling[] = { 3, 2 }, same[] = { 3, 3 }, beyond[] = { 0, ITEMS };
    const size_t *const wrong[] = { falling, same, beyond };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(embedding_write(f->catalogue, "x", "", f->vectors, WIDTH, wrong[i], 2),
                         GMR_ERR_RANGE);
    assert_int_equal(embedding_write(f->catalogue, "x", "", f->vectors, 0, f->positions, 1),
                     GMR_ERR_RANGE);
    assert_int_equal(embedding_file_open(f->catalogue, "x", &e), GMR_ERR_NOT_FOUND);
}

/* A file with these tensors in place of the right ones. */
struct wrong_file {
    enum dtype image, item;
    size_t image_rank, rows, items;
    bool no_stamps, twice;
    enum gmr_status expected;
};

static void write_wrong(struct fixture *f, const struct wrong_file *wrong)
{
    static const int64_t numbers[ITEMS] = { 1, 2, 3, 4 }, same[ITEMS] = { 1, 1, 1, 1 };
    static const double values[ITEMS];
    int64_t ids[ITEMS], stamps[ITEMS];
    char path[PATH_MAX + 64];
    struct safetensors_entry entry[3] = {
        { "image", wrong->image, wrong->image_rank, { wrong->rows, WIDTH }, values, 0 },
        { "item", wrong->item, 1, { wrong->items }, wrong->twice ? same : numbers, 0 },
        { "picture", DTYPE_I64, 1, { wrong->items }, stamps, 0 },
    };
    assert_int_equal(catalogue_item_ids(f->catalogue, ids, stamps), GMR_OK);
    for (size_t i = 0; wrong->twice && i < ITEMS; i++)
        stamps[i] = stamps[0];
    entry[0].size = wrong->rows * dtype_size(wrong->image) * (wrong->image_rank == 2 ? WIDTH : 1);
    entry[1].size = wrong->items * dtype_size(wrong->item);
    entry[2].size = wrong->items * sizeof(int64_t);
    snprintf(path, sizeof path, "%s/embedding", f->path);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/embedding/wrong.safetensors", f->path);
    assert_int_equal(safetensors_write(NULL, path, entry, wrong->no_stamps ? 2 : 3, NULL, 0),
                     GMR_OK);
}

static void wrong_files(void **state)
{
    static const struct wrong_file files[] = {
        { DTYPE_F32, DTYPE_I64, 2, 4, 4, false, false, GMR_OK },
        { DTYPE_F64, DTYPE_I64, 2, 4, 4, false, false, GMR_ERR_TYPE },
        { DTYPE_F32, DTYPE_F32, 2, 4, 4, false, false, GMR_ERR_TYPE },
        { DTYPE_F32, DTYPE_I64, 1, 4, 4, false, false, GMR_ERR_SHAPE },
        { DTYPE_F32, DTYPE_I64, 2, 4, 3, false, false, GMR_ERR_SHAPE },
        { DTYPE_F32, DTYPE_I64, 2, 4, 4, true, false, GMR_ERR_FORMAT },
        { DTYPE_F32, DTYPE_I64, 2, 4, 4, false, true, GMR_ERR_FORMAT },
    };
    struct fixture *f = *state;
    struct embedding_file e;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_wrong(f, &files[i]);
        assert_int_equal(embedding_file_open(f->catalogue, "wrong", &e), files[i].expected);
        embedding_file_close(&e);
    }
}

/* ---- the list ---- */

static void lists_all_with_their_problems(void **state)
{
    struct fixture *f = *state;
    const struct gmr_embedding_summary *list;
    char path[PATH_MAX + 64];
    struct arena arena;
    size_t count;
    arena_init(&arena, NULL, 0);
    assert_int_equal(embedding_list(f->catalogue, &arena, &list, &count), GMR_OK);
    assert_int_equal(count, 0);
    write_all(f, "second");
    write_all(f, "first");
    snprintf(path, sizeof path, "%s/embedding/damaged.safetensors", f->path);
    write_file(path, "nonsense", 8);
    snprintf(path, sizeof path, "%s/embedding/notes.txt", f->path);
    write_file(path, "notes", 5);
    assert_int_equal(embedding_list(f->catalogue, &arena, &list, &count), GMR_OK);
    assert_int_equal(count, 3);
    assert_string_equal(list[0].name, "damaged");
    assert_non_null(strstr(list[0].problem, "damaged.safetensors"));
    assert_string_equal(list[1].name, "first");
    assert_null(list[1].problem);
    assert_int_equal(list[1].items, f->count);
    assert_int_equal(list[1].width, WIDTH);
    assert_string_equal(list[1].encoder, "abc");
    assert_string_equal(list[2].name, "second");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(some_items_are_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_may_be_of_several_tensors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_follow_their_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_all_with_their_problems, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
