/* Vocabularies as text: every form that is read, every line that is not, and writing. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>
#include <zlib.h>

#include "media/tokeniser.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

static const char plain[] = "#version: 0.2\nl o\nlo w</w>\n\xC4\xA0 \xC3\xA9\n";

static enum gmr_status parse(const char *text, size_t size, struct tokeniser **tokeniser)
{
    return tokeniser_parse(NULL, text, size, "words", tokeniser);
}

/* Fails unless the text has as many merges as said, and encodes "low" in one token. */
static void check_sound(const char *text, size_t size, size_t merges)
{
    struct tokeniser *tokeniser;
    int64_t ids[3];
    size_t length;
    assert_int_equal(parse(text, size, &tokeniser), GMR_OK);
    assert_int_equal(tokeniser_size(tokeniser), 512 + merges + 2);
    assert_int_equal(tokeniser_encode(tokeniser, "low", 3, false, ids, &length), GMR_OK);
    assert_int_equal(ids[1], 513);
    tokeniser_destroy(tokeniser);
}

static void check_refused(const char *text, size_t size, const char *message)
{
    struct tokeniser *tokeniser = (struct tokeniser *)&tokeniser;
    assert_int_equal(parse(text, size, &tokeniser), GMR_ERR_FORMAT);
    assert_null(tokeniser);
    assert_message(message);
    assert_message("'words'");
}

/* Compresses as gzip does; the caller frees the result. */
static char *compress_text(const void *text, size_t size, size_t *compressed)
{
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)size };
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    uInt room = (uInt)deflateBound(&stream, size);
    char *out = malloc(room);
    assert_non_null(out);
    stream.next_out = (Bytef *)out;
    stream.avail_out = room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *compressed = room - stream.avail_out;
    deflateEnd(&stream);
    return out;
}

/* ---- forms ---- */

static void reads_every_form(void **state)
{
    (void)state;
    static const char *const forms[] = {
        plain,
        "#version: 0.2\r\nl o\r\nlo w</w>\r\n\xC4\xA0 \xC3\xA9\r\n",
        "\nl o\nlo w</w>\n\xC4\xA0 \xC3\xA9", /* an empty header, an unfinished line */
        "\"bpe_simple_vocab_16e6.txt#version: 0.2\nl o\nlo w</w>\na b\n",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        check_sound(forms[i], strlen(forms[i]), 3);
}

static void reads_files(void **state)
{
    (void)state;
    struct tokeniser *tokeniser;
    size_t size;
    char *compressed = compress_text(plain, sizeof plain - 1, &size);
    check_sound(compressed, size, 3);
    write_file(in_scratch("merges.txt.gz"), compressed, size);
    put_scratch("merges.txt", plain);
    assert_int_equal(tokeniser_open(NULL, in_scratch("merges.txt.gz"), &tokeniser), GMR_OK);
    assert_int_equal(tokeniser_size(tokeniser), 517);
    tokeniser_destroy(tokeniser);
    assert_int_equal(tokeniser_open(NULL, in_scratch("merges.txt"), &tokeniser), GMR_OK);
    assert_int_equal(tokeniser_size(tokeniser), 517);
    tokeniser_destroy(tokeniser);
    assert_int_equal(tokeniser_open(NULL, in_scratch("none"), &tokeniser), GMR_ERR_NOT_FOUND);
    assert_null(tokeniser);
    free(compressed);
}

/* Writes `count` merges, at most 188 x 188 x 2: of two printable characters each, first inside a
 * word, then at its end. Returns the size. */
static size_t write_pairs(char *out, size_t count)
{
    size_t size = 0;
    for (int place = 0; place < 2; place++)
        for (int left = '!'; left <= 0xFF; left++)
            for (int right = '!'; right <= 0xFF && count > 0; right++) {
                bool gap = (left > '~' && left < 0xA1) || left == 0xAD ||
                           (right > '~' && right < 0xA1) || right == 0xAD;
                if (gap)
                    continue;
                size += (size_t)sprintf(out + size, "%lc %lc%s\n", (wint_t)left, (wint_t)right,
                                        place == 0 ? "" : "</w>");
                count--;
            }
    return size;
}

/* With CLIP's header, what comes after the last merge that CLIP uses is not looked at. */
static void reads_clips_part(void **state)
{
    (void)state;
    static const char clip[] = "\"bpe_simple_vocab_16e6.txt#version: 0.2\n",
                      rest[] = "no merge here\n";
    static char text[1 << 20];
    struct tokeniser *tokeniser;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    size_t head = sizeof clip - 1, size = head;
    memcpy(text, clip, head);
    size += write_pairs(text + size, TOKENISER_CLIP_MERGES);
    memcpy(text + size, rest, sizeof rest - 1);
    size += sizeof rest - 1;
    assert_int_equal(parse(text, size, &tokeniser), GMR_OK);
    assert_int_equal(tokeniser_size(tokeniser), 49408);
    tokeniser_destroy(tokeniser);
    check_refused(text + 2, size - 2, "line 48896: not two symbols");
}

/* ---- lines that are refused ---- */

static void refuses_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "", "it is empty" },
        { "#\n\n", "line 2: not two symbols" },
        { "#\na b\n\nc d\n", "line 3: not two symbols" },
        { "#\nab\n", "line 2: not two symbols" },
        { "#\n a\n", "line 2: not two symbols" },
        { "#\na \n", "line 2: not two symbols" },
        { "#\na  b\n", "line 2: not two symbols" },
        { "#\na b c\n", "line 2: not two symbols" },
        { "#\na bc\n", "line 2: no byte and no earlier merge gives the symbol 'bc'" },
        { "#\nab c\na b\n", "line 2: no byte and no earlier merge gives the symbol 'ab'" },
        { "#\na b\nab b</w>\nab</w> c\n", "line 4: no byte and no earlier merge gives" },
        { "#\na </w>\n", "the symbol '</w>'" },
        { "#\na \xC2\xA0\n", "no byte and no earlier merge gives" }, /* not printable */
        { "#\na \xC2\xAD\n", "no byte and no earlier merge gives" }, /* nor that */
        { "#\na \xC5\x84\n", "no byte and no earlier merge gives" }, /* U+0144: one too many */
        { "#\na \xF0\x9F\x91\x97\n", "no byte and no earlier merge gives" },
        { "#\na \xFF\n", "no byte and no earlier merge gives the symbol '?'" },
        { "#\na\tb\n", "line 2: not two symbols" },
        { "#\na b</w>\nab</w> c\n", "line 3: the first symbol ends a word" },
        { "#\na b\na b\n", "line 3: an earlier merge makes the same symbol" },
        { "#\na b\nb c\nab c\na bc\n", "line 5: an earlier merge makes the same symbol" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
}

static void refuses_a_nul(void **state)
{
    (void)state;
    check_refused("#\na \0\n", 6, "line 2: no byte and no earlier merge gives");
}

/* Doubles a symbol until it has TOKENISER_MAX_SYMBOL bytes, and one more time. */
static void refuses_long_symbols(void **state)
{
    (void)state;
    char text[8192], symbol[TOKENISER_MAX_SYMBOL + 1];
    struct tokeniser *tokeniser;
    size_t size = 2;
    memset(symbol, 'a', sizeof symbol);
    memcpy(text, "#\n", 2);
    for (int length = 1; length < TOKENISER_MAX_SYMBOL; length *= 2)
        size += (size_t)sprintf(text + size, "%.*s %.*s\n", length, symbol, length, symbol);
    assert_int_equal(parse(text, size, &tokeniser), GMR_OK);
    assert_int_equal(tokeniser_size(tokeniser), 512 + 10 + 2);
    tokeniser_destroy(tokeniser);
    size_t whole =
        size + (size_t)sprintf(text + size, "%.*s b</w>\n", TOKENISER_MAX_SYMBOL, symbol);
    check_refused(text, whole, "line 12: a symbol of more than 1024 bytes");
    whole = size + (size_t)sprintf(text + size, "%.*s b\n", TOKENISER_MAX_SYMBOL + 1, symbol);
    check_refused(text, whole, "line 12: no byte and no earlier merge gives");
}

static void refuses_much_text(void **state)
{
    (void)state;
    /* Size is looked at first. */
    check_refused("#\n", TOKENISER_MAX_VOCABULARY, "67108864 bytes of text or more");
    check_refused("\x1F\x8B", TOKENISER_MAX_VOCABULARY, "67108864 bytes of text or more");
}

/* ---- gzip ---- */

static void refuses_damaged_gzip(void **state)
{
    (void)state;
    size_t size;
    char *compressed = compress_text(plain, sizeof plain - 1, &size);
    char *longer = malloc(size + 1);
    assert_non_null(longer);
    memcpy(longer, compressed, size);
    longer[size] = '\n';
    check_refused(longer, size + 1, "something follows the compressed text");
    for (size_t cut = 2; cut < size; cut++)
        check_refused(compressed, cut, "cannot expand 'words': it is cut off");
    compressed[size - 8] ^= 1;
    check_refused(compressed, size, "cannot expand 'words': incorrect data check");
    compressed[2] = 7;
    check_refused(compressed, size, "cannot expand 'words': unknown compression method");
    free(longer);
    free(compressed);
}

static void refuses_a_bomb(void **state)
{
    (void)state;
    size_t bytes = (size_t)TOKENISER_MAX_VOCABULARY + 1, size;
    char *zeros = calloc(1, bytes);
    assert_non_null(zeros);
    char *compressed = compress_text(zeros, bytes, &size);
    assert_true(size < 100 << 10);
    compressed[size - 8] ^= 1; /* damage at the end, which is not reached */
    check_refused(compressed, size, "cannot read 'words': it has 67108864 bytes of text or more");
    free(compressed);
    free(zeros);
}

/* ---- writing ---- */

static void writes_what_it_read(void **state)
{
    (void)state;
    struct tokeniser *tokeniser, *again;
    const char *text, *same;
    size_t size;
    assert_int_equal(parse(plain, sizeof plain - 1, &tokeniser), GMR_OK);
    assert_int_equal(tokeniser_text(tokeniser, &text, &size), GMR_OK);
    assert_int_equal(size, sizeof plain - 1);
    assert_memory_equal(text, plain, size);
    assert_int_equal(tokeniser_text(tokeniser, &same, &size), GMR_OK);
    assert_ptr_equal(same, text);
    assert_int_equal(parse(text, size, &again), GMR_OK);
    assert_int_equal(tokeniser_size(again), tokeniser_size(tokeniser));
    tokeniser_destroy(again);
    tokeniser_destroy(tokeniser);
    tokeniser_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test_setup_teardown(reads_files, scratch_setup, scratch_teardown),
        cmocka_unit_test(reads_clips_part),
        cmocka_unit_test(refuses_lines),
        cmocka_unit_test(refuses_a_nul),
        cmocka_unit_test(refuses_long_symbols),
        cmocka_unit_test(refuses_much_text),
        cmocka_unit_test(refuses_damaged_gzip),
        cmocka_unit_test(refuses_a_bomb),
        cmocka_unit_test(writes_what_it_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
