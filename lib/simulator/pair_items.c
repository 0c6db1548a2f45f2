/* Items with vectors, from an embedding or from regions. */
#include "simulator/pair_items.h"

#include <string.h>

#include "base/memory.h"
#include "catalogue/embedding.h"

/* ---- the embedding ---- */

/* The name of the largest embedding by that encoder, into the arena; NULL: there is none. */
static enum gmr_status find_name(struct catalogue *catalogue, const char *encoder,
                                 struct arena *arena, const char **name)
{
    const struct gmr_embedding_summary *list;
    size_t count, most = 0;
    *name = NULL;
    TRY(embedding_list(catalogue, arena, &list, &count));
    for (size_t i = 0; i < count; i++)
        if (!list[i].problem && strcmp(list[i].encoder, encoder) == 0 && list[i].items > most) {
            *name = list[i].name;
            most = list[i].items;
        }
    return GMR_OK;
}

enum gmr_status pair_items_embedded(struct catalogue *catalogue, const char *encoder, bool *found)
{
    struct arena arena;
    const char *name = NULL;
    arena_init(&arena, catalogue_allocator(catalogue), 0);
    const enum gmr_status status = find_name(catalogue, encoder, &arena, &name);
    *found = name != NULL;
    arena_release(&arena);
    return status;
}

static enum gmr_status open_embedding(struct catalogue *catalogue, const char *encoder,
                                      struct embedding_file *embedding)
{
    struct arena arena;
    const char *name;
    arena_init(&arena, catalogue_allocator(catalogue), 0);
    enum gmr_status status = find_name(catalogue, encoder, &arena, &name);
    if (status == GMR_OK && name)
        status = embedding_file_open(catalogue, name, embedding);
    arena_release(&arena);
    return status;
}

/* ---- items ---- */

/* Fills positions with those of the split. */
static enum gmr_status take_split(struct pair_items *items, struct catalogue *catalogue,
                                  const char *split)
{
    const struct gmr_split *splits;
    size_t count, found = 0;
    if (split) {
        TRY(catalogue_splits(catalogue, &splits, &count));
        while (found < count && strcmp(splits[found].name, split) != 0)
            found++;
        if (found == count)
            return gmr_error(GMR_ERR_NOT_FOUND, "no split '%s' in '%s'", split,
                             catalogue_path(catalogue));
    }
    items->room = split ? splits[found].items : catalogue_count(catalogue);
    items->positions = memory_array(items->allocator, items->room, sizeof *items->positions);
    if (!items->positions)
        return GMR_ERR_NOMEM;
    if (split)
        return catalogue_split_items(catalogue, split, items->positions, items->room);
    for (size_t i = 0; i < items->room; i++)
        items->positions[i] = i;
    return GMR_OK;
}

static bool has_row(const struct embedding_file *embedding, size_t position)
{
    return embedding->width == 0 || embedding->row[position] != GMR_NO_ITEM;
}

static void take_vector(const struct embedding_file *embedding, const struct regions *regions,
                        size_t position, real *vector)
{
    if (embedding->width == 0) {
        regions_gather(regions, &position, 1, vector, NULL);
        return;
    }
    const float *row = embedding->vectors + embedding->row[position] * embedding->width;
    for (size_t i = 0; i < embedding->width; i++)
        vector[i] = (real)row[i];
}

/* Leaves the items that have all that is wanted, in their order. `embedding` is empty where regions
 * take its place. */
static enum gmr_status take_vectors(struct pair_items *items,
                                    const struct embedding_file *embedding,
                                    const struct regions *regions)
{
    items->width = embedding->width > 0 ? embedding->width : regions_channels(regions);
    items->vectors =
        memory_array(items->allocator, items->room * items->width, sizeof *items->vectors);
    if (!items->vectors)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < items->room; i++) {
        const size_t position = items->positions[i];
        if ((regions && !regions_has(regions, position)) || !has_row(embedding, position))
            continue;
        take_vector(embedding, regions, position, items->vectors + items->count * items->width);
        items->positions[items->count++] = position;
    }
    return GMR_OK;
}

static enum gmr_status fill(struct pair_items *items, struct catalogue *catalogue,
                            const char *split, const char *encoder, const struct regions *regions)
{
    struct embedding_file embedding = { .width = 0 };
    TRY(take_split(items, catalogue, split));
    TRY(open_embedding(catalogue, encoder, &embedding));
    enum gmr_status status = GMR_OK;
    if (embedding.width == 0 && !regions)
        status = gmr_error(GMR_ERR_NOT_FOUND, "no embedding by the encoder %.16s in '%s'", encoder,
                           catalogue_path(catalogue));
    else
        status = take_vectors(items, &embedding, regions);
    embedding_file_close(&embedding);
    if (status == GMR_OK && items->count < 2)
        status = gmr_error(GMR_ERR_RANGE, "only %zu items of '%s' have a picture: no pair",
                           items->count, split ? split : catalogue_path(catalogue));
    return status;
}

enum gmr_status pair_items_init(struct pair_items *items, const struct gmr_allocator *allocator,
                                struct catalogue *catalogue, const char *split, const char *encoder,
                                const struct regions *regions)
{
    *items = (struct pair_items){ .allocator = allocator };
    const enum gmr_status status = fill(items, catalogue, split, encoder, regions);
    if (status != GMR_OK)
        pair_items_release(items);
    return status;
}

void pair_items_release(struct pair_items *items)
{
    memory_release(items->allocator, items->vectors,
                   items->room * items->width * sizeof *items->vectors);
    memory_release(items->allocator, items->positions, items->room * sizeof *items->positions);
    *items = (struct pair_items){ .allocator = items->allocator };
}

struct critique_pairs pair_items_pairs(const struct pair_items *items)
{
    return (struct critique_pairs){ .positions = items->positions,
                                    .count = items->count,
                                    .vectors = items->vectors,
                                    .width = items->width };
}
