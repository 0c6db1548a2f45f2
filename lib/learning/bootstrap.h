/* How sure a measurement is: 95 % intervals by the bootstrap (Efron 1979, percentile method). What
 * was measured on n units - users, items - is computed again on BOOTSTRAP_RESAMPLES samples of n
 * units drawn from them with replacement; the interval holds the middle 95 % of the results.
 *
 * It tells how much a result would move with other units of the same kind. It says nothing of other
 * seeds of a training, and it is too narrow for a dozen units. A pure function of the seed. */
#ifndef LEARNING_BOOTSTRAP_H
#define LEARNING_BOOTSTRAP_H

#include <gommir/evaluation.h>

#include "base/memory.h"
#include "base/status.h"

enum { BOOTSTRAP_RESAMPLES = 2000, BOOTSTRAP_MAX_RESULTS = 8 };

/* What is measured: result[results] of a sample in which unit i of `count` occurs times[i] times,
 * `count` in all. Finite. */
typedef void bootstrap_statistic(const void *subject, const uint32_t *times, size_t count,
                                 double *result);

/* estimate[results]: the statistic of each unit taken once, and its interval, between which
 * percentiles are interpolated as numpy does. Samples are those of CPython's
 * random.randrange(count) after random.seed(seed). results 1 .. BOOTSTRAP_MAX_RESULTS; of no units
 * all is NaN. Errors: GMR_ERR_NOMEM. */
enum gmr_status bootstrap_run(const struct gmr_allocator *allocator, bootstrap_statistic *statistic,
                              const void *subject, size_t count, size_t results, uint64_t seed,
                              struct gmr_estimate *estimate);

/* Of the mean, and of the median (of an even number, between the middle two), of values[count],
 * which are finite. The units of a median are the values in rising order. */
enum gmr_status bootstrap_mean(const struct gmr_allocator *allocator, const double *values,
                               size_t count, uint64_t seed, struct gmr_estimate *estimate);
enum gmr_status bootstrap_median(const struct gmr_allocator *allocator, const double *values,
                                 size_t count, uint64_t seed, struct gmr_estimate *estimate);

/* For statistics: the units' number `place` when all that a sample holds stand in a row. */
size_t bootstrap_unit_at(const uint32_t *times, size_t count, size_t place);

#endif
