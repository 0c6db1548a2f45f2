/* Standard output is checked when the program ends, and messages go to standard error. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <gommir/context.h>

#include "command.h"

/* Call first in main. Standard streams that the caller closed are opened so that using them fails,
 * lest a file opened later take their place; and output that cannot be written ends the program
 * with a message and exit status 1, whatever it returned. */
void output_open(void);

/* Prints "gommir: MESSAGE" to standard error, over a progress bar if one is there. */
void output_message(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* Writes to standard output; false when that failed, which the end of the program reports. */
bool output_write(const void *bytes, size_t size);

/* Writes a file whole, or says why not and leaves none. */
enum exit_status output_file(const char *path, const void *bytes, size_t size);

/* The same in place of a file that may be there: until the new one is whole, the old one stays. "-"
 * is standard output. */
enum exit_status output_replace(const char *path, const void *bytes, size_t size);

/* Whether a path, or NULL, is "-". What goes there has it for itself: results are not printed. */
bool output_is_standard(const char *path);

/* A logger that passes warnings on to output_message. */
struct gmr_logger output_logger(void);

#endif
