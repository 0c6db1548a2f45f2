/* max_pool, average_pool, adaptive_pool over the last two axes of [n, c, h, w]. */
#include "autograd/op.h"

static void max_pool_forward(struct tape *t, struct record *r)
{
    RUN(t, max_pool_forward, r->attributes, tensor_real(r->output[0]), r->kept[0],
        tensor_real(r->input[0]));
}

static void max_pool_backward(struct tape *t, struct record *r)
{
    RUN(t, max_pool_backward, r->attributes, input_grad(t, r->input[0], NULL), r->output[0]->grad,
        r->kept[0]);
}

static void average_pool_forward(struct tape *t, struct record *r)
{
    RUN(t, average_pool_forward, r->attributes, tensor_real(r->output[0]),
        tensor_real(r->input[0]));
}

static void average_pool_backward(struct tape *t, struct record *r)
{
    RUN(t, average_pool_backward, r->attributes, input_grad(t, r->input[0], NULL),
        r->output[0]->grad);
}

static void adaptive_pool_forward(struct tape *t, struct record *r)
{
    RUN(t, adaptive_pool_forward, r->attributes, tensor_real(r->output[0]),
        tensor_real(r->input[0]));
}

static void adaptive_pool_backward(struct tape *t, struct record *r)
{
    RUN(t, adaptive_pool_backward, r->attributes, input_grad(t, r->input[0], NULL),
        r->output[0]->grad);
}

const struct op max_pool_op = { "max_pool", max_pool_forward, max_pool_backward };
const struct op average_pool_op = { "average_pool", average_pool_forward, average_pool_backward };
const struct op adaptive_pool_op = { "adaptive_pool", adaptive_pool_forward,
                                     adaptive_pool_backward };

/* Length of the output axis. A cut window must still begin inside the input or its padding (as
 * PyTorch has it). */
static size_t windows(size_t in, const struct pool_options *o)
{
    size_t room = in + 2 * o->pad, count;

    if (room < o->kernel)
        return 0;
    count = (room - o->kernel + (o->ceil ? o->stride - 1 : 0)) / o->stride + 1;
    if (o->ceil && (count - 1) * o->stride >= in + o->pad)
        count--;
    return count;
}

static struct tensor *pool(struct tape *t, const struct op *op, struct tensor *x, struct pooling s)
{
    struct record *r;

    s.planes = x->dim[0] * x->dim[1];
    s.in_height = x->dim[2];
    s.in_width = x->dim[3];
    if (s.out_height == 0 || s.out_width == 0 || s.in_height == 0 || s.in_width == 0)
        return tape_fail(t, op->name, GMR_ERR_SHAPE, "an input of %zu x %zu is too small",
                         s.in_height, s.in_width);
    r = tape_begin(t, op, (struct record_needs){ 0 }, &x, 1, sizeof s);
    tape_output(t, r, (size_t[]){ x->dim[0], x->dim[1], s.out_height, s.out_width }, 4);
    if (op == &max_pool_op)
        tape_keep(t, r, s.planes * s.out_height * s.out_width * sizeof(int32_t));
    if (r)
        *(struct pooling *)r->attributes = s;
    return tape_run(t, r);
}

static struct tensor *window_pool(struct tape *t, const struct op *op, struct tensor *x,
                                  const struct pool_options *o)
{
    if (!op_check_real(t, op->name, &x, 1) || !op_check_rank(t, op->name, "input", x, 4))
        return tape_poison(t);
    if (o->kernel == 0 || o->stride == 0 || o->pad > o->kernel / 2)
        return tape_fail(t, op->name, GMR_ERR_RANGE, "kernel %zu, stride %zu, padding %zu",
                         o->kernel, o->stride, o->pad);
    return pool(t, op, x,
                (struct pooling){ .out_height = windows(x->dim[2], o),
                                  .out_width = windows(x->dim[3], o),
                                  .kernel = o->kernel,
                                  .stride = o->stride,
                                  .pad = o->pad });
}

struct tensor *op_max_pool(struct tape *t, struct tensor *x, struct pool_options options)
{
    return window_pool(t, &max_pool_op, x, &options);
}

struct tensor *op_average_pool(struct tape *t, struct tensor *x, struct pool_options options)
{
    return window_pool(t, &average_pool_op, x, &options);
}

struct tensor *op_adaptive_pool(struct tape *t, struct tensor *x, size_t height, size_t width)
{
    if (!op_check_real(t, "adaptive_pool", &x, 1) ||
        !op_check_rank(t, "adaptive_pool", "input", x, 4))
        return tape_poison(t);
    return pool(t, &adaptive_pool_op, x,
                (struct pooling){ .out_height = height, .out_width = width });
}
