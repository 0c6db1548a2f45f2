/* The items that may still be among the k nearest of one query, each with an interval around its
 * key. From time to time a limit is found that k of them lie below with their upper ends: an item
 * with its lower end above it can be forgotten. Where too many stay - items that are equal, or as
 * good as equal - all are measured exactly and only k are kept, so that a list never grows and no
 * item is measured twice. */
#ifndef CATALOGUE_RANKING_SHORTLIST_H
#define CATALOGUE_RANKING_SHORTLIST_H

#include <stddef.h>

#include <gommir/ranking.h>

#include "base/real.h"

struct shortlist {
    enum gmr_metric metric;
    const real *query, *vectors;
    size_t width, k, count, capacity;
    double limit;       /* no item with a key above it is wanted */
    double *low, *high; /* [capacity]; equal: the key itself */
    size_t *item;       /* [capacity] */
};

/* A capacity for k of `items`, and the bytes of that many candidates. */
size_t shortlist_capacity(size_t k, size_t items);
size_t shortlist_bytes(size_t capacity);

/* An empty list in `memory`, of shortlist_bytes. The caller has set all members before `count`. */
void shortlist_begin(struct shortlist *s, size_t capacity, void *memory);

void shortlist_add(struct shortlist *s, size_t item, double low, double high);

/* Lowers the limit to what the candidates allow by now. */
void shortlist_tighten(struct shortlist *s);

/* Leaves the k nearest, or all if there are fewer, best first and exact. */
void shortlist_finish(struct shortlist *s);

#endif
