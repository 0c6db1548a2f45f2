/* Cleaning of texts that came through web pages and wrong character sets. */
#ifndef CATALOGUE_IMPORT_CLEAN_H
#define CATALOGUE_IMPORT_CLEAN_H

#include "base/arena.h"

/* Tags become spaces, HTML entities the characters they stand for; UTF-8 that was read as Windows
 * text and encoded again is read back; remains of it that cannot be ("appliquÃ??Ã??©d") go, and
 * so do control characters; runs of white space become one space. What is not UTF-8 becomes '?'.
 * NULL when there is no memory. */
char *clean_text(struct arena *arena, const char *text);

#endif
