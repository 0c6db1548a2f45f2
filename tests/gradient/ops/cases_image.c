/* conv2d and pooling. */
#include "gradient/ops/cases.h"

struct convolution_case {
    size_t x[4], w[4], stride, pad;
};

static struct tensor *convolution(struct graph *g)
{
    const struct convolution_case *s = settings_of(g);
    struct tensor *x = leaf(g, 4, s->x), *w = leaf(g, 4, s->w);
    return op_conv2d(tape_of(g), x, w, NULL, s->stride, s->pad);
}

static struct tensor *convolution_with_bias(struct graph *g)
{
    const struct convolution_case *s = settings_of(g);
    struct tensor *x = leaf(g, 4, s->x), *w = leaf(g, 4, s->w), *b = leaf(g, SHAPE(s->w[0]));
    return op_conv2d(tape_of(g), x, w, b, s->stride, s->pad);
}

static struct tensor *convolution_of_fixed_picture(struct graph *g)
{
    const struct convolution_case *s = settings_of(g);
    struct tensor *x = constant(g, 4, s->x), *w = leaf(g, 4, s->w), *b = leaf(g, SHAPE(s->w[0]));
    return op_conv2d(tape_of(g), x, w, b, s->stride, s->pad);
}

static struct tensor *convolution_by_fixed_weight(struct graph *g)
{
    const struct convolution_case *s = settings_of(g);
    struct tensor *x = leaf(g, 4, s->x), *w = constant(g, 4, s->w);
    return op_conv2d(tape_of(g), x, w, constant(g, SHAPE(s->w[0])), s->stride, s->pad);
}

static struct tensor *convolution_only_bias(struct graph *g)
{
    const struct convolution_case *s = settings_of(g);
    struct tensor *x = constant(g, 4, s->x), *w = constant(g, 4, s->w);
    return op_conv2d(tape_of(g), x, w, leaf(g, SHAPE(s->w[0])), s->stride, s->pad);
}

#define CONVOLUTION(...)             \
    &(const struct convolution_case) \
    {                                \
        __VA_ARGS__                  \
    }

struct pool_case {
    size_t height, width;
    struct pool_options options;
};

static struct tensor *max_pool(struct graph *g)
{
    const struct pool_case *s = settings_of(g);
    struct tensor *x = leaf_distinct(g, SHAPE(2, 3, s->height, s->width));
    return op_max_pool(tape_of(g), x, s->options);
}

static struct tensor *average_pool(struct graph *g)
{
    const struct pool_case *s = settings_of(g);
    struct tensor *x = leaf(g, SHAPE(2, 3, s->height, s->width));
    return op_average_pool(tape_of(g), x, s->options);
}

struct adaptive_case {
    size_t height, width, out_height, out_width;
};

static struct tensor *adaptive_pool(struct graph *g)
{
    const struct adaptive_case *s = settings_of(g);
    struct tensor *x = leaf(g, SHAPE(2, 3, s->height, s->width));
    return op_adaptive_pool(tape_of(g), x, s->out_height, s->out_width);
}

#define ADAPTIVE(...)                            \
    adaptive_pool, &(const struct adaptive_case) \
    {                                            \
        __VA_ARGS__                              \
    }

#define POOL(...)             \
    &(const struct pool_case) \
    {                         \
        __VA_ARGS__           \
    }

#define POOL_CASES(name)                                                                          \
    { #name " 2", name, POOL(4, 6, { .kernel = 2, .stride = 2 }) },                               \
        { #name " 2, rest", name, POOL(5, 3, { .kernel = 2, .stride = 2 }) },                     \
        { #name " 2, rest, ceil", name, POOL(5, 3, { .kernel = 2, .stride = 2, .ceil = true }) }, \
        { #name " 3, padded", name, POOL(5, 4, { .kernel = 3, .stride = 2, .pad = 1 }) },         \
        { #name " 3, padded, ceil", name,                                                         \
          POOL(4, 6, { .kernel = 3, .stride = 2, .pad = 1, .ceil = true }) },                     \
        { #name " 3, overlapping", name, POOL(4, 5, { .kernel = 3, .stride = 1 }) },              \
        { #name " 2, with gaps", name, POOL(5, 5, { .kernel = 2, .stride = 3 }) },                \
    {                                                                                             \
#name " 2, padding cut off", name,                                                        \
            POOL(3, 4, { .kernel = 2, .stride = 3, .pad = 1, .ceil = true })                      \
    }

const struct gradient_case image_cases[] = {
    { "conv2d", convolution, CONVOLUTION({ 2, 3, 4, 5 }, { 4, 3, 3, 3 }, 1, 0) },
    { "conv2d, padded", convolution, CONVOLUTION({ 2, 3, 4, 5 }, { 2, 3, 3, 3 }, 1, 1) },
    { "conv2d, stride 2", convolution, CONVOLUTION({ 2, 3, 5, 6 }, { 2, 3, 3, 3 }, 2, 0) },
    { "conv2d, stride 2, padded", convolution, CONVOLUTION({ 2, 3, 5, 4 }, { 2, 3, 3, 3 }, 2, 1) },
    { "conv2d, bias", convolution_with_bias, CONVOLUTION({ 2, 3, 4, 4 }, { 4, 3, 2, 3 }, 1, 1) },
    { "conv2d 1 x 1", convolution_with_bias, CONVOLUTION({ 2, 3, 3, 3 }, { 4, 3, 1, 1 }, 1, 0) },
    { "conv2d, patches", convolution, CONVOLUTION({ 2, 3, 6, 6 }, { 4, 3, 3, 3 }, 3, 0) },
    { "conv2d, gaps", convolution, CONVOLUTION({ 1, 2, 7, 7 }, { 2, 2, 2, 2 }, 3, 0) },
    { "conv2d, wide padding", convolution, CONVOLUTION({ 1, 2, 2, 3 }, { 2, 2, 3, 2 }, 2, 3) },
    { "conv2d, fixed x", convolution_of_fixed_picture,
      CONVOLUTION({ 2, 3, 4, 4 }, { 2, 3, 3, 3 }, 1, 1) },
    { "conv2d, fixed w", convolution_by_fixed_weight,
      CONVOLUTION({ 2, 3, 4, 4 }, { 2, 3, 3, 3 }, 2, 1) },
    { "conv2d, only the bias", convolution_only_bias,
      CONVOLUTION({ 2, 3, 4, 4 }, { 2, 3, 3, 3 }, 2, 1) },
    POOL_CASES(max_pool),
    POOL_CASES(average_pool),
    { "adaptive_pool to 1", ADAPTIVE(5, 4, 1, 1) },
    { "adaptive_pool to 2 x 3", ADAPTIVE(5, 4, 2, 3) },
    { "adaptive_pool to the same", ADAPTIVE(3, 4, 3, 4) },
    { "adaptive_pool to more", ADAPTIVE(2, 3, 3, 5) },
    LAST_CASE,
};
