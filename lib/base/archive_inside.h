/* Where the entries of a zip file lie, which libzip knows but does not tell. */
#ifndef BASE_ARCHIVE_INSIDE_H
#define BASE_ARCHIVE_INSIDE_H

#include <stddef.h>
#include <stdint.h>

/* For each of `count` entries of the central directory, in its order: the start of its data in
 * bytes[0 .. size) when it is stored as it is and lies inside, else NULL. What is found in a
 * damaged archive may be wrong: compare CRCs. */
void archive_places(const uint8_t *bytes, size_t size, const uint8_t **place, size_t count);

#endif
