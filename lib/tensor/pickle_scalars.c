/* Opcodes that push a number, a text or bytes: those of protocol 0 spell them out in a line of
 * ASCII, the others have them as they are. */
#include <math.h>
#include <string.h>
#include <utf8proc.h>

#include "base/json.h"
#include "base/text.h"
#include "tensor/pickle_inside.h"

/* ---- numbers ---- */

static enum gmr_status push_integer(struct pickle_machine *m, int64_t integer)
{
    struct pickle_value *value;
    TRY(pickle_make(m->pickle, PICKLE_INT, &value));
    value->integer = integer;
    return pickle_push(m, value);
}

enum gmr_status pickle_run_integer(struct pickle_machine *m, uint64_t argument)
{
    return push_integer(m, (int64_t)argument);
}

enum gmr_status pickle_run_signed_integer(struct pickle_machine *m, uint64_t argument)
{
    return push_integer(m, (int32_t)(uint32_t)argument);
}

enum gmr_status pickle_parse_integer(struct pickle_bytes line, int64_t *integer)
{
    const bool negative = line.size > 0 && line.data[0] == '-';
    int64_t number = 0;
    bool sound = line.size > negative;
    for (size_t i = negative; i < line.size && sound; i++) {
        const int digit = line.data[i] - '0';
        sound = digit >= 0 && digit <= 9 && !__builtin_mul_overflow(number, 10, &number) &&
                !__builtin_sub_overflow(number, digit, &number);
    }
    if (!sound || (!negative && number == INT64_MIN))
        return gmr_error(GMR_ERR_FORMAT, "'%.*s' is no number that fits 64 bits",
                         (int)(line.size < 40 ? line.size : 40), (const char *)line.data);
    *integer = negative ? number : -number;
    return GMR_OK;
}

/* Decimal digits in a line; "00" and "01" are the booleans of protocol 1. */
enum gmr_status pickle_run_decimal(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    struct pickle_bytes line;
    int64_t integer;
    TRY(pickle_take_line(m, &line));
    if (m->opcode == 'I' && line.size == 2 && line.data[0] == '0' && line.data[1] <= '1')
        return pickle_push_bool(m, line.data[1] == '1');
    line.size -= m->opcode == 'L' && line.size > 0 && line.data[line.size - 1] == 'L';
    TRY(pickle_parse_integer(line, &integer));
    return push_integer(m, integer);
}

static enum gmr_status push_real(struct pickle_machine *m, double number)
{
    struct pickle_value *value;
    TRY(pickle_make(m->pickle, PICKLE_FLOAT, &value));
    value->real = number;
    return pickle_push(m, value);
}

enum gmr_status pickle_run_float(struct pickle_machine *m, uint64_t argument)
{
    const uint64_t bits = __builtin_bswap64(argument); /* the only big-endian number in a pickle */
    double number;
    memcpy(&number, &bits, sizeof number);
    return push_real(m, number);
}

static bool line_is(struct pickle_bytes line, const char *text)
{
    return line.size == strlen(text) && memcmp(line.data, text, line.size) == 0;
}

/* Python writes finite numbers as JSON does. */
enum gmr_status pickle_run_float_text(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    struct pickle_bytes line;
    json_t *json;
    TRY(pickle_take_line(m, &line));
    if (line_is(line, "nan"))
        return push_real(m, NAN);
    if (line_is(line, "inf") || line_is(line, "-inf"))
        return push_real(m, line.data[0] == '-' ? -INFINITY : INFINITY);
    TRY(json_parse(line.data, line.size, 1, "a number", &json));
    const bool sound = json_is_number(json);
    const double number = json_number_value(json);
    json_decref(json);
    return sound ? push_real(m, number) : gmr_error(GMR_ERR_FORMAT, "a number is none");
}

/* ---- bytes and texts ---- */

static enum gmr_status push_bytes(struct pickle_machine *m, enum pickle_kind kind,
                                  struct pickle_bytes bytes)
{
    struct pickle_value *value;
    TRY(pickle_make(m->pickle, kind, &value));
    value->bytes = bytes;
    return pickle_push(m, value);
}

/* Two's complement, little-endian, of any length. */
enum gmr_status pickle_run_long(struct pickle_machine *m, uint64_t size)
{
    const uint8_t *bytes;
    TRY(pickle_take(m, size, &bytes));
    if (size > sizeof(uint64_t))
        return push_bytes(m, PICKLE_LONG, (struct pickle_bytes){ bytes, (size_t)size });
    uint64_t number = size > 0 && bytes[size - 1] & 0x80 ? UINT64_MAX : 0;
    memcpy(&number, bytes, (size_t)size);
    return push_integer(m, (int64_t)number);
}

enum gmr_status pickle_run_bytes(struct pickle_machine *m, uint64_t size)
{
    const uint8_t *bytes;
    TRY(pickle_take(m, size, &bytes));
    return push_bytes(m, PICKLE_BYTES, (struct pickle_bytes){ bytes, (size_t)size });
}

enum gmr_status pickle_run_text(struct pickle_machine *m, uint64_t size)
{
    const uint8_t *bytes;
    TRY(pickle_take(m, size, &bytes));
    if (!text_is_utf8((const char *)bytes, (size_t)size))
        return gmr_error(GMR_ERR_FORMAT, "a text is not UTF-8");
    return push_bytes(m, PICKLE_TEXT, (struct pickle_bytes){ bytes, (size_t)size });
}

/* A string of Python 2, which is text or bytes. */
static enum gmr_status push_string(struct pickle_machine *m, struct pickle_bytes bytes)
{
    const bool text = text_is_utf8((const char *)bytes.data, bytes.size);
    return push_bytes(m, text ? PICKLE_TEXT : PICKLE_BYTES, bytes);
}

enum gmr_status pickle_run_string(struct pickle_machine *m, uint64_t size)
{
    const uint8_t *bytes;
    TRY(pickle_take(m, size, &bytes));
    return push_string(m, (struct pickle_bytes){ bytes, (size_t)size });
}

/* ---- protocol 0 ---- */

/* Up to `most` digits of base 8 or 16 at the start of text; *digits of them are there. */
static uint32_t read_digits(struct pickle_bytes text, unsigned base, size_t most, size_t *digits)
{
    uint32_t number = 0;
    for (*digits = 0; *digits < most && *digits < text.size; ++*digits) {
        const uint8_t c = text.data[*digits], lower = c | 0x20;
        unsigned digit = 16;
        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if (lower >= 'a' && lower <= 'f')
            digit = lower - 'a' + 10u;
        if (digit >= base)
            break;
        number = number * base + digit;
    }
    return number;
}

static struct pickle_bytes after(struct pickle_bytes text, size_t count)
{
    return (struct pickle_bytes){ text.data + count, text.size - count };
}

static enum gmr_status bad_escape(void)
{
    return gmr_error(GMR_ERR_FORMAT, "a text has an escape that is none");
}

/* The byte that an escape of Python's strings stands for; *text begins behind its backslash and
 * ends behind all of it. */
static enum gmr_status read_escape(struct pickle_bytes *text, uint8_t *byte)
{
    static const char letters[] = "\\'\"abfnrtv", meant[] = "\\'\"\a\b\f\n\r\t\v";
    const bool hexadecimal = text->size > 0 && text->data[0] == 'x';
    const char *letter =
        text->size > 0 && text->data[0] != '\0' ? strchr(letters, text->data[0]) : NULL;
    size_t digits;
    if (letter) {
        *byte = (uint8_t)meant[letter - letters];
        *text = after(*text, 1);
        return GMR_OK;
    }
    *text = after(*text, hexadecimal);
    const uint32_t number = read_digits(*text, hexadecimal ? 16 : 8, hexadecimal ? 2 : 3, &digits);
    if (digits < (hexadecimal ? 2 : 1) || number > UINT8_MAX)
        return bad_escape();
    *byte = (uint8_t)number;
    *text = after(*text, digits);
    return GMR_OK;
}

/* A string of Python 2 as Python shows it: in quotes, with escapes. */
enum gmr_status pickle_run_quoted_string(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    struct pickle_bytes line;
    void *memory;
    TRY(pickle_take_line(m, &line));
    if (line.size < 2 || line.data[0] != line.data[line.size - 1] ||
        (line.data[0] != '\'' && line.data[0] != '"'))
        return gmr_error(GMR_ERR_FORMAT, "a string is not in quotes");
    line = (struct pickle_bytes){ line.data + 1, line.size - 2 };
    TRY(pickle_allocate(m->pickle, line.size, &memory));
    uint8_t *out = memory;
    while (line.size > 0) {
        const uint8_t byte = line.data[0];
        line = after(line, 1);
        *out = byte;
        if (byte == '\\')
            TRY(read_escape(&line, out));
        out++;
    }
    return push_string(m, (struct pickle_bytes){ memory, (size_t)(out - (uint8_t *)memory) });
}

static bool is_surrogate(uint32_t point, uint32_t first)
{
    return point >= first && point < first + 0x400;
}

/* The character at the start of a text of Latin-1 with escapes \uXXXX and \UXXXXXXXX; two of the
 * first kind may be one character. */
static enum gmr_status read_character(struct pickle_bytes *text, uint32_t *point)
{
    const uint8_t kind = text->size > 1 && text->data[0] == '\\' ? text->data[1] : 0;
    const size_t most = kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    size_t digits;
    *point = text->data[0];
    if (most == 0) {
        *text = after(*text, 1);
        return GMR_OK;
    }
    *point = read_digits(after(*text, 2), 16, most, &digits);
    if (digits < most)
        return bad_escape();
    *text = after(*text, 2 + most);
    if (is_surrogate(*point, 0xD800) && text->size >= 6 && text->data[0] == '\\' &&
        text->data[1] == 'u') {
        const uint32_t low = read_digits(after(*text, 2), 16, 4, &digits);
        if (digits == 4 && is_surrogate(low, 0xDC00)) {
            *point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
            *text = after(*text, 6);
        }
    }
    return *point <= 0x10FFFF && !is_surrogate(*point, 0xD800) && !is_surrogate(*point, 0xDC00)
               ? GMR_OK
               : bad_escape();
}

enum gmr_status pickle_run_escaped_text(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    struct pickle_bytes line;
    void *memory;
    TRY(pickle_take_line(m, &line));
    TRY(pickle_allocate(m->pickle, 2 * line.size, &memory)); /* of a byte come at most two */
    uint8_t *out = memory;
    while (line.size > 0) {
        uint32_t point;
        TRY(read_character(&line, &point));
        out += utf8proc_encode_char((utf8proc_int32_t)point, out);
    }
    return push_bytes(m, PICKLE_TEXT,
                      (struct pickle_bytes){ memory, (size_t)(out - (uint8_t *)memory) });
}
