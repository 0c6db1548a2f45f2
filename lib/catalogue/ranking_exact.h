/* Keys of items in double, as brute force computes them. */
#ifndef CATALOGUE_RANKING_EXACT_H
#define CATALOGUE_RANKING_EXACT_H

#include <stddef.h>

#include <gommir/ranking.h>

#include "base/real.h"

enum { EXACT_ROWS = 8 };

/* key[i] = sum of (q - x)^2 over the elements in order, or -(sum of q x), for the rows x = row[i],
 * i < count <= EXACT_ROWS. Eight cost little more than one. */
void exact_keys(enum gmr_metric metric, double *key, const real *query, const real *const *row,
                size_t count, size_t width);

#endif
