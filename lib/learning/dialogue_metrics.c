#include "learning/dialogue_metrics.h"

#include <math.h>
#include <stdbool.h>

#include "learning/bootstrap.h"

void dialogue_ranks_settle(size_t *ranks, size_t users, size_t turns, size_t shown)
{
    for (size_t u = 0; u < users; u++) {
        bool found = false;
        for (size_t turn = 0; turn < turns; turn++) {
            size_t *rank = &ranks[u * turns + turn];
            if (found)
                *rank = 0;
            found = found || *rank < shown;
        }
    }
}

double dialogue_measure(enum dialogue_measure measure, size_t rank, size_t shown)
{
    const size_t cut_off = measure == MEASURE_SR ? shown : measure == MEASURE_NDCG3 ? 3 : 10;
    if (rank >= cut_off)
        return 0;
    return measure == MEASURE_SR ? 1 : 1 / log2((double)rank + 2);
}

void dialogue_measure_users(enum dialogue_measure measure, const size_t *ranks, size_t users,
                            size_t turns, size_t turn, size_t shown, double *values)
{
    for (size_t u = 0; u < users; u++)
        values[u] = dialogue_measure(measure, ranks[u * turns + turn], shown);
}

/* ---- means and their intervals ---- */

/* What all users' ranks of one turn are worth. */
struct worth {
    const double *values; /* [measures, users] */
};

/* All measures of a turn share their samples, so these are drawn once. */
static void means(const void *subject, const uint32_t *times, size_t count, double *result)
{
    const struct worth *worth = subject;
    for (size_t m = 0; m < DIALOGUE_MEASURES; m++) {
        const double *value = worth->values + m * count;
        double sum = 0;
        for (size_t u = 0; u < count; u++)
            sum += times[u] * value[u];
        result[m] = sum / (double)count;
    }
}

enum gmr_status dialogue_measures(const struct gmr_allocator *allocator, const size_t *ranks,
                                  size_t users, size_t turns, size_t shown, uint64_t seed,
                                  struct gmr_dialogue_turn *turn)
{
    const size_t numbers = DIALOGUE_MEASURES * users;
    double *values = memory_array(allocator, numbers, sizeof *values);
    enum gmr_status status = values ? GMR_OK : GMR_ERR_NOMEM;
    for (size_t t = 0; t < turns && status == GMR_OK; t++) {
        struct gmr_estimate e[DIALOGUE_MEASURES];
        for (size_t m = 0; m < DIALOGUE_MEASURES; m++)
            dialogue_measure_users((enum dialogue_measure)m, ranks, users, turns, t, shown,
                                   values + m * users);
        status = bootstrap_run(allocator, means, &(struct worth){ values }, users,
                               DIALOGUE_MEASURES, seed, e);
        turn[t] = (struct gmr_dialogue_turn){ e[MEASURE_SR], e[MEASURE_NDCG3], e[MEASURE_NDCG10] };
    }
    memory_release(allocator, values, numbers * sizeof *values);
    return status;
}
