/* Kernels of two operands, either of which may be repeated along some axes. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_axes.h"

enum { RESULT, FIRST, SECOND };

static size_t element_count(const struct broadcast *s)
{
    size_t n = 1;
    for (size_t axis = 0; axis < s->rank; axis++)
        n *= s->dim[axis];
    return n;
}

/* The axes with y's own strides (dense) in front. */
static struct axes axes_of(const struct broadcast *s)
{
    struct axes axes = { 0 };
    size_t after = element_count(s);
    for (size_t axis = 0; axis < s->rank; axis++) {
        after /= s->dim[axis];
        axes_append(&axes, s->dim[axis], (size_t[]){ after, s->a_stride[axis], s->b_stride[axis] });
    }
    return axes;
}

ALWAYS_INLINE float combine(enum binary kind, float a, float b)
{
    switch (kind) {
    case BINARY_ADD: return a + b;
    case BINARY_SUBTRACT: return a - b;
    case BINARY_MULTIPLY: return a * b;
    }
    return 0;
}

/* Strides are constants for the cases that matter: side by side, or one repeated. */
ALWAYS_INLINE void combine_strided(enum binary kind, float *y, const float *a, size_t a_stride,
                                   const float *b, size_t b_stride, size_t n)
{
    SIMD
    for (size_t i = 0; i < n; i++)
        y[i] = combine(kind, a[i * a_stride], b[i * b_stride]);
}

ALWAYS_INLINE void combine_kind(enum binary kind, float *y, const float *a, size_t a_stride,
                                const float *b, size_t b_stride, size_t n)
{
    if (a_stride == 1 && b_stride == 1)
        combine_strided(kind, y, a, 1, b, 1, n);
    else if (a_stride == 1 && b_stride == 0)
        combine_strided(kind, y, a, 1, b, 0, n);
    else if (a_stride == 0 && b_stride == 1)
        combine_strided(kind, y, a, 0, b, 1, n);
    else
        combine_strided(kind, y, a, a_stride, b, b_stride, n);
}

static void combine_row(enum binary kind, float *y, const float *a, size_t a_stride, const float *b,
                        size_t b_stride, size_t n)
{
    switch (kind) {
    case BINARY_ADD: combine_kind(BINARY_ADD, y, a, a_stride, b, b_stride, n); break;
    case BINARY_SUBTRACT: combine_kind(BINARY_SUBTRACT, y, a, a_stride, b, b_stride, n); break;
    case BINARY_MULTIPLY: combine_kind(BINARY_MULTIPLY, y, a, a_stride, b, b_stride, n); break;
    }
}

static void binary_forward(const struct compute *c, enum binary kind, real *y, const real *a,
                           const real *b, const struct broadcast *shape)
{
    size_t n = element_count(shape);
    if (n == 0)
        return;
    struct axes axes = axes_of(shape);
    size_t inner = axes_take_inner(&axes), length = axes.dim[inner];
    size_t a_stride = axes.stride[FIRST][inner], b_stride = axes.stride[SECOND][inner];
    size_t blocks = (length + BLOCK - 1) / BLOCK, tasks = axes_count(&axes) * blocks;
    PARALLEL(c, n)
    for (size_t task = 0; task < tasks; task++) {
        size_t place[AXES_ARRAYS], at = task % blocks * BLOCK;
        axes_place(&axes, task / blocks, place);
        combine_row(kind, y + place[RESULT] + at, a + place[FIRST] + at * a_stride, a_stride,
                    b + place[SECOND] + at * b_stride, b_stride, smaller(BLOCK, length - at));
    }
}

enum { OTHER = SECOND, STRIP = 128 };

/* The gradient of one operand: dx += sign * sum of dy * other over the axes along which x was
 * repeated. Arrays of the axes: dy, dx, other. */
struct operand {
    float *dx;
    const float *dy, *other; /* other NULL: 1 */
    float sign;
    struct axes kept, repeated;             /* without the inner axis */
    size_t length, dx_stride, other_stride; /* of the inner axis; dx_stride 0: x is repeated */
};

static struct operand operand_of(const struct axes *all, size_t own, size_t other)
{
    struct operand o = { 0 };
    struct axes axes = *all;
    size_t inner = axes_take_inner(&axes);
    o.length = axes.dim[inner];
    o.dx_stride = axes.stride[own][inner];
    o.other_stride = axes.stride[other][inner];
    for (size_t axis = 0; axis < axes.rank; axis++)
        axes_append(axes.stride[own][axis] == 0 ? &o.repeated : &o.kept, axes.dim[axis],
                    (size_t[]){ axes.stride[RESULT][axis], axes.stride[own][axis],
                                axes.stride[other][axis] });
    return o;
}

ALWAYS_INLINE void add_products(float *sum, const float *dy, const float *other, size_t stride,
                                size_t n)
{
    SIMD
    for (size_t i = 0; i < n; i++)
        sum[i] += dy[i] * other[i * stride];
}

static void add_slopes(float *sum, const float *dy, const float *other, size_t stride, size_t n)
{
    const float one = 1;
    if (!other)
        add_products(sum, dy, &one, 0, n);
    else if (stride == 1)
        add_products(sum, dy, other, 1, n);
    else
        add_products(sum, dy, other, stride, n);
}

/* A strip of the inner axis, which x has. */
static void strip_backward(const struct operand *o, const size_t place[AXES_ARRAYS], size_t at,
                           size_t n)
{
    float sum[STRIP] = { 0 };
    size_t times = axes_count(&o->repeated);
    for (size_t t = 0; t < times; t++) {
        size_t more[AXES_ARRAYS];
        axes_place(&o->repeated, t, more);
        add_slopes(sum, o->dy + place[RESULT] + more[RESULT] + at,
                   o->other ? o->other + place[OTHER] + more[OTHER] + at * o->other_stride : NULL,
                   o->other_stride, n);
    }
    float *dx = o->dx + place[FIRST] + at * o->dx_stride;
    for (size_t i = 0; i < n; i++)
        dx[i * o->dx_stride] += o->sign * sum[i];
}

static double row_slope(const float *dy, const float *other, size_t stride, size_t n)
{
    double sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)(dy[i] * (other ? other[i * stride] : 1));
    return sum;
}

/* One element of x, repeated along the inner axis. */
static void number_backward(const struct operand *o, const size_t place[AXES_ARRAYS])
{
    double sum = 0;
    size_t times = axes_count(&o->repeated);
    for (size_t t = 0; t < times; t++) {
        size_t more[AXES_ARRAYS];
        axes_place(&o->repeated, t, more);
        sum += row_slope(o->dy + place[RESULT] + more[RESULT],
                         o->other ? o->other + place[OTHER] + more[OTHER] : NULL, o->other_stride,
                         o->length);
    }
    o->dx[place[FIRST]] += o->sign * (float)sum;
}

static void operand_backward(const struct compute *c, const struct operand *o, size_t n)
{
    size_t strips = o->dx_stride > 0 ? (o->length + STRIP - 1) / STRIP : 1;
    size_t tasks = axes_count(&o->kept) * strips;
    PARALLEL(c, n)
    for (size_t task = 0; task < tasks; task++) {
        size_t place[AXES_ARRAYS], at = task % strips * STRIP;
        axes_place(&o->kept, task / strips, place);
        if (o->dx_stride > 0)
            strip_backward(o, place, at, smaller(STRIP, o->length - at));
        else
            number_backward(o, place);
    }
}

static void binary_backward(const struct compute *c, enum binary kind, real *da, real *db,
                            const real *dy, const real *a, const real *b,
                            const struct broadcast *shape)
{
    bool product = kind == BINARY_MULTIPLY;
    size_t n = element_count(shape);
    if (n == 0)
        return;
    struct axes axes = axes_of(shape);
    if (da) {
        struct operand o = operand_of(&axes, FIRST, SECOND);
        o.dx = da;
        o.dy = dy;
        o.other = product ? b : NULL;
        o.sign = 1;
        operand_backward(c, &o, n);
    }
    if (db) {
        struct operand o = operand_of(&axes, SECOND, FIRST);
        o.dx = db;
        o.dy = dy;
        o.other = product ? a : NULL;
        o.sign = kind == BINARY_SUBTRACT ? -1 : 1;
        operand_backward(c, &o, n);
    }
}

void VECTOR(binary_install)(struct compute *c)
{
    c->binary_forward = binary_forward;
    c->binary_backward = binary_backward;
}
