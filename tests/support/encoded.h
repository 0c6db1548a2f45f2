/* A catalogue that a small encoder with a vocabulary is said to have encoded, in the test's scratch
 * directory: the drawn one of support/training.h with reproducible vectors. */
#ifndef SUPPORT_ENCODED_H
#define SUPPORT_ENCODED_H

#include <stddef.h>

#include "base/real.h"

enum { ENCODED_WIDTH = 6 };

/* Makes SCRATCH/shop and SCRATCH/clip.safetensors, without an embedding; `digest` [DIGEST_HEX]
 * becomes the encoder's. Ends the test when that fails. */
void encoded_prepare(char *digest);

/* Writes the embedding of all items but the first `left_out`. */
void encoded_embed(const char *digest, size_t left_out);

/* The vector [ENCODED_WIDTH] of an item. */
void encoded_vector(size_t position, float *vector);

#endif
