#include "learning/corpus.h"

#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"

enum { KEPT_DESCRIPTION = 1024 /* bytes */, ITEMS_A_CHECK = 1024 };

void corpus_init(struct corpus *corpus, const struct gmr_allocator *allocator)
{
    *corpus = (struct corpus){ .count = 0 };
    arena_init(&corpus->arena, allocator, 1 << 20);
}

void corpus_release(struct corpus *corpus)
{
    memory_release(corpus->arena.allocator, corpus->item, corpus->room * sizeof *corpus->item);
    arena_release(&corpus->arena);
    *corpus = (struct corpus){ .arena.allocator = corpus->arena.allocator };
}

/* Room for `more` items. */
static enum gmr_status grow(struct corpus *corpus, size_t more)
{
    const struct gmr_allocator *allocator = corpus->arena.allocator;
    struct corpus_item *item = memory_array(allocator, corpus->count + more, sizeof *item);
    if (!item)
        return GMR_ERR_NOMEM;
    if (corpus->count > 0)
        memcpy(item, corpus->item, corpus->count * sizeof *item);
    memory_release(allocator, corpus->item, corpus->room * sizeof *item);
    corpus->item = item;
    corpus->room = corpus->count + more;
    return GMR_OK;
}

/* A copy without what is never read. */
static enum gmr_status keep(struct corpus *corpus, size_t number, const struct gmr_item *item)
{
    struct corpus_item *kept = &corpus->item[corpus->count];
    struct gmr_attribute *attribute =
        arena_array(&corpus->arena, item->attribute_count, sizeof *attribute);
    *kept = (struct corpus_item){ .catalogue = number, .position = item->position, .item = *item };
    kept->item.key = arena_strdup(&corpus->arena, item->key);
    kept->item.title = arena_strdup(&corpus->arena, item->title);
    kept->item.description = arena_strndup(&corpus->arena, item->description, KEPT_DESCRIPTION);
    if (!attribute || !kept->item.key || !kept->item.title || !kept->item.description)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < item->attribute_count; i++) {
        attribute[i] = item->attributes[i];
        attribute[i].name = arena_strdup(&corpus->arena, attribute[i].name);
        attribute[i].value = arena_strdup(&corpus->arena, attribute[i].value);
        if (!attribute[i].name || !attribute[i].value)
            return GMR_ERR_NOMEM;
    }
    kept->item.attributes = attribute;
    kept->item.picture_path = NULL;
    TRY(item_facts(&kept->item, &corpus->arena, &kept->facts));
    corpus->count++;
    return GMR_OK;
}

static enum gmr_status add_positions(struct corpus *corpus, size_t number,
                                     struct catalogue *catalogue, const size_t *positions,
                                     size_t count, const struct gmr_progress *progress)
{
    struct arena arena;
    enum gmr_status status = GMR_OK;
    arena_init(&arena, corpus->arena.allocator, 0);
    for (size_t i = 0; status == GMR_OK && i < count; i++) {
        struct gmr_item item;
        arena_clear(&arena);
        if (i % ITEMS_A_CHECK == 0)
            status = progress_check(progress, "reading items");
        if (status == GMR_OK)
            status = catalogue_item(catalogue, positions[i], &arena, &item);
        if (status == GMR_OK && item.picture_format != GMR_PICTURE_NONE)
            status = keep(corpus, number, &item);
    }
    arena_release(&arena);
    return status;
}

/* *size is SIZE_MAX when there is no such split. */
static enum gmr_status find_split(struct catalogue *catalogue, const char *name, size_t *size)
{
    const struct gmr_split *split;
    size_t count;
    *size = SIZE_MAX;
    TRY(catalogue_splits(catalogue, &split, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(split[i].name, name) == 0)
            *size = split[i].items;
    return GMR_OK;
}

enum gmr_status corpus_has_split(struct catalogue *catalogue, const char *name, bool *has)
{
    size_t size;
    TRY(find_split(catalogue, name, &size));
    *has = size != SIZE_MAX;
    return GMR_OK;
}

static enum gmr_status split_size(struct catalogue *catalogue, const char *name, size_t *size)
{
    *size = catalogue_count(catalogue);
    if (!name)
        return GMR_OK;
    TRY(find_split(catalogue, name, size));
    if (*size != SIZE_MAX)
        return GMR_OK;
    return gmr_error(GMR_ERR_NOT_FOUND, "catalogue '%s' has no split '%s'",
                     catalogue_path(catalogue), name);
}

static enum gmr_status find_positions(struct catalogue *catalogue, const char *split,
                                      size_t *positions, size_t count)
{
    if (split)
        return catalogue_split_items(catalogue, split, positions, count);
    for (size_t i = 0; i < count; i++)
        positions[i] = i;
    return GMR_OK;
}

enum gmr_status corpus_add(struct corpus *corpus, size_t number, struct catalogue *catalogue,
                           const char *split, const struct gmr_progress *progress)
{
    const struct gmr_allocator *allocator = corpus->arena.allocator;
    size_t count = 0;
    TRY(split_size(catalogue, split, &count));
    TRY(grow(corpus, count));
    size_t *positions = memory_array(allocator, count, sizeof *positions);
    enum gmr_status status = positions ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = find_positions(catalogue, split, positions, count);
    if (status == GMR_OK)
        status = add_positions(corpus, number, catalogue, positions, count, progress);
    memory_release(allocator, positions, count * sizeof *positions);
    return status;
}

/* The same items whatever else the catalogue holds. */
static bool is_held_out(const struct corpus_item *item)
{
    enum { LIMIT = 26 /* of 256: a tenth */ };
    uint8_t digest[DIGEST_SHA1_SIZE];
    digest_sha1(item->item.key, strlen(item->item.key), digest);
    return digest[0] < LIMIT;
}

enum gmr_status corpus_hold_out(struct corpus *corpus, size_t first, struct corpus *held_out)
{
    size_t kept = first;
    TRY(grow(held_out, corpus->count - first));
    for (size_t i = first; i < corpus->count; i++) {
        if (is_held_out(&corpus->item[i]))
            held_out->item[held_out->count++] = corpus->item[i];
        else
            corpus->item[kept++] = corpus->item[i];
    }
    corpus->count = kept;
    return GMR_OK;
}

enum gmr_status corpus_add_splits(struct corpus *corpus, struct corpus *held_out, size_t number,
                                  struct catalogue *catalogue, const char *train,
                                  const char *validation, const struct gmr_progress *progress)
{
    const size_t first = corpus->count;
    bool can_validate = false, can_train = false;
    TRY(corpus_has_split(catalogue, train, &can_train));
    TRY(corpus_has_split(catalogue, validation, &can_validate));
    TRY(corpus_add(corpus, number, catalogue, can_train || can_validate ? train : NULL, progress));
    if (can_validate)
        return corpus_add(held_out, number, catalogue, validation, progress);
    return corpus_hold_out(corpus, first, held_out);
}
