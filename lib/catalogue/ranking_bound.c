/* The terms are sums of first-order bounds, each rounded up generously: STEPS roundings more than
 * there are cost little, since the width outweighs them. */
#include "catalogue/ranking_bound.h"

#include <float.h>
#include <math.h>

#ifdef GMR_REAL_DOUBLE
#define REAL_ROUNDOFF (DBL_EPSILON / 2)
#define REAL_SMALLEST DBL_MIN
#define REAL_LARGEST  DBL_MAX
#else
#define REAL_ROUNDOFF ((double)FLT_EPSILON / 2)
#define REAL_SMALLEST ((double)FLT_MIN)
#define REAL_LARGEST  ((double)FLT_MAX)
#endif

static const double DOUBLE_ROUNDOFF = DBL_EPSILON / 2;

enum { STEPS = 16 };

static double sum_error(double terms, double roundoff)
{
    return terms * roundoff / (1 - terms * roundoff);
}

/* A `real` above x; the largest stands for all beyond it. */
static real round_up(double x)
{
    if (x >= REAL_LARGEST)
        return (real)REAL_LARGEST;
#ifdef GMR_REAL_DOUBLE
    return nextafter(x, (double)INFINITY);
#else
    return nextafterf((float)x, INFINITY);
#endif
}

void bound_init(struct bound *b, enum gmr_metric metric, size_t width)
{
    double terms = (double)width + STEPS;
    int l2 = metric == GMR_SQUARED_L2;
    double in_real = sum_error(terms, REAL_ROUNDOFF), in_double = sum_error(terms, DOUBLE_ROUNDOFF);

    *b = (struct bound){ .metric = metric, .sound = terms * REAL_ROUNDOFF < 0.25 };
    b->alpha = l2 ? -2 : -1;
    b->slope = (1 + l2) * in_real + in_double + STEPS * REAL_ROUNDOFF;
    b->item = l2 * (4 * in_double + STEPS * REAL_ROUNDOFF);
    b->query = l2 * (4 * in_double + STEPS * DOUBLE_ROUNDOFF);
    b->least = 8 * terms * REAL_SMALLEST;
    b->length = in_double;
    b->bend = round_up(2 * b->item);
    b->tiny = 4 * terms * DBL_MIN;
}

static double length_above(const struct bound *b, double squares)
{
    return sqrt(squares + b->tiny) * (1 + b->length);
}

void bound_item(const struct bound *b, double squares, real *base, real *reach)
{
    *base = b->metric == GMR_SQUARED_L2 ? round_up(squares * (1 - b->item)) : 0;
    *reach = round_up(length_above(b, squares));
}

struct query_bound bound_query(const struct bound *b, double squares, real reach)
{
    double length = length_above(b, squares), largest = length + (double)reach;
    struct query_bound q = { .sound = b->sound && 8 * largest * largest < REAL_LARGEST };

    if (!q.sound)
        return q;
    q.shift = b->metric == GMR_SQUARED_L2 ? squares : 0;
    q.margin = b->query * squares + b->least;
    q.slope = round_up(b->slope * length);
    return q;
}

/* key - shift +- margin, moved outwards by more than the roundings on the way. */
static double limit(const struct query_bound *q, double key, double sign)
{
    double x = key - q->shift + sign * q->margin;
    return x + sign * STEPS * DOUBLE_ROUNDOFF * (fabs(key - q->shift) + q->margin);
}

real bound_near(const struct query_bound *q, double key)
{
    return q->sound ? -round_up(-limit(q, key, -1)) : -(real)INFINITY;
}

real bound_far(const struct query_bound *q, double key)
{
    return q->sound ? round_up(limit(q, key, 1)) : (real)REAL_LARGEST;
}
