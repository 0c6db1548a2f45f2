/* Some items of a source as a source of their own: what is learned from, or what is held out, while
 * features and critiques are those of the whole. */
#ifndef LEARNING_SOURCE_PART_H
#define LEARNING_SOURCE_PART_H

#include "learning/dialogue_source.h"

struct source_part {
    const struct gmr_allocator *allocator;
    const struct dialogue_source *whole;
    struct dialogue_source source; /* the part, as an interface; its user is this struct */
    size_t room;
    uint64_t *item; /* [room]: item i of the part in the whole */
    real *image;    /* [room, features] */
};

/* Item i of the part is item[i] of the whole, which outlives it; the struct must not move. Release
 * it whatever this returns. Errors: GMR_ERR_RANGE (less than two items), GMR_ERR_NOMEM. */
enum gmr_status source_part_init(struct source_part *part, const struct gmr_allocator *allocator,
                                 const struct dialogue_source *whole, const uint64_t *item,
                                 size_t count);
void source_part_release(struct source_part *part);

#endif
