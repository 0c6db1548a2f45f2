/* Rules that look at vectors differ in weights only: each forms a state of means of what was liked,
 * disliked and said. */
#include "learning/policy.h"

#include <math.h>
#include <string.h>

#include "base/status.h"

/* ---- vectors of length 1 ---- */

/* y += weight * x / |x|; a vector without length adds nothing. */
static void add_direction(double *y, double weight, const real *x, size_t width)
{
    double square = 0;
    for (size_t i = 0; i < width; i++)
        square += (double)x[i] * (double)x[i];
    if (square <= 0)
        return;
    for (size_t i = 0; i < width; i++)
        y[i] += weight * (double)x[i] / sqrt(square);
}

static void write_direction(real *y, const double *x, size_t width)
{
    double square = 0;
    for (size_t i = 0; i < width; i++)
        square += x[i] * x[i];
    for (size_t i = 0; i < width; i++)
        y[i] = (real)(square > 0 ? x[i] / sqrt(square) : 0);
}

/* ---- rules ---- */

/* How much each mean counts, and what it is over. */
struct weights {
    double liked, disliked, text;
    bool all_turns;
};

struct rule {
    struct policy policy;
    const struct gmr_allocator *allocator;
    struct weights weights;
    size_t users, turns; /* turns so far */
    double *sum;         /* [users, width]: of all turns that count, weighted */
    real *state;         /* [users, width] */
    const struct embedding *embedding;
    struct mt19937 rng;
};

static enum gmr_status embed_directions(struct policy *policy, const struct dialogue_source *source,
                                        struct embedding *embedding)
{
    const struct rule *rule = (const struct rule *)policy;
    double *x = memory_array(rule->allocator, policy->width, sizeof *x);
    if (!x)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < source->items; i++) {
        memset(x, 0, policy->width * sizeof *x);
        add_direction(x, 1, source_image(source, i), policy->width);
        write_direction(embedding->row + i * policy->width, x, policy->width);
    }
    memory_release(rule->allocator, x, policy->width * sizeof *x);
    return GMR_OK;
}

static void begin(struct policy *policy, const struct embedding *embedding)
{
    struct rule *rule = (struct rule *)policy;
    rule->embedding = embedding;
    rule->turns = 0;
    memset(rule->sum, 0, rule->users * policy->width * sizeof *rule->sum);
}

/* One turn of a user. Since every turn brings as many items, sums over turns are means times the
 * number of turns, which the length of 1 takes out. */
static void take_in(struct rule *rule, const struct dialogue *d, size_t user)
{
    const size_t width = rule->policy.width, others = d->shown - 1;
    const real *row = rule->embedding->row;
    double *sum = rule->sum + user * width;
    if (!rule->weights.all_turns)
        memset(sum, 0, width * sizeof *sum);
    add_direction(sum, rule->weights.liked, row + d->liked[user] * width, width);
    add_direction(sum, rule->weights.text, d->text + user * width, width);
    for (size_t i = 0; i < others; i++)
        add_direction(sum, rule->weights.disliked / (double)others,
                      row + d->disliked[user * others + i] * width, width);
    write_direction(rule->state + user * width, sum, width);
}

static enum gmr_status turn_by_state(struct policy *policy, struct dialogue *dialogue,
                                     struct recommendation *next)
{
    struct rule *rule = (struct rule *)policy;
    for (size_t u = 0; u < rule->users; u++)
        take_in(rule, dialogue, u);
    TRY(recommendation_rank(next, dialogue, rule->state));
    return recommendation_next(next, dialogue, rule->state);
}

/* ---- any item ---- */

static bool has_seen(const struct recommendation *next, size_t user, size_t item)
{
    const size_t *seen = next->seen + user * next->most;
    size_t i = 0;
    while (i < next->seen_count && seen[i] != item)
        i++;
    return i < next->seen_count;
}

static bool is_listed(const uint64_t *list, size_t count, uint64_t item)
{
    size_t i = 0;
    while (i < count && list[i] != item)
        i++;
    return i < count;
}

/* The first places of all unseen items in random order, and the place of the target, of which the
 * rest of that order need not be known. */
static void shuffle(struct rule *rule, struct dialogue *d, struct recommendation *next, size_t user)
{
    const uint64_t target = d->target[user], items = d->source->items;
    const bool is_over = has_seen(next, user, (size_t)target);
    const uint64_t unseen = items - next->seen_count + (is_over ? 1 : 0);
    uint64_t *list = d->list + user * d->shown;
    next->rank[user] = (size_t)mt19937_below(&rule->rng, unseen);
    for (size_t k = 0; k < d->shown; k++) {
        if (!is_over && next->rank[user] == k) {
            list[k] = target;
            continue;
        }
        do
            list[k] = mt19937_below(&rule->rng, items);
        while (list[k] == target || is_listed(list, k, list[k]) ||
               has_seen(next, user, (size_t)list[k]));
    }
}

static enum gmr_status turn_at_random(struct policy *policy, struct dialogue *dialogue,
                                      struct recommendation *next)
{
    struct rule *rule = (struct rule *)policy;
    for (size_t u = 0; u < rule->users; u++)
        shuffle(rule, dialogue, next, u);
    recommendation_see(next, dialogue);
    return GMR_OK;
}

/* ---- life ---- */

enum { RANDOM, RULES = 4 };

const char *const policy_rules[] = { "random", "text", "sum", "average-vector", NULL };

static const struct weights weights_of[RULES] = {
    { 0, 0, 0, false }, /* not looked at */
    { 0, 0, 1, false },
    { 1, 0, 1, false },
    { 2, -1, 1, true },
};

static void destroy(struct policy *policy)
{
    struct rule *rule = (struct rule *)policy;
    const size_t numbers = rule->users * policy->width;
    memory_release(rule->allocator, rule->sum, numbers * sizeof *rule->sum);
    memory_release(rule->allocator, rule->state, numbers * sizeof *rule->state);
    memory_release(rule->allocator, rule, sizeof *rule);
}

static enum gmr_status create(const struct gmr_allocator *allocator, size_t number, size_t users,
                              size_t width, uint64_t seed, struct policy **policy)
{
    struct rule *rule = memory_array(allocator, 1, sizeof *rule);
    if (!rule)
        return GMR_ERR_NOMEM;
    *rule = (struct rule){ .policy = { .name = policy_rules[number],
                                       .width = width,
                                       .draws = number == RANDOM,
                                       .embed = embed_directions,
                                       .begin = begin,
                                       .turn = number == RANDOM ? turn_at_random : turn_by_state,
                                       .destroy = destroy },
                           .allocator = allocator,
                           .weights = weights_of[number],
                           .users = users };
    mt19937_seed(&rule->rng, seed + 1); /* not the numbers that the first lists are drawn with */
    rule->sum = memory_array(allocator, users * width, sizeof *rule->sum);
    rule->state = memory_array(allocator, users * width, sizeof *rule->state);
    if (!rule->sum || !rule->state) {
        destroy(&rule->policy);
        return GMR_ERR_NOMEM;
    }
    *policy = &rule->policy;
    return GMR_OK;
}

enum gmr_status policy_create(const struct gmr_allocator *allocator, const char *name, size_t users,
                              const struct dialogue_source *source, uint64_t seed,
                              struct policy **policy)
{
    size_t number = 0;
    *policy = NULL;
    while (policy_rules[number] && strcmp(policy_rules[number], name) != 0)
        number++;
    if (!policy_rules[number])
        return gmr_error(GMR_ERR_NOT_FOUND, "no policy '%s'", name);
    return create(allocator, number, users, source->features, seed, policy);
}
