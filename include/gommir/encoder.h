/* Encoders: pictures and words to vectors of one space (CLIP).
 *
 *     struct gmr_encoder_options options = { .weights = "ViT-B-32.pt" };
 *     struct gmr_encoder *encoder;
 *     const char *text = "a red dress";
 *     if (gmr_encoder_open(context, &options, &encoder) != GMR_OK) ...
 *     float *vector = malloc(gmr_encoder_width(encoder) * sizeof *vector);
 *     if (gmr_encoder_texts(encoder, &text, 1, vector) != GMR_OK) ...
 *     gmr_encoder_close(encoder);
 *
 * Weights are read from what is published: OpenAI's files, those of open_clip and Hugging Face, in
 * any container that <gommir/weights.h> opens, or made by gmr_weights_convert. They are held and
 * computed with in single precision.
 *
 * Threads: a handle is for one thread at a time; it computes with all threads of its context. */
#ifndef GOMMIR_ENCODER_H
#define GOMMIR_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gommir/catalogue.h>
#include <gommir/context.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gmr_encoder_options {
    const char *weights;
    /* The merges of the vocabulary: bpe_simple_vocab_16e6.txt.gz, Hugging Face's merges.txt, or one
     * made here. NULL: the one inside the weights, or a file of such a name beside them. */
    const char *vocabulary;
    bool exact_gelu; /* for weights that were trained without QuickGELU; a converted file tells */
};

struct gmr_encoder;

/* Opens an encoder; the caller closes it. Without a vocabulary it encodes pictures only. Errors,
 * then *encoder is NULL, naming the file and the reason: those of gmr_weights_open,
 * GMR_ERR_FORMAT (no CLIP, a damaged vocabulary), GMR_ERR_SHAPE (shapes contradict each other, the
 * vocabulary is of another size), GMR_ERR_UNSUPPORTED (written by a later version), GMR_ERR_NOMEM.
 */
GMR_API enum gmr_status gmr_encoder_open(struct gmr_context *context,
                                         const struct gmr_encoder_options *options,
                                         struct gmr_encoder **encoder);
GMR_API void gmr_encoder_close(struct gmr_encoder *encoder); /* NULL is fine */

GMR_API size_t gmr_encoder_width(const struct gmr_encoder *encoder); /* of its vectors */
GMR_API bool gmr_encoder_has_vocabulary(const struct gmr_encoder *encoder);

/* The sha256 of the file of weights, in hexadecimal: what embeddings are marked with. Another one
 * where exact_gelu makes it another model than the file says. */
GMR_API const char *gmr_encoder_digest(const struct gmr_encoder *encoder);

/* Vectors [count, width] of UTF-8 texts, not normalised. A text of more tokens than the model reads
 * is cut. Errors: GMR_ERR_NOT_FOUND (no vocabulary), GMR_ERR_RANGE (a text of more than 16 MiB),
 * GMR_ERR_NUMERIC (the weights give numbers that are not finite), GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_encoder_texts(struct gmr_encoder *encoder, const char *const *texts,
                                          size_t count, float *vectors);

/* A picture as the bytes of its file: JPEG, PNG or WebP. */
struct gmr_picture_bytes {
    const void *bytes;
    size_t size;
    const char *name; /* what messages quote */
};

/* Vectors [count, width] of pictures, not normalised. Errors: GMR_ERR_FORMAT and
 * GMR_ERR_UNSUPPORTED (a picture that cannot be decoded; which one is in the message),
 * GMR_ERR_NUMERIC, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_encoder_pictures(struct gmr_encoder *encoder,
                                             const struct gmr_picture_bytes *pictures, size_t count,
                                             float *vectors);

/* ---- catalogues ---- */

struct gmr_encode_options {
    const char *name; /* of the embedding: letters, digits, '.', '_' and '-' */
    struct gmr_progress progress;
};

/* How the items of a catalogue came by their vectors. */
struct gmr_encode_report {
    bool unchanged; /* there was nothing to do */
    size_t items;
    size_t kept;            /* had theirs already */
    size_t resumed;         /* got it in an earlier run that did not finish */
    size_t encoded;         /* got it now */
    size_t broken_pictures; /* got none: the picture cannot be read */
    size_t without_picture; /* got none */
    double seconds;
    char problems[4096]; /* a file that lists each broken picture with the reason; "" when there is
                            none */
};

GMR_API struct gmr_encode_options gmr_encode_options_default(void); /* the name is "clip" */

/* Gives each item of the catalogue that has a picture and no vector of this encoder one, in the
 * catalogue's embedding `name`. Vectors of pictures that are still the same are kept; those of
 * another encoder are replaced, all of them, once the new ones are there. Until then, whatever
 * happens, the embedding stays as it was, and vectors made so far wait beside it: the same call
 * goes on where an earlier one was cancelled, failed or was killed, and ends with the same bytes.
 * Memory does not grow with the vectors. The catalogue's handle is in use meanwhile. `report` is
 * written in every case. Errors: GMR_ERR_FORMAT (name, a damaged catalogue), GMR_ERR_IO (also,
 * before anything is encoded, when the catalogue may not be written), GMR_ERR_STATE (another
 * process encodes into the same name), GMR_ERR_CANCELLED, GMR_ERR_NUMERIC, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_encoder_encode(struct gmr_encoder *encoder,
                                           struct gmr_catalogue *catalogue,
                                           const struct gmr_encode_options *options,
                                           struct gmr_encode_report *report);

#ifdef __cplusplus
}
#endif
#endif
