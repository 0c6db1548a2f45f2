/* The offsets in a zip file: end record, central directory, local headers, with their 64-bit forms
 * (APPNOTE.TXT 6.3, sections 4.3 and 4.5.3). Anything unusual ends the search; then entries are
 * unpacked by libzip, which takes longer. */
#include "base/archive_inside.h"

#include <stdbool.h>
#include <string.h>

enum {
    END_SIZE = 22,
    LOCATOR_SIZE = 20, /* before the end record: where the 64-bit one is */
    END64_SIZE = 56,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    COMMENT_MOST = UINT16_MAX,
    EXTRA_64 = 1, /* number of the extra field with 64-bit sizes and offsets */
};

struct span {
    const uint8_t *bytes;
    size_t size;
};

static uint64_t number(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

/* The record at `offset`, when there is one with this mark and size; else NULL. */
static const uint8_t *record(struct span file, uint64_t offset, const char *mark, size_t size)
{
    if (offset > file.size || file.size - offset < size ||
        memcmp(file.bytes + offset, mark, 4) != 0)
        return NULL;
    return file.bytes + offset;
}

static bool find_directory(struct span file, uint64_t *offset)
{
    for (size_t comment = 0; comment <= COMMENT_MOST && comment + END_SIZE <= file.size;
         comment++) {
        const size_t at = file.size - END_SIZE - comment;
        const uint8_t *end = record(file, at, "PK\5\6", END_SIZE);
        if (!end || number(end + 20, 2) != comment)
            continue;
        *offset = number(end + 16, 4);
        const uint8_t *locator =
            at >= LOCATOR_SIZE ? record(file, at - LOCATOR_SIZE, "PK\6\7", LOCATOR_SIZE) : NULL;
        if (!locator)
            return true;
        const uint8_t *end64 = record(file, number(locator + 8, 8), "PK\6\6", END64_SIZE);
        if (end64)
            *offset = number(end64 + 48, 8);
        return end64 != NULL;
    }
    return false;
}

/* A number of an entry's record; where its 4 bytes are all ones, the next 8 bytes of the extra
 * field count. */
static bool read_wide(const uint8_t *at, struct span *wide, uint64_t *value)
{
    *value = number(at, 4);
    if (*value != UINT32_MAX)
        return true;
    if (wide->size < 8)
        return false;
    *value = number(wide->bytes, 8);
    wide->bytes += 8;
    wide->size -= 8;
    return true;
}

/* The extra field of 64-bit numbers; empty when there is none. */
static struct span find_wide(struct span extra)
{
    while (extra.size >= 4) {
        const size_t size = (size_t)number(extra.bytes + 2, 2);
        if (size > extra.size - 4)
            break;
        if (number(extra.bytes, 2) == EXTRA_64)
            return (struct span){ extra.bytes + 4, size };
        extra.bytes += 4 + size;
        extra.size -= 4 + size;
    }
    return (struct span){ NULL, 0 };
}

static const uint8_t *find_data(struct span file, const uint8_t *entry, struct span extra)
{
    struct span wide = find_wide(extra);
    uint64_t size, packed, offset;
    if (!read_wide(entry + 24, &wide, &size) || !read_wide(entry + 20, &wide, &packed) ||
        !read_wide(entry + 42, &wide, &offset))
        return NULL;
    const uint8_t *local = record(file, offset, "PK\3\4", LOCAL_SIZE);
    if (!local || number(entry + 10, 2) != 0 || size != packed)
        return NULL;
    const uint64_t start = offset + LOCAL_SIZE + number(local + 26, 2) + number(local + 28, 2);
    return start <= file.size && file.size - start >= size ? file.bytes + start : NULL;
}

void archive_places(const uint8_t *bytes, size_t size, const uint8_t **place, size_t count)
{
    const struct span file = { bytes, size };
    uint64_t offset;
    memset(place, 0, count * sizeof *place);
    if (!find_directory(file, &offset))
        return;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = record(file, offset, "PK\1\2", ENTRY_SIZE);
        if (!entry)
            return;
        const size_t name = (size_t)number(entry + 28, 2), extra = (size_t)number(entry + 30, 2);
        const size_t whole = ENTRY_SIZE + name + extra + (size_t)number(entry + 32, 2);
        if (file.size - offset < whole)
            return;
        place[i] = find_data(file, entry, (struct span){ entry + ENTRY_SIZE + name, extra });
        offset += whole;
    }
}
