/* The merging of one word. Its symbols are a list; pairs that can be merged wait in a queue by
 * rank, then place. That is the order of doing all places of the lowest rank from left to right,
 * and then looking again: a pair that a merge makes possible has a symbol that this merge made, so
 * its rank is higher. A word of n bytes costs n log n. */
#include <assert.h>

#include "media/tokeniser_inside.h"

enum { NO_NODE = TABLE_NONE, SHORTEST = 64 };

struct merge_node {
    uint32_t symbol;
    uint32_t before, after; /* neighbours or NO_NODE */
    uint32_t made;          /* what it and the node after it merge into, or TABLE_NONE */
};

static enum gmr_status reserve(struct merger *merger, size_t size)
{
    if (size <= merger->capacity)
        return GMR_OK;
    size_t capacity = 2 * size > SHORTEST ? 2 * size : SHORTEST;
    merger->capacity = 0;
    merger->nodes = arena_array(merger->arena, capacity, sizeof *merger->nodes);
    /* Each merge takes one pair out of the queue and may put two in. */
    merger->queue = arena_array(merger->arena, capacity, 2 * sizeof *merger->queue);
    if (!merger->nodes || !merger->queue)
        return GMR_ERR_NOMEM;
    merger->capacity = capacity;
    return GMR_OK;
}

/* The symbol made tells the rank; it stands above the place. */
static bool comes_before(const void *context, uint64_t a, uint64_t b)
{
    (void)context;
    return a < b;
}

/* Sees what a node and the one after it merge into. */
static void look(struct merger *merger, uint32_t at)
{
    struct merge_node *node = &merger->nodes[at];
    node->made = TABLE_NONE;
    if (node->after == NO_NODE)
        return;
    uint64_t key = merge_key(node->symbol, merger->nodes[node->after].symbol);
    node->made = key_table_find(&merger->tokeniser->made, key);
    if (node->made == TABLE_NONE)
        return;
    assert(merger->queued < 2 * merger->capacity);
    heap_push(merger->queue, &merger->queued, (uint64_t)node->made << 32 | at, comes_before, NULL);
}

static void merge(struct merger *merger, uint32_t at)
{
    struct merge_node *node = &merger->nodes[at], *right = &merger->nodes[node->after];
    node->symbol = node->made;
    node->after = right->after;
    right->made = TABLE_NONE;
    if (node->after != NO_NODE)
        merger->nodes[node->after].before = at;
    look(merger, at);
    if (node->before != NO_NODE)
        look(merger, node->before);
}

enum gmr_status merger_run(struct merger *merger, const char *word, size_t size)
{
    TRY(reserve(merger, size));
    for (uint32_t i = 0; i < size; i++)
        merger->nodes[i] = (struct merge_node){
            .symbol = merger->tokeniser->symbol_of[(unsigned char)word[i]],
            .before = i > 0 ? i - 1 : NO_NODE,
            .after = i + 1 < size ? i + 1 : NO_NODE,
        };
    merger->nodes[size - 1].symbol += BYTE_SYMBOLS;
    merger->next = 0;
    merger->queued = 0;
    for (uint32_t i = 0; i < size; i++)
        look(merger, i);
    while (merger->queued > 0) {
        uint64_t pair = heap_pop(merger->queue, &merger->queued, comes_before, NULL);
        uint32_t at = (uint32_t)pair;
        if (merger->nodes[at].made == pair >> 32) /* else one of the two was merged before */
            merge(merger, at);
    }
    return GMR_OK;
}

bool merger_next(struct merger *merger, uint32_t *symbol)
{
    if (merger->next == NO_NODE)
        return false;
    *symbol = merger->nodes[merger->next].symbol;
    merger->next = merger->nodes[merger->next].after;
    return true;
}
