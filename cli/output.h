/* Standard output is checked when the program ends, and messages go to standard error. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <gommir/context.h>

/* Call first in main. Standard streams that the caller closed are opened so that using them fails,
 * lest a file opened later take their place; and output that cannot be written ends the program
 * with a message and exit status 1, whatever it returned. */
void output_open(void);

/* Prints "gommir: MESSAGE" to standard error, over a progress bar if one is there. */
void output_message(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* A logger that passes warnings on to output_message. */
struct gmr_logger output_logger(void);

#endif
