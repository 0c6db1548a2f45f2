/* Plain words: only ASCII letters change, so that every other script stays as it was written. */
#include "catalogue/import/words.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static char lower(char c)
{
    return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

static bool is_small(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* True when a word begins at text[i]: "sleeve|Length", "SKU|Number". */
static bool begins_word(const char *text, size_t i)
{
    if (i == 0 || !is_upper(text[i]))
        return false;
    return is_small(text[i - 1]) ||
           (is_upper(text[i - 1]) && text[i + 1] >= 'a' && text[i + 1] <= 'z');
}

/* Appends a space unless there is none to separate. */
static void separate(const char *start, char **end)
{
    if (*end > start && (*end)[-1] != ' ')
        *(*end)++ = ' ';
}

static void finish(const char *start, char *end)
{
    if (end > start && end[-1] == ' ')
        end--;
    *end = '\0';
}

char *words_plain(struct arena *arena, const char *name)
{
    char *plain = arena_alloc(arena, 2 * strlen(name) + 1), *end = plain;
    if (!plain)
        return NULL;
    for (size_t i = 0; name[i] != '\0'; i++) {
        if (begins_word(name, i) || strchr("_-. \t", name[i]))
            separate(plain, &end);
        if (!strchr("_-. \t", name[i]))
            *end++ = lower(name[i]);
    }
    finish(plain, end);
    return plain;
}

char *words_title(struct arena *arena, const char *file)
{
    const char *dot = strrchr(file, '.');
    const size_t length = dot && dot > file ? (size_t)(dot - file) : strlen(file);
    char *title = arena_alloc(arena, length + 1), *end = title;
    if (!title)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (strchr("_- ", file[i]))
            separate(title, &end);
        else
            *end++ = file[i];
    }
    finish(title, end);
    return title;
}

char *words_lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; c && *c; c++)
        *c = lower(*c);
    return copy;
}

char *words_trim(struct arena *arena, const char *text)
{
    size_t length;
    while (isspace((unsigned char)*text))
        text++;
    length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return arena_strndup(arena, text, length);
}

/* The digits that every double gives back unchanged; with a point, whatever the locale says. */
static char *real_text(struct arena *arena, double value)
{
    char *text = arena_printf(arena, "%.15g", value);
    char *comma = text ? strchr(text, ',') : NULL;
    if (comma)
        *comma = '.';
    return text;
}

char *words_scalar(struct arena *arena, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING: return arena_strdup(arena, json_string_value(value));
    case JSON_INTEGER:
        return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL: return real_text(arena, json_real_value(value));
    case JSON_TRUE: return arena_strdup(arena, "yes");
    case JSON_FALSE: return arena_strdup(arena, "no");
    default: return arena_strdup(arena, "");
    }
}
