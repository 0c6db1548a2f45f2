/* Files that a command reads whole. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stddef.h>

#include "command.h"

enum { INPUT_MOST = 256 * 1024 * 1024 /* bytes */ };

/* Reads a file, or standard input when `path` is "-", into memory that the caller frees; or says
 * why not, and *bytes is NULL. */
enum exit_status input_file(const char *path, void **bytes, size_t *size);

/* What messages call it. */
const char *input_name(const char *path);

#endif
