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

#include "catalogue/item_rows.h"
#include "encoder/preprocess.h"

/* What makes vectors: of squares, or of pictures as they are. Each vector by itself: it does not
 * depend on the others of its call. */
struct image_tower {
    size_t side; /* of its squares; 0: it takes pictures as they are ... */
    enum preprocess_fit fit;
    size_t least_side, most_pixels; /* ... of these sizes; others count as broken */
    size_t width;                   /* of its vectors */
    const char *encoder;            /* sha256 of its weights: what tells it from others */
    /* squares [count, side, side, 3] -> y [count, width] */
    enum gmr_status (*encode)(void *user, const uint8_t *squares, size_t count, real *y);
    /* pictures [count] -> y [count, width] */
    enum gmr_status (*encode_pictures)(void *user, const struct picture *pictures, size_t count,
                                       real *y);
    void *user;
};

/* Where vectors go, and what is said of it. */
struct encode_target {
    const char *folder;            /* in the catalogue */
    const char *name;              /* a valid one */
    const char *problems;          /* CATALOGUE/PROBLEMS-problems-NAME.tsv */
    struct item_row_layout layout; /* of `width` numbers in all */
};

/* `threads` decode pictures, 0: all cores. The report is written in every case. Errors, after which
 * the embedding is as it was: GMR_ERR_FORMAT (name), GMR_ERR_STATE (another process encodes into
 * it), GMR_ERR_IO (also, before anything is encoded, when it could not be written),
 * GMR_ERR_CANCELLED, GMR_ERR_NOMEM, those of the tower. */
enum gmr_status catalogue_encode(struct catalogue *catalogue, const struct image_tower *tower,
                                 unsigned threads, const struct gmr_logger *logger,
                                 const struct gmr_encode_options *options,
                                 struct gmr_encode_report *report);

/* The same for rows of any layout. */
enum gmr_status catalogue_encode_rows(struct catalogue *catalogue, const struct image_tower *tower,
                                      unsigned threads, const struct gmr_logger *logger,
                                      const struct encode_target *target,
                                      const struct gmr_progress *progress,
                                      struct gmr_encode_report *report);

#endif
