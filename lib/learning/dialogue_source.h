/* What dialogues are about: items with raw picture features, and somebody who says what one of them
 * lacks. A generated world can stand behind it, or a catalogue with a critic and an encoder. */
#ifndef LEARNING_DIALOGUE_SOURCE_H
#define LEARNING_DIALOGUE_SOURCE_H

#include "simulator/critic.h"
#include "simulator/world.h"

struct dialogue_source {
    size_t items, features;
    const real *image; /* [items, features], raw; borrowed, as `user` is */
    void *user;

    /* What the users say who want target[count] and like liked[count] best: raw features
     * text [count, features], and words [count], NULL: nobody wants them, "" where there are none.
     * memory [count] is brought up to date. */
    enum gmr_status (*critiques)(void *user, const uint64_t *target, const uint64_t *liked,
                                 struct critic_memory *memory, size_t count, real *text,
                                 char (*words)[CRITIC_TEXT]);
};

/* A generated world, which outlives the source and says nothing in words. */
void world_source(struct world *world, struct dialogue_source *source);

/* Raw picture features of an item: [features], borrowed. */
static inline const real *source_image(const struct dialogue_source *source, uint64_t item)
{
    return source->image + item * source->features;
}

#endif
