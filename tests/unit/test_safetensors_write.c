/* safetensors files written: the exact bytes, what comes back, what cannot be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/message.h"
#include "support/support.h"
#include "tensor/safetensors.h"

static struct temporary_directory directory;
static char path[PATH_MAX];

static const float weight[2] = { 1, -2 };
static const uint8_t mask[3] = { 1, 0, 2 };

static const struct safetensors_entry pair[] = {
    { .name = "w", .dtype = DTYPE_F32, .rank = 2, .dim = { 2, 1 }, .data = weight, .size = 8 },
    { .name = "a \"b\"\n", .dtype = DTYPE_U8, .rank = 1, .dim = { 3 }, .data = mask, .size = 3 },
};
static const struct safetensors_metadata model[] = { { "model", "gommir" }, { "dim", "\xC3\xA9" } };

/* Written by hand from the description of the format: u64 length, JSON, spaces, data. */
static void the_bytes_are_those_of_the_format(void **state)
{
    (void)state;
    static const char expected[] =
        "\xB8\x00\x00\x00\x00\x00\x00\x00"
        "{\"__metadata__\":{\"model\":\"gommir\",\"dim\":\"\xC3\xA9\"},"
        "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
        "\"a \\\"b\\\"\\n\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}"
        "                      " /* up to byte 192 */
        "\x00\x00\x80\x3F\x00\x00\x00\xC0"
        "\x01\x00\x02";
    assert_int_equal(sizeof expected - 1, 192 + 11);
    for (int twice = 0; twice < 2; twice++) {
        if (safetensors_write(NULL, path, pair, 2, model, 2) != GMR_OK)
            fail_msg("%s", gmr_error_message());
        assert_true(file_holds(path, expected, sizeof expected - 1));
    }
}

static void nothing_is_a_file_too(void **state)
{
    (void)state;
    struct safetensors *file;
    assert_int_equal(safetensors_write(NULL, path, NULL, 0, NULL, 0), GMR_OK);
    assert_true(file_holds(path,
                           "\x38\0\0\0\0\0\0\0{}                                          "
                           "            ",
                           64));
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_OK);
    assert_int_equal(safetensors_count(file), 0);
    assert_int_equal(safetensors_metadata_count(file), 0);
    safetensors_close(file);
}

static void assert_same_entry(const struct safetensors_entry *a, const struct safetensors_entry *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->dtype, b->dtype);
    assert_int_equal(a->rank, b->rank);
    assert_memory_equal(a->dim, b->dim, sizeof a->dim);
    assert_int_equal(a->size, b->size);
    if (a->size > 0)
        assert_memory_equal(a->data, b->data, a->size);
}

/* All types, ranks 0 to 6, an empty tensor between others, and header lengths of every remainder
 * by 64. */
static void what_is_written_comes_back(void **state)
{
    (void)state;
    unsigned char data[64];
    char key[80] = "";
    const struct safetensors_entry entries[] = {
        { "number", DTYPE_F64, 0, { 0 }, data, 8 },
        { "half", DTYPE_F16, 1, { 3 }, data + 1, 6 },
        { "nothing", DTYPE_F32, 3, { 2, 0, 9 }, NULL, 0 },
        { "b", DTYPE_BF16, 2, { 2, 2 }, data + 2, 8 },
        { "\xF0\x9F\x91\x9F", DTYPE_I64, 6, { 1, 1, 2, 1, 1, 1 }, data + 3, 16 },
        { "a/b.c\\d\t", DTYPE_U8, 3, { 1, 5, 1 }, data, 5 },
        { "x", DTYPE_F32, 2, { 1, 3 }, data, 12 },
    };
    const size_t count = sizeof entries / sizeof *entries;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 37);
    for (size_t length = 0; length < 70; length++) {
        const struct safetensors_metadata metadata[] = { { key, "v" }, { "k\"", "" } };
        struct safetensors *file;
        assert_int_equal(safetensors_write(NULL, path, entries, count, metadata, 2), GMR_OK);
        if (safetensors_open(NULL, path, &file) != GMR_OK)
            fail_msg("%s", gmr_error_message());
        assert_int_equal(safetensors_count(file), count);
        for (size_t i = 0; i < count; i++)
            assert_same_entry(safetensors_at(file, i), &entries[i]);
        /* a mapping starts on a page, so this is the place in the file */
        assert_int_equal((uintptr_t)safetensors_at(file, 0)->data % 64, 0);
        assert_string_equal(safetensors_metadata_find(file, key), "v");
        assert_string_equal(safetensors_metadata_at(file, 1).key, "k\"");
        safetensors_close(file);
        key[length] = 'k';
    }
}

static enum gmr_status write_changed(const char *name, size_t rank, size_t dim, size_t size)
{
    struct safetensors_entry entries[2] = { pair[0], pair[1] };
    entries[1].name = name;
    entries[1].rank = rank;
    entries[1].dim[0] = dim;
    entries[1].size = size;
    return safetensors_write(NULL, path, entries, 2, NULL, 0);
}

static void wrong_tensors_are_refused_and_the_old_file_stays(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t rank, dim, size;
        enum gmr_status code;
        const char *message;
    } cases[] = {
        { "w", 1, 3, 3, GMR_ERR_FORMAT, "': tensor 'w': given twice" },
        { "", 1, 3, 3, GMR_ERR_FORMAT, "': tensor '': not a name for a tensor" },
        { "__metadata__", 1, 3, 3, GMR_ERR_FORMAT, "tensor '__metadata__': not a name" },
        { "\xC3", 1, 3, 3, GMR_ERR_FORMAT, "tensor '?': its name is not UTF-8" },
        { "v", 1, 3, 4, GMR_ERR_SHAPE, "': tensor 'v': 4 bytes do not match shape [3] of U8" },
        { "v", 1, 3, 0, GMR_ERR_SHAPE, "': tensor 'v': 0 bytes do not match shape [3] of U8" },
        { "v", 0, 3, 3, GMR_ERR_SHAPE, "': tensor 'v': 3 bytes do not match shape [] of U8" },
        { "v", 7, 3, 3, GMR_ERR_SHAPE, "': tensor 'v': 7 axes, at most 6 are supported" },
        { "v", SIZE_MAX, 3, 3, GMR_ERR_SHAPE, "axes, at most 6 are supported" },
    };
    write_file(path, "old", 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum gmr_status status =
            write_changed(cases[i].name, cases[i].rank, cases[i].dim, cases[i].size);
        assert_int_equal(status, cases[i].code);
        assert_message("cannot write '");
        assert_message("/file.safetensors': tensor '");
        assert_message(cases[i].message);
        assert_true(file_holds(path, "old", 3));
    }
}

static void shapes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct safetensors_entry entry = { "v",  DTYPE_F64, 2, { (size_t)1 << 32, (size_t)1 << 32 },
                                       NULL, 0 };
    assert_int_equal(safetensors_write(NULL, path, &entry, 1, NULL, 0), GMR_ERR_SHAPE);
    entry.dim[1] = (size_t)1 << 29; /* 2^61 elements of 2^3 bytes */
    assert_int_equal(safetensors_write(NULL, path, &entry, 1, NULL, 0), GMR_ERR_SHAPE);
    assert_message("0 bytes do not match shape [4294967296, 536870912] of F64");
}

static void wrong_metadata_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct safetensors_metadata metadata[2];
        const char *message;
    } cases[] = {
        { { { "k", "1" }, { "k", "2" } }, "': metadata 'k' is given twice" },
        { { { "k", "1" }, { "\xFF", "2" } }, "': a metadata key is not UTF-8" },
        { { { "k", "\xED\xA0\x80" }, { "l", "2" } }, "': a metadata value is not UTF-8" },
    };
    write_file(path, "old", 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(safetensors_write(NULL, path, pair, 2, cases[i].metadata, 2),
                         GMR_ERR_FORMAT);
        assert_message(cases[i].message);
        assert_true(file_holds(path, "old", 3));
    }
}

/* The longest header that is written can be read back; one byte more is refused. */
static void headers_above_the_limit_are_refused(void **state)
{
    (void)state;
    const size_t rest = strlen("{\"__metadata__\":{\"k\":\"\"}}");
    const size_t most = SAFETENSORS_HEADER_MAX - 8; /* and 8 for its length: a multiple of 64 */
    char *value = malloc(SAFETENSORS_HEADER_MAX + 1);
    struct safetensors_metadata metadata = { "k", value };
    struct safetensors *file;
    assert_non_null(value);
    memset(value, 'v', SAFETENSORS_HEADER_MAX);

    value[most - rest] = '\0';
    assert_int_equal(safetensors_write(NULL, path, NULL, 0, &metadata, 1), GMR_OK);
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_OK);
    assert_int_equal(strlen(safetensors_metadata_find(file, "k")), most - rest);
    safetensors_close(file);

    value[most - rest] = 'v';
    value[most - rest + 1] = '\0';
    assert_int_equal(safetensors_write(NULL, path, NULL, 0, &metadata, 1), GMR_ERR_RANGE);
    assert_message("cannot write '");
    assert_message("a header of 33554425 bytes is longer than 33554432");
    free(value);
}

/* Bytes that come in pieces make the same file; given up, they make none. */
static void pieces_make_the_same_file(void **state)
{
    (void)state;
    struct safetensors_writer *writer;
    struct safetensors_entry promised[2] = { pair[0], pair[1] };
    unsigned char expected[203];
    assert_int_equal(safetensors_write(NULL, path, pair, 2, model, 2), GMR_OK);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(expected, 1, sizeof expected, file), sizeof expected);
    fclose(file);
    promised[0].data = promised[1].data = NULL;
    write_file(path, "old", 3);
    for (int given_up = 1; given_up >= 0; given_up--) {
        assert_int_equal(safetensors_writer_create(NULL, path, promised, 2, model, 2, &writer),
                         GMR_OK);
        safetensors_writer_write(writer, weight, 3);
        safetensors_writer_write(writer, (const char *)weight + 3, 0);
        safetensors_writer_write(writer, (const char *)weight + 3, 5);
        if (given_up) {
            safetensors_writer_abort(writer);
            assert_true(file_holds(path, "old", 3));
            continue;
        }
        safetensors_writer_write(writer, mask, sizeof mask);
        assert_int_equal(safetensors_writer_commit(writer), GMR_OK);
    }
    assert_true(file_holds(path, expected, sizeof expected));
    safetensors_writer_abort(NULL);
}

static void places_that_cannot_be_written_are_named(void **state)
{
    (void)state;
    char missing[PATH_MAX];
    temporary_path(&directory, "missing/x.safetensors", missing);
    assert_int_equal(safetensors_write(NULL, missing, pair, 2, NULL, 0), GMR_ERR_NOT_FOUND);
    assert_message("missing/x.safetensors'");
    assert_int_equal(safetensors_write(NULL, directory.path, pair, 2, NULL, 0), GMR_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_those_of_the_format),
        cmocka_unit_test(nothing_is_a_file_too),
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(wrong_tensors_are_refused_and_the_old_file_stays),
        cmocka_unit_test(shapes_that_overflow_are_refused),
        cmocka_unit_test(wrong_metadata_is_refused),
        cmocka_unit_test(headers_above_the_limit_are_refused),
        cmocka_unit_test(pieces_make_the_same_file),
        cmocka_unit_test(places_that_cannot_be_written_are_named),
    };
    temporary_directory_create(&directory);
    temporary_path(&directory, "file.safetensors", path);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    temporary_directory_remove(&directory);
    return failures;
}
