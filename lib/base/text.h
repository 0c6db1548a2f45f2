/* Lines of text that leave the library: error messages and log lines. They quote file names and
 * pieces of hostile files, so what is not a printable UTF-8 character is replaced here, once. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <gommir/export.h>

enum { TEXT_LINE_SIZE = 2048 }; /* of an error message or a log line, NUL included */

/* The length (1 .. 4) of the UTF-8 character at the start of text[0 .. size), or 0 when there is
 * none: size 0, a stray or missing byte, an overlong form, a surrogate. */
size_t text_utf8_length(const char *text, size_t size);

/* True when text[0 .. size) consists of UTF-8 characters only. */
bool text_is_utf8(const char *text, size_t size);

/* Prints into line[size], size at least 8. A line that does not fit ends in "..."; control
 * characters and bytes that are not UTF-8 become '?'. No argument may lie in `line`. */
void text_format(char *line, size_t size, const char *format, va_list arguments) GMR_PRINTF(3, 0);

#endif
