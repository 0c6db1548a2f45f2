/* safetensors files read: what is accepted, what is refused and with which words. Files written
 * are in test_safetensors_write.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/corpus.h"
#include "support/message.h"
#include "support/support.h"
#include "tensor/safetensors.h"

static struct temporary_directory directory;

/* An open file, and the bytes it is open on: a block of exactly their size, so that a sanitizer
 * sees one read too far. */
struct opened {
    unsigned char *bytes;
    size_t size;
    struct safetensors *file;
};

/* Byte i of the data is i. */
static enum gmr_status open_parts(struct opened *o, uint64_t length, const char *header,
                                  size_t header_size, size_t data_size)
{
    o->size = sizeof length + header_size + data_size;
    o->bytes = malloc(o->size);
    assert_non_null(o->bytes);
    memcpy(o->bytes, &length, sizeof length);
    memcpy(o->bytes + sizeof length, header, header_size);
    for (size_t i = 0; i < data_size; i++)
        o->bytes[sizeof length + header_size + i] = (unsigned char)i;
    o->file = (void *)1;
    return safetensors_open_memory(NULL, o->bytes, o->size, "x.safetensors", &o->file);
}

static enum gmr_status open_header(struct opened *o, const char *header, size_t data_size)
{
    return open_parts(o, strlen(header), header, strlen(header), data_size);
}

static void accept(struct opened *o, const char *header, size_t data_size)
{
    if (open_header(o, header, data_size) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_non_null(o->file);
}

static void release(struct opened *o)
{
    safetensors_close(o->file);
    free(o->bytes);
}

static void assert_refused(struct opened *o, enum gmr_status status, enum gmr_status code,
                           const char *message)
{
    if (status != code)
        fail_msg("status %d instead of %d, expected \"%s\"", status, code, message);
    assert_null(o->file);
    assert_message("cannot read 'x.safetensors': ");
    assert_message(message);
    free(o->bytes);
}

static const char TWO_TENSORS[] =
    "{\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[3,11]},"
    "\"__metadata__\":{\"model\":\"gommir\",\"dim\":\"512\"},"
    "\"b\":{\"data_offsets\":[0,3],\"shape\":[3],\"dtype\":\"U8\"}}   ";

static void tensors_come_in_the_order_of_their_data(void **state)
{
    (void)state;
    struct opened o;
    accept(&o, TWO_TENSORS, 11);
    assert_int_equal(safetensors_count(o.file), 2);
    const struct safetensors_entry *b = safetensors_at(o.file, 0), *w = safetensors_at(o.file, 1);
    assert_string_equal(b->name, "b");
    assert_int_equal(b->dtype, DTYPE_U8);
    assert_int_equal(b->rank, 1);
    assert_int_equal(b->dim[0], 3);
    assert_int_equal(b->size, 3);
    assert_memory_equal(b->data, "\x00\x01\x02", 3);
    assert_string_equal(w->name, "w");
    assert_int_equal(w->dtype, DTYPE_F32);
    assert_int_equal(w->rank, 2);
    assert_int_equal(w->dim[0], 2);
    assert_int_equal(w->dim[1], 1);
    assert_memory_equal(w->data, "\x03\x04\x05\x06\x07\x08\x09\x0A", 8);
    release(&o);
}

static void tensors_and_metadata_are_found_by_name(void **state)
{
    (void)state;
    struct opened o;
    accept(&o, TWO_TENSORS, 11);
    assert_ptr_equal(safetensors_find(o.file, "w"), safetensors_at(o.file, 1));
    assert_ptr_equal(safetensors_find(o.file, "b"), safetensors_at(o.file, 0));
    assert_null(safetensors_find(o.file, ""));
    assert_null(safetensors_find(o.file, "ww"));
    assert_null(safetensors_find(o.file, "__metadata__"));
    assert_int_equal(safetensors_metadata_count(o.file), 2);
    assert_string_equal(safetensors_metadata_at(o.file, 0).key, "model");
    assert_string_equal(safetensors_metadata_at(o.file, 1).value, "512");
    assert_string_equal(safetensors_metadata_find(o.file, "model"), "gommir");
    assert_null(safetensors_metadata_find(o.file, "w"));
    release(&o);
}

static void unusual_but_sound_files_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data_size, tensors, metadata;
    } cases[] = {
        { "{}", 0, 0, 0 },
        { "{ } \n", 0, 0, 0 },
        { "{\"__metadata__\":{}}", 0, 0, 0 },
        { "{\"__metadata__\":{\"\":\"\"}}", 0, 0, 1 },
        { "{\"number\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}", 8, 1, 0 },
        { "{\"six\":{\"dtype\":\"I64\",\"shape\":[1,1,1,1,1,2],\"data_offsets\":[0,16]}}", 16, 1,
          0 },
        { "{\"none\":{\"dtype\":\"F16\",\"shape\":[0,7],\"data_offsets\":[0,0]}}", 0, 1, 0 },
        /* empty tensors at the start, between two others, and at the end */
        { "{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]},"
          "\"e3\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[3,3]},"
          "\"e2\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[1,1]},"
          "\"e1\":{\"dtype\":\"U8\",\"shape\":[4,0],\"data_offsets\":[0,0]},"
          "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
          3, 5, 0 },
        /* names may be any text */
        { "{\"\\u00e9\\\"\\\\\\n/\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, 1,
          0 },
        { "{\"\xE2\x82\xAC\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, 1, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct opened o;
        accept(&o, cases[i].header, cases[i].data_size);
        assert_int_equal(safetensors_count(o.file), cases[i].tensors);
        assert_int_equal(safetensors_metadata_count(o.file), cases[i].metadata);
        release(&o);
    }
}

static void empty_tensors_come_before_their_neighbour(void **state)
{
    (void)state;
    static const char *order[] = { "e1", "e2", "a", "e3" };
    struct opened o;
    accept(&o,
           "{\"e2\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
           "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
           "\"e3\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[1,1]},"
           "\"e1\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
           1);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(safetensors_at(o.file, i)->name, order[i]);
    release(&o);
}

/* A header with one tensor "w", and `data` bytes of data. */
#define W(members) "{\"w\":{" members "}}"
#define TENSOR(name, shape, offsets) \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static const struct {
    const char *header;
    size_t data;
    enum gmr_status code;
    const char *message;
} defects[] = {
    /* the JSON */
    { "[]", 0, GMR_ERR_FORMAT, "header does not begin with '{'" },
    { " {}", 0, GMR_ERR_FORMAT, "header does not begin with '{'" },
    { "{]", 0, GMR_ERR_FORMAT, "cannot parse 'header': line 1, column 2: " },
    { "{\"w\":", 0, GMR_ERR_FORMAT, "cannot parse 'header': line 1" },
    { "{} {}", 0, GMR_ERR_FORMAT, "end of file expected" },
    { "{\"\xFF\":1}", 0, GMR_ERR_FORMAT, "cannot parse 'header': line 1" },
    { "{\"a\\u0000b\":1}", 0, GMR_ERR_FORMAT, "cannot parse 'header': line 1" },
    { W("\"shape\":[[[1]]]"), 0, GMR_ERR_FORMAT, "nested deeper than 3" },
    { "{" TENSOR("w", "[1]", "[0,1]") "," TENSOR("w", "[1]", "[1,2]") "}", 2, GMR_ERR_FORMAT,
      "duplicate object key" },
    { W("\"dtype\":\"U8\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,1]"), 1, GMR_ERR_FORMAT,
      "duplicate object key" },
    /* members */
    { "{\"w\":1}", 0, GMR_ERR_FORMAT, "tensor 'w': not an object" },
    { "{\"w\":null}", 0, GMR_ERR_FORMAT, "tensor 'w': not an object" },
    { "{" TENSOR("", "[1]", "[0,1]") "}", 1, GMR_ERR_FORMAT, "a tensor has an empty name" },
    { W("\"shape\":[1],\"data_offsets\":[0,1]"), 1, GMR_ERR_FORMAT,
      "tensor 'w': dtype is not a string" },
    { W("\"dtype\":\"U8\",\"data_offsets\":[0,1]"), 1, GMR_ERR_FORMAT,
      "tensor 'w': shape is not an array" },
    { W("\"dtype\":\"U8\",\"shape\":[1]"), 1, GMR_ERR_FORMAT,
      "tensor 'w': data_offsets is not an array of two numbers" },
    { W("\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"stride\":[1]"), 1, GMR_ERR_FORMAT,
      "tensor 'w': unknown member 'stride'" },
    /* types */
    { W("\"dtype\":8,\"shape\":[1],\"data_offsets\":[0,1]"), 1, GMR_ERR_FORMAT,
      "tensor 'w': dtype is not a string" },
    { W("\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]"), 1, GMR_ERR_TYPE,
      "tensor 'w': unknown element type 'F8_E4M3'" },
    { W("\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]"), 4, GMR_ERR_TYPE,
      "tensor 'w': unknown element type 'f32'" },
    /* shapes */
    { "{" TENSOR("w", "3", "[0,3]") "}", 3, GMR_ERR_FORMAT, "tensor 'w': shape is not an array" },
    { "{" TENSOR("w", "[1,1,1,1,1,1,1]", "[0,1]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': 7 axes, at most 6 are supported" },
    { "{" TENSOR("w", "[2,-1]", "[0,2]") "}", 2, GMR_ERR_FORMAT,
      "tensor 'w': shape[1]: expected a non-negative integer, found -1" },
    { "{" TENSOR("w", "[1.0]", "[0,1]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': shape[0]: expected a non-negative integer, found a fraction" },
    { "{" TENSOR("w", "[\"1\"]", "[0,1]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': shape[0]: expected a non-negative integer, found a string" },
    { "{" TENSOR("w", "[18446744073709551616]", "[0,0]") "}", 0, GMR_ERR_FORMAT,
      "too big integer" },
    { "{" TENSOR("w", "[1e400]", "[0,0]") "}", 0, GMR_ERR_FORMAT, "real number overflow" },
    { "{" TENSOR("w", "[4294967296,4294967296]", "[0,0]") "}", 0, GMR_ERR_FORMAT,
      "tensor 'w': shape [4294967296, 4294967296] is too large" },
    { W("\"dtype\":\"F64\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]"), 0,
      GMR_ERR_FORMAT, "tensor 'w': shape [4611686018427387904] is too large" },
    /* offsets */
    { "{" TENSOR("w", "[1]", "[0]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': data_offsets is not an array of two numbers" },
    { "{" TENSOR("w", "[1]", "[0,1,1]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': data_offsets is not an array of two numbers" },
    { "{" TENSOR("w", "[1]", "[-1,0]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': data_offsets[0]: expected a non-negative integer, found -1" },
    { "{" TENSOR("w", "[1]", "[0,1.5]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': data_offsets[1]: expected a non-negative integer, found a fraction" },
    { "{" TENSOR("w", "[1]", "[1,0]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': offsets 1..0 run backwards" },
    { "{" TENSOR("w", "[2]", "[0,2]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': offsets 0..2 are outside the 1 bytes of data" },
    { "{" TENSOR("w", "[0]", "[9223372036854775807,9223372036854775807]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': offsets 9223372036854775807..9223372036854775807 are outside the 1 bytes" },
    { W("\"dtype\":\"F32\",\"shape\":[2,5],\"data_offsets\":[0,24]"), 24, GMR_ERR_FORMAT,
      "cannot read 'x.safetensors': tensor 'w': offsets 0..24 do not match shape [2, 5] of F32" },
    { "{" TENSOR("w", "[0]", "[0,1]") "}", 1, GMR_ERR_FORMAT,
      "tensor 'w': offsets 0..1 do not match shape [0] of U8" },
    { "{" TENSOR("w", "[]", "[0,0]") "}", 0, GMR_ERR_FORMAT,
      "tensor 'w': offsets 0..0 do not match shape [] of U8" },
    /* coverage */
    { "{}", 1, GMR_ERR_FORMAT, "bytes 0..1 of the data belong to no tensor" },
    { "{" TENSOR("w", "[2]", "[1,3]") "}", 3, GMR_ERR_FORMAT,
      "bytes 0..1 of the data belong to no tensor" },
    { "{" TENSOR("a", "[2]", "[0,2]") "," TENSOR("w", "[2]", "[3,5]") "}", 5, GMR_ERR_FORMAT,
      "bytes 2..3 of the data belong to no tensor" },
    { "{" TENSOR("w", "[2]", "[0,2]") "}", 5, GMR_ERR_FORMAT,
      "bytes 2..5 of the data belong to no tensor" },
    { "{" TENSOR("w", "[3]", "[2,5]") "," TENSOR("a", "[3]", "[0,3]") "}", 5, GMR_ERR_FORMAT,
      "tensors 'a' and 'w' overlap" },
    { "{" TENSOR("w", "[3]", "[0,3]") "," TENSOR("a", "[3]", "[0,3]") "}", 3, GMR_ERR_FORMAT,
      "tensors 'a' and 'w' overlap" },
    { "{" TENSOR("w", "[0]", "[1,1]") "," TENSOR("a", "[3]", "[0,3]") "}", 3, GMR_ERR_FORMAT,
      "tensors 'a' and 'w' overlap" },
    /* metadata */
    { "{\"__metadata__\":[]}", 0, GMR_ERR_FORMAT, "metadata is not an object" },
    { "{\"__metadata__\":null}", 0, GMR_ERR_FORMAT, "metadata is not an object" },
    { "{\"__metadata__\":{\"a\":\"b\",\"dim\":512}}", 0, GMR_ERR_FORMAT,
      "metadata 'dim' is not a string" },
    { "{\"__metadata__\":{\"a\":{}}}", 0, GMR_ERR_FORMAT, "metadata 'a' is not a string" },
    { "{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}", 0, GMR_ERR_FORMAT, "duplicate object key" },
};

static void defects_are_refused_with_file_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof defects / sizeof *defects; i++) {
        struct opened o;
        enum gmr_status status = open_header(&o, defects[i].header, defects[i].data);
        assert_refused(&o, status, defects[i].code, defects[i].message);
    }
}

static void header_lengths_are_not_believed(void **state)
{
    (void)state;
    static const struct {
        uint64_t length;
        size_t bytes; /* that follow */
        const char *message;
    } cases[] = {
        { 0, 0, "a header of 0 bytes is no JSON object" },
        { 0, 20, "a header of 0 bytes is no JSON object" },
        { 1, 20, "a header of 1 bytes is no JSON object" },
        { 2, 1, "header of 2 bytes does not fit the 1 bytes left" },
        { 21, 20, "header of 21 bytes does not fit the 20 bytes left" },
        { UINT64_MAX, 20, "header of 18446744073709551615 bytes does not fit" },
        { UINT64_MAX - 7, 20, "header of 18446744073709551608 bytes does not fit" },
        { (uint64_t)1 << 63, 20, "header of 9223372036854775808 bytes does not fit" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct opened o;
        enum gmr_status status =
            open_parts(&o, cases[i].length, "{}                  ", cases[i].bytes, 0);
        assert_refused(&o, status, GMR_ERR_FORMAT, cases[i].message);
    }
    for (size_t size = 0; size < 8; size++) {
        struct opened o = { calloc(1, 8), size, (void *)1 };
        assert_non_null(o.bytes);
        enum gmr_status status =
            safetensors_open_memory(NULL, o.bytes, size, "x.safetensors", &o.file);
        assert_refused(&o, status, GMR_ERR_FORMAT, "bytes has no header");
    }
}

static void put_file(const char *path, const char *header, uint64_t length, off_t size)
{
    char bytes[64];
    assert_true(8 + strlen(header) <= sizeof bytes);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + 8, header, strlen(header));
    write_file(path, bytes, 8 + strlen(header));
    assert_int_equal(truncate(path, size), 0);
}

static void headers_above_the_limit_are_refused_unread(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const uint64_t length = SAFETENSORS_HEADER_MAX;
    struct safetensors *file = (void *)1;
    temporary_path(&directory, "huge.safetensors", path);
    put_file(path, "{", length + 1, (off_t)length + 100); /* the rest is NUL: no JSON */
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_ERR_FORMAT);
    assert_null(file);
    assert_message("huge.safetensors': header of 33554433 bytes is longer than 33554432");
    put_file(path, "{", length, (off_t)length + 100);
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_ERR_FORMAT);
    assert_message("cannot parse 'header'");
}

static void long_names_do_not_hide_the_reason(void **state)
{
    (void)state;
    static char header[10000];
    struct opened o;
    memset(header, 'n', sizeof header);
    memcpy(header, "{\"", 2);
    strcpy(header + 9000, "\":{\"dtype\":1}}");
    enum gmr_status status = open_header(&o, header, 0);
    assert_refused(&o, status, GMR_ERR_FORMAT, "nnn': dtype is not a string");
}

static void values_are_converted(void **state)
{
    (void)state;
    struct opened o;
    real x[2] = { 7, 7 };
    /* one byte of U8 first, so that everything else lies unaligned */
    accept(&o,
           "{\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
           "\"f\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]},"
           "\"d\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[5,13]},"
           "\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[13,17]},"
           "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[17,21]},"
           "\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[21,21]}}",
           21);
    memcpy(o.bytes + o.size - 20,
           "\x00\x00\x80\x3F"                 /* 1 */
           "\x00\x00\x00\x00\x00\x00\x00\xC0" /* -2 */
           "\x00\x38\x00\xC2"                 /* 0.5, -3 */
           "\x80\x3F\x40\x40",                /* 1, 3 */
           20);
    assert_int_equal(safetensors_read(o.file, "f", (const size_t[]){ 1 }, 1, x), GMR_OK);
    assert_true(x[0] == 1 && x[1] == 7);
    assert_int_equal(safetensors_read(o.file, "d", NULL, 0, x), GMR_OK);
    assert_true(x[0] == -2 && x[1] == 7);
    assert_int_equal(safetensors_read(o.file, "h", (const size_t[]){ 2 }, 1, x), GMR_OK);
    assert_true(x[0] == (real)0.5 && x[1] == -3);
    assert_int_equal(safetensors_read(o.file, "b", (const size_t[]){ 1, 2 }, 2, x), GMR_OK);
    assert_true(x[0] == 1 && x[1] == 3);
    assert_int_equal(safetensors_read(o.file, "e", (const size_t[]){ 0 }, 1, NULL), GMR_OK);
    release(&o);
}

static void wrong_requests_name_file_and_tensor(void **state)
{
    (void)state;
    static const char start[] = "cannot read 'x.safetensors': ";
    struct opened o;
    real x[4] = { 7, 7, 7, 7 };
    accept(&o, TWO_TENSORS, 11);
    assert_int_equal(safetensors_read(o.file, "v", NULL, 0, x), GMR_ERR_NOT_FOUND);
    assert_message(start);
    assert_message("no tensor 'v'");
    assert_int_equal(safetensors_read(o.file, "w", (const size_t[]){ 1, 2 }, 2, x), GMR_ERR_SHAPE);
    assert_message(start);
    assert_message("tensor 'w': shape [2, 1], expected [1, 2]");
    assert_int_equal(safetensors_read(o.file, "w", (const size_t[]){ 2 }, 1, x), GMR_ERR_SHAPE);
    assert_message("tensor 'w': shape [2, 1], expected [2]");
    assert_int_equal(safetensors_read(o.file, "b", (const size_t[]){ 3 }, 1, x), GMR_ERR_TYPE);
    assert_message(start);
    assert_message("tensor 'b': elements of type U8 are not floating point");
    assert_true(x[0] == 7 && x[3] == 7);
    release(&o);
}

static void files_that_cannot_be_opened_are_named(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct safetensors *file = (void *)1;
    temporary_path(&directory, "missing.safetensors", path);
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_ERR_NOT_FOUND);
    assert_null(file);
    assert_message("missing.safetensors': No such file");
    assert_int_equal(safetensors_open(NULL, directory.path, &file), GMR_ERR_IO);
    assert_message("Is a directory");
    temporary_path(&directory, "empty.safetensors", path);
    write_file(path, "", 0);
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_ERR_FORMAT);
    assert_message("empty.safetensors': a file of 0 bytes has no header");
    safetensors_close(NULL);
}

/* Whether a file in the temporary directory is mapped. */
static bool is_mapped(void)
{
    char line[PATH_MAX + 200];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, directory.path) != NULL;
    fclose(maps);
    return found;
}

static void mappings_end_with_the_handle(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct safetensors *file;
    temporary_path(&directory, "x.safetensors", path);
    put_file(path, "{}", 2, 10);
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_OK);
    assert_true(is_mapped());
    safetensors_close(file);
    assert_false(is_mapped());
    put_file(path, "{}", 2, 11);
    assert_int_equal(safetensors_open(NULL, path, &file), GMR_ERR_FORMAT);
    assert_false(is_mapped());
}

/* Enough tensors that a wrong order or a wrong comparison would be hit. */
static void many_tensors_are_all_found(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    static char header[MANY * 80];
    char name[16];
    struct opened o;
    size_t length = 0;
    for (size_t i = 0; i < MANY; i++) {
        size_t at = i * 7 % MANY; /* 7 and MANY have no common divisor */
        length += (size_t)snprintf(
            header + length, sizeof header - length,
            "%c\"t%zu\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%zu,%zu]}",
            i > 0 ? ',' : '{', at, at, at + 1);
    }
    strcpy(header + length, "}");
    accept(&o, header, MANY);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "t%zu", i);
        assert_string_equal(safetensors_at(o.file, i)->name, name);
        assert_ptr_equal(safetensors_find(o.file, name), safetensors_at(o.file, i));
        assert_int_equal(*(const unsigned char *)safetensors_at(o.file, i)->data, i % 256);
    }
    release(&o);
}

static bool opens(const char *path)
{
    struct safetensors *file;
    bool opened = safetensors_open(NULL, path, &file) == GMR_OK;
    safetensors_close(file);
    return opened;
}

/* The files that scripts/safetensors-corpus makes, with an encoder that knows nothing of ours. */
static void files_of_another_encoder_are_judged_right(void **state)
{
    (void)state;
    assert_corpus(GMR_SOURCE_DIR "/tests/fuzz/corpus/safetensors/sound-*", 12, true, opens);
    assert_corpus(GMR_SOURCE_DIR "/tests/fuzz/corpus/safetensors/defect-*", 42, false, opens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_come_in_the_order_of_their_data),
        cmocka_unit_test(tensors_and_metadata_are_found_by_name),
        cmocka_unit_test(unusual_but_sound_files_are_read),
        cmocka_unit_test(empty_tensors_come_before_their_neighbour),
        cmocka_unit_test(defects_are_refused_with_file_and_reason),
        cmocka_unit_test(header_lengths_are_not_believed),
        cmocka_unit_test(headers_above_the_limit_are_refused_unread),
        cmocka_unit_test(long_names_do_not_hide_the_reason),
        cmocka_unit_test(values_are_converted),
        cmocka_unit_test(wrong_requests_name_file_and_tensor),
        cmocka_unit_test(files_that_cannot_be_opened_are_named),
        cmocka_unit_test(mappings_end_with_the_handle),
        cmocka_unit_test(many_tensors_are_all_found),
        cmocka_unit_test(files_of_another_encoder_are_judged_right),
    };
    temporary_directory_create(&directory);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    temporary_directory_remove(&directory);
    return failures;
}
