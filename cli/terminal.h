/* What the other end of a stream can show, and text from elsewhere made safe for it. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* True when the cursor can be moved: a terminal, and not a dumb one. */
bool terminal_is_live(FILE *stream);

/* True when colours are wanted: a live terminal, and NO_COLOR unset or empty (no-color.org). */
bool terminal_has_color(FILE *stream);

/* True when the locale's characters are UTF-8, so that blocks can be drawn. */
bool terminal_has_blocks(void);

/* Columns of a terminal; 80 when it does not tell. */
size_t terminal_width(FILE *stream);

/* Draws `share` (0 .. 1) of `width` columns as a bar into `text`, in eighths of a column where the
 * locale has blocks, and returns the columns drawn. `size` is at least 3 * width + 1. */
size_t terminal_bar(char *text, size_t size, double share, size_t width);

/* Prints one line of text from a file: what is not printable in this locale becomes '?', so that
 * a hostile name cannot write escape sequences. Returns the columns taken. */
size_t terminal_print(FILE *stream, const char *text);

/* The same to standard output, and blanks up to `width` columns. */
void terminal_print_padded(const char *text, size_t width);

/* The columns that terminal_print would take. */
size_t terminal_columns(const char *text);

#endif
