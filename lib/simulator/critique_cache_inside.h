/* The cache of critiques from inside: critique_cache.c says what is asked and answered,
 * critique_answers.c how. */
#ifndef SIMULATOR_CRITIQUE_CACHE_INSIDE_H
#define SIMULATOR_CRITIQUE_CACHE_INSIDE_H

#include "simulator/critique_cache.h"
#include "simulator/critique_store.h"
#include "simulator/critique_table.h"

/* One kind of values, with the list of what is not on disk yet. */
struct critique_shelf {
    struct critique_table table;
    struct critique_entry *first, *last; /* unwritten */
    size_t unwritten;
};

struct critique_cache {
    const struct gmr_allocator *allocator;
    struct critique_store store;
    struct critique_shelf words, vectors;
    size_t memory;
    double flushed; /* when */
    size_t items;
    int64_t *ids, *stamps; /* [items] */
};

/* The key of words; it has no padding. */
struct critique_key {
    uint8_t maker[CRITIQUE_MAKER];
    uint64_t target, candidate; /* positions */
};

/* Those of `count` questions that have no answer yet, each once. */
struct critique_missing {
    const struct gmr_allocator *allocator;
    size_t count, room;
    size_t *question; /* [room], of which `count`: the first that asks it */
    struct critique_table seen;
};

struct critique_job;

/* What is asked and answered. Values that are made or read have room for value_room bytes each. */
struct critique_kind {
    size_t (*key)(const struct critique_job *job, size_t i); /* into job->key; returns its size */
    enum gmr_status (*find)(const struct critique_job *job, size_t i,
                            bool *found); /* into job->value */
    enum gmr_status (*make)(const struct critique_job *job, const struct critique_missing *missing,
                            void *values);
    size_t (*size)(const struct critique_job *job, const void *value); /* what of it is kept */
    void (*answer)(const struct critique_job *job, size_t i, const struct critique_entry *entry);
};

struct critique_job {
    const struct critique_kind *kind;
    struct critique_cache *cache;
    struct critique_shelf *shelf;
    size_t count;
    uint8_t maker[CRITIQUE_MAKER];
    size_t key_room, value_room;
    void *key, *value; /* [key_room] and [value_room] bytes */

    struct critic *critic; /* words */
    const struct critic_pair *pairs;
    char (*texts)[CRITIC_TEXT];

    struct encoder *encoder; /* vectors */
    const char *const *sentences;
    real *y;
};

/* Answers all questions of a job; key and value are this function's to take. `digest` is the
 * critic's or the encoder's. */
enum gmr_status critique_answer(struct critique_job *job, const char *digest);

/* Of the pair of a key. */
struct critique_place critique_place_of(const struct critique_cache *cache,
                                        const struct critique_key *key);

#endif
