/* What chooses the next list of a dialogue: one interface for a trained recommender and for rules
 * that need no training, which a recommender must beat.
 *
 *     struct policy *policy;
 *     TRY(policy_create(allocator, "sum", users, source, seed, &policy));
 *     TRY(policy->embed(policy, source, &embedding));
 *     policy->begin(policy, &embedding);
 *     for each turn: ... TRY(policy->turn(policy, &dialogue, &next));
 *     policy->destroy(policy);
 *
 * Results do not depend on the number of threads. A policy is for one thread at a time. */
#ifndef LEARNING_POLICY_H
#define LEARNING_POLICY_H

#include "learning/recommendation.h"

struct policy {
    const char *name;
    size_t width; /* of embeddings */
    bool draws;   /* by chance, one dialogue after the other: none can be left out */

    /* Where items are in the policy's own space: row [items, width]. */
    enum gmr_status (*embed)(struct policy *policy, const struct dialogue_source *source,
                             struct embedding *embedding);

    /* New dialogues, which are about that embedding; the last ones are forgotten. */
    void (*begin)(struct policy *policy, const struct embedding *embedding);

    /* Takes in what was liked and said in this turn, ranks the targets and shows the next lists:
     * recommendation_rank and recommendation_next, or what stands for them. */
    enum gmr_status (*turn)(struct policy *policy, struct dialogue *dialogue,
                            struct recommendation *next);
    void (*destroy)(struct policy *policy);
};

/* The rules, ended by NULL. All live in the encoder's space, in which every vector has length 1:
 *
 *   random          any item that was not shown, whatever is said
 *   text            near to the critique
 *   sum             near to the liked item's picture + the critique
 *   average-vector  near to 2 mean(liked) - mean(disliked) + mean(critiques), over all turns
 */
extern const char *const policy_rules[];

/* A rule by its name, for `users` dialogues of lists of `shown`. `seed` is of what is drawn. The
 * caller ends it with policy->destroy. GMR_ERR_NOT_FOUND (there is no such rule), GMR_ERR_NOMEM. */
enum gmr_status policy_create(const struct gmr_allocator *allocator, const char *name, size_t users,
                              const struct dialogue_source *source, uint64_t seed,
                              struct policy **policy);

/* A trained recommender; `model` and `tape` outlive it, and nothing else uses the tape meanwhile.
 * GMR_ERR_NOMEM. */
enum gmr_status policy_of_recommender(const struct gmr_allocator *allocator,
                                      const struct recommender *model, struct tape *tape,
                                      size_t users, struct policy **policy);

#endif
