/* Classification without training for it (Radford et al. 2021, section 3.1): the classes are the
 * commonest values of an attribute, each said in words; a picture is of the class whose words'
 * vector is nearest to the picture's, by cosine.
 *
 * Items that say nothing of the attribute, or several things, or something rare, do not count. */
#ifndef LEARNING_ZERO_SHOT_H
#define LEARNING_ZERO_SHOT_H

#include <gommir/catalogue.h>

#include "base/memory.h"
#include "base/real.h"
#include "compute/compute.h"
#include "learning/bootstrap.h"

/* The item's value of an attribute; NULL when it has none or several. */
const char *zero_shot_value(const struct gmr_item *item, const char *attribute);

struct zero_shot {
    const struct gmr_allocator *allocator;
    size_t items, classes; /* items: all, those that do not count included */
    const char **name;     /* [classes], the commonest first; of equals, the bytewise lower */
    size_t *label;         /* [items]: the class, or `classes` where the item does not count */
    size_t counted;
    size_t largest; /* items of the commonest class */
};

/* Finds the `most` commonest of values[items] (NULL: none), most 1 .. GMR_MAX_CLASSES. There
 * may be fewer, or none. Names are borrowed from `values`; the caller releases `z`, also after an
 * error: GMR_ERR_NOMEM. */
enum gmr_status zero_shot_init(struct zero_shot *z, const struct gmr_allocator *allocator,
                               const char *const *values, size_t items, size_t most);
void zero_shot_release(struct zero_shot *z);

/* pictures [items, width], prompts [classes, width], none need be normalised. Of equally near
 * classes the commoner is taken. Balanced accuracy of a sample is over the classes in it. Where no
 * item counts, all is NaN. The attribute's name is not set. Errors: GMR_ERR_NUMERIC (a vector that
 * is not finite), GMR_ERR_NOMEM. */
enum gmr_status zero_shot_measure(const struct zero_shot *z, const struct compute *compute,
                                  const real *pictures, const real *prompts, size_t width,
                                  uint64_t seed, struct gmr_zero_shot *result);

#endif
