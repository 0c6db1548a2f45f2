/* gommir encode CAT: all items of a catalogue. */
#ifndef CLI_ENCODE_CATALOGUE_H
#define CLI_ENCODE_CATALOGUE_H

#include <gommir/encoder.h>

#include "common.h"

struct encode_catalogue {
    const char *path;
    struct gmr_encoder_options encoder;
    struct gmr_encode_options options; /* but for progress */
    struct common_options common;
};

/* Encodes and tells what was done. */
enum exit_status encode_catalogue(struct gmr_context *context, const struct encode_catalogue *job);

#endif
