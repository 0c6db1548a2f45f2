#include "learning/negatives.h"

#include <assert.h>
#include <string.h>

enum gmr_status negatives_init(struct negatives *n, const struct gmr_allocator *allocator,
                               size_t users, size_t shown, size_t lists)
{
    *n = (struct negatives){
        .allocator = allocator, .users = users, .each = shown - 1, .most = lists
    };
    n->item = memory_array(allocator, users * lists * n->each, sizeof *n->item);
    return n->item ? GMR_OK : GMR_ERR_NOMEM;
}

void negatives_release(struct negatives *n)
{
    memory_release(n->allocator, n->item, n->users * n->most * n->each * sizeof *n->item);
    memset(n, 0, sizeof *n);
}

void negatives_clear(struct negatives *n)
{
    n->lists = 0;
}

void negatives_add(struct negatives *n, const struct dialogue *d)
{
    assert(n->lists < n->most && d->users == n->users && d->shown == n->each + 1);
    for (size_t u = 0; u < n->users; u++)
        memcpy(n->item + (u * n->most + n->lists) * n->each, d->disliked + u * n->each,
               n->each * sizeof *n->item);
    n->lists++;
}

size_t negatives_count(const struct negatives *n)
{
    return n->lists * n->each;
}

uint64_t negatives_at(const struct negatives *n, size_t user, uint64_t place)
{
    assert(place < negatives_count(n));
    return n->item[user * n->most * n->each + place];
}
