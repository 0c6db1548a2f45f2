/* Text to ids and back, with vocabularies of a few merges whose ids are worked out by hand: the
 * symbol of a printable ASCII character c is c - 33, at the end of a word 256 more, the first merge
 * makes 512. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "media/tokeniser_inside.h"
#include "support/message.h"

enum { END = 256, CONTEXT = 12 };

static struct tokeniser *parse(const char *merges)
{
    struct tokeniser *tokeniser;
    assert_int_equal(tokeniser_parse(NULL, merges, strlen(merges), "test", &tokeniser), GMR_OK);
    return tokeniser;
}

/* Fails unless the text has exactly these ids between start and end. */
static void check_ids(const struct tokeniser *tokeniser, const char *text, size_t count,
                      const int64_t *expected)
{
    int64_t ids[CONTEXT];
    size_t length, size = tokeniser_size(tokeniser);
    memset(ids, -1, sizeof ids);
    assert_int_equal(tokeniser_encode(tokeniser, text, CONTEXT, false, ids, &length), GMR_OK);
    if (length != count + 2 || memcmp(ids + 1, expected, count * sizeof *ids) != 0)
        fail_msg("'%s' has other ids", text);
    assert_int_equal(ids[0], size - 2);
    assert_int_equal(ids[count + 1], size - 1);
    for (size_t i = length; i < CONTEXT; i++)
        assert_int_equal(ids[i], 0);
}

#define CHECK_IDS(tokeniser, text, ...)                                                  \
    check_ids((tokeniser), (text), sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), \
              (int64_t[]){ __VA_ARGS__ })

/* ---- merging ---- */

static void bytes_without_merges(void **state)
{
    (void)state;
    struct tokeniser *t = parse("#version: 0.2\n");
    assert_int_equal(tokeniser_size(t), 514);
    CHECK_IDS(t, "a", 'a' - 33 + END);
    CHECK_IDS(t, "!~", 0, '~' - 33 + END);
    CHECK_IDS(t, "ab c", 'a' - 33, 'b' - 33 + END, 'c' - 33 + END);
    CHECK_IDS(t, "\u00E9", 0xC3 - 174 + 106, 0xA9 - 161 + 94 + END); /* printable in Latin-1 */
    CHECK_IDS(t, "\u0101", 0xC4 - 174 + 106, 188 + 33 + 0x81 - 127 + END);
    CHECK_IDS(t, "\u00ED", 0xC3 - 174 + 106, 188 + 67 + END); /* the soft hyphen comes last */
    tokeniser_destroy(t);
}

static void merges_by_rank(void **state)
{
    (void)state;
    struct tokeniser *t = parse("#\nl o\nlo w</w>\ne r</w>\nb c\na b\nab c\n");
    CHECK_IDS(t, "low", 513);
    CHECK_IDS(t, "lower", 512, 'w' - 33, 514);
    CHECK_IDS(t, "LOW low", 513, 513);
    CHECK_IDS(t, "abcd", 'a' - 33, 515, 'd' - 33 + END); /* b c before a b */
    CHECK_IDS(t, "abd", 516, 'd' - 33 + END);
    tokeniser_destroy(t);
}

static void merges_from_the_left(void **state)
{
    (void)state;
    const int64_t last = 'a' - 33 + END;
    struct tokeniser *t = parse("#\na a\naa aa\naa a\n");
    CHECK_IDS(t, "aaa", 512, last);
    CHECK_IDS(t, "aaaa", 514, last);
    CHECK_IDS(t, "aaaaa", 513, last);
    CHECK_IDS(t, "aaaaaaa", 513, 512, last);
    CHECK_IDS(t, "aaaaaaaa", 513, 514, last);
    tokeniser_destroy(t);
}

/* Long words are merged as short ones are, in another block of memory. */
static void long_words(void **state)
{
    (void)state;
    enum { LETTERS = 4096 };
    static char text[LETTERS + 1];
    static int64_t ids[LETTERS + 2];
    size_t length;
    struct tokeniser *t = parse("#\na b\nab ab\n");
    for (size_t i = 0; i < LETTERS; i++)
        text[i] = i % 2 == 0 ? 'a' : 'b';
    assert_int_equal(tokeniser_encode(t, text, LETTERS + 2, false, ids, &length), GMR_OK);
    assert_int_equal(length, 1 + LETTERS / 4 - 1 + 3 + 1);
    for (size_t i = 1; i < LETTERS / 4; i++)
        assert_int_equal(ids[i], 513);
    assert_int_equal(ids[LETTERS / 4], 512); /* the last b ends the word */
    tokeniser_destroy(t);
}

/* ---- cleaning and splitting ---- */

/* The pieces of a text with "|" between; a token is in parentheses. */
static const char *pieces(const char *text, char joined[512])
{
    struct arena arena;
    struct piece piece;
    const char *clean;
    size_t size, used = 0;
    joined[0] = '\0';
    arena_init(&arena, NULL, 0);
    assert_int_equal(tokeniser_clean(text, &arena, &clean, &size), GMR_OK);
    assert_int_equal(strlen(clean), size);
    for (const char *at = clean; tokeniser_split(&at, clean + size, &piece);)
        used += (size_t)snprintf(joined + used, 512 - used,
                                 piece.kind == PIECE_WORD ? "%s%.*s" : "%s(%.*s)",
                                 used > 0 ? "|" : "", (int)piece.size, piece.text);
    arena_release(&arena);
    return joined;
}

struct text_case {
    const char *text, *expected;
};

static void check_pieces(const struct text_case *cases, size_t count)
{
    char joined[512];
    for (size_t i = 0; i < count; i++)
        assert_string_equal(pieces(cases[i].text, joined), cases[i].expected);
}

#define CHECK_PIECES(cases) check_pieces((cases), sizeof(cases) / sizeof *(cases))

static void splits(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        { "", "" },
        { " \t\n", "" },
        { "a dog", "a|dog" },
        { "isn't it's they're I've I'm we'll he'd",
          "isn|'t|it|'s|they|'re|i|'ve|i|'m|we|'ll|he|'d" },
        { "'stuff 'x 'lx", "'s|tuff|'|x|'|lx" },
        { "what!'s", "what|!'|s" }, /* a run takes the apostrophe */
        { "10cm", "1|0|cm" },
        { "2\u00BD \u2167\u0663", "2|\u00BD|\u2177|\u0663" },
        { "a--b... c", "a|--|b|...|c" },
        { "\u00E9t\u00E9 \u6F22\u5B57!", "\u00E9t\u00E9|\u6F22\u5B57|!" },
        { "a\u0345b", "a|b" },
        { "<|startoftext|>x<|EndOfText|>", "(<|startoftext|>)|x|(<|endoftext|>)" },
        { "!<|startoftext|>", "!<||startoftext||>" },
        { "<|startoftext|", "<||startoftext||" },
        { "'\u017F <|\u017Ftartoftext|>", "'\u017F|<|\u017Ftartoftext|>" },
        { "a\x1C"
          "b",
          "a|\x1C|b" },
    };
    CHECK_PIECES(cases);
}

static void cleans(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        { "\x1F a\u00A0\u2003b\xC2\x85 \x1C", "a|b" },
        { "a\u200Bb", "a|\u200B|b" }, /* no white space to Unicode */
        { "e\u0301", "\u00E9" },
        { "q\u0301\u0316", "q|\u0316\u0301" }, /* marks in the order of their classes */
        { "\u1100\u1161\u11A8", "\uAC01" },
        { "\uFB01", "\uFB01" },
        { "\u0130", "i|\u0307" },
        { "\u039F\u03A3 \u03A3 \u039F\u03A3\u03A3'", "\u03BF\u03C2|\u03C3|\u03BF\u03C3\u03C2|'" },
        { "\u24B6\u03A3 \u00AA\u03A3", "\u24D0|\u03C2|\u00AA\u03C2" },
        { "\u1E9E \u01C5 \u1F88", "\u00DF|\u01C6|\u1F80" },
        { "a\xFF\xC3", "a|\uFFFD\uFFFD" },
        { "\xED\xA0\x80\xC0\x80", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD" },
        { "&amp;amp;", "&" },
        { "&amp;amp;amp;", "&|amp|;" },
        { "&lt; &GT &ltx &notit; &notin;", "<|>|<|x|\u00AC|it|;|\u2209" },
        { "&eacute&Eacute;&nosuch;&;&", "\u00E9\u00E9|&|nosuch|;&;&" },
        { "&nGt;&CounterClockwiseContourIntegral;", "\u226B\u20D2\u2233" },
        { "&#65;&#x42&#X43;d", "abcd" },
        { "&#0;&#xD800;&#x110000;&#99999999999999999999;", "\uFFFD\uFFFD\uFFFD\uFFFD" },
        { "&#x80;&#159;&#129;", "\u20AC|\u00FF|\xC2\x81" },
        { "a&#1;&#xB;&#x7F;&#xFDD0;&#x1FFFE;b&#13;c", "ab|c" },
        { "&#4294967361;&#x100000041;", "\uFFFD\uFFFD" }, /* not what is left in 32 bits */
        { "&#;&#x;&#xg;", "&#;&#|x|;&#|xg|;" },
        { "&#128", "\u20AC" },
    };
    CHECK_PIECES(cases);
}

/* ---- ids ---- */

static void tokens_in_the_text(void **state)
{
    (void)state;
    struct tokeniser *t = parse("#\n");
    CHECK_IDS(t, "<|startoftext|>a<|ENDOFTEXT|>", 512, 'a' - 33 + END, 513);
    tokeniser_destroy(t);
}

static void truncates(void **state)
{
    (void)state;
    int64_t ids[4];
    size_t length;
    struct tokeniser *t = parse("#\na b\n");
    assert_int_equal(tokeniser_encode(t, "x y", 4, false, ids, &length), GMR_OK);
    assert_int_equal(length, 4);
    assert_int_equal(tokeniser_encode(t, "x y z", 4, false, ids, &length), GMR_ERR_RANGE);
    assert_message("text 'x y z' has more than 4 tokens");
    assert_int_equal(tokeniser_encode(t, "x yz", 4, false, ids, &length), GMR_ERR_RANGE);
    assert_int_equal(tokeniser_encode(t, "x yz", 4, true, ids, &length), GMR_OK);
    assert_int_equal(length, 4);
    assert_int_equal(ids[1], 'x' - 33 + END);
    assert_int_equal(ids[2], 'y' - 33);
    assert_int_equal(ids[3], 514);
    assert_int_equal(tokeniser_encode(t, "x", 2, true, ids, &length), GMR_OK);
    assert_int_equal(length, 2);
    assert_int_equal(ids[0], 513);
    assert_int_equal(ids[1], 514);
    tokeniser_destroy(t);
}

static void refuses_to_encode(void **state)
{
    (void)state;
    int64_t ids[4];
    size_t length;
    struct tokeniser *t = parse("#\n");
    assert_int_equal(tokeniser_encode(t, "x", 1, true, ids, &length), GMR_ERR_RANGE);
    assert_message("at least 2");
    char *text = malloc((size_t)TOKENISER_MAX_TEXT + 2);
    assert_non_null(text);
    memset(text, ' ', (size_t)TOKENISER_MAX_TEXT + 1);
    text[TOKENISER_MAX_TEXT + 1] = '\0';
    assert_int_equal(tokeniser_encode(t, text, 4, true, ids, &length), GMR_ERR_RANGE);
    assert_message("more than 16777216 bytes");
    assert_int_equal(tokeniser_encode(t, text + 1, 4, true, ids, &length), GMR_OK);
    assert_int_equal(length, 2);
    free(text);
    tokeniser_destroy(t);
}

/* ---- decoding ---- */

static void decodes(void **state)
{
    (void)state;
    int64_t ids[64];
    size_t length;
    char text[64];
    struct tokeniser *t = parse("#\nl o\nlo w</w>\n");
    assert_int_equal(tokeniser_encode(t, "LOW, \u00E9t\u00E9  10cm", 64, false, ids, &length),
                     GMR_OK);
    assert_int_equal(tokeniser_decode(t, ids, length, text, sizeof text), GMR_OK);
    assert_string_equal(text, "low , \u00E9t\u00E9 1 0 cm");
    assert_int_equal(tokeniser_decode(t, ids, 64, text, sizeof text), GMR_OK); /* up to EOT */
    assert_string_equal(text, "low , \u00E9t\u00E9 1 0 cm");
    assert_int_equal(tokeniser_decode(t, ids + 1, 1, text, sizeof text), GMR_OK);
    assert_string_equal(text, "low");
    assert_int_equal(tokeniser_decode(t, ids, 4, text, sizeof text), GMR_OK);
    assert_string_equal(text, "low , \uFFFD"); /* half of the first letter */
    assert_int_equal(tokeniser_decode(t, ids, 0, text, 1), GMR_OK);
    assert_string_equal(text, "");
    tokeniser_destroy(t);
}

static void refuses_to_decode(void **state)
{
    (void)state;
    char text[8];
    struct tokeniser *t = parse("#\nl o\nlo w</w>\n");
    const int64_t words[] = { 513, 513 }, wrong[] = { 516 }, negative[] = { -1 };
    const int64_t cut[] = { 0xC3 - 174 + 106 };
    assert_int_equal(tokeniser_decode(t, wrong, 1, text, 8), GMR_ERR_RANGE);
    assert_message("516 is not a token: there are 516");
    assert_int_equal(tokeniser_decode(t, negative, 1, text, 8), GMR_ERR_RANGE);
    assert_int_equal(tokeniser_decode(t, words, 2, text, 8), GMR_OK);
    assert_string_equal(text, "low low");
    assert_int_equal(tokeniser_decode(t, words, 2, text, 7), GMR_ERR_RANGE);
    assert_message("7 bytes");
    assert_int_equal(tokeniser_decode(t, words, 2, text, 6), GMR_ERR_RANGE);
    assert_int_equal(tokeniser_decode(t, words, 0, text, 0), GMR_ERR_RANGE);
    assert_int_equal(tokeniser_decode(t, cut, 1, text, 4), GMR_OK);
    assert_string_equal(text, "\uFFFD");
    assert_int_equal(tokeniser_decode(t, cut, 1, text, 3), GMR_ERR_RANGE);
    tokeniser_destroy(t);
}

/* ---- threads ---- */

static void *encode_often(void *tokeniser)
{
    int64_t ids[CONTEXT];
    size_t length, wrong = 0;
    for (int i = 0; i < 500; i++) {
        enum gmr_status status =
            tokeniser_encode(tokeniser, "low &amp; lower", CONTEXT, false, ids, &length);
        wrong += status != GMR_OK || length != 8 || ids[1] != 513 || ids[3] != 512;
    }
    return (void *)(uintptr_t)wrong;
}

static void threads_share(void **state)
{
    (void)state;
    struct tokeniser *t = parse("#\nl o\nlo w</w>\n");
    pthread_t thread;
    void *wrong;
    assert_int_equal(pthread_create(&thread, NULL, encode_often, t), 0);
    assert_null(encode_often(t));
    assert_int_equal(pthread_join(thread, &wrong), 0);
    assert_null(wrong);
    tokeniser_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_without_merges),
        cmocka_unit_test(merges_by_rank),
        cmocka_unit_test(merges_from_the_left),
        cmocka_unit_test(long_words),
        cmocka_unit_test(splits),
        cmocka_unit_test(cleans),
        cmocka_unit_test(tokens_in_the_text),
        cmocka_unit_test(truncates),
        cmocka_unit_test(refuses_to_encode),
        cmocka_unit_test(decodes),
        cmocka_unit_test(refuses_to_decode),
        cmocka_unit_test(threads_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
