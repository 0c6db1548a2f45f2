/* What inference of both captioners is made of: linear layers, and those over two pictures. */
#include <math.h>

#include "simulator/captioner/inference_inside.h"

static const double EPSILON = 1e-5; /* of batch norm */

/* ---- the relative input ---- */

void relative_lay_out(struct relative_linear *l, struct layout_area *area,
                      enum captioner_input input, size_t in, size_t out)
{
    l->in = in;
    l->out = out;
    l->target = area_take(area, out * in);
    l->candidate = input == CAPTIONER_TARGET ? NULL : area_take(area, out * in);
    l->bias = area_take(area, out);
}

/* Batch norm with constant statistics is scale x + shift. */
struct affine {
    double scale, shift;
};

static struct affine norm_of(const struct nn_batch_norm *n, size_t channel)
{
    if (!n)
        return (struct affine){ .scale = 1 };
    const double scale = (double)tensor_real(n->weight)[channel] /
                         sqrt((double)tensor_real(n->running_var)[channel] + EPSILON);
    return (struct affine){ scale, (double)tensor_real(n->bias)[channel] -
                                       scale * (double)tensor_real(n->running_mean)[channel] };
}

/* One row of the layer: w [2 C]. Returns what batch norm adds to its bias. */
static double fill_row(const struct relative_linear *l, enum captioner_input input, size_t row,
                       const real *w, const struct nn_batch_norm *before)
{
    double shift = 0;
    for (size_t i = 0; i < l->in; i++) {
        const struct affine first = norm_of(before, i), second = norm_of(before, l->in + i);
        const double a = (double)w[i], b = (double)w[l->in + i];
        const double of_difference = input == CAPTIONER_DIFFERENCE ? b * second.scale : 0;
        shift += a * first.shift + b * second.shift;
        l->target[row * l->in + i] = (real)(a * first.scale + of_difference);
        if (l->candidate)
            l->candidate[row * l->in + i] =
                (real)(input == CAPTIONER_DIFFERENCE ? -of_difference : b * second.scale);
    }
    return shift;
}

void relative_fill(struct relative_linear *l, enum captioner_input input,
                   struct relative_source source)
{
    const size_t stride = tensor_last(source.layer->weight);
    const struct tensor *bias = source.layer->bias;
    for (size_t row = 0; row < l->out; row++) {
        const real *w = tensor_real(source.layer->weight) + row * stride + source.first;
        const double shift = fill_row(l, input, row, w, source.before);
        l->bias[row] = (real)(shift + (bias ? (double)tensor_real(bias)[row] : 0));
    }
}

void relative_apply(const struct compute *c, const struct relative_linear *l, real *y,
                    const real *target, const real *candidate, size_t rows, real beta)
{
    c->linear_forward(c, y, NULL, target, l->target, l->bias, beta == 0 ? NULL : y, ACTIVATE_NONE,
                      rows, l->in, l->out);
    if (l->candidate)
        c->linear_forward(c, y, NULL, candidate, l->candidate, NULL, y, ACTIVATE_NONE, rows, l->in,
                          l->out);
}

/* ---- layers ---- */

static const real *bias_of(const struct nn_linear *l)
{
    return l->bias ? tensor_real(l->bias) : NULL;
}

void inference_linear(const struct compute *c, real *y, const real *x, const struct nn_linear *l,
                      enum activation kind, size_t rows)
{
    c->linear_forward(c, y, NULL, x, tensor_real(l->weight), bias_of(l), NULL, kind, rows,
                      tensor_dim(l->weight, 1), tensor_dim(l->weight, 0));
}

void inference_linear_add(const struct compute *c, real *x, const real *y,
                          const struct nn_linear *l, size_t rows)
{
    c->linear_forward(c, x, NULL, y, tensor_real(l->weight), bias_of(l), x, ACTIVATE_NONE, rows,
                      tensor_dim(l->weight, 1), tensor_dim(l->weight, 0));
}

void inference_linear_part(const struct compute *c, real *y, const real *x,
                           const struct nn_linear *l, size_t first, size_t out, size_t rows)
{
    const size_t in = tensor_dim(l->weight, 1);
    c->linear_forward(c, y, NULL, x, tensor_real(l->weight) + first * in,
                      tensor_real(l->bias) + first, NULL, ACTIVATE_NONE, rows, in, out);
}
