/* Fuzz entry of cleaning, splitting, encoding and decoding. Whatever the bytes: ids of the
 * vocabulary, the same prefix when cut, and texts that are UTF-8. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "media/tokeniser_inside.h"

enum { CUT = 5 };

static const char merges[] = "#version: 0.2\ni n\nt h\na n\nr e\na r\nt h</w>\ne r\nth e</w>\na a\n"
                             "aa aa\n' s\n's e\nin g</w>\n& a\n&a m\n&am p\n\xC3\xA2 \xC4\xA2\n";

static void check_ids(const struct tokeniser *tokeniser, const int64_t *ids, size_t length)
{
    int64_t size = (int64_t)tokeniser_size(tokeniser);
    assert(length >= 2 && ids[0] == size - 2 && ids[length - 1] == size - 1);
    for (size_t i = 0; i < length; i++)
        assert(ids[i] >= 0 && ids[i] < size);
}

static void check_cut(const struct tokeniser *tokeniser, const char *text, const int64_t *ids,
                      size_t length)
{
    int64_t cut[CUT];
    size_t cut_length, shorter = length < CUT ? length : CUT;
    assert(tokeniser_encode(tokeniser, text, CUT, true, cut, &cut_length) == GMR_OK);
    assert(cut_length == shorter);
    assert(memcmp(cut, ids, (shorter - 1) * sizeof *ids) == 0);
    check_ids(tokeniser, cut, cut_length);
    if (length > CUT) {
        assert(tokeniser_encode(tokeniser, text, CUT, false, cut, &cut_length) == GMR_ERR_RANGE);
        assert(text_is_utf8(gmr_error_message(), strlen(gmr_error_message())));
    }
}

/* Cleaned text is UTF-8 without spaces at its ends or two in a row, and its pieces leave out
 * nothing but spaces and the mark that is in no class. */
static void check_clean(const char *text)
{
    struct arena arena;
    struct piece piece;
    const char *clean;
    size_t size;
    arena_init(&arena, NULL, 0);
    assert(tokeniser_clean(text, &arena, &clean, &size) == GMR_OK);
    assert(text_is_utf8(clean, size) && strlen(clean) == size && !strstr(clean, "  "));
    const char *at = clean, *end = clean + size;
    for (const char *from = at; tokeniser_split(&at, end, &piece); from = at) {
        assert(piece.size > 0 && piece.text + piece.size == at && piece.text >= from);
        for (; from < piece.text; from += *from == ' ' ? 1 : 2)
            assert(*from == ' ' || memcmp(from, "\xCD\x85", 2) == 0);
    }
    arena_release(&arena);
}

static void check_decoded(const struct tokeniser *tokeniser, const int64_t *ids, size_t length,
                          size_t room)
{
    char *text = malloc(room);
    assert(text && tokeniser_decode(tokeniser, ids, length, text, room) == GMR_OK);
    assert(text_is_utf8(text, strlen(text)));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tokeniser *tokeniser;
    /* A byte gives at most four, which U+1D160 does: 4 to 12, then lower case. */
    size_t context = 4 * size + 2, length;
    char *text = malloc(size + 1);
    int64_t *ids = malloc(context * sizeof *ids);
    assert(text && ids);
    memcpy(text, data, size);
    text[size] = '\0';
    assert(tokeniser_parse(NULL, merges, sizeof merges - 1, "test", &tokeniser) == GMR_OK);
    assert(tokeniser_encode(tokeniser, text, context, false, ids, &length) == GMR_OK);
    check_ids(tokeniser, ids, length);
    check_cut(tokeniser, text, ids, length);
    check_decoded(tokeniser, ids, length, 12 * size + 1);
    check_clean(text);
    tokeniser_destroy(tokeniser);
    free(ids);
    free(text);
    return 0;
}
