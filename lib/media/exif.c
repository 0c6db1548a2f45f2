/* The one EXIF entry that matters for pixels: how the camera was held. JPEG files carry EXIF in a
 * segment APP1, as a small TIFF file: a header with the byte order, then a table of entries. Bytes
 * are hostile; anything odd means "upright". */
#include "media/format.h"

#include <string.h>

enum {
    MARKER_START_OF_SCAN = 0xDA,
    MARKER_END = 0xD9,
    MARKER_APP1 = 0xE1,
    TIFF_HEADER = 8,
    TIFF_ENTRY = 12,
    TIFF_SHORT = 3,
    TAG_ORIENTATION = 0x0112,
};

/* A range of bytes with a byte order; reading outside gives 0. */
struct view {
    const uint8_t *bytes;
    size_t size;
    bool little_endian;
};

static unsigned read16(const struct view *v, size_t at)
{
    if (v->size < 2 || at > v->size - 2)
        return 0;
    const uint8_t *b = v->bytes + at;
    return v->little_endian ? b[0] | (unsigned)b[1] << 8 : b[1] | (unsigned)b[0] << 8;
}

static size_t read32(const struct view *v, size_t at)
{
    size_t first = read16(v, at), second = read16(v, at + 2);
    return v->little_endian ? first | second << 16 : second | first << 16;
}

static unsigned tiff_orientation(struct view tiff)
{
    if (tiff.size < TIFF_HEADER)
        return 1;
    tiff.little_endian = tiff.bytes[0] == 'I';
    if (memcmp(tiff.bytes, tiff.little_endian ? "II\x2A\0" : "MM\0\x2A", 4) != 0)
        return 1;
    size_t table = read32(&tiff, 4), entries = read16(&tiff, table);
    for (size_t i = 0; i < entries; i++) {
        size_t at = table + 2 + i * TIFF_ENTRY;
        if (read16(&tiff, at) != TAG_ORIENTATION)
            continue;
        unsigned value = read16(&tiff, at + 8);
        bool sound = read16(&tiff, at + 2) == TIFF_SHORT && value >= 1 && value <= 8;
        return sound ? value : 1;
    }
    return 1;
}

unsigned exif_orientation(const uint8_t *jpeg, size_t size)
{
    static const char exif[] = "Exif\0"; /* ends in two NULs */
    struct view file = { jpeg, size, false };
    size_t at = 2, length;
    for (; read16(&file, at) > 0xFF00; at += 2 + length) {
        unsigned marker = read16(&file, at) & 0xFF;
        length = 0;
        if (marker == 0xFF) { /* a fill byte: the marker begins one further */
            at--;
            continue;
        }
        if (marker == MARKER_START_OF_SCAN || marker == MARKER_END)
            break;
        length = read16(&file, at + 2);
        if (length < 2 || length > size - at - 2)
            break;
        const uint8_t *data = jpeg + at + 4;
        size_t left = length - 2;
        if (marker == MARKER_APP1 && left >= sizeof exif && memcmp(data, exif, sizeof exif) == 0)
            return tiff_orientation((struct view){ data + sizeof exif, left - sizeof exif, false });
    }
    return 1;
}
