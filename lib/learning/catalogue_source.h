/* Dialogues about real products (dialogue_source.h): the items of a split of a catalogue, seen
 * through an encoder's embedding of it, and a critic whose words the same encoder turns into
 * features.
 *
 *     struct catalogue_source *source;
 *     TRY(catalogue_source_open(compute, allocator, catalogue, &options, &source));
 *     TRY(dialogue_init(&dialogue, allocator, catalogue_source(source), users, 3));
 *     catalogue_source_close(source);
 *
 * Items are numbered in the order of the split, and those that have no vector are left out.
 * Features of words are kept with the catalogue (simulator/critique_cache.h); a user who has
 * nothing to say says "", which has features as any other text. */
#ifndef LEARNING_CATALOGUE_SOURCE_H
#define LEARNING_CATALOGUE_SOURCE_H

#include "catalogue/catalogue.h"
#include "encoder/encoder.h"
#include "learning/dialogue_source.h"
#include "simulator/attribute_critic.h"

struct catalogue_source;

struct catalogue_source_options {
    const char *split;              /* NULL: all items */
    struct encoder_options encoder; /* must have encoded the catalogue ... */
    bool encode;                    /* ... or encodes it now */
    const char *captioner;          /* weights; NULL: the attribute critic speaks */
    const char *regions;            /* weights of what looks at pictures for a captioner; NULL: the
                                       encoder */
    enum gmr_phrasing phrasing;     /* of the attribute critic */
    uint64_t seed;                  /* the same */
    unsigned threads;               /* decoders of pictures; 0: all cores */
    const struct gmr_progress *progress; /* of looking at pictures; NULL: none, as the next */
    const struct gmr_logger *logger;
};

/* The caller closes the source, before `catalogue`, which must not be used otherwise meanwhile;
 * `compute`, `allocator` and what the options point to outlive it. Errors, then *source is NULL:
 * GMR_ERR_NOT_FOUND (a file, the split, the embedding: the message says how to make it),
 * GMR_ERR_RANGE (less than two items), those of encoder_open, attribute_critic_create, regions_open
 * and captioner_critic_create. */
enum gmr_status catalogue_source_open(struct compute *compute,
                                      const struct gmr_allocator *allocator,
                                      struct catalogue *catalogue,
                                      const struct catalogue_source_options *options,
                                      struct catalogue_source **source);
void catalogue_source_close(struct catalogue_source *source); /* NULL is fine */

/* As an interface; borrowed. */
const struct dialogue_source *catalogue_source(const struct catalogue_source *source);

/* Where an item is in the catalogue. */
size_t catalogue_source_position(const struct catalogue_source *source, size_t item);

/* The sha256 of the encoder. */
const char *catalogue_source_encoder(const struct catalogue_source *source);

/* Items of the split that have no vector, be it because they have no picture. */
size_t catalogue_source_left_out(const struct catalogue_source *source);

/* "attributes" or "captioner", and the digest of all that its words depend on. */
const char *catalogue_source_critic(const struct catalogue_source *source);
const char *catalogue_source_critic_digest(const struct catalogue_source *source);

/* The sha256 of all that dialogues depend on: which items there are, what the catalogue says of
 * them, their vectors, and the digests of encoder and critic. GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status catalogue_source_digest(const struct catalogue_source *source,
                                        char digest[DIGEST_HEX]);

#endif
