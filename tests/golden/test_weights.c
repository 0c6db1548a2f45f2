/* Files that PyTorch wrote (tests/golden/data/containers; scripts/golden/containers.py) hold what
 * their safetensors twins say: the same tensors, byte for byte, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "tensor/weights.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/containers/"

static struct safetensors *open_file(const char *path)
{
    struct safetensors *file;
    if (weights_open(NULL, path, &file) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return file;
}

static void assert_same(const struct safetensors_entry *found,
                        const struct safetensors_entry *expected, const char *path)
{
    char a[SHAPE_TEXT], b[SHAPE_TEXT];
    if (strcmp(found->name, expected->name) != 0)
        fail_msg("%s: tensor '%s' instead of '%s'", path, found->name, expected->name);
    if (found->dtype != expected->dtype || found->rank != expected->rank ||
        memcmp(found->dim, expected->dim, found->rank * sizeof *found->dim) != 0)
        fail_msg("%s: '%s' is %s of %s instead of %s of %s", path, found->name,
                 shape_text(found->dim, found->rank, a), dtype_name(found->dtype),
                 shape_text(expected->dim, expected->rank, b), dtype_name(expected->dtype));
    assert_int_equal(found->size, expected->size);
    if (memcmp(found->data, expected->data, found->size) != 0)
        fail_msg("%s: '%s' has other elements", path, found->name);
}

static int compare_names(const void *left, const void *right)
{
    const struct safetensors_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

enum { MOST = 100 };

/* By name: the order of attributes is TorchScript's own. */
static size_t sorted(const struct safetensors *file, const struct safetensors_entry *entry[MOST])
{
    const size_t count = safetensors_count(file);
    assert_true(count <= MOST);
    for (size_t i = 0; i < count; i++)
        entry[i] = safetensors_at(file, i);
    qsort(entry, count, sizeof *entry, compare_names);
    return count;
}

static void compare(const char *path, const char *twin, size_t least)
{
    const struct safetensors_entry *found[MOST] = { NULL }, *expected[MOST] = { NULL };
    struct safetensors *file = open_file(path), *other = open_file(twin);
    const size_t count = sorted(file, found), wanted = sorted(other, expected);
    for (size_t i = 0; i < count && i < wanted; i++)
        assert_same(found[i], expected[i], path);
    assert_int_equal(count, wanted);
    assert_true(count >= least);
    assert_string_equal(safetensors_name(file), path);
    assert_int_equal(safetensors_metadata_count(file), 0);
    assert_null(safetensors_metadata_find(file, "format"));
    safetensors_close(file);
    safetensors_close(other);
}

static void archives_of_torch_save(void **state)
{
    (void)state;
    compare(DATA "archive.pt", DATA "saved.safetensors", 30);
}

static void legacy_files_of_torch_save(void **state)
{
    (void)state;
    compare(DATA "legacy.pt", DATA "saved.safetensors", 30);
}

static void torch_script_archives(void **state)
{
    (void)state;
    compare(DATA "script.pt", DATA "script.safetensors", 20);
}

/* Entries come in the order in which the file's dicts have them. */
static void order_is_that_of_the_file(void **state)
{
    (void)state;
    static const char *const paths[] = { DATA "archive.pt", DATA "legacy.pt" };
    static const char *const first[] = { "types.f32",  "types.f64",   "types.f16",
                                         "types.bf16", "types.i64",   "types.i32",
                                         "types.i16",  "types.i8",    "types.u8",
                                         "types.bool", "views.whole", "views.transposed" };
    for (size_t p = 0; p < 2; p++) {
        struct safetensors *file = open_file(paths[p]);
        for (size_t i = 0; i < sizeof first / sizeof *first; i++)
            assert_string_equal(safetensors_at(file, i)->name, first[i]);
        assert_string_equal(safetensors_at(file, safetensors_count(file) - 1)->name, "negative");
        safetensors_close(file);
    }
}

/* What shares a storage shares the memory. */
static void storages_are_read_once(void **state)
{
    (void)state;
    static const char *const paths[] = { DATA "archive.pt", DATA "legacy.pt" };
    for (size_t p = 0; p < 2; p++) {
        struct safetensors *file = open_file(paths[p]);
        const char *whole = safetensors_find(file, "views.whole")->data;
        const char *offset = safetensors_find(file, "views.offset")->data;
        assert_ptr_equal(offset, whole + 20 * sizeof(float));
        assert_ptr_equal(safetensors_find(file, "encoder.weight")->data,
                         safetensors_find(file, "decoder.weight")->data);
        assert_ptr_not_equal(safetensors_find(file, "views.transposed")->data, whole);
        safetensors_close(file);
    }
}

/* Neither container makes PyTorch's storages be copied. */
static void storages_are_used_where_they_lie(void **state)
{
    (void)state;
    static const char *const paths[] = { DATA "archive.pt", DATA "legacy.pt", DATA "script.pt" };
    static const char *const names[] = { "types.f32", "types.f32", "head.weight" };
    for (size_t p = 0; p < 3; p++) {
        struct file_map map;
        struct safetensors *file;
        assert_int_equal(file_map_open(&map, paths[p]), GMR_OK);
        assert_int_equal(weights_open_memory(NULL, map.data, map.size, "bytes", &file), GMR_OK);
        const uint8_t *data = safetensors_find(file, names[p])->data;
        assert_true(data > map.data && data < map.data + map.size);
        safetensors_close(file);
        file_map_close(&map);
    }
}

static void values_are_converted(void **state)
{
    (void)state;
    struct safetensors *file = open_file(DATA "archive.pt");
    real x[12];
    static const size_t seven[] = { 7 }, turned[] = { 4, 3 };
    static const real expected[] = { 2, 1, 0, 1, 2, 3, 4 };
    static const char *const names[] = { "types.f32", "types.f64", "types.f16", "types.bf16" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(safetensors_read(file, names[i], seven, 1, x), GMR_OK);
        assert_memory_equal(x, expected, sizeof expected);
    }
    assert_int_equal(safetensors_read(file, "views.halves", turned, 2, x), GMR_OK);
    assert_true(x[0] == 4 && x[1] == 0 && x[2] == 4 && x[3] == 3 && x[11] == 7);
    static const char *const integers[] = { "types.i64", "types.i32", "types.i16",
                                            "types.i8",  "types.u8",  "types.bool" };
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        assert_int_equal(safetensors_read(file, integers[i], seven, 1, x), GMR_ERR_TYPE);
    safetensors_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archives_of_torch_save),
        cmocka_unit_test(legacy_files_of_torch_save),
        cmocka_unit_test(torch_script_archives),
        cmocka_unit_test(order_is_that_of_the_file),
        cmocka_unit_test(storages_are_read_once),
        cmocka_unit_test(storages_are_used_where_they_lie),
        cmocka_unit_test(values_are_converted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
