/* Zip files: what the directory tells, entries unpacked, and what is refused. The archives are made
 * here with libzip; damage is done to their bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zip.h>

#include "base/archive.h"
#include "base/archive_inside.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

enum { LARGE = 3 * 1024 * 1024 };

static char zeros[LARGE];

struct part {
    const char *name;
    const void *data;
    size_t size;
    zip_int32_t method;
};

static const struct part three[] = {
    { "a/one.txt", "first entry", 11, ZIP_CM_STORE },
    { "a/\xC3\xA9", zeros, 100000, ZIP_CM_DEFLATE },
    { "a/empty", "", 0, ZIP_CM_STORE },
};

/* An archive at in_scratch("x.zip"). */
static void make_zip(const struct part *part, size_t count)
{
    int error;
    zip_t *zip = zip_open(in_scratch("x.zip"), ZIP_CREATE | ZIP_TRUNCATE, &error);
    assert_non_null(zip);
    for (size_t i = 0; i < count; i++) {
        zip_source_t *source = zip_source_buffer(zip, part[i].data, part[i].size, 0);
        const zip_int64_t index = zip_file_add(zip, part[i].name, source, ZIP_FL_ENC_UTF_8);
        assert_true(index >= 0);
        zip_set_file_compression(zip, (zip_uint64_t)index, part[i].method, 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

/* The bytes of x.zip in a block of exactly their size, which the caller frees. */
static unsigned char *load_zip(size_t *size)
{
    FILE *file = fopen(in_scratch("x.zip"), "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static unsigned char *find(unsigned char *bytes, size_t size, const char *what, size_t length)
{
    unsigned char *found = memmem(bytes, size, what, length);
    assert_non_null(found);
    return found;
}

/* The record of the first entry in the central directory. */
static unsigned char *find_record(unsigned char *bytes, size_t size)
{
    return find(bytes, size, "PK\1\2", 4);
}

static void assert_no_archive(const unsigned char *bytes, size_t size, const char *message)
{
    struct archive *archive = (void *)1;
    assert_int_equal(archive_open_memory(NULL, bytes, size, &archive), GMR_ERR_FORMAT);
    assert_null(archive);
    assert_message(message);
}

static void entries_are_those_of_the_directory(void **state)
{
    (void)state;
    struct archive *archive;
    size_t index = 99;
    make_zip(three, 3);
    assert_int_equal(archive_open(NULL, in_scratch("x.zip"), &archive), GMR_OK);
    assert_int_equal(archive_count(archive), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct archive_entry *entry = archive_at(archive, i);
        assert_string_equal(entry->name, three[i].name);
        assert_int_equal(entry->size, three[i].size);
        assert_false(entry->encrypted);
        assert_true(archive_find(archive, three[i].name, &index));
        assert_int_equal(index, i);
    }
    assert_int_equal(archive_at(archive, 0)->packed, 11);
    assert_int_equal(archive_at(archive, 0)->crc, 0xf016246e);
    assert_in_range(archive_at(archive, 1)->packed, 1, 500);
    assert_false(archive_find(archive, "a/one", &index));
    assert_false(archive_find(archive, "", &index));
    archive_close(archive);
    archive_close(NULL);
}

static void entries_are_unpacked(void **state)
{
    (void)state;
    struct archive *archive;
    make_zip(three, 3);
    assert_int_equal(archive_open(NULL, in_scratch("x.zip"), &archive), GMR_OK);
    for (int again = 0; again < 2; again++)
        for (size_t i = 3; i-- > 0;) {
            char *out = malloc(three[i].size > 0 ? three[i].size : 1);
            assert_int_equal(archive_check(archive, i, three[i].size), GMR_OK);
            assert_int_equal(archive_read(archive, i, out), GMR_OK);
            assert_memory_equal(out, three[i].data, three[i].size);
            free(out);
        }
    archive_close(archive);
}

/* Stored entries are found in place; others, and damaged ones, are not. */
static void stored_entries_are_used_where_they_lie(void **state)
{
    (void)state;
    struct archive *archive;
    size_t size;
    make_zip(three, 3);
    unsigned char *bytes = load_zip(&size);
    assert_int_equal(archive_open_memory(NULL, bytes, size, &archive), GMR_OK);
    assert_ptr_equal(archive_stored(archive, 0), find(bytes, size, "first entry", 11));
    assert_null(archive_stored(archive, 1));
    assert_non_null(archive_stored(archive, 2));
    find(bytes, size, "first", 5)[0] ^= 4;
    assert_null(archive_stored(archive, 0));
    archive_close(archive);
    free(bytes);
}

/* Numbers of 8 bytes, and a comment after the end record, as other programs write them. */
static void places_in_large_archives_are_found(void **state)
{
    (void)state;
    static const unsigned char large[] =
        /* local header, name "n", data "data" */
        "PK\3\4\x2d\0\0\0\0\0\0\0\0\0"
        "CCCC"
        "\4\0\0\0\4\0\0\0"
        "\1\0\0\0"
        "n"
        "data"
        /* central directory, with sizes and offset in the extra field, after another one */
        "PK\1\2\x2d\0\x2d\0\0\0\0\0\0\0\0\0"
        "CCCC"
        "\xff\xff\xff\xff\xff\xff\xff\xff"
        "\1\0\x21\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff"
        "n"
        "\x55\x55\1\0x"
        "\1\0\x18\0"
        "\4\0\0\0\0\0\0\0"
        "\4\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0"
        /* end record, locator, old end record with a comment */
        "PK\6\6\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0"
        "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"
        "\x50\0\0\0\0\0\0\0"
        "\x23\0\0\0\0\0\0\0"
        "PK\6\7\0\0\0\0"
        "\x73\0\0\0\0\0\0\0"
        "\1\0\0\0"
        "PK\5\6\0\0\0\0\1\0\1\0\xff\xff\xff\xff\xff\xff\xff\xff\3\0"
        "end";
    const size_t size = sizeof large - 1;
    const uint8_t *place = NULL;
    unsigned char *bytes = malloc(size);
    memcpy(bytes, large, size);
    archive_places(bytes, size, &place, 1);
    assert_ptr_equal(place, find(bytes, size, "data", 4));
    for (size_t i = 0; i < size; i++) { /* a wrong number leads nowhere, or inside */
        bytes[i] ^= 0x80;
        archive_places(bytes, size, &place, 1);
        if (place)
            assert_in_range((size_t)(place - bytes), 0, size - 4);
        bytes[i] ^= 0x80;
    }
    unsigned char *wide = find(bytes, size, "\1\0\x18\0\4", 5);
    wide[5] = wide[13] = 1; /* both sizes, beyond the end */
    archive_places(bytes, size, &place, 1);
    assert_null(place);
    wide[5] = wide[13] = 0;
    for (size_t cut = 0; cut < size; cut++) {
        unsigned char *part = malloc(cut > 0 ? cut : 1);
        memcpy(part, bytes, cut);
        archive_places(part, cut, &place, 1);
        assert_null(place);
        free(part);
    }
    free(bytes);
}

static void what_is_no_archive_is_refused(void **state)
{
    (void)state;
    struct archive *archive = (void *)1;
    assert_int_equal(archive_open(NULL, in_scratch("missing"), &archive), GMR_ERR_NOT_FOUND);
    assert_null(archive);
    put_scratch("text", "this is a text, no archive, and long enough for one");
    archive = (void *)1;
    assert_int_equal(archive_open(NULL, in_scratch("text"), &archive), GMR_ERR_FORMAT);
    assert_null(archive);
    assert_message("cannot read '");
    assert_message("text': not a zip file: Not a zip archive");
    put_scratch("empty", "");
    assert_int_equal(archive_open(NULL, in_scratch("empty"), &archive), GMR_ERR_FORMAT);
    assert_message("empty': not a zip file: 0 bytes");
}

static void archives_cut_anywhere_are_refused(void **state)
{
    (void)state;
    size_t size;
    make_zip(three, 3);
    unsigned char *bytes = load_zip(&size);
    for (size_t n = 0; n < size; n++) {
        unsigned char *part = malloc(n > 0 ? n : 1);
        memcpy(part, bytes, n);
        assert_no_archive(part, n, "not a zip file");
        free(part);
    }
    free(bytes);
}

static void names_are_unique(void **state)
{
    (void)state;
    static const struct part two[] = { { "name1", "a", 1, ZIP_CM_STORE },
                                       { "name2", "b", 1, ZIP_CM_STORE } };
    size_t size;
    make_zip(two, 2);
    unsigned char *bytes = load_zip(&size);
    for (unsigned char *at; (at = memmem(bytes, size, "name2", 5)) != NULL;)
        at[4] = '1';
    assert_no_archive(bytes, size, "two entries are called 'name1'");
    free(bytes);
}

/* The same packed bytes for two entries: how a bomb gets by without a large ratio. */
static void entries_that_overlap_are_refused(void **state)
{
    (void)state;
    static const struct part two[] = { { "a", "0123456789", 10, ZIP_CM_STORE },
                                       { "b", "0", 1, ZIP_CM_STORE } };
    size_t size;
    make_zip(two, 2);
    unsigned char *bytes = load_zip(&size), *record = find_record(bytes, size);
    record[20] = (unsigned char)size; /* compressed size */
    record[24] = (unsigned char)size;
    assert_true(size < 256);
    assert_no_archive(bytes, size, "its entries are larger than its");
    free(bytes);
}

static void open_changed(unsigned char *bytes, size_t size, struct archive **archive)
{
    if (archive_open_memory(NULL, bytes, size, archive) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

static void encrypted_entries_are_refused(void **state)
{
    (void)state;
    struct archive *archive;
    size_t size;
    make_zip(three, 3);
    unsigned char *bytes = load_zip(&size);
    find_record(bytes, size)[8] |= 1;
    bytes[6] |= 1;
    open_changed(bytes, size, &archive);
    assert_true(archive_at(archive, 0)->encrypted);
    assert_int_equal(archive_check(archive, 0, SIZE_MAX), GMR_ERR_UNSUPPORTED);
    assert_message("entry 'a/one.txt' is encrypted");
    assert_int_equal(archive_check(archive, 1, SIZE_MAX), GMR_OK);
    archive_close(archive);
    free(bytes);
}

static void entries_above_the_bound_are_refused(void **state)
{
    (void)state;
    struct archive *archive;
    make_zip(three, 3);
    assert_int_equal(archive_open(NULL, in_scratch("x.zip"), &archive), GMR_OK);
    assert_int_equal(archive_check(archive, 1, 99999), GMR_ERR_UNSUPPORTED);
    assert_message("has 100000 bytes, at most 99999 are expected");
    assert_int_equal(archive_check(archive, 1, 100000), GMR_OK);
    archive_close(archive);
}

static void bombs_are_refused(void **state)
{
    (void)state;
    static const struct part bombs[] = { { "large", zeros, LARGE, ZIP_CM_DEFLATE },
                                         { "small", zeros, 1024 * 1024, ZIP_CM_DEFLATE },
                                         { "honest", zeros, LARGE, ZIP_CM_STORE } };
    struct archive *archive;
    make_zip(bombs, 3);
    assert_int_equal(archive_open(NULL, in_scratch("x.zip"), &archive), GMR_OK);
    assert_int_equal(archive_check(archive, 0, SIZE_MAX), GMR_ERR_FORMAT);
    assert_message("entry 'large' claims to hold 3145728 bytes in ");
    assert_int_equal(archive_check(archive, 1, SIZE_MAX), GMR_OK);
    assert_int_equal(archive_check(archive, 2, SIZE_MAX), GMR_OK);
    archive_close(archive);
}

static void damage_is_noticed(void **state)
{
    (void)state;
    struct archive *archive;
    size_t size;
    char out[11];
    make_zip(three, 3);
    unsigned char *bytes = load_zip(&size);
    find(bytes, size, "first", 5)[0] ^= 4;
    open_changed(bytes, size, &archive);
    assert_int_equal(archive_read(archive, 0, out), GMR_ERR_FORMAT);
    assert_message("entry 'a/one.txt': CRC error");
    assert_int_equal(archive_read(archive, 2, out), GMR_OK);
    archive_close(archive);
    free(bytes);
}

/* Where the directory announces more, or less, than the deflated data hold. */
static void announced_sizes_are_compared(void **state)
{
    (void)state;
    static const int changes[] = { -1, 1 };
    struct archive *archive;
    size_t size;
    char *out = malloc(100001);
    make_zip(&three[1], 1);
    for (size_t i = 0; i < 2; i++) {
        unsigned char *bytes = load_zip(&size), *record = find_record(bytes, size);
        record[24] = (unsigned char)(record[24] + changes[i]);
        open_changed(bytes, size, &archive);
        assert_int_equal(archive_at(archive, 0)->size, 100000 + changes[i]);
        assert_int_equal(archive_read(archive, 0, out), GMR_ERR_FORMAT);
        assert_message("entry 'a/\xC3\xA9'");
        archive_close(archive);
        free(bytes);
    }
    free(out);
}

static void unknown_ways_of_packing_are_refused(void **state)
{
    (void)state;
    struct archive *archive;
    size_t size;
    char out[11];
    make_zip(three, 3);
    unsigned char *bytes = load_zip(&size);
    find_record(bytes, size)[10] = 97;
    bytes[8] = 97;
    open_changed(bytes, size, &archive);
    assert_int_equal(archive_read(archive, 0, out), GMR_ERR_UNSUPPORTED);
    assert_message("entry 'a/one.txt': ");
    archive_close(archive);
    free(bytes);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    make_zip(three, 3);
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        struct archive *archive = (void *)1;
        failing_allocator_init(&memory, n);
        const enum gmr_status status =
            archive_open(&memory.allocator, in_scratch("x.zip"), &archive);
        archive_close(archive);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            assert_true(n > 2);
            break;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
        assert_null(archive);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_are_those_of_the_directory),
        TEST(entries_are_unpacked),
        TEST(stored_entries_are_used_where_they_lie),
        TEST(places_in_large_archives_are_found),
        TEST(what_is_no_archive_is_refused),
        TEST(archives_cut_anywhere_are_refused),
        TEST(names_are_unique),
        TEST(entries_that_overlap_are_refused),
        TEST(encrypted_entries_are_refused),
        TEST(entries_above_the_bound_are_refused),
        TEST(bombs_are_refused),
        TEST(damage_is_noticed),
        TEST(announced_sizes_are_compared),
        TEST(unknown_ways_of_packing_are_refused),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
