/* Networks of convolutions: the compiler of each table against the plain one on reference kernels,
 * for random networks and for CLIP's bottlenecks; any count of pictures; networks that do not fit
 * together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "compute/convnet.h"
#include "support/parity.h"
#include "support/support.h"

enum { MOST_LAYERS = 16, SIDE = 12 };

static const double TOLERANCE = 3e-6;

/* A network as it grows, with the shape of each value. */
struct growing {
    struct parity *p;
    struct convnet_layer layer[MOST_LAYERS];
    struct {
        size_t channels, height, width;
    } value[MOST_LAYERS + 1];
    size_t count;
};

static size_t convolve(struct growing *g, size_t input, size_t residual, size_t channels,
                       size_t kernel, size_t stride, size_t pad)
{
    struct parity *p = g->p;
    const size_t in = g->value[input].channels * kernel * kernel, i = g->count++;
    real *weight = parity_normal(p, channels * in);
    for (size_t k = 0; k < channels * in; k++)
        weight[k] /= (real)in;
    g->layer[i] = (struct convnet_layer){ .kind = CONVNET_CONVOLUTION,
                                          .input = input,
                                          .residual = residual,
                                          .channels = channels,
                                          .kernel = kernel,
                                          .stride = stride,
                                          .pad = pad,
                                          .relu = parity_flip(p),
                                          .weight = weight,
                                          .scale = parity_uniform(p, channels, 0.5, 1.5),
                                          .shift = parity_normal(p, channels) };
    g->value[i + 1].channels = channels;
    g->value[i + 1].height = (g->value[input].height + 2 * pad - kernel) / stride + 1;
    g->value[i + 1].width = (g->value[input].width + 2 * pad - kernel) / stride + 1;
    return i + 1;
}

static size_t halve(struct growing *g, size_t input)
{
    const size_t i = g->count++;
    g->layer[i] = (struct convnet_layer){ .kind = CONVNET_HALVE, .input = input };
    g->value[i + 1].channels = g->value[input].channels;
    g->value[i + 1].height = g->value[input].height / 2;
    g->value[i + 1].width = g->value[input].width / 2;
    return i + 1;
}

static size_t max_pool(struct growing *g, size_t input)
{
    const size_t i = g->count++, kernel = parity_size(g->p, 2, 3);
    g->layer[i] = (struct convnet_layer){
        .kind = CONVNET_MAX_POOL, .input = input, .kernel = kernel, .stride = 2
    };
    g->value[i + 1].channels = g->value[input].channels;
    g->value[i + 1].height = (g->value[input].height - kernel + 1) / 2 + 1;
    g->value[i + 1].width = (g->value[input].width - kernel + 1) / 2 + 1;
    return i + 1;
}

/* A stem, which may end with a max-pool, then two blocks, of which the first may halve and has a
 * convolution as its shortcut. */
static void grow(struct growing *g, size_t planes)
{
    size_t x = convolve(g, 0, 0, planes, 3, 2, 1), y, shortcut;
    if (parity_flip(g->p))
        x = max_pool(g, x);
    y = convolve(g, x, 0, planes, 1, 1, 0);
    y = convolve(g, y, 0, planes, 3, 1, 1);
    shortcut = x;
    if (parity_flip(g->p)) {
        y = halve(g, y);
        shortcut = halve(g, x);
    }
    shortcut = convolve(g, shortcut, 0, 4 * planes, 1, 1, 0);
    x = convolve(g, y, shortcut, 4 * planes, 1, 1, 0);
    y = convolve(g, x, 0, planes, 1, 1, 0);
    y = convolve(g, y, 0, planes, 3, 1, 1);
    convolve(g, y, x, 4 * planes, 1, 1, 0);
}

static void network_case(struct parity *p)
{
    struct growing g = { .p = p };
    const size_t count = parity_size(p, 1, 7);
    struct convnet_design design = { .channels = parity_flip(p) ? 3 : parity_size(p, 1, 20),
                                     .height = parity_size(p, 8, SIDE),
                                     .width = parity_size(p, 8, SIDE),
                                     .batch = parity_size(p, 1, 4),
                                     .layer = g.layer };
    g.value[0].channels = design.channels;
    g.value[0].height = design.height;
    g.value[0].width = design.width;
    /* with other channels, oneDNN takes kernels whose sums depend on the threads */
    grow(&g, p->exact ? 16 * parity_size(p, 1, 3) : parity_size(p, 1, 40));
    design.count = g.count;
    const size_t last =
        g.value[g.count].channels * g.value[g.count].height * g.value[g.count].width;
    const real *x = parity_normal(p, count * design.channels * design.height * design.width);
    struct outcome y = parity_output(p, count * last);
    FOR_TABLES(p, c, side)
    {
        struct convnet *net;
        assert_int_equal(convnet_create(c, &design, &net), GMR_OK);
        assert_int_equal(convnet_run(net, y.at[side], x, count), GMR_OK);
        convnet_destroy(net);
    }
    parity_compare(p, "y", y, TOLERANCE);
}

static void test_networks(void **state)
{
    parity_run(network_case, 8);
}

/* One convolution by hand: channels last, scale, shift and ReLU in that order. */
static void test_meaning(void **state)
{
    const real weight[] = { 1, -1, 2, 0.5F }, scale[] = { 2, 4 }, shift[] = { -1, 1 };
    const real x[] = { 1, 2, 3, 4, /* second channel */ 4, 3, 2, 1 };
    const real expected[] = { 0, 17, 0, 23, 1, 29, 5, 35 };
    const struct convnet_layer layer = { .kind = CONVNET_CONVOLUTION,
                                         .channels = 2,
                                         .kernel = 1,
                                         .stride = 1,
                                         .relu = true,
                                         .weight = weight,
                                         .scale = scale,
                                         .shift = shift };
    const struct convnet_design design = {
        .channels = 2, .height = 2, .width = 2, .batch = 1, .count = 1, .layer = &layer
    };
    struct compute *table[2];
    assert_int_equal(compute_create_reference(NULL, &table[0]), GMR_OK);
    assert_int_equal(compute_create_cpu(NULL, 1, &table[1]), GMR_OK);
    for (size_t i = 0; i < 2; i++) {
        struct convnet *net;
        real y[8];
        assert_int_equal(convnet_create(table[i], &design, &net), GMR_OK);
        assert_int_equal(net->tokens, 4);
        assert_int_equal(net->channels, 2);
        assert_int_equal(convnet_run(net, y, x, 1), GMR_OK);
        assert_true(max_abs_difference(y, expected, 8) == 0);
        convnet_destroy(net);
        compute_destroy(table[i]);
    }
}

/* A max-pool whose last windows are cut, by hand. */
static void test_max_pool(void **state)
{
    enum { HEIGHT = 4, WIDTH = 6, OUT = 2 * 3 };
    const real x[HEIGHT * WIDTH] = {
        -1, -2, -3, -4, -5, -6, /* all below 0, as nothing else may be */
        -7, -9, -9, -9, -9, -2, /* */
        -5, -9, -4, -9, -9, -9, /* */
        -9, -9, -9, -9, -8, -7
    };
    const real expected[OUT] = { -1, -3, -2, -4, -4, -7 };
    const struct convnet_layer layer = { .kind = CONVNET_MAX_POOL, .kernel = 3, .stride = 2 };
    const struct convnet_design design = {
        .channels = 1, .height = HEIGHT, .width = WIDTH, .batch = 1, .count = 1, .layer = &layer
    };
    struct compute *table[2];
    assert_int_equal(compute_create_reference(NULL, &table[0]), GMR_OK);
    assert_int_equal(compute_create_cpu(NULL, 1, &table[1]), GMR_OK);
    for (size_t i = 0; i < 2; i++) {
        struct convnet *net;
        real y[OUT];
        assert_int_equal(convnet_create(table[i], &design, &net), GMR_OK);
        assert_int_equal(net->tokens, OUT);
        assert_int_equal(convnet_run(net, y, x, 1), GMR_OK);
        assert_true(max_abs_difference(y, expected, OUT) == 0);
        convnet_destroy(net);
        compute_destroy(table[i]);
    }
}

static void refuse(const struct convnet_design *design)
{
    struct compute *table[2];
    assert_int_equal(compute_create_reference(NULL, &table[0]), GMR_OK);
    assert_int_equal(compute_create_cpu(NULL, 1, &table[1]), GMR_OK);
    for (size_t i = 0; i < 2; i++) {
        struct convnet *net = NULL;
        assert_int_equal(convnet_create(table[i], design, &net), GMR_ERR_SHAPE);
        assert_null(net);
        compute_destroy(table[i]);
    }
}

static void test_misfits(void **state)
{
    static const real weight[256];
    const struct convnet_layer one = { .kind = CONVNET_CONVOLUTION,
                                       .channels = 2,
                                       .kernel = 1,
                                       .stride = 1,
                                       .weight = weight,
                                       .scale = weight,
                                       .shift = weight };
    struct convnet_layer layer[3] = { one, one, one };
    struct convnet_design design = {
        .channels = 2, .height = 4, .width = 4, .batch = 1, .count = 3, .layer = layer
    };
    layer[1].input = layer[2].input = 1;
    layer[2].residual = 2;
    layer[1].input = 2; /* itself */
    refuse(&design);
    layer[1] = one;
    layer[1].input = 1;
    layer[1].stride = 2; /* the residual of layer 2 has another shape */
    refuse(&design);
    layer[1].stride = 1;
    layer[1].kernel = 5; /* larger than the picture */
    refuse(&design);
    layer[1].kernel = 1;
    layer[2].input = 2; /* input and residual at once */
    refuse(&design);
    layer[2].input = 1;
    layer[1].residual = 1; /* which layer 2 reads */
    refuse(&design);
    layer[1].residual = 0;
    layer[0] = (struct convnet_layer){ .kind = CONVNET_MAX_POOL, .kernel = 3 };
    refuse(&design); /* without stride */
    layer[0].stride = 2;
    layer[0].kernel = 6; /* of which a window of 5 would be left, and only 4 are */
    refuse(&design);
    layer[0] = one;
    design.batch = 0;
    refuse(&design);
    design.batch = 1;
    design.count = 0;
    refuse(&design);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_max_pool),
        cmocka_unit_test(test_misfits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
