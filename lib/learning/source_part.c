#include "learning/source_part.h"

#include <string.h>

#include "base/memory.h"
#include "base/status.h"

/* ---- critiques ---- */

static void find_items(const struct source_part *part, const uint64_t *items, size_t count,
                       uint64_t *in_whole)
{
    for (size_t u = 0; u < count; u++)
        in_whole[u] = part->item[items[u]];
}

static enum gmr_status say(void *user, const uint64_t *target, const uint64_t *liked,
                           struct critic_memory *memory, size_t count, real *text,
                           char (*words)[CRITIC_TEXT])
{
    const struct source_part *part = user;
    const struct dialogue_source *whole = part->whole;
    uint64_t *items = memory_array(part->allocator, 2 * count, sizeof *items);
    if (!items)
        return GMR_ERR_NOMEM;
    find_items(part, target, count, items);
    find_items(part, liked, count, items + count);
    const enum gmr_status status =
        whole->critiques(whole->user, items, items + count, memory, count, text, words);
    memory_release(part->allocator, items, 2 * count * sizeof *items);
    return status;
}

/* ---- a part ---- */

static void take_images(struct source_part *part)
{
    const size_t features = part->whole->features;
    for (size_t i = 0; i < part->room; i++)
        memcpy(part->image + i * features, source_image(part->whole, part->item[i]),
               features * sizeof *part->image);
}

enum gmr_status source_part_init(struct source_part *part, const struct gmr_allocator *allocator,
                                 const struct dialogue_source *whole, const uint64_t *item,
                                 size_t count)
{
    *part = (struct source_part){ .allocator = allocator, .whole = whole, .room = count };
    if (count < 2)
        return gmr_error(GMR_ERR_RANGE, "%zu items are too few for dialogues", count);
    part->item = memory_array(allocator, count, sizeof *part->item);
    part->image = memory_array(allocator, count * whole->features, sizeof *part->image);
    if (!part->item || !part->image)
        return GMR_ERR_NOMEM;
    memcpy(part->item, item, count * sizeof *item);
    take_images(part);
    part->source = (struct dialogue_source){ .items = count,
                                             .features = whole->features,
                                             .image = part->image,
                                             .user = part,
                                             .critiques = say };
    return GMR_OK;
}

void source_part_release(struct source_part *part)
{
    if (!part->whole)
        return;
    memory_release(part->allocator, part->item, part->room * sizeof *part->item);
    memory_release(part->allocator, part->image,
                   part->room * part->whole->features * sizeof *part->image);
    *part = (struct source_part){ .room = 0 };
}
