/* An arena: a list of chunks, each filled from its start.
 *
 * `current` is the chunk that is being filled; those before it are full enough, those after it are
 * empty, left over from before a clear. A request that fits neither the current chunk nor the next
 * gets a new chunk between the two, so nothing kept is lost; one above chunk_size gets a chunk of
 * its own size. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

enum { DEFAULT_CHUNK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of `data` */
    size_t used;
    _Alignas(ALIGNMENT) unsigned char data[];
};

void arena_init(struct arena *arena, const struct gmr_allocator *allocator, size_t chunk_size)
{
    *arena = (struct arena){
        .allocator = allocator,
        .chunk_size = chunk_size > 0 ? chunk_size : DEFAULT_CHUNK_SIZE,
    };
}

void arena_release(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->first, *next; chunk; chunk = next) {
        next = chunk->next;
        memory_release(arena->allocator, chunk, sizeof *chunk + chunk->size);
    }
    arena_init(arena, arena->allocator, arena->chunk_size);
}

void arena_clear(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->first; chunk; chunk = chunk->next)
        chunk->used = 0;
    arena->current = arena->first;
    arena->used = 0;
}

static bool fits(const struct arena_chunk *chunk, size_t size)
{
    return chunk && chunk->size - chunk->used >= size;
}

/* Makes `current` a chunk with room for `size` bytes; false when there is no memory. */
static bool advance(struct arena *arena, size_t size)
{
    struct arena_chunk *current = arena->current;
    struct arena_chunk **link = current ? &current->next : &arena->first;
    if (!fits(*link, size)) {
        size_t room = size > arena->chunk_size ? size : arena->chunk_size;
        if (room > SIZE_MAX - sizeof(struct arena_chunk)) {
            gmr_error(GMR_ERR_NOMEM, "out of memory: cannot allocate %zu bytes", size);
            return false;
        }
        struct arena_chunk *chunk = memory_allocate(arena->allocator, sizeof *chunk + room);
        if (!chunk)
            return false;
        *chunk = (struct arena_chunk){ .next = *link, .size = room };
        *link = chunk;
    }
    arena->current = *link;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = size > 0 ? size : 1; /* so that every pointer is a different one */
    if (rounded > SIZE_MAX - (ALIGNMENT - 1)) {
        gmr_error(GMR_ERR_NOMEM, "out of memory: cannot allocate %zu bytes", size);
        return NULL;
    }
    rounded = (rounded + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
    if (!fits(arena->current, rounded) && !advance(arena, rounded))
        return NULL;
    void *memory = arena->current->data + arena->current->used;
    arena->current->used += rounded;
    arena->used += rounded;
    if (arena->high_water < arena->used)
        arena->high_water = arena->used;
    return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!memory_product(count, size, &bytes)) {
        gmr_error(GMR_ERR_NOMEM, "out of memory: cannot allocate %zu times %zu bytes", count, size);
        return NULL;
    }
    void *memory = arena_alloc(arena, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    length = strnlen(text, length);
    char *copy = arena_alloc(arena, length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = NULL;
    if (length < 0)
        gmr_error(GMR_ERR_NOMEM, "out of memory: the text of '%s' is too long", format);
    else
        text = arena_alloc(arena, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}
