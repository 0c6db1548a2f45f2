/* conv2d. */
#include "autograd/op.h"

enum { X, W, B, INPUTS };

static void conv2d_forward(struct tape *t, struct record *r)
{
    const struct convolution *s = r->attributes;

    RUN(t, conv2d_forward, s, tensor_real(r->output[0]), tensor_real(r->input[X]),
        tensor_real(r->input[W]), r->input[B] ? tensor_real(r->input[B]) : NULL);
}

static void conv2d_backward(struct tape *t, struct record *r)
{
    const struct convolution *s = r->attributes;
    real *dx = input_grad(t, r->input[X], NULL), *dw = input_grad(t, r->input[W], NULL);
    real *db = input_grad(t, r->input[B], NULL);

    RUN(t, conv2d_backward, s, dx, dw, db, r->output[0]->grad, tensor_real(r->input[X]),
        tensor_real(r->input[W]));
}

const struct op conv2d_op = { "conv2d", conv2d_forward, conv2d_backward };

/* Where a window of `kernel` fits into `in` with `pad` on both sides; 0: nowhere. */
static size_t places(size_t in, size_t kernel, size_t stride, size_t pad)
{
    return kernel == 0 || in + 2 * pad < kernel ? 0 : (in + 2 * pad - kernel) / stride + 1;
}

static bool check(struct tape *t, struct tensor *const in[INPUTS], size_t stride)
{
    const char *name = conv2d_op.name;

    if (!op_check_real(t, name, in, INPUTS) || !op_check_rank(t, name, "input", in[X], 4) ||
        !op_check_rank(t, name, "weight", in[W], 4))
        return false;
    if (in[X]->dim[1] != in[W]->dim[1]) {
        tape_fail(t, name, GMR_ERR_SHAPE, "the input has %zu channels, the weight %zu",
                  in[X]->dim[1], in[W]->dim[1]);
        return false;
    }
    if (stride == 0) {
        tape_fail(t, name, GMR_ERR_RANGE, "the stride is 0");
        return false;
    }
    return !in[B] || op_check_numel(t, name, "bias", in[B], in[W]->dim[0]);
}

struct tensor *op_conv2d(struct tape *t, struct tensor *x, struct tensor *w, struct tensor *b,
                         size_t stride, size_t pad)
{
    struct tensor *in[INPUTS] = { x, w, b };
    struct record_needs needs = { .inputs = INPUT_BIT(X) | INPUT_BIT(W) };
    struct convolution s;
    struct record *r;

    if (!check(t, in, stride))
        return tape_poison(t);
    s = (struct convolution){
        .batch = x->dim[0],
        .in_channels = x->dim[1],
        .in_height = x->dim[2],
        .in_width = x->dim[3],
        .out_channels = w->dim[0],
        .out_height = places(x->dim[2], w->dim[2], stride, pad),
        .out_width = places(x->dim[3], w->dim[3], stride, pad),
        .kernel_height = w->dim[2],
        .kernel_width = w->dim[3],
        .stride = stride,
        .pad = pad,
    };
    if (s.out_height == 0 || s.out_width == 0)
        return tape_fail(t, "conv2d", GMR_ERR_SHAPE,
                         "an input of %zu x %zu is smaller than the kernel", s.in_height,
                         s.in_width);
    r = tape_begin(t, &conv2d_op, needs, in, INPUTS, sizeof s);
    tape_output(t, r, (size_t[]){ s.batch, s.out_channels, s.out_height, s.out_width }, 4);
    if (r)
        *(struct convolution *)r->attributes = s;
    return tape_run(t, r);
}
