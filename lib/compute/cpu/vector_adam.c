/* Adam as PyTorch's torch.optim.Adam does it for one tensor. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"

/* The settings, with all that does not depend on the element worked out. */
struct adam_numbers {
    float beta1, beta2, rest1, rest2, rate, inverse_root, epsilon, weight_decay;
};

static struct adam_numbers adam_numbers(const struct adam *s)
{
    double step = (double)s->step;
    return (struct adam_numbers){
        .beta1 = (float)s->beta1,
        .beta2 = (float)s->beta2,
        .rest1 = (float)(1 - s->beta1),
        .rest2 = (float)(1 - s->beta2),
        .rate = (float)(s->rate / (1 - pow(s->beta1, step))),
        .inverse_root = (float)(1 / sqrt(1 - pow(s->beta2, step))),
        .epsilon = (float)s->epsilon,
        .weight_decay = (float)s->weight_decay,
    };
}

static void adam_block(const struct adam_numbers *s, float *p, float *m, float *v, const float *g,
                       size_t n)
{
    struct adam_numbers k = *s;
    SIMD
    for (size_t i = 0; i < n; i++) {
        float slope = g[i] + k.weight_decay * p[i];
        m[i] = k.beta1 * m[i] + k.rest1 * slope;
        v[i] = k.beta2 * v[i] + k.rest2 * slope * slope;
        p[i] -= k.rate * m[i] / (sqrtf(v[i]) * k.inverse_root + k.epsilon);
    }
}

static void adam_step(const struct compute *c, const struct adam *settings, real *p, real *m,
                      real *v, const real *g, size_t n)
{
    struct adam_numbers numbers = adam_numbers(settings);
    PARALLEL(c, n)
    for (size_t at = 0; at < n; at += BLOCK)
        adam_block(&numbers, p + at, m + at, v + at, g + at, smaller(BLOCK, n - at));
}

void VECTOR(adam_install)(struct compute *c)
{
    c->adam_step = adam_step;
}
