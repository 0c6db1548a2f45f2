/* Titles and descriptions: an item in words. */
#ifndef CATALOGUE_GENERATE_WORDS_H
#define CATALOGUE_GENERATE_WORDS_H

#include "base/rng.h"
#include "catalogue/generate/design.h"

enum { WORDS_SIZE = 768 }; /* of a title or a description, NUL included */

/* "Navy blue and white striped midi dress with a v-neck" */
void wording_title(const struct design *design, struct rng_stream *chance, char title[WORDS_SIZE]);

/* One to three sentences that name what the item has. */
void wording_description(const struct design *design, struct rng_stream *chance,
                         char description[WORDS_SIZE]);

#endif
