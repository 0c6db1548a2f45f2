/* Two sorted lists of facts, compared topic by topic. */
#include "simulator/grammar/options.h"

#include <math.h>

struct facts {
    const uint32_t *at;
    size_t count;
};

/* Cuts the facts of the first topic off the rest. */
static struct facts next_topic(struct facts *rest)
{
    struct facts first = { rest->at, 0 };
    while (first.count < rest->count && fact_topic(first.at[first.count]) == fact_topic(*first.at))
        first.count++;
    rest->at += first.count;
    rest->count -= first.count;
    return first;
}

/* Values that are true of the first - by which one calls it, or aside -, and are known not to be of
 * the second. */
static void find_values(const struct grammar *grammar, struct facts of, struct facts not_of,
                        bool aside, struct option_values *values)
{
    values->count = 0;
    for (size_t i = 0; i < of.count && values->count < OPTION_VALUES; i++) {
        const uint32_t value = fact_value(of.at[i]);
        const uint32_t flags = of.at[i] & (FACT_TRUE | FACT_MAIN);
        if (flags == (aside ? FACT_TRUE : FACT_TRUE | FACT_MAIN) && grammar->value[value].spoken &&
            facts_truth(not_of.at, not_of.count, value) == TRUTH_FALSE)
            values->value[values->count++] = value;
    }
}

/* 0.5 for the least difference, 1 for the greatest of the topic. */
static float share_of(const struct topic *topic, float difference)
{
    if (topic->number >= 0 || topic->high <= 0)
        return 1;
    return 0.5F + 0.5F * fminf(fabsf(difference) / topic->high, 1);
}

/* Numbers differ by a share of the larger one, ranks by steps. */
static bool is_clear(const struct traits *traits, const struct topic *topic, size_t target,
                     float difference)
{
    float least = topic->margin;
    if (topic->number >= 0) {
        const float number = traits->number[(size_t)topic->number * traits->items + target];
        least *= fmaxf(fabsf(number), fabsf(number - difference));
    }
    return fabsf(difference) > 0 && fabsf(difference) >= least;
}

static void compare(const struct traits *traits, const struct grammar *grammar, size_t target,
                    size_t candidate, struct option *option)
{
    const struct topic *topic = &grammar->topic[option->topic];
    float difference;
    option->compare = 0;
    option->score = topic->weight;
    if (topic->scales == 0 && topic->number < 0)
        return;
    if (!traits_compare(traits, grammar, option->topic, target, candidate, &difference))
        return;
    option->score *= share_of(topic, difference);
    if (is_clear(traits, topic, target, difference))
        option->compare = difference > 0 ? 1 : -1;
}

static void add_option(const struct traits *traits, const struct grammar *grammar, size_t target,
                       size_t candidate, struct options *options)
{
    struct option *option = &options->at[options->count];
    if (grammar->topic[option->topic].weight <= 0)
        return;
    compare(traits, grammar, target, candidate, option);
    if (option->has.count > 0 || option->lacks.count > 0 || option->compare != 0)
        options->count++;
}

void options_find(const struct traits *traits, const struct grammar *grammar, size_t target,
                  size_t candidate, struct options *options)
{
    const struct item_traits *a = &traits->item[target], *b = &traits->item[candidate];
    struct facts left = { traits->fact + a->first, a->count };
    struct facts right = { traits->fact + b->first, b->count };
    options->count = 0;
    while (left.count > 0 && right.count > 0) {
        const size_t topic = fact_topic(*left.at), other = fact_topic(*right.at);
        struct facts of = { 0 }, not_of = { 0 };
        if (topic <= other)
            of = next_topic(&left);
        if (other <= topic)
            not_of = next_topic(&right);
        if (topic != other)
            continue;
        struct option *option = &options->at[options->count];
        option->topic = (uint8_t)topic;
        find_values(grammar, of, not_of, false, &option->has);
        find_values(grammar, of, not_of, true, &option->aside);
        find_values(grammar, not_of, of, false, &option->lacks);
        add_option(traits, grammar, target, candidate, options);
    }
    for (size_t topic = 0; topic < grammar->topics && options->count < GRAMMAR_TOPICS; topic++) {
        if (grammar->topic[topic].number < 0)
            continue;
        struct option *option = &options->at[options->count];
        option->topic = (uint8_t)topic;
        option->has.count = option->aside.count = option->lacks.count = 0;
        add_option(traits, grammar, target, candidate, options);
    }
}
