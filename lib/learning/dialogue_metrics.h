/* How well dialogues went (spec section 7): from the rank of each user's target after each turn to
 * success rates and NDCG with intervals.
 *
 *     dialogue_ranks_settle(ranks, users, turns, 3);
 *     TRY(dialogue_measures(allocator, ranks, users, turns, 3, seed, turn));
 *
 * Ranks are from 0, as many as items are strictly nearer than the target. */
#ifndef LEARNING_DIALOGUE_METRICS_H
#define LEARNING_DIALOGUE_METRICS_H

#include <gommir/evaluation.h>

#include "base/memory.h"
#include "base/status.h"

enum dialogue_measure { MEASURE_SR, MEASURE_NDCG3, MEASURE_NDCG10, DIALOGUE_MEASURES };

/* Success stays: in ranks [users, turns], all after the first one below `shown` become 0. That one
 * remains. */
void dialogue_ranks_settle(size_t *ranks, size_t users, size_t turns, size_t shown);

/* What a rank is worth, 0 .. 1. NDCG of one relevant item: 1 / log2(rank + 2) above the cut-off. */
double dialogue_measure(enum dialogue_measure measure, size_t rank, size_t shown);

/* values [users]: what settled ranks of turn `turn`, from 0, are worth. For paired tests. */
void dialogue_measure_users(enum dialogue_measure measure, const size_t *ranks, size_t users,
                            size_t turns, size_t turn, size_t shown, double *values);

/* turn [turns]: the means of settled ranks, with intervals over users that are a pure function of
 * `seed`. Without users all is NaN. Errors: GMR_ERR_NOMEM. */
enum gmr_status dialogue_measures(const struct gmr_allocator *allocator, const size_t *ranks,
                                  size_t users, size_t turns, size_t shown, uint64_t seed,
                                  struct gmr_dialogue_turn *turn);

#endif
