/* Vectors for the items of a catalogue: whatever lacks one of this encoder gets it.
 *
 * The inside of gmr_encoder_encode (<gommir/encoder.h>), for any image tower. Items whose picture
 * is still the one that was encoded keep their vector; all are made anew when the embedding is of
 * another encoder, or damaged. Vectors made so far lie in CATALOGUE/embedding/NAME.partial
 * (encode_scratch.h) until all are there, and are used again after a run that was stopped or
 * killed; then the embedding is written whole, with the same bytes as by an unbroken run. Memory: a
 * batch, and some numbers an item (which row is whose), but never the vectors. */
#ifndef CATALOGUE_ENCODE_H
#define CATALOGUE_ENCODE_H

#include <gommir/encoder.h>

#include "catalogue/catalogue.h"
#include "encoder/preprocess.h"

/* What makes vectors. */
struct image_tower {
    size_t side; /* of its squares */
    enum preprocess_fit fit;
    size_t width;        /* of its vectors */
    const char *encoder; /* sha256 of its weights: what tells it from others */
    /* squares [count, side, side, 3] -> y [count, width], each by itself. */
    enum gmr_status (*encode)(void *user, const uint8_t *squares, size_t count, real *y);
    void *user;
};

/* `threads` decode pictures, 0: all cores. The report is written in every case. Errors, after which
 * the embedding is as it was: GMR_ERR_FORMAT (name), GMR_ERR_STATE (another process encodes into
 * it), GMR_ERR_IO (also, before anything is encoded, when it could not be written),
 * GMR_ERR_CANCELLED, GMR_ERR_NOMEM, those of the tower. */
enum gmr_status catalogue_encode(struct catalogue *catalogue, const struct image_tower *tower,
                                 unsigned threads, const struct gmr_logger *logger,
                                 const struct gmr_encode_options *options,
                                 struct gmr_encode_report *report);

#endif
