/* Numbers in texts of attributes, the same in every locale. */
#ifndef CATALOGUE_NUMBER_H
#define CATALOGUE_NUMBER_H

#include <stdbool.h>

/* True when the whole text is a finite decimal number: an optional sign, digits with an optional
 * fraction, an optional exponent ("895", "-3", "1299.5", ".5", "2e3"). Otherwise *number is left
 * alone. */
bool number_parse(const char *text, double *number);

#endif
