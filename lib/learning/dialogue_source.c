#include "learning/dialogue_source.h"

static enum gmr_status world_critiques(void *user, const uint64_t *target, const uint64_t *liked,
                                       struct critic_memory *memory, size_t count, real *text,
                                       char (*words)[CRITIC_TEXT])
{
    const struct world *world = user;

    for (size_t u = 0; u < count; u++) {
        world_critique(world, target[u], liked[u], text + u * world->settings.features);
        memory[u].turn++;
        if (words)
            words[u][0] = '\0';
    }
    return GMR_OK;
}

void world_source(struct world *world, struct dialogue_source *source)
{
    *source = (struct dialogue_source){ .items = world->settings.items,
                                        .features = world->settings.features,
                                        .image = world->image,
                                        .user = world,
                                        .critiques = world_critiques };
}
