/* Values become classes by sorting: first the values, which brings equal ones together, then the
 * groups by size. */
#include "learning/zero_shot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "catalogue/ranking.h"

const char *zero_shot_value(const struct gmr_item *item, const char *attribute)
{
    const char *value = NULL;
    for (size_t i = 0; i < item->attribute_count; i++) {
        if (strcmp(item->attributes[i].name, attribute) != 0)
            continue;
        if (value)
            return NULL;
        value = item->attributes[i].value;
    }
    return value;
}

/* ---- classes ---- */

struct group {
    const char *value;
    size_t items, label;
};

static int by_text(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    return strcmp(a->value, b->value);
}

static int by_size(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    if (a->items != b->items)
        return a->items > b->items ? -1 : 1;
    return by_text(a, b);
}

/* Equal neighbours become one group; returns how many there are. */
static size_t join(struct group *group, size_t count)
{
    size_t groups = 0;
    for (size_t i = 0; i < count; i++) {
        if (groups > 0 && strcmp(group[groups - 1].value, group[i].value) == 0)
            group[groups - 1].items++;
        else
            group[groups++] = group[i];
    }
    return groups;
}

static size_t find_groups(struct group *group, const char *const *values, size_t items)
{
    size_t count = 0;
    for (size_t i = 0; i < items; i++)
        if (values[i])
            group[count++] = (struct group){ .value = values[i], .items = 1 };
    qsort(group, count, sizeof *group, by_text);
    count = join(group, count);
    qsort(group, count, sizeof *group, by_size);
    return count;
}

/* The first z->classes groups are the classes, which this leaves in the order of their names. */
static void label_items(struct zero_shot *z, struct group *group, const char *const *values)
{
    for (size_t k = 0; k < z->classes; k++) {
        group[k].label = k;
        z->name[k] = group[k].value;
        z->counted += group[k].items;
    }
    z->largest = z->classes > 0 ? group[0].items : 0;
    qsort(group, z->classes, sizeof *group, by_text);
    for (size_t i = 0; i < z->items; i++) {
        const struct group wanted = { .value = values[i] };
        const struct group *found = NULL;
        if (values[i])
            found = bsearch(&wanted, group, z->classes, sizeof *group, by_text);
        z->label[i] = found ? found->label : z->classes;
    }
}

static enum gmr_status make_classes(struct zero_shot *z, struct group *group,
                                    const char *const *values, size_t most)
{
    const size_t groups = find_groups(group, values, z->items);
    z->classes = groups < most ? groups : most;
    z->name = memory_array(z->allocator, z->classes, sizeof *z->name);
    z->label = memory_array(z->allocator, z->items, sizeof *z->label);
    if (!z->name || !z->label)
        return GMR_ERR_NOMEM;
    label_items(z, group, values);
    return GMR_OK;
}

enum gmr_status zero_shot_init(struct zero_shot *z, const struct gmr_allocator *allocator,
                               const char *const *values, size_t items, size_t most)
{
    *z = (struct zero_shot){ .allocator = allocator, .items = items };
    struct group *group = memory_array(allocator, items, sizeof *group);
    if (!group)
        return GMR_ERR_NOMEM;
    const enum gmr_status status = make_classes(z, group, values, most);
    memory_release(allocator, group, items * sizeof *group);
    return status;
}

void zero_shot_release(struct zero_shot *z)
{
    memory_release(z->allocator, z->name, z->classes * sizeof *z->name);
    memory_release(z->allocator, z->label, z->items * sizeof *z->label);
    *z = (struct zero_shot){ 0 };
}

/* ---- measuring ---- */

/* The nearest class of each item that counts, one after the other. */
static enum gmr_status rank_classes(const struct zero_shot *z, const struct compute *c,
                                    const real *pictures, const real *prompts, size_t width,
                                    size_t *nearest)
{
    struct ranking *ranking;
    TRY(ranking_create(z->allocator, c, prompts, z->classes, width, GMR_DOT, &ranking));
    const struct ranking_query query = { .vectors = pictures, .count = z->items };
    const enum gmr_status status = ranking_nearest(ranking, &query, 1, nearest, NULL);
    ranking_destroy(ranking);
    return status;
}

static enum gmr_status classify(const struct zero_shot *z, const struct compute *c,
                                const real *pictures, const real *prompts, size_t width,
                                size_t *nearest)
{
    const size_t numbers = z->classes * width;
    real *normalised = memory_array(z->allocator, numbers, sizeof *normalised);
    real *norm = memory_array(z->allocator, z->classes, sizeof *norm);
    enum gmr_status status = GMR_ERR_NOMEM;
    if (normalised && norm) {
        c->l2_normalise_forward(c, normalised, norm, prompts, z->classes, width);
        status = rank_classes(z, c, pictures, normalised, width, nearest);
    }
    memory_release(z->allocator, norm, z->classes * sizeof *norm);
    memory_release(z->allocator, normalised, numbers * sizeof *normalised);
    return status;
}

/* An item that counts. */
struct answer {
    size_t label;
    bool right;
};

struct answers {
    size_t classes;
    struct answer *answer; /* [z->counted] */
    size_t *asked, *right; /* [classes], of a sample */
};

/* result: accuracy, balanced accuracy. */
static void score(const void *subject, const uint32_t *times, size_t count, double *result)
{
    const struct answers *a = subject;
    size_t right = 0, present = 0;
    double sum = 0;
    memset(a->asked, 0, a->classes * sizeof *a->asked);
    memset(a->right, 0, a->classes * sizeof *a->right);
    for (size_t i = 0; i < count; i++) {
        const struct answer *x = &a->answer[i];
        a->asked[x->label] += times[i];
        a->right[x->label] += x->right ? times[i] : 0;
        right += x->right ? times[i] : 0;
    }
    for (size_t k = 0; k < a->classes; k++) {
        present += a->asked[k] > 0;
        sum += a->asked[k] > 0 ? (double)a->right[k] / (double)a->asked[k] : 0;
    }
    result[0] = (double)right / (double)count;
    result[1] = sum / (double)present;
}

static enum gmr_status estimate(const struct zero_shot *z, const struct answers *a, uint64_t seed,
                                const size_t *nearest, struct gmr_zero_shot *result)
{
    struct gmr_estimate e[2];
    size_t count = 0;
    for (size_t i = 0; i < z->items; i++)
        if (z->label[i] < z->classes)
            a->answer[count++] = (struct answer){ z->label[i], nearest[i] == z->label[i] };
    TRY(bootstrap_run(z->allocator, score, a, count, 2, seed, e));
    result->accuracy = e[0];
    result->balanced = e[1];
    result->majority = (double)z->largest / (double)count;
    return GMR_OK;
}

enum gmr_status zero_shot_measure(const struct zero_shot *z, const struct compute *compute,
                                  const real *pictures, const real *prompts, size_t width,
                                  uint64_t seed, struct gmr_zero_shot *result)
{
    const struct gmr_estimate none = { (double)NAN, (double)NAN, (double)NAN };
    *result = (struct gmr_zero_shot){ .classes = z->classes,
                                      .items = z->counted,
                                      .accuracy = none,
                                      .balanced = none,
                                      .majority = none.value };
    if (z->counted == 0)
        return GMR_OK;
    struct answers a = { .classes = z->classes };
    size_t *nearest = memory_array(z->allocator, z->items, sizeof *nearest);
    a.answer = memory_array(z->allocator, z->counted, sizeof *a.answer);
    a.asked = memory_array(z->allocator, z->classes, sizeof *a.asked);
    a.right = memory_array(z->allocator, z->classes, sizeof *a.right);
    enum gmr_status status = nearest && a.answer && a.asked && a.right ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = classify(z, compute, pictures, prompts, width, nearest);
    if (status == GMR_OK)
        status = estimate(z, &a, seed, nearest, result);
    memory_release(z->allocator, a.right, z->classes * sizeof *a.right);
    memory_release(z->allocator, a.asked, z->classes * sizeof *a.asked);
    memory_release(z->allocator, a.answer, z->counted * sizeof *a.answer);
    memory_release(z->allocator, nearest, z->items * sizeof *nearest);
    return status;
}
