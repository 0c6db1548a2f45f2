/* An encoder ready for use: CLIP's weights from a file of any kind, its vocabulary, and the way its
 * pictures become squares.
 *
 *     struct encoder *encoder;
 *     TRY(encoder_open(compute, allocator, &(struct encoder_options){ .weights = path },
 * &encoder)); TRY(encoder_texts(encoder, &text, 1, y)); encoder_close(encoder);
 *
 * Threads: texts and squares, one call at a time; encoder_square, any. */
#ifndef ENCODER_ENCODER_H
#define ENCODER_ENCODER_H

#include "base/digest.h"
#include "encoder/clip_checkpoint.h"
#include "encoder/clip_inference.h"
#include "media/tokeniser.h"

struct encoder_options {
    const char *weights;    /* a file: see tensor/weights.h and encoder/clip_names.h */
    const char *vocabulary; /* a file; NULL: found, see encoder_open */
    bool exact_gelu;        /* whatever the file says: models trained without QuickGELU */
};

struct encoder {
    const struct gmr_allocator *allocator;
    char *name; /* the path of the weights, for messages */
    struct clip model;
    bool has_model; /* false only while it is opened */
    struct clip_inference *inference;
    struct tokeniser *tokeniser; /* NULL: none found */
    enum preprocess_fit fit;
    bool is_overruled;       /* exact_gelu makes it another model than the file says */
    char digest[DIGEST_HEX]; /* sha256 of the file of weights; a different one when overruled */
};

/* Opens an encoder; the caller closes it, `compute` and `allocator` outlive it. The vocabulary is,
 * in this order, the one of the options, one inside the weights (metadata `vocabulary`), or a file
 * beside them: bpe_simple_vocab_16e6.txt.gz, bpe_simple_vocab_16e6.txt, merges.txt, vocabulary.txt.
 * Without any, pictures can still be encoded. Errors, then *encoder is NULL, with the file in the
 * message: those of weights_open, clip_checkpoint_init, tokeniser_open, and GMR_ERR_SHAPE (the
 * vocabulary is not of the model's size). */
enum gmr_status encoder_open(struct compute *compute, const struct gmr_allocator *allocator,
                             const struct encoder_options *options, struct encoder **encoder);
void encoder_close(struct encoder *encoder); /* NULL is fine */

/* Width of the vectors, and the side of the squares in pixels. */
size_t encoder_width(const struct encoder *encoder);
size_t encoder_side(const struct encoder *encoder);

/* texts, UTF-8, cut where they are too long -> y [count, width], not normalised. Errors:
 * GMR_ERR_NOT_FOUND (there is no vocabulary), GMR_ERR_RANGE (more than TOKENISER_MAX_TEXT bytes),
 * GMR_ERR_NUMERIC (a vector is not finite: the weights are damaged), GMR_ERR_NOMEM. */
enum gmr_status encoder_texts(struct encoder *encoder, const char *const *texts, size_t count,
                              real *y);

/* squares [count, side, side, 3], bytes of RGB as encoder_square makes them -> y [count, width],
 * not normalised. A vector does not depend on the others of its call. GMR_ERR_NUMERIC,
 * GMR_ERR_NOMEM. */
enum gmr_status encoder_squares(struct encoder *encoder, const uint8_t *squares, size_t count,
                                real *y);

/* The last feature map before its pooling: squares -> y [count, side^2, channels], side and
 * channels being those of clip_image_grid and clip_image_channels. Otherwise as encoder_squares. */
enum gmr_status encoder_regions(struct encoder *encoder, const uint8_t *squares, size_t count,
                                real *y);

/* The bytes of a picture's file -> square [side, side, 3]. `name` is what messages quote. Errors:
 * those of picture_decode. */
enum gmr_status encoder_square(const struct encoder *encoder, const void *bytes, size_t size,
                               const char *name, uint8_t *square);

#endif
