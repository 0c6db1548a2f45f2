/* What is true of items. */
#include <math.h>

#include "simulator/grammar/traits.h"

/* True only of what is told; false only where all that is told has a name, and no value leaves it
 * open. */
enum truth facts_truth(const uint32_t *fact, size_t count, uint32_t value)
{
    if (count == 0)
        return TRUTH_UNKNOWN;
    for (size_t i = 0; i < count; i++)
        if (fact_value(fact[i]) == value)
            return fact[i] & FACT_TRUE ? TRUTH_TRUE : TRUTH_UNKNOWN;
    return fact_value(fact[0]) == GRAMMAR_OTHER ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

const uint32_t *traits_topic(const struct traits *traits, size_t item, size_t topic, size_t *count)
{
    const uint32_t *fact = traits->fact + traits->item[item].first;
    const uint32_t *end = fact + traits->item[item].count;
    while (fact < end && fact_topic(*fact) < topic)
        fact++;
    const uint32_t *last = fact;
    while (last < end && fact_topic(*last) == topic)
        last++;
    *count = (size_t)(last - fact);
    return fact;
}

/* Least and greatest rank of what the item is told to be; false when not all of it has one, on one
 * scale. */
struct range {
    float low, high;
    uint8_t scale;
};

static bool range_of(const struct grammar *grammar, const uint32_t *fact, size_t count,
                     struct range *range)
{
    *range = (struct range){ INFINITY, -INFINITY, 0 };
    for (size_t i = 0; i < count; i++) {
        const struct value *value = &grammar->value[fact_value(fact[i])];
        if (!(fact[i] & FACT_DIRECT) && fact_value(fact[i]) != GRAMMAR_OTHER)
            continue;
        if (value->scale == 0 || (range->scale != 0 && range->scale != value->scale))
            return false;
        range->scale = value->scale;
        range->low = fminf(range->low, value->rank);
        range->high = fmaxf(range->high, value->rank);
    }
    return range->scale != 0;
}

static bool share_value(const struct traits *traits, size_t topic, size_t a, size_t b)
{
    size_t count, others;
    const uint32_t *fact = traits_topic(traits, a, topic, &count);
    const uint32_t *other = traits_topic(traits, b, topic, &others);
    for (size_t i = 0; i < count; i++)
        if (fact_value(fact[i]) != GRAMMAR_OTHER && (fact[i] & FACT_TRUE) &&
            facts_truth(other, others, fact_value(fact[i])) == TRUTH_TRUE)
            return true;
    return false;
}

bool traits_compare(const struct traits *traits, const struct grammar *grammar, size_t topic,
                    size_t a, size_t b, float *difference)
{
    const struct topic *about = &grammar->topic[topic];
    struct range left, right;
    size_t count, others;
    if (about->within >= 0 && !share_value(traits, (size_t)about->within, a, b))
        return false;
    if (about->number >= 0) {
        const float *number = traits->number + (size_t)about->number * traits->items;
        *difference = number[a] - number[b];
        return !isnan(*difference);
    }
    const uint32_t *fact = traits_topic(traits, a, topic, &count);
    const uint32_t *other = traits_topic(traits, b, topic, &others);
    if (!range_of(grammar, fact, count, &left) || !range_of(grammar, other, others, &right) ||
        left.scale != right.scale)
        return false;
    *difference = left.low > right.high ? left.low - right.high : left.high - right.low;
    return left.low > right.high || left.high < right.low ||
           (left.low == left.high && right.low == right.high);
}

enum truth traits_truth(const struct traits *traits, const struct grammar *grammar,
                        const struct statement *statement, size_t item, size_t other)
{
    float difference;
    size_t count;
    if (statement->relation == RELATION_MORE || statement->relation == RELATION_LESS) {
        if (!traits_compare(traits, grammar, statement->topic, item, other, &difference))
            return TRUTH_UNKNOWN;
        const bool more = statement->relation == RELATION_MORE;
        return (more ? difference > 0 : difference < 0) ? TRUTH_TRUE : TRUTH_FALSE;
    }
    const uint32_t *fact = traits_topic(traits, item, statement->topic, &count);
    const enum truth truth = facts_truth(fact, count, statement->value);
    if (truth == TRUTH_UNKNOWN || statement->relation == RELATION_IS)
        return truth;
    return truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}
