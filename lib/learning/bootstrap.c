/* A sample is kept as how often each unit occurs: a statistic of sorted values needs no sorting of
 * its own. */
#include "learning/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

/* ---- samples ---- */

static void draw(struct mt19937 *rng, uint32_t *times, size_t count)
{
    memset(times, 0, count * sizeof *times);
    for (size_t i = 0; i < count; i++)
        times[mt19937_below(rng, count)]++;
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Of sorted values. */
static double percentile(const double *value, double percent)
{
    const double place = percent / 100 * (BOOTSTRAP_RESAMPLES - 1);
    const size_t below = (size_t)place;
    return value[below] + (place - (double)below) * (value[below + 1] - value[below]);
}

static void measure(bootstrap_statistic *statistic, const void *subject, uint32_t *times,
                    size_t count, double *result)
{
    for (size_t i = 0; i < count; i++)
        times[i] = 1;
    statistic(subject, times, count, result);
}

/* values [results, BOOTSTRAP_RESAMPLES] */
static void resample(bootstrap_statistic *statistic, const void *subject, uint32_t *times,
                     size_t count, size_t results, uint64_t seed, double *values)
{
    struct mt19937 rng;
    mt19937_seed(&rng, seed);
    for (size_t s = 0; s < BOOTSTRAP_RESAMPLES; s++) {
        double result[BOOTSTRAP_MAX_RESULTS];
        draw(&rng, times, count);
        statistic(subject, times, count, result);
        for (size_t r = 0; r < results; r++)
            values[r * BOOTSTRAP_RESAMPLES + s] = result[r];
    }
}

static void find_interval(double *values, struct gmr_estimate *e)
{
    qsort(values, BOOTSTRAP_RESAMPLES, sizeof *values, by_value);
    e->low = percentile(values, 2.5);
    e->high = percentile(values, 97.5);
}

static void estimate_all(bootstrap_statistic *statistic, const void *subject, uint32_t *times,
                         size_t count, size_t results, uint64_t seed, double *values,
                         struct gmr_estimate *estimate)
{
    double result[BOOTSTRAP_MAX_RESULTS];
    measure(statistic, subject, times, count, result);
    resample(statistic, subject, times, count, results, seed, values);
    for (size_t r = 0; r < results; r++) {
        estimate[r].value = result[r];
        find_interval(values + r * BOOTSTRAP_RESAMPLES, &estimate[r]);
    }
}

enum gmr_status bootstrap_run(const struct gmr_allocator *allocator, bootstrap_statistic *statistic,
                              const void *subject, size_t count, size_t results, uint64_t seed,
                              struct gmr_estimate *estimate)
{
    const double none = (double)NAN;
    for (size_t r = 0; r < results; r++)
        estimate[r] = (struct gmr_estimate){ none, none, none };
    if (count == 0)
        return GMR_OK;
    const size_t numbers = results * BOOTSTRAP_RESAMPLES;
    uint32_t *times = memory_array(allocator, count, sizeof *times);
    double *values = memory_array(allocator, numbers, sizeof *values);
    const enum gmr_status status = times && values ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        estimate_all(statistic, subject, times, count, results, seed, values, estimate);
    memory_release(allocator, values, numbers * sizeof *values);
    memory_release(allocator, times, count * sizeof *times);
    return status;
}

/* ---- statistics ---- */

size_t bootstrap_unit_at(const uint32_t *times, size_t count, size_t place)
{
    size_t i = 0;
    for (size_t passed = times[0]; passed <= place && i + 1 < count; passed += times[i])
        i++;
    return i;
}

static void mean(const void *subject, const uint32_t *times, size_t count, double *result)
{
    const double *value = subject;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += times[i] * value[i];
    *result = sum / (double)count;
}

static void median_of_sorted(const void *subject, const uint32_t *times, size_t count,
                             double *result)
{
    const double *value = subject;
    *result = (value[bootstrap_unit_at(times, count, (count - 1) / 2)] +
               value[bootstrap_unit_at(times, count, count / 2)]) /
              2;
}

enum gmr_status bootstrap_mean(const struct gmr_allocator *allocator, const double *values,
                               size_t count, uint64_t seed, struct gmr_estimate *estimate)
{
    return bootstrap_run(allocator, mean, values, count, 1, seed, estimate);
}

enum gmr_status bootstrap_median(const struct gmr_allocator *allocator, const double *values,
                                 size_t count, uint64_t seed, struct gmr_estimate *estimate)
{
    double *sorted = memory_array(allocator, count, sizeof *sorted);
    if (!sorted)
        return GMR_ERR_NOMEM;
    if (count > 0)
        memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    const enum gmr_status status =
        bootstrap_run(allocator, median_of_sorted, sorted, count, 1, seed, estimate);
    memory_release(allocator, sorted, count * sizeof *sorted);
    return status;
}
