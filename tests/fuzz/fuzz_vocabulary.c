/* Fuzz entry of tokeniser_parse, gzip included. Whatever the bytes: a clean refusal, or a
 * vocabulary that encodes, and that is the same when it is written and read again. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "media/tokeniser.h"

enum { CONTEXT = 64 };

static void encode(const struct tokeniser *tokeniser, int64_t ids[CONTEXT])
{
    size_t length;
    assert(tokeniser_encode(tokeniser, "a red dress &amp; 3 in a row, aaaaaa \xC3\xA9", CONTEXT,
                            true, ids, &length) == GMR_OK);
    assert(length >= 10 && ids[length - 1] == (int64_t)tokeniser_size(tokeniser) - 1);
}

static void check_again(struct tokeniser *tokeniser)
{
    struct tokeniser *again;
    const char *text, *same;
    size_t size, same_size;
    int64_t ids[CONTEXT], same_ids[CONTEXT];
    assert(tokeniser_text(tokeniser, &text, &size) == GMR_OK && text_is_utf8(text, size));
    assert(tokeniser_parse(NULL, text, size, "again", &again) == GMR_OK);
    assert(tokeniser_text(again, &same, &same_size) == GMR_OK);
    assert(same_size == size && memcmp(same, text, size) == 0);
    encode(tokeniser, ids);
    encode(again, same_ids);
    assert(memcmp(ids, same_ids, sizeof ids) == 0);
    tokeniser_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tokeniser *tokeniser;
    enum gmr_status status = tokeniser_parse(NULL, (const char *)data, size, "input", &tokeniser);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT);
    if (status == GMR_OK)
        check_again(tokeniser);
    else
        assert(!tokeniser && text_is_utf8(gmr_error_message(), strlen(gmr_error_message())));
    tokeniser_destroy(tokeniser);
    return 0;
}
