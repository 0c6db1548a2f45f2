/* The pool against a list of the blocks it handed out, over a long random life.
 *
 * The device is imaginary: its addresses lie where nothing is mapped, so a pool that kept notes in
 * its memory would fault. Chunks often touch, which must not lead to extents across them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/support.h"
#include "tensor/pool.h"

enum { STEPS = 100000, MAX_BLOCKS = 400, MAX_CHUNKS = 1000, FULL_CHECK = 64 };

/* ---- the device ---- */

static const size_t LOW_ADDRESS = (size_t)1 << 40;

static struct {
    struct pool_span chunk[MAX_CHUNKS];
    size_t count;
    size_t below, above; /* ends of the addresses handed out */
} imaginary;

/* Below, right above, or above with a gap. */
static void *imaginary_allocate(const struct device *device, size_t size)
{
    (void)device;
    assert_true(imaginary.count < MAX_CHUNKS);
    size_t start = imaginary.above;
    if (imaginary.count % 3 == 1)
        start = imaginary.below -= size;
    else
        imaginary.above += size + imaginary.count % 3 * 4096;
    imaginary.chunk[imaginary.count++] = (struct pool_span){ (char *)start, size };
    return (char *)start;
}

static void imaginary_release(const struct device *device, void *memory, size_t size)
{
    (void)device;
    for (size_t i = 0; i < imaginary.count; i++)
        if (imaginary.chunk[i].start == memory) {
            assert_int_equal(imaginary.chunk[i].size, size);
            imaginary.chunk[i] = imaginary.chunk[--imaginary.count];
            return;
        }
    fail_msg("%p is not a chunk", memory);
}

/* ---- the model ---- */

struct model {
    struct failing_allocator memory;
    struct pool pool;
    struct mt19937 rng;
    struct {
        char *start;
        size_t size, asked; /* `size` is a multiple of 64 */
    } block[MAX_BLOCKS];
    size_t count, in_use, high_water;
    bool growing;
};

static size_t below(struct model *m, size_t n)
{
    return (size_t)mt19937_below(&m->rng, n);
}

/* Mostly like the tensors of a step, a few of no size, a few larger than a chunk. */
static size_t random_size(struct model *m)
{
    switch (below(m, 8)) {
    case 0: return below(m, 3);
    case 1:
    case 2:
    case 3: return 64 * (1 + below(m, 4));
    case 4:
    case 5: return below(m, 100000);
    case 6: return below(m, 1000000);
    default: return below(m, below(m, 100) == 0 ? 40000000 : 1000);
    }
}

static bool overlaps(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return (uintptr_t)a < (uintptr_t)b + b_size && (uintptr_t)b < (uintptr_t)a + a_size;
}

/* The end of the chunk that holds all of a span, or 0. */
static uintptr_t chunk_end(const char *start, size_t size)
{
    for (size_t i = 0; i < imaginary.count; i++) {
        uintptr_t first = (uintptr_t)imaginary.chunk[i].start;
        if ((uintptr_t)start >= first && (uintptr_t)start + size <= first + imaginary.chunk[i].size)
            return first + imaginary.chunk[i].size;
    }
    return 0;
}

static void check_sums(const struct model *m)
{
    size_t free_bytes = 0, held = 0;
    for (size_t i = 0; i < m->pool.extent.count; i++)
        free_bytes += m->pool.extent.span[i].size;
    for (size_t i = 0; i < imaginary.count; i++)
        held += imaginary.chunk[i].size;
    assert_int_equal(m->pool.in_use, m->in_use);
    assert_int_equal(m->pool.high_water, m->high_water);
    assert_int_equal(m->pool.block_count, m->count);
    assert_int_equal(m->pool.reserved, held);
    assert_int_equal(free_bytes, held - m->in_use);
}

/* Extents ascend, lie each in one chunk, apart from all blocks, and touch only where chunks do. */
static void check_extents(const struct model *m)
{
    const struct pool_span *extent = m->pool.extent.span;
    for (size_t i = 0; i < m->pool.extent.count; i++) {
        uintptr_t end = (uintptr_t)extent[i].start + extent[i].size;
        uintptr_t limit = chunk_end(extent[i].start, extent[i].size);
        assert_true(extent[i].size > 0 && extent[i].size % 64 == 0);
        assert_true(limit != 0);
        if (i + 1 < m->pool.extent.count) {
            uintptr_t next = (uintptr_t)extent[i + 1].start;
            assert_true(end < next || (end == next && end == limit));
        }
        for (size_t b = 0; b < m->count; b++)
            assert_false(
                overlaps(extent[i].start, extent[i].size, m->block[b].start, m->block[b].size));
    }
}

/* Where best fit puts `size` bytes; NULL for in a new chunk. */
static char *best_place(const struct model *m, size_t size)
{
    const struct pool_span *best = NULL;
    for (size_t i = m->pool.extent.count; i-- > 0;) {
        const struct pool_span *extent = &m->pool.extent.span[i];
        if (extent->size >= size && (!best || extent->size <= best->size))
            best = extent;
    }
    return best ? best->start : NULL;
}

static void allocate_block(struct model *m)
{
    size_t asked = random_size(m), size = asked == 0 ? 64 : (asked + 63) / 64 * 64;
    size_t chunks = imaginary.count;
    char *place = best_place(m, size), *start = pool_alloc(&m->pool, asked);
    assert_non_null(start);
    assert_int_equal((uintptr_t)start % 64, 0);
    assert_true(chunk_end(start, size) != 0);
    if (place)
        assert_ptr_equal(start, place);
    assert_int_equal(imaginary.count, chunks + (place == NULL));
    for (size_t i = 0; i < m->count; i++)
        assert_false(overlaps(start, size, m->block[i].start, m->block[i].size));
    m->block[m->count].start = start;
    m->block[m->count].size = size;
    m->block[m->count++].asked = asked;
    m->in_use += size;
    if (m->high_water < m->in_use)
        m->high_water = m->in_use;
}

static void free_block(struct model *m, size_t i)
{
    size_t calls = m->memory.calls;
    pool_free(&m->pool, m->block[i].start, m->block[i].asked);
    assert_int_equal(m->memory.calls, calls); /* so it cannot fail */
    m->in_use -= m->block[i].size;
    m->block[i] = m->block[--m->count];
}

static void check_one_extent_per_chunk(const struct model *m)
{
    const struct pool *pool = &m->pool;
    assert_int_equal(pool->in_use, 0);
    assert_int_equal(pool->extent.count, imaginary.count);
    assert_int_equal(pool->chunk.count, imaginary.count);
    for (size_t i = 0; i < imaginary.count; i++) {
        assert_ptr_equal(pool->extent.span[i].start, pool->chunk.span[i].start);
        assert_int_equal(pool->extent.span[i].size, pool->chunk.span[i].size);
    }
}

static void clear(struct model *m)
{
    pool_clear(&m->pool);
    m->count = m->in_use = 0;
    check_one_extent_per_chunk(m);
}

/* Filling and emptying take turns; rarely everything goes at once, block by block or cleared. */
static void step(struct model *m)
{
    if (m->count == MAX_BLOCKS)
        m->growing = false;
    if (m->count == 0)
        m->growing = true;
    if (below(m, 5000) == 0)
        clear(m);
    else if (below(m, 5000) == 0)
        while (m->count > 0)
            free_block(m, below(m, m->count));
    else if (m->count == 0 || (m->count < MAX_BLOCKS && below(m, 10) < (m->growing ? 6u : 4u)))
        allocate_block(m);
    else
        free_block(m, below(m, 2) == 0 ? m->count - 1 : below(m, m->count));
}

static void any_life_of_a_pool_is_sound(void **state)
{
    (void)state;
    static struct model m;
    const size_t origin = LOW_ADDRESS;
    imaginary.count = 0;
    imaginary.below = imaginary.above = origin;
    failing_allocator_init(&m.memory, 0);
    mt19937_seed(&m.rng, 20240501);
    const struct device device = { .name = "imaginary",
                                   .allocate = imaginary_allocate,
                                   .release = imaginary_release,
                                   .allocator = &m.memory.allocator };
    pool_init(&m.pool, &device);
    for (size_t i = 0; i < STEPS; i++) {
        step(&m);
        check_sums(&m);
        if (i % FULL_CHECK == 0)
            check_extents(&m);
    }
    assert_true(imaginary.count > 5); /* or chunks had no chance to touch */
    while (m.count > 0)
        free_block(&m, below(&m, m.count));
    check_sums(&m);
    check_one_extent_per_chunk(&m);
    pool_release(&m.pool);
    assert_int_equal(imaginary.count, 0);
    assert_true(failing_allocator_is_clean(&m.memory));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_life_of_a_pool_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
