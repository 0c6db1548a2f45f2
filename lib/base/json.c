/* JSON through jansson, with a limit on depth that jansson leaves at a fixed 2048.
 *
 * A scan that knows only strings and brackets runs first. As far as the text is valid JSON it
 * counts exactly the nesting that the parser would descend into, and the parser stops at the first
 * byte that is not. */
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

struct position {
    size_t line, column; /* from 1; columns count bytes */
};

/* False when brackets nest deeper than max_depth; *where is then the bracket too many. */
static bool depth_within(const char *text, size_t size, size_t max_depth, struct position *where)
{
    size_t depth = 0, line_start = 0;
    bool in_string = false;
    where->line = 1;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '\n') {
            where->line++;
            line_start = i + 1;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += c == '\\'; /* the next byte is no end of string */
        } else if (c == '[' || c == '{') {
            where->column = i - line_start + 1;
            if (++depth > max_depth)
                return false;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

static enum gmr_status parse_error(json_error_t *error, const char *name)
{
    /* jansson leaves the text empty when it runs out of memory between two tokens */
    if (json_error_code(error) == json_error_out_of_memory || error->text[0] == '\0')
        return gmr_error(GMR_ERR_NOMEM, "cannot parse '%s': out of memory", name);
    return gmr_error(GMR_ERR_FORMAT, "cannot parse '%s': line %d, column %d: %s", name, error->line,
                     error->column, error->text);
}

enum gmr_status json_parse(const void *text, size_t size, size_t max_depth, const char *name,
                           json_t **value)
{
    struct position where;
    json_error_t error;
    *value = NULL;
    if (!depth_within(text, size, max_depth, &where))
        return gmr_error(GMR_ERR_FORMAT,
                         "cannot parse '%s': line %zu, column %zu: nested deeper than %zu", name,
                         where.line, where.column, max_depth);
    *value =
        json_loadb(size > 0 ? text : "", size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    return *value ? GMR_OK : parse_error(&error, name);
}

static const char *type_name(const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a fraction";
    case JSON_TRUE:
    case JSON_FALSE: return "a truth value";
    case JSON_NULL: return "null";
    }
    return "an unknown value";
}

enum gmr_status json_get_size(const json_t *value, size_t *size)
{
    if (!json_is_integer(value))
        return gmr_error(GMR_ERR_FORMAT, "expected a non-negative integer, found %s",
                         type_name(value));
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uintmax_t)number > SIZE_MAX)
        return gmr_error(GMR_ERR_FORMAT,
                         "expected a non-negative integer, found %" JSON_INTEGER_FORMAT, number);
    *size = (size_t)number;
    return GMR_OK;
}
