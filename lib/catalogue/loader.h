/* Pictures of a catalogue as squares for an image tower, decoded by threads ahead of whoever uses
 * them:
 *
 *     struct picture_loader_options options = {
 *         .positions = positions, .count = count, .side = 224, .fit = PREPROCESS_CROP
 *     };
 *     TRY(picture_loader_create(catalogue, &options, &loader));
 *     for (size_t i = 0; i < count && status == GMR_OK; i++)
 *         status = picture_loader_next(loader, square, &broken, &reason);
 *     picture_loader_destroy(loader);
 *
 * Squares come in the order of the positions, and each is what preprocess_square makes of all
 * pixels of the picture (spec section 1.6), whatever the number of threads. Memory: the squares
 * ahead, and for each thread one picture being decoded.
 *
 * Threads: a loader is for one thread at a time. While it lives, its own threads use the catalogue,
 * which nobody else may do but through picture_loader_item. */
#ifndef CATALOGUE_LOADER_H
#define CATALOGUE_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue/catalogue.h"
#include "encoder/preprocess.h"

struct picture_loader;

struct picture_loader_options {
    const size_t *positions; /* [count] items in the order wanted, repeats allowed; borrowed */
    size_t count;
    size_t side; /* of squares, 1 .. PICTURE_MAX_SIDE */
    enum preprocess_fit fit;
    bool as_they_are;               /* pictures instead of squares, of these sizes: ... */
    size_t least_side, most_pixels; /* ... others count as broken */
    unsigned threads;               /* decoders; 0: all cores */
    size_t
        ahead; /* squares or pictures held at most; 0: enough for a batch while another is in use */
};

/* Starts decoding; the caller destroys the loader, before it closes the catalogue or changes the
 * positions. Errors, then *loader is NULL: GMR_ERR_RANGE (a position, the side), GMR_ERR_NOMEM
 * (also when no thread can be started). */
enum gmr_status picture_loader_create(struct catalogue *catalogue,
                                      const struct picture_loader_options *options,
                                      struct picture_loader **loader);

/* The next square into `square` [side, side, 3]. Of an item without picture, or with one that
 * cannot be read, *broken is true, *reason says why (valid until the next call), and the square is
 * white. Errors: GMR_ERR_STATE (past the end; the catalogue's file was changed under us),
 * GMR_ERR_NOMEM; a square that failed so fails again when asked for again. Decoders must not rest.
 */
enum gmr_status picture_loader_next(struct picture_loader *loader, uint8_t *square, bool *broken,
                                    const char **reason);

/* The same for pictures as they are: the next one, which the caller releases; a broken one is
 * empty. */
enum gmr_status picture_loader_next_picture(struct picture_loader *loader, struct picture *picture,
                                            bool *broken, const char **reason);

/* Whether decoders shall rest: begin no other picture. Who computes with all cores between two
 * squares lets them rest meanwhile, since threads that wait for each other all lose the time that
 * one of them gives to a decoder. */
void picture_loader_rest(struct picture_loader *loader, bool rest);

/* catalogue_item of the loader's catalogue, which a living loader otherwise keeps to itself. */
enum gmr_status picture_loader_item(struct picture_loader *loader, size_t position,
                                    struct arena *arena, struct gmr_item *item);

/* At any time: what is being decoded is waited for, the rest is left. NULL is fine. */
void picture_loader_destroy(struct picture_loader *loader);

#endif
