/* Finds what a mistyped word may have meant. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* Edits that turn one word into the other: a letter put in, left out or replaced, or two neighbours
 * swapped. SIZE_MAX for words of 32 letters and more, which are no commands. */
size_t suggest_distance(const char *a, const char *b);

#endif
