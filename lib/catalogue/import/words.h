/* Words and numbers as people write them, from the names and values of tables. */
#ifndef CATALOGUE_IMPORT_WORDS_H
#define CATALOGUE_IMPORT_WORDS_H

#include <jansson.h>

#include "base/arena.h"

/* The name of a column in plain words: "sleeveLength", "sleeve_length" and "Sleeve-Length" give
 * "sleeve length", "SKUNumber" gives "sku number". NULL when there is no memory, as all here. */
char *words_plain(struct arena *arena, const char *name);

/* A title from the name of a file: "red_shoe-2.jpg" gives "red shoe 2". */
char *words_title(struct arena *arena, const char *file);

/* ASCII letters in lower case; other characters stay. */
char *words_lower(struct arena *arena, const char *text);

/* Without white space at both ends. */
char *words_trim(struct arena *arena, const char *text);

/* Text of a JSON string, number or truth value ("yes", "no"); "" for null. Only for these. */
char *words_scalar(struct arena *arena, const json_t *value);

#endif
