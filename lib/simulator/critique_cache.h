/* Critiques that are made only once: the words of pure critics about pairs of items, and the
 * vectors that an encoder makes of words. What was asked for before comes from memory, or from disk
 * (critique_store.h), where it outlives the process; only the rest is asked for, each pair and each
 * text once.
 *
 *     struct critique_cache *cache;
 *     TRY(critique_cache_open(allocator, catalogue, NULL, &cache));
 *     TRY(critique_cache_texts(cache, critic, pairs, NULL, count, texts));
 *     TRY(critique_cache_features(cache, encoder, words, count, y));
 *     critique_cache_close(cache);
 *
 * Words belong to the digest of their critic, the ids of both items and the versions of their
 * pictures; vectors to the digest of the encoder and the words. So nothing needs clearing. What is
 * new is written in batches: a process that is killed loses the last few seconds of it. A file that
 * cannot be used costs time and nothing else.
 *
 * Threads: one call at a time. */
#ifndef SIMULATOR_CRITIQUE_CACHE_H
#define SIMULATOR_CRITIQUE_CACHE_H

#include "catalogue/catalogue.h"
#include "encoder/encoder.h"
#include "simulator/critic.h"

struct critique_cache;

struct critique_cache_options {
    const struct gmr_logger *logger; /* hears of trouble with the file; NULL: nobody */
    size_t memory; /* bytes of words, and of vectors, that are held before what is held is
                      forgotten; 0: 256 MB */
};

/* `options` NULL: all zero. The catalogue is read now and not needed afterwards. The caller closes
 * the cache. GMR_ERR_IO, GMR_ERR_FORMAT (the catalogue's), GMR_ERR_NOMEM. */
enum gmr_status critique_cache_open(const struct gmr_allocator *allocator,
                                    struct catalogue *catalogue,
                                    const struct critique_cache_options *options,
                                    struct critique_cache **cache);

/* Writes what is new. NULL is fine. */
void critique_cache_close(struct critique_cache *cache);

/* As critic->critiques, which a critic that is not pure is asked directly. Of a pure one's memory,
 * turns are counted. Errors are the critic's, and GMR_ERR_NOMEM; then `texts` are undefined. */
enum gmr_status critique_cache_texts(struct critique_cache *cache, struct critic *critic,
                                     const struct critic_pair *pairs, struct critic_memory *memory,
                                     size_t count, char (*texts)[CRITIC_TEXT]);

/* As encoder_texts: y [count, width], as float. A vector depends on its text alone, to the last
 * digit. Errors are the encoder's, and GMR_ERR_NOMEM. */
enum gmr_status critique_cache_features(struct critique_cache *cache, struct encoder *encoder,
                                        const char *const *texts, size_t count, real *y);

/* Writes what is new now. GMR_ERR_NOMEM. */
enum gmr_status critique_cache_flush(struct critique_cache *cache);

#endif
