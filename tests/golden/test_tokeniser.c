/* The tokeniser against a second implementation (scripts/golden/tokeniser.py): awkward texts,
 * cleaned and encoded, and all captions of FashionIQ and Shoes. What needs CLIP's vocabulary or a
 * data set is skipped where that is not there; $GMR_DATA says where it is. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "media/tokeniser_inside.h"

enum { CONTEXT = 77 };

#define GOLDEN GMR_SOURCE_DIR "/tests/golden/data/"

static json_t *golden;
static char path[PATH_MAX];

/* A file of the data folder, in `path`; false, with a message, when it is not there. */
static bool find_data(const char *name)
{
    const char *folder = getenv("GMR_DATA");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : GMR_SOURCE_DIR "/../shared/data", name);
    if (access(path, R_OK) == 0)
        return true;
    print_message("no '%s': skipped\n", path);
    return false;
}

static json_t *read_json(const char *name)
{
    struct file_map map;
    json_t *value = NULL;
    assert_int_equal(file_map_open(&map, name), GMR_OK);
    assert_int_equal(json_parse(map.data, map.size, 8, name, &value), GMR_OK);
    file_map_close(&map);
    return value;
}

static int read_golden(void **state)
{
    (void)state;
    golden = read_json(GOLDEN "tokeniser.json");
    return 0;
}

static int release_golden(void **state)
{
    (void)state;
    json_decref(golden);
    return 0;
}

static struct tokeniser *open_vocabulary(const char *name)
{
    struct tokeniser *tokeniser;
    assert_int_equal(tokeniser_open(NULL, name, &tokeniser), GMR_OK);
    return tokeniser;
}

/* ---- texts ---- */

static void check_text(const struct tokeniser *tokeniser, const json_t *row, const char *member)
{
    const json_t *expected = json_object_get(row, member);
    const char *text = json_string_value(json_object_get(row, "text"));
    int64_t ids[CONTEXT];
    size_t length;
    assert_non_null(text);
    assert_int_equal(tokeniser_encode(tokeniser, text, CONTEXT, true, ids, &length), GMR_OK);
    bool same = length == json_array_size(expected);
    for (size_t i = 0; same && i < length; i++)
        same = ids[i] == json_integer_value(json_array_get(expected, i));
    if (!same)
        fail_msg("other ids (%s): %s", member, text);
}

static void check_texts(struct tokeniser *tokeniser, const char *member)
{
    const json_t *texts = json_object_get(golden, "texts");
    assert_true(json_array_size(texts) >= 40);
    for (size_t i = 0; i < json_array_size(texts); i++)
        check_text(tokeniser, json_array_get(texts, i), member);
    tokeniser_destroy(tokeniser);
}

static void cleans_texts(void **state)
{
    (void)state;
    size_t size, i;
    const json_t *row;
    const char *clean;
    json_array_foreach(json_object_get(golden, "texts"), i, row)
    {
        struct arena arena;
        arena_init(&arena, NULL, 0);
        const char *text = json_string_value(json_object_get(row, "text"));
        assert_int_equal(tokeniser_clean(text, &arena, &clean, &size), GMR_OK);
        assert_string_equal(clean, json_string_value(json_object_get(row, "clean")));
        arena_release(&arena);
    }
}

static void encodes_with_a_small_vocabulary(void **state)
{
    (void)state;
    check_texts(open_vocabulary(GOLDEN "merges.txt"), "small");
}

static void encodes_with_clips(void **state)
{
    (void)state;
    if (!find_data("clip/bpe_simple_vocab_16e6.txt.gz"))
        skip();
    check_texts(open_vocabulary(path), "clip");
}

/* ---- captions ---- */

struct caption_digest {
    const struct tokeniser *tokeniser;
    struct digest digest;
    size_t count;
};

static void add_caption(struct caption_digest *captions, const char *text)
{
    int64_t ids[CONTEXT];
    size_t length;
    assert_non_null(text);
    assert_int_equal(tokeniser_encode(captions->tokeniser, text, CONTEXT, true, ids, &length),
                     GMR_OK);
    digest_add(&captions->digest, ids, sizeof ids);
    captions->count++;
}

/* Texts under the members that hold captions, one or a list. */
static void add_row(struct caption_digest *captions, const json_t *row)
{
    static const char *const members[] = { "captions", "Caption", "RelativeCaption" };
    for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
        const json_t *text = json_object_get(row, members[m]);
        if (json_is_string(text))
            add_caption(captions, json_string_value(text));
        for (size_t i = 0; i < json_array_size(text); i++)
            add_caption(captions, json_string_value(json_array_get(text, i)));
    }
}

static void check_file(const struct tokeniser *tokeniser, const char *name, const json_t *expected)
{
    struct caption_digest captions = { .tokeniser = tokeniser };
    uint8_t result[DIGEST_SIZE];
    char hex[DIGEST_HEX];
    if (!find_data(name))
        return;
    json_t *rows = read_json(path);
    digest_init(&captions.digest);
    for (size_t i = 0; i < json_array_size(rows); i++)
        add_row(&captions, json_array_get(rows, i));
    json_decref(rows);
    digest_finish(&captions.digest, result);
    assert_int_equal(captions.count, json_integer_value(json_object_get(expected, "captions")));
    if (strcmp(digest_hex(result, hex), json_string_value(json_object_get(expected, "sha256"))) !=
        0)
        fail_msg("other ids in '%s'", name);
}

static void encodes_all_captions(void **state)
{
    (void)state;
    const char *name;
    json_t *expected;
    if (!find_data("clip/bpe_simple_vocab_16e6.txt.gz"))
        skip();
    struct tokeniser *tokeniser = open_vocabulary(path);
    assert_int_equal(tokeniser_size(tokeniser), 49408);
    json_object_foreach(json_object_get(golden, "files"), name, expected)
    {
        check_file(tokeniser, name, expected);
    }
    tokeniser_destroy(tokeniser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans_texts),
        cmocka_unit_test(encodes_with_a_small_vocabulary),
        cmocka_unit_test(encodes_with_clips),
        cmocka_unit_test(encodes_all_captions),
    };

    return cmocka_run_group_tests(tests, read_golden, release_golden);
}
