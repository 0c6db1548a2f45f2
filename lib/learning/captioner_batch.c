#include "learning/captioner_batch.h"

#include <assert.h>

#include "base/status.h"

/* Sizes of the arrays, for taking them and for giving them back. */
static size_t mean_count(const struct captioner_batch *b)
{
    return 2 * b->room * b->channels;
}

enum gmr_status captioner_batch_init(struct captioner_batch *b,
                                     const struct gmr_allocator *allocator,
                                     const struct regions *regions, size_t room, size_t length)
{
    *b = (struct captioner_batch){ .allocator = allocator,
                                   .regions = regions,
                                   .room = room,
                                   .channels = regions_channels(regions),
                                   .length = length };
    b->pairs = memory_array(allocator, room, sizeof *b->pairs);
    b->text = memory_array(allocator, room, sizeof *b->text);
    b->ids = memory_array(allocator, room * length, sizeof *b->ids);
    b->positions = memory_array(allocator, 2 * room, sizeof *b->positions);
    b->mean = memory_array(allocator, mean_count(b), sizeof *b->mean);
    b->grid = memory_array(allocator, mean_count(b), CAPTIONER_REGIONS * sizeof *b->grid);
    if (b->pairs && b->text && b->ids && b->positions && b->mean && b->grid)
        return GMR_OK;
    captioner_batch_release(b);
    return GMR_ERR_NOMEM;
}

void captioner_batch_release(struct captioner_batch *b)
{
    memory_release(b->allocator, b->grid, mean_count(b) * CAPTIONER_REGIONS * sizeof *b->grid);
    memory_release(b->allocator, b->mean, mean_count(b) * sizeof *b->mean);
    memory_release(b->allocator, b->positions, 2 * b->room * sizeof *b->positions);
    memory_release(b->allocator, b->ids, b->room * b->length * sizeof *b->ids);
    memory_release(b->allocator, b->text, b->room * sizeof *b->text);
    memory_release(b->allocator, b->pairs, b->room * sizeof *b->pairs);
    *b = (struct captioner_batch){ .allocator = b->allocator };
}

struct captioner_pictures captioner_batch_pictures(struct captioner_batch *b,
                                                   const struct critic_pair *pairs, size_t count)
{
    assert(count <= b->room);
    for (size_t i = 0; i < count; i++) {
        b->positions[i] = pairs[i].target;
        b->positions[count + i] = pairs[i].candidate;
    }
    regions_gather(b->regions, b->positions, 2 * count, b->mean, b->grid);
    return (struct captioner_pictures){
        .count = count,
        .target_mean = b->mean,
        .candidate_mean = b->mean + count * b->channels,
        .target_regions = b->grid,
        .candidate_regions = b->grid + count * CAPTIONER_REGIONS * b->channels,
    };
}

enum gmr_status captioner_batch_draw(struct captioner_batch *b, struct critiques *critiques,
                                     const struct caption_vocabulary *vocabulary, uint64_t epoch,
                                     uint64_t first, size_t count,
                                     struct captioner_pictures *pictures,
                                     struct captioner_sentences *sentences)
{
    assert(count <= b->room);
    TRY(critiques_draw(critiques, epoch, first, count, b->pairs, b->text));
    b->count = count;
    b->tokens = count;
    for (size_t i = 0; i < count; i++) {
        const size_t words =
            caption_encode(vocabulary, b->text[i], b->length, b->ids + i * b->length);
        b->tokens += words < b->length ? words : b->length;
    }
    *pictures = captioner_batch_pictures(b, b->pairs, count);
    *sentences = (struct captioner_sentences){ count, b->length, b->ids };
    return GMR_OK;
}
