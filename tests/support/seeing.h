/* What critics that look at pictures are tested with, in the test's scratch directory: a small
 * encoder, the catalogue of support/pictured.h, and small captioners for both. */
#ifndef SUPPORT_SEEING_H
#define SUPPORT_SEEING_H

#include "compute/compute.h"
#include "simulator/captioner/captioner.h"

enum { SEEING_CHANNELS = 8 /* of the encoder's map */ };

/* Writes the encoder SCRATCH/NAME, and its digest to `digest`. */
void seeing_put_encoder(const char *name, char *digest);

/* Writes the captioner SCRATCH/NAME for features of the network `digest`. */
void seeing_put_captioner(const char *name, enum captioner_kind kind, size_t channels,
                          const char *digest);

#endif
