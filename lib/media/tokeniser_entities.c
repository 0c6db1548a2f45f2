/* References to characters in HTML, replaced as Python's html.unescape does: a number that HTML
 * reinterprets or forbids likewise, a name by the longest one in the table that the text begins
 * with, be it that of a character without its semicolon. */
#include <string.h>

#include "base/embedded.h"
#include "media/tokeniser_inside.h"

enum { LONGEST_NAME = 32, REPLACEMENT = 0xFFFD, BEYOND_UNICODE = 0x110000 };

/* What a reference stands for: `taken` points of text become `count`. */
struct reference {
    size_t taken;
    size_t count;
    int32_t point[2];
};

/* ---- names ---- */

/* As memcmp, of a name with that of the table's row at `row`. */
static int compare_name(const char *name, size_t length, const char *row)
{
    size_t row_length = (size_t)(strchr(row, '\t') - row);
    int order = memcmp(name, row, length < row_length ? length : row_length);
    return order != 0 ? order : (length > row_length) - (length < row_length);
}

/* The code points of the row of a name; NULL when there is none. */
static const char *find_name(const struct embedded_text *table, const char *name, size_t length)
{
    const char *low = table->text, *high = table->text + table->size;
    while (low < high) {
        const char *row = low + (high - low) / 2;
        while (row > low && row[-1] != '\n')
            row--;
        int order = compare_name(name, length, row);
        if (order == 0)
            return strchr(row, '\t') + 1;
        if (order < 0)
            high = row;
        else
            low = strchr(row, '\n') + 1;
    }
    return NULL;
}

static int32_t hexadecimal(int32_t point)
{
    if (point >= '0' && point <= '9')
        return point - '0';
    int32_t letter = point | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static void read_row(const char *row, struct reference *reference)
{
    reference->count = 0;
    for (; *row != '\n'; row += *row == ' ') {
        int32_t point = 0;
        for (; *row != ' ' && *row != '\n'; row++)
            point = point * 16 + hexadecimal(*row);
        reference->point[reference->count++] = point;
    }
}

static bool is_alphanumeric(int32_t point)
{
    int32_t letter = point | 0x20;
    return (point >= '0' && point <= '9') || (letter >= 'a' && letter <= 'z');
}

/* Names are letters and digits, most with a semicolon behind. `text` begins after "&". */
static void named(const int32_t *text, size_t left, struct reference *reference)
{
    const struct embedded_text *table = embedded_find("media/data/entities.tsv");
    const char *row = NULL;
    char name[LONGEST_NAME];
    size_t length = 0;
    while (length < left && length < LONGEST_NAME && is_alphanumeric(text[length])) {
        name[length] = (char)text[length];
        length++;
    }
    if (length < left && length < LONGEST_NAME && text[length] == ';')
        name[length++] = ';';
    while (length > 1 && !(row = find_name(table, name, length)))
        length--;
    if (row) {
        read_row(row, reference);
        reference->taken = 1 + length;
    }
}

/* ---- numbers ---- */

/* 0x80 to 0x9F are taken as bytes of Windows-1252. */
static const uint16_t windows[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

static bool is_forbidden(int32_t point)
{
    return (point < 0x20 && !(point >= 0x9 && point <= 0xD && point != 0xB)) || point == 0x7F ||
           (point >= 0xFDD0 && point <= 0xFDEF) || (point & 0xFFFE) == 0xFFFE;
}

static void set_number(int32_t number, struct reference *reference)
{
    if (number >= 0x80 && number <= 0x9F)
        number = windows[number - 0x80];
    else if (number == 0 || number >= BEYOND_UNICODE || (number >= 0xD800 && number <= 0xDFFF))
        number = REPLACEMENT;
    else if (is_forbidden(number))
        return;
    reference->point[reference->count++] = number;
}

/* `text` begins after "&#". */
static void numeric(const int32_t *text, size_t left, struct reference *reference)
{
    bool hex = left > 0 && (text[0] | 0x20) == 'x';
    size_t begin = hex ? 1 : 0, at = begin;
    int32_t base = hex ? 16 : 10, number = 0, digit;
    for (; at < left && (digit = hexadecimal(text[at])) >= 0 && digit < base; at++)
        if (number < BEYOND_UNICODE)
            number = number * base + digit;
    if (at == begin)
        return;
    set_number(number, reference);
    reference->taken = 2 + at + (at < left && text[at] == ';');
}

size_t tokeniser_unescape(int32_t *points, size_t count)
{
    size_t to = 0;
    for (size_t from = 0; from < count;) {
        const int32_t *text = points + from;
        size_t left = count - from;
        struct reference reference = { .taken = 0 };
        if (text[0] == '&' && left > 1 && text[1] == '#')
            numeric(text + 2, left - 2, &reference);
        else if (text[0] == '&')
            named(text + 1, left - 1, &reference);
        if (reference.taken == 0)
            reference = (struct reference){ .taken = 1, .count = 1, .point = { text[0] } };
        /* No reference is shorter than what it stands for. */
        for (size_t i = 0; i < reference.count; i++)
            points[to++] = reference.point[i];
        from += reference.taken;
    }
    return to;
}
