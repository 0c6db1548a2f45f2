/* Lines of text: formatted, cut between characters, cleaned. */
#include "base/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The length that the first byte announces, and the range of the second byte: it is narrower than
 * 80 .. BF where an overlong form, a surrogate or a value above U+10FFFF would begin. */
static size_t announced_length(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0x80)
        return 1;
    if (first < 0xC2)
        return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

size_t text_utf8_length(const char *text, size_t size)
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned char low, high;
    if (size == 0)
        return 0;
    size_t length = announced_length(byte[0], &low, &high);
    if (length > size)
        return 0;
    if (length > 1 && (byte[1] < low || byte[1] > high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_continuation(byte[i]))
            return 0;
    return length;
}

bool text_is_utf8(const char *text, size_t size)
{
    for (size_t length; size > 0; text += length, size -= length)
        if ((length = (unsigned char)*text < 0x80 ? 1 : text_utf8_length(text, size)) == 0)
            return false;
    return true;
}

static void clean(char *line)
{
    size_t left = strlen(line);
    while (left > 0) {
        size_t length = text_utf8_length(line, left);
        bool control = length == 1 && ((unsigned char)*line < 0x20 || *line == 0x7F);
        if (length == 0 || control) {
            *line = '?';
            length = 1;
        }
        line += length;
        left -= length;
    }
}

void text_format(char *line, size_t size, const char *format, va_list arguments)
{
    static const char ellipsis[] = "...";
    assert(size >= 8);
    int needed = vsnprintf(line, size, format, arguments);
    if (needed < 0) {
        snprintf(line, size, "%s", ellipsis); /* more than INT_MAX bytes: nothing was printed */
        return;
    }
    if ((size_t)needed >= size) {
        size_t end = size - sizeof ellipsis;
        while (end > 0 && is_continuation((unsigned char)line[end]))
            end--;
        memcpy(line + end, ellipsis, sizeof ellipsis);
    }
    clean(line);
}
