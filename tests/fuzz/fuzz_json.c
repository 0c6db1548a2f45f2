/* Fuzz entry of json_parse. Whatever the bytes: no fault, and a result that agrees with itself. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

enum { MAX_DEPTH = 16 };

static size_t depth_of(const json_t *value)
{
    size_t deepest = 0, i;
    const char *key;
    json_t *member;
    if (json_is_array(value)) {
        json_array_foreach((json_t *)(uintptr_t)value, i, member) deepest =
            depth_of(member) > deepest ? depth_of(member) : deepest;
        return deepest + 1;
    }
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member) deepest =
            depth_of(member) > deepest ? depth_of(member) : deepest;
        return deepest + 1;
    }
    return 0;
}

static void check_message(void)
{
    const char *text = gmr_error_message();
    assert(strncmp(text, "cannot parse 'input': ", 22) == 0);
    for (size_t left = strlen(text), n; left > 0; text += n, left -= n)
        assert((n = text_utf8_length(text, left)) > 0 && (unsigned char)*text >= 0x20);
}

/* Printed and parsed again, a value is the same; at one level less it does not parse. */
static void check_value(const json_t *value)
{
    json_t *again;
    size_t depth = depth_of(value), size;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    assert(text && depth <= MAX_DEPTH);
    assert(json_parse(text, strlen(text), depth, "input", &again) == GMR_OK);
    assert(json_equal(value, again));
    json_decref(again);
    if (depth > 0)
        assert(json_parse(text, strlen(text), depth - 1, "input", &again) == GMR_ERR_FORMAT);
    if (json_get_size(value, &size) == GMR_OK)
        assert(json_integer_value(value) >= 0 && (uintmax_t)json_integer_value(value) == size);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *value;
    enum gmr_status status = json_parse(data, size, MAX_DEPTH, "input", &value);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT || status == GMR_ERR_NOMEM);
    assert((status == GMR_OK) == (value != NULL));
    if (status == GMR_OK)
        check_value(value);
    else
        check_message();
    json_decref(value);
    return 0;
}
