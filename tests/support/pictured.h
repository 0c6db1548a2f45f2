/* A catalogue of items with real pictures, sound and broken, in the test's scratch directory:
 *
 *   item i        key "item-0007"
 *   picture       none when i % 8 == 4; broken bytes when i % 16 == 7; the path of a file that is
 *                 gone when i % 16 == 15; the path of a JPEG when i % 8 == 3; else stored, of the
 *                 kinds in made_kinds[i % MADE_KINDS], and of many sizes
 */
#ifndef SUPPORT_PICTURED_H
#define SUPPORT_PICTURED_H

#include <stdbool.h>
#include <stddef.h>

#include "media/picture.h"

/* Puts items first .. end - 1 into SCRATCH/shop, and takes out all others; item `changed` gets
 * another picture (GMR_NO_ITEM: none does). Ends the program when that fails. */
void pictured_create(size_t first, size_t end, size_t changed);

bool pictured_has_picture(size_t i);
bool pictured_is_sound(size_t i);

/* The picture that item i has when it is not changed; it must be sound. The caller releases it. */
struct picture pictured_decode(size_t i);

#endif
