/* The allocator of fault tests. A header in front of each block remembers its size; it fills the
 * bytes that the alignment costs anyway, so the block itself ends where the system's block ends
 * and the address sanitizer sees every overrun. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

static const uint64_t LIVE = UINT64_C(0x6c6976652d626c6b), DEAD = UINT64_C(0x646561642d626c6b);

struct header {
    uint64_t mark;
    size_t size, alignment;
};

static struct header *header_of(void *block)
{
    return (struct header *)((char *)block - sizeof(struct header));
}

static size_t prefix_size(size_t alignment)
{
    size_t size = alignment;
    while (size < sizeof(struct header))
        size += alignment;
    return size;
}

static bool fails_now(const struct failing_allocator *memory)
{
    if (memory->fail_at == 0)
        return false;
    return memory->stays_failed ? memory->calls >= memory->fail_at
                                : memory->calls == memory->fail_at;
}

static void *allocate_block(size_t size, size_t alignment)
{
    void *start;
    size_t prefix = prefix_size(alignment);
    if (posix_memalign(&start, alignment, prefix + size) != 0)
        return NULL;
    void *block = (char *)start + prefix;
    *header_of(block) = (struct header){ .mark = LIVE, .size = size, .alignment = alignment };
    memset(block, 0xA5, size); /* so that nobody relies on zeros */
    return block;
}

static void *counted_allocate(void *user, size_t size, size_t alignment)
{
    struct failing_allocator *memory = user;
    pthread_mutex_lock(&memory->lock);
    memory->calls++;
    void *block = fails_now(memory) ? NULL : allocate_block(size, alignment);
    if (block) {
        memory->live_blocks++;
        memory->live_bytes += size;
        if (memory->peak_bytes < memory->live_bytes)
            memory->peak_bytes = memory->live_bytes;
    }
    pthread_mutex_unlock(&memory->lock);
    return block;
}

static void counted_release(void *user, void *block, size_t size)
{
    struct failing_allocator *memory = user;
    struct header *header = header_of(block);
    pthread_mutex_lock(&memory->lock);
    if (header->mark != LIVE) {
        fprintf(stderr, "release of %p: not a live block\n", block);
        memory->bad_releases++;
    } else {
        if (header->size != size) {
            fprintf(stderr, "release of %p: %zu bytes said, %zu allocated\n", block, size,
                    header->size);
            memory->bad_releases++;
        }
        memory->live_blocks--;
        memory->live_bytes -= header->size;
        header->mark = DEAD;
        memset(block, 0x5A, header->size);
        free((char *)block - prefix_size(header->alignment));
    }
    pthread_mutex_unlock(&memory->lock);
}

void failing_allocator_init(struct failing_allocator *memory, size_t fail_at)
{
    *memory = (struct failing_allocator){
        .allocator = { counted_allocate, counted_release, memory },
        .fail_at = fail_at,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
}

bool failing_allocator_has_failed(struct failing_allocator *memory)
{
    pthread_mutex_lock(&memory->lock);
    bool failed = memory->fail_at > 0 && memory->calls >= memory->fail_at;
    pthread_mutex_unlock(&memory->lock);
    return failed;
}

bool failing_allocator_is_clean(struct failing_allocator *memory)
{
    pthread_mutex_lock(&memory->lock);
    bool clean = memory->live_blocks == 0 && memory->bad_releases == 0;
    if (!clean)
        fprintf(stderr,
                "%zu blocks of %zu bytes not released, %zu bad releases (call %zu failed)\n",
                memory->live_blocks, memory->live_bytes, memory->bad_releases, memory->fail_at);
    pthread_mutex_unlock(&memory->lock);
    return clean;
}
