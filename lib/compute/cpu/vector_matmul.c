/* matmul and linear_forward: oneDNN's sgemm, cut by us.
 *
 * oneDNN on one thread is near the peak of a core; its own way of dealing a product out to threads
 * is not always, and what it deals out differs with their number, and with it the last bits. So a
 * product is cut into parts by its shape alone, each part is one call of sgemm on one thread, and
 * what follows the product - bias, activation, residual - is done to a part while it is in cache.
 * Should oneDNN refuse a part, the reference kernel computes it. What oneDNN does badly is done on
 * tiles instead (vector_product.h). */
#include <dnnl.h>

#include "compute/cpu/cpu.h"
#include "compute/cpu/signals.h"
#include "compute/cpu/vector_math.h"
#include "compute/cpu/vector_product.h"
#include "compute/reference/reference.h"

enum {
    PARTS = 4,              /* of a product that is worth cutting */
    PART_LENGTH = 1024,     /* rows or columns of a part of a larger one */
    FEW_ROWS = 1024,        /* of a product that is better cut by columns */
    WORTH_CUTTING = 1 << 20 /* multiplications */
};

/* One product of the batch and how it is cut: into `parts` pieces of `length` rows, or columns. */
struct cutting {
    bool columns;
    size_t parts, length;
};

/* By rows, unless they are few. A transposed right operand is dear to pack, so there a part should
 * have more of them. */
static struct cutting cut(const struct matmul *s)
{
    size_t m = s->m, n = s->n, k = s->k;
    struct cutting c = { .columns = n / 4 > m || (s->transpose_b && m < FEW_ROWS && n >= m),
                         .parts = PARTS };
    size_t whole = c.columns ? n : m;

    if (m * n * k < WORTH_CUTTING)
        c.parts = 1;
    else if (whole > PARTS * PART_LENGTH)
        c.parts = (whole + PART_LENGTH - 1) / PART_LENGTH;
    /* parts begin at multiples of 16, where oneDNN's kernels have no remainder */
    c.length = ((whole + c.parts - 1) / c.parts + 15) / 16 * 16;
    return c;
}

struct product {
    struct matmul shape;
    const float *a, *b;
    float *y;
    float beta;
};

/* Rows first .. first + count - 1 of a product, or columns. */
static struct product part_of(const struct product *p, bool columns, size_t first, size_t count)
{
    const struct matmul *s = &p->shape;
    struct product part = *p;

    if (columns) {
        part.shape.n = count;
        part.b += s->transpose_b ? first * s->b_stride : first;
        part.y += first;
    } else {
        part.shape.m = count;
        part.a += s->transpose_a ? first : first * s->a_stride;
        part.y += first * s->y_stride;
    }
    return part;
}

static void multiply(const struct compute *c, const struct product *p)
{
    const struct matmul *s = &p->shape;
    dnnl_status_t status = dnnl_invalid_arguments;
    sigset_t held;

    signals_hold(&held);
    if (s->k > 0)
        status =
            dnnl_sgemm(s->transpose_a ? 'T' : 'N', s->transpose_b ? 'T' : 'N', (dnnl_dim_t)s->m,
                       (dnnl_dim_t)s->n, (dnnl_dim_t)s->k, s->alpha, p->a, (dnnl_dim_t)s->a_stride,
                       p->b, (dnnl_dim_t)s->b_stride, p->beta, p->y, (dnnl_dim_t)s->y_stride);
    signals_release(&held);
    if (status != dnnl_success)
        reference_matmul(c, s, p->y, p->a, p->b, p->beta);
}

/* What is done to a part after the sum over k; NULL members: nothing. */
struct finish {
    const float *bias, *residual;
    float *pre;
    enum activation kind;
};

static void activate_row(enum activation kind, float *y, size_t n)
{
#define APPLY(name)                           \
    case name:                                \
        SIMD                                  \
        for (size_t j = 0; j < n; j++)        \
            y[j] = activation_of(name, y[j]); \
        break;
    switch (kind) {
        APPLY(ACTIVATE_RELU)
        APPLY(ACTIVATE_TANH)
        APPLY(ACTIVATE_SIGMOID)
        APPLY(ACTIVATE_GELU)
        APPLY(ACTIVATE_QUICK_GELU)
        APPLY(ACTIVATE_EXP)
    case ACTIVATE_NONE: break;
    }
#undef APPLY
}

static void add_to_row(float *y, const float *x, size_t n)
{
    SIMD
    for (size_t j = 0; j < n; j++)
        y[j] += x[j];
}

/* A row of the result, all of it or the columns of a part; `place` is where it begins in y. */
static void finish_row(const struct finish *f, float *y, size_t place, size_t column, size_t n)
{
    if (f->bias)
        add_to_row(y, f->bias + column, n);
    if (f->pre)
        memcpy(f->pre + place, y, n * sizeof *y);
    activate_row(f->kind, y, n);
    if (f->residual)
        add_to_row(y, f->residual + place, n);
}

static void finish_part(const struct finish *f, const struct product *whole,
                        const struct product *part, size_t column)
{
    if (!f->bias && !f->pre && !f->residual && f->kind == ACTIVATE_NONE)
        return;
    for (size_t i = 0; i < part->shape.m; i++) {
        float *row = part->y + i * part->shape.y_stride;

        finish_row(f, row, (size_t)(row - whole->y), column, part->shape.n);
    }
}

static void run_part(const struct compute *c, const struct product *p,
                     const struct cutting *cutting, size_t index, const struct finish *f)
{
    size_t whole = cutting->columns ? p->shape.n : p->shape.m, first = index * cutting->length;
    struct product part;

    if (first >= whole)
        return;
    part = part_of(p, cutting->columns, first, smaller(cutting->length, whole - first));
    multiply(c, &part);
    finish_part(f, p, &part, cutting->columns ? first : 0);
}

/* oneDNN asks OpenMP how many threads it may use; here it gets one, in every thread of the team. */
static int one_thread_each(void)
{
    int before = omp_get_max_threads();

    omp_set_num_threads(1);
    return before;
}

static void run(const struct compute *c, const struct product *p, const struct finish *f)
{
    struct cutting cutting = cut(&p->shape);
    int threads = cutting.parts > 1 ? c->threads : 1, before = one_thread_each();

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < cutting.parts; i++)
        run_part(c, p, &cutting, i, f);
    omp_set_num_threads(before);
}

/* Many products: each on one thread, uncut. */
static void run_batch(const struct compute *c, const struct product *p)
{
    const struct matmul *s = &p->shape;
    int threads = s->batch * s->m * s->n * s->k < WORTH_CUTTING ? 1 : c->threads;
    int before = one_thread_each();

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < s->batch; i++) {
        struct product one = *p;

        one.shape.batch = 1;
        one.a += i * s->a_step;
        one.b += i * s->b_step;
        one.y += i * s->y_step;
        multiply(c, &one);
    }
    omp_set_num_threads(before);
}

static void matmul(const struct compute *c, const struct matmul *shape, real *y, const real *a,
                   const real *b, real beta)
{
    struct product p = { .shape = *shape, .a = a, .b = b, .y = y, .beta = beta };
    struct finish nothing = { .kind = ACTIVATE_NONE };

    if (shape->batch == 0 || shape->m == 0 || shape->n == 0)
        return;
    if (shape->batch > 1)
        run_batch(c, &p);
    else if (VECTOR(product_suits)(shape))
        VECTOR(product)(c, shape, y, a, b, beta);
    else
        run(c, &p, &nothing);
}

static void linear_forward(const struct compute *c, real *y, real *pre, const real *x,
                           const real *w, const real *b, const real *residual, enum activation kind,
                           size_t rows, size_t in, size_t out)
{
    struct product p = { .shape = { .transpose_b = true,
                                    .m = rows,
                                    .n = out,
                                    .k = in,
                                    .a_stride = in,
                                    .b_stride = in,
                                    .y_stride = out,
                                    .batch = 1,
                                    .alpha = 1 },
                         .a = x,
                         .b = w,
                         .y = y };
    struct finish f = { .bias = b, .residual = residual, .pre = pre, .kind = kind };

    if (rows == 0 || out == 0)
        return;
    if (residual == y && residual) {
        if (kind != ACTIVATE_NONE || pre) { /* y is wanted twice at once */
            reference_linear_forward(c, y, pre, x, w, b, residual, kind, rows, in, out);
            return;
        }
        f.residual = NULL;
        p.beta = 1;
    }
    run(c, &p, &f);
}

void VECTOR(matmul_install)(struct compute *c)
{
    c->matmul = matmul;
    c->linear_forward = linear_forward;
}
