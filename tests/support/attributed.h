/* Catalogues without pictures, in the test's scratch directory, for those who read attributes. Both
 * make SCRATCH/shop, and end the program when that fails. */
#ifndef SUPPORT_ATTRIBUTED_H
#define SUPPORT_ATTRIBUTED_H

#include <stddef.h>

#include "catalogue/catalogue.h"

/* Items as they are written: "category=dress; colour=red; colour=blue". */
void attributed_create(const char *const *items, size_t count);

/* Items 0 .. items - 1 of the generator's seed 42, not drawn. */
void described_create(size_t items);

/* Opens SCRATCH/shop. */
struct catalogue *attributed_open(void);

#endif
