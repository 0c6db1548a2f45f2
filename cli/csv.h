/* Fields of CSV (RFC 4180). */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include <stdio.h>

/* Writes a field, in quotes where it needs them. */
void csv_text(FILE *out, const char *text);

#endif
