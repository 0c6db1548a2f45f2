/* Cleaning in passes over one buffer of characters (code points): none makes the text longer. */
#include "catalogue/import/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct characters {
    uint32_t *at;
    size_t count;
};

enum { SPACE = ' ', MAX_TAG = 2000, MAX_ENTITY = 10, MAX_REREADS = 3 };

/* ---- UTF-8 ---- */

static uint32_t decode(const unsigned char *byte, size_t length)
{
    static const unsigned char first_bits[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    uint32_t c = byte[0] & first_bits[length];
    for (size_t i = 1; i < length; i++)
        c = c << 6 | (byte[i] & 0x3F);
    return c;
}

/* Wrecks that were pulled apart as well: quotation marks and the byte order mark. */
static const struct {
    const char *text;
    uint32_t character;
} broken_phrases[] = {
    { "\u00E2 &euro &trade", 0x2019 },
    { "\u00E2 &euro &tilde", 0x2018 },
    { "\u00EF \u00BB \u00BF", SPACE },
};

/* Bytes of a broken phrase at the start of the text, 0 for none. */
static size_t read_phrase(const char *text, uint32_t *character)
{
    for (size_t i = 0; i < sizeof broken_phrases / sizeof *broken_phrases; i++) {
        const size_t length = strlen(broken_phrases[i].text);
        if (strncmp(text, broken_phrases[i].text, length) == 0) {
            *character = broken_phrases[i].character;
            return length;
        }
    }
    return 0;
}

static bool read_characters(struct arena *arena, const char *text, struct characters *out)
{
    size_t left = strlen(text);
    out->count = 0;
    out->at = arena_array(arena, left + 1, sizeof *out->at);
    if (!out->at)
        return false;
    while (left > 0) {
        uint32_t c = '?';
        size_t length = read_phrase(text, &c);
        if (length == 0 && (length = text_utf8_length(text, left)) > 0)
            c = decode((const unsigned char *)text, length);
        out->at[out->count++] = c;
        length += length == 0;
        text += length;
        left -= length;
    }
    return true;
}

static size_t encode(uint32_t c, unsigned char *byte)
{
    if (c < 0x80) {
        byte[0] = (unsigned char)c;
        return 1;
    }
    const size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        byte[i] = (unsigned char)(0x80 | (c & 0x3F));
    byte[0] = (unsigned char)(c | (0xF00U >> length & 0xFF));
    return length;
}

static char *write_characters(struct arena *arena, const struct characters *in)
{
    unsigned char *text = arena_alloc(arena, 4 * in->count + 1);
    size_t size = 0;
    if (!text)
        return NULL;
    for (size_t i = 0; i < in->count; i++)
        size += encode(in->at[i], text + size);
    text[size] = '\0';
    return (char *)text;
}

/* ---- HTML ---- */

static const struct {
    const char *name;
    uint32_t character;
} entities[] = {
    { "amp", '&' },      { "lt", '<' },       { "gt", '>' },        { "quot", '"' },
    { "apos", '\'' },    { "nbsp", SPACE },   { "eacute", 0xE9 },   { "egrave", 0xE8 },
    { "deg", 0xB0 },     { "reg", 0xAE },     { "copy", 0xA9 },     { "trade", 0x2122 },
    { "frac12", 0xBD },  { "frac14", 0xBC },  { "middot", 0xB7 },   { "bull", 0x2022 },
    { "ndash", 0x2013 }, { "mdash", 0x2014 }, { "hellip", 0x2026 }, { "lsquo", 0x2018 },
    { "rsquo", 0x2019 }, { "ldquo", 0x201C }, { "rdquo", 0x201D },  { "euro", 0x20AC },
    { "pound", 0xA3 },   { "times", 0xD7 },
};

/* The character of "&name;" and "&#123;", or 0. */
static uint32_t entity_character(const char *name)
{
    if (name[0] == '#') {
        const bool hex = name[1] == 'x' || name[1] == 'X';
        const unsigned long c = strtoul(name + (hex ? 2 : 1), NULL, hex ? 16 : 10);
        return c < 0x110000 && (c < 0xD800 || c > 0xDFFF) ? (uint32_t)c : 0;
    }
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (strcmp(entities[i].name, name) == 0)
            return entities[i].character;
    return 0;
}

/* Length of the entity that begins at `at`, 0 for none. */
static size_t read_entity(const uint32_t *at, size_t left, uint32_t *character)
{
    char name[MAX_ENTITY + 1];
    size_t length = 0;
    while (length < MAX_ENTITY && length + 1 < left && at[length + 1] < 0x7F &&
           at[length + 1] > SPACE && at[length + 1] != ';') {
        name[length] = (char)at[length + 1];
        length++;
    }
    name[length] = '\0';
    if (length + 1 >= left || at[length + 1] != ';')
        return 0;
    const uint32_t found = entity_character(name);
    if (found == 0)
        return 0;
    *character = found;
    return length + 2;
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length of the tag or comment that begins at `at`, 0 for none: "3 < 4" is text. */
static size_t read_tag(const uint32_t *at, size_t left)
{
    if (left < 3 || !(is_letter(at[1]) || at[1] == '!' || (at[1] == '/' && is_letter(at[2]))))
        return 0;
    for (size_t i = 2; i < left && i < MAX_TAG; i++)
        if (at[i] == '>')
            return i + 1;
    return 0;
}

/* True when something went: what was escaped twice needs two passes. */
static bool drop_html(struct characters *text)
{
    size_t kept = 0;
    bool changed = false;
    for (size_t i = 0, length; i < text->count; i += length) {
        const size_t left = text->count - i;
        uint32_t c = text->at[i];
        length = 0;
        if (c == '<' && (length = read_tag(text->at + i, left)) > 0)
            c = SPACE;
        else if (c == '&')
            length = read_entity(text->at + i, left, &c);
        changed |= length > 0;
        length += length == 0;
        text->at[kept++] = c;
    }
    text->count = kept;
    return changed;
}

/* ---- text in the wrong character set ---- */

/* Bytes 80 .. 9F of Windows-1252; 0: none. */
static const uint16_t windows_characters[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* The byte that Windows-1252 shows as this character; 0 for none above 7F. */
static unsigned char windows_byte(uint32_t c)
{
    if (c >= 0x80 && c <= 0xFF)
        return (unsigned char)c;
    for (size_t i = 0; i < 32; i++)
        if (windows_characters[i] == c && c != 0)
            return (unsigned char)(0x80 + i);
    return 0;
}

/* Reads characters as the bytes of one UTF-8 character; returns how many they are, 0 for none. */
static size_t read_again(const uint32_t *at, size_t left, uint32_t *character)
{
    char bytes[4];
    size_t count = 0;
    while (count < 4 && count < left && windows_byte(at[count]) != 0) {
        bytes[count] = (char)windows_byte(at[count]);
        count++;
    }
    const size_t length = text_utf8_length(bytes, count);
    if (length > 1)
        *character = decode((const unsigned char *)bytes, length);
    return length > 1 ? length : 0;
}

/* True when something was read back: it may have been encoded more than twice. */
static bool read_back(struct characters *text)
{
    size_t kept = 0, length;
    bool changed = false;
    for (size_t i = 0; i < text->count; i += length) {
        uint32_t c = text->at[i];
        length = read_again(text->at + i, text->count - i, &c);
        changed |= length > 0;
        length += length == 0;
        text->at[kept++] = c;
    }
    text->count = kept;
    return changed;
}

/* The wreck of a character that was encoded over and over while what did not fit became '?'. */
static bool is_wreck(uint32_t c)
{
    static const uint32_t pieces[] = { '?',  0xC2, 0xC3, 0xE2, 0xA2, 0xA9,   0xAC,  0xAE,
                                       0xAF, 0xBB, 0xBD, 0xBF, 0xEF, 0x20AC, 0xFFFD };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        if (pieces[i] == c)
            return true;
    return false;
}

/* How many characters the wreck at `at` has, 0 for none. Its sign are capitals A with tilde or
 * circumflex, which no English word has, beside question marks; alone they are a lost space. */
static size_t wreck_length(const uint32_t *at, size_t left)
{
    size_t length = 0, signs = 0, marks = 0;
    if (at[0] == '?')
        return 0;
    for (; length < left && is_wreck(at[length]); length++) {
        signs += at[length] == 0xC2 || at[length] == 0xC3;
        marks += at[length] == '?';
    }
    if (signs > 0 && marks > 0)
        return length;
    return at[0] == 0xC2 || (at[0] == 0xC3 && left > 1 && at[1] == SPACE) ? 1 : 0;
}

/* What can be told of it: its last byte still shows an accent or a sign; after a number comes an
 * inch. */
static uint32_t wreck_meaning(const struct characters *text, size_t at, size_t length)
{
    const uint32_t last = text->at[at + length - 1];
    if (last == 0xA9)
        return 0xE9;
    if (last == 0xAE)
        return 0xAE;
    if (text->at[at] == 0xE2 && at > 0 && text->at[at - 1] >= '0' && text->at[at - 1] <= '9')
        return '"';
    return SPACE;
}

static void drop_wrecks(struct characters *text)
{
    size_t kept = 0, length;
    for (size_t i = 0; i < text->count; i += length) {
        length = wreck_length(text->at + i, text->count - i);
        text->at[kept] = length > 0 ? wreck_meaning(text, i, length) : text->at[i];
        kept++;
        length += length == 0;
    }
    text->count = kept;
}

/* ---- white space ---- */

static bool is_space(uint32_t c)
{
    return c <= SPACE || (c >= 0x7F && c <= 0xA0) || (c >= 0x2000 && c <= 0x200B) || c == 0x2028 ||
           c == 0x2029 || c == 0x3000;
}

/* Byte order marks, private characters and "no character" say nothing. */
static bool is_nothing(uint32_t c)
{
    return c == 0xFEFF || c == 0xFFFD || (c >= 0xE000 && c <= 0xF8FF) || c == 0xAD;
}

static void collapse(struct characters *text)
{
    size_t kept = 0;
    for (size_t i = 0; i < text->count; i++) {
        const uint32_t c = text->at[i];
        if (!is_space(c) && !is_nothing(c))
            text->at[kept++] = c;
        else if (is_space(c) && kept > 0 && text->at[kept - 1] != SPACE)
            text->at[kept++] = SPACE;
    }
    text->count = kept > 0 && text->at[kept - 1] == SPACE ? kept - 1 : kept;
}

char *clean_text(struct arena *arena, const char *text)
{
    struct characters characters;
    if (!read_characters(arena, text, &characters))
        return NULL;
    for (int i = 0; i < MAX_REREADS && drop_html(&characters); i++)
        continue;
    for (int i = 0; i < MAX_REREADS && read_back(&characters); i++)
        continue;
    drop_wrecks(&characters);
    collapse(&characters);
    return write_characters(arena, &characters);
}
