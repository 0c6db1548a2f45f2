/* Every *_backward kernel against central differences, in double: a case for each, and for copies
 * and dropout, which are their own backward pass. Sizes are small and odd, so that a d written for
 * d - 1 shows. How a case is checked is in support/kernel_gradient.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/kernel_gradient.h"
#include "support/kernels.h"

enum { ROWS = 3, D = 5, N = ROWS * D };

/* ---- Element by element ---- */

static void unary_forward(const struct gradient_problem *p)
{
    p->c->unary_forward(p->c, *(const enum activation *)p->shape, p->out[0], p->in[0], 7);
}

static void unary_backward(const struct gradient_problem *p)
{
    p->c->unary_backward(p->c, *(const enum activation *)p->shape, p->din[0], p->dout[0], p->in[0],
                         p->out[0], p->beta, 7);
}

static const enum activation relu = ACTIVATE_RELU, hyperbolic = ACTIVATE_TANH;
static const enum activation logistic = ACTIVATE_SIGMOID, gelu = ACTIVATE_GELU;
static const enum activation quick_gelu = ACTIVATE_QUICK_GELU, exponential = ACTIVATE_EXP;

/* a [2, 1, 5] and b [3, 1] in y [2, 3, 5]. */
struct binary_shape {
    enum binary kind;
    struct broadcast broadcast;
};

#define REPEATED .broadcast = { 3, { 2, 3, 5 }, { 5, 0, 1 }, { 0, 1, 0 } }

static const struct binary_shape sum = { .kind = BINARY_ADD, REPEATED };
static const struct binary_shape difference = { .kind = BINARY_SUBTRACT, REPEATED };
static const struct binary_shape product = { .kind = BINARY_MULTIPLY, REPEATED };

static void binary_forward(const struct gradient_problem *p)
{
    const struct binary_shape *s = p->shape;
    p->c->binary_forward(p->c, s->kind, p->out[0], p->in[0], p->in[1], &s->broadcast);
}

static void binary_backward(const struct gradient_problem *p)
{
    const struct binary_shape *s = p->shape;
    p->c->binary_backward(p->c, s->kind, p->din[0], p->din[1], p->dout[0], p->in[0], p->in[1],
                          &s->broadcast);
}

/* ---- Sums and copies ---- */

static void sum_axis_forward(const struct gradient_problem *p)
{
    p->c->sum_axis_forward(p->c, p->out[0], p->in[0], 2, 3, 5, 0.3);
}

static void sum_axis_backward(const struct gradient_problem *p)
{
    p->c->sum_axis_backward(p->c, p->din[0], p->dout[0], 2, 3, 5, 0.3, p->beta);
}

/* y [rows, d] = b [d] in every row; sum_rows is its backward pass. */
static const struct layout every_row = {
    .rank = 2, .dim = { ROWS, D }, .y_stride = { D, 1 }, .x_stride = { 0, 1 }
};

static void repeat_rows(const struct gradient_problem *p)
{
    p->c->copy_strided(p->c, p->out[0], p->in[0], &every_row, 0);
}

static void sum_rows(const struct gradient_problem *p)
{
    p->c->sum_rows(p->c, p->din[0], p->dout[0], p->scratch, ROWS, D);
}

static const struct layout transposed = {
    .rank = 2, .dim = { ROWS, D }, .y_stride = { 1, ROWS }, .x_stride = { D, 1 }
};
static const struct layout transposed_back = {
    .rank = 2, .dim = { ROWS, D }, .y_stride = { D, 1 }, .x_stride = { 1, ROWS }
};

static void transpose(const struct gradient_problem *p)
{
    p->c->copy_strided(p->c, p->out[0], p->in[0], &transposed, 0);
}

static void transpose_back(const struct gradient_problem *p)
{
    p->c->copy_strided(p->c, p->din[0], p->dout[0], &transposed_back, p->beta);
}

static const int64_t picked[] = { 2, 0, 2, 1 };

static void gather_rows(const struct gradient_problem *p)
{
    p->c->gather_rows(p->c, p->out[0], p->in[0], picked, 4, D);
}

static void scatter_add_rows(const struct gradient_problem *p)
{
    p->c->scatter_add_rows(p->c, p->din[0], p->dout[0], picked, 4, D);
}

static void dropout_forward(const struct gradient_problem *p)
{
    p->c->dropout(p->c, p->out[0], p->in[0], 0.4, 7, 11, 0, 31);
}

static void dropout_backward(const struct gradient_problem *p)
{
    p->c->dropout(p->c, p->din[0], p->dout[0], 0.4, 7, 11, p->beta, 31);
}

/* ---- Softmax and attention ---- */

static void softmax_forward(const struct gradient_problem *p)
{
    p->c->softmax_forward(p->c, p->out[0], p->in[0], ROWS, D);
}

static void softmax_backward(const struct gradient_problem *p)
{
    p->c->softmax_backward(p->c, p->din[0], p->dout[0], p->out[0], ROWS, D);
}

static const uint8_t key_mask[] = { 1, 0, 1, 1, 0, 0, 0, 0 };

/* Two elements, two heads of width 5, three queries, four keys. */
#define SMALL_ATTENTION                                                          \
    .batch = 2, .heads = 2, .query_length = 3, .key_length = 4, .head_width = D, \
    .q_stride = 2 * D, .k_stride = 2 * D, .v_stride = 2 * D, .y_stride = 2 * D

enum { WIDE = 70 }; /* more than the kernel takes at a time */

static const struct attention plain = { SMALL_ATTENTION };
static const struct attention causal = { SMALL_ATTENTION, .causal = true };
static const struct attention masked = { SMALL_ATTENTION, .mask = key_mask,
                                         .mask_batch_stride = 4 };
static const struct attention with_dropout = { SMALL_ATTENTION, .causal = true, .dropout = 0.3,
                                               .dropout_key = 5, .dropout_stream = 17 };
static const struct attention wide = { .batch = 1,
                                       .heads = 1,
                                       .query_length = 2,
                                       .key_length = 3,
                                       .head_width = WIDE,
                                       .q_stride = WIDE,
                                       .k_stride = WIDE,
                                       .v_stride = WIDE,
                                       .y_stride = WIDE };
/* q, k and v side by side in rows of 3 * 2 * D. */
static const struct attention packed = { .batch = 2,
                                         .heads = 2,
                                         .query_length = 3,
                                         .key_length = 3,
                                         .head_width = D,
                                         .q_stride = 6 * D,
                                         .k_stride = 6 * D,
                                         .v_stride = 6 * D,
                                         .y_stride = 2 * D };

static void attention_forward(const struct gradient_problem *p)
{
    p->c->attention_forward(p->c, p->shape, p->out[0], p->out[1], p->in[0], p->in[1], p->in[2]);
}

static void attention_backward(const struct gradient_problem *p)
{
    p->c->attention_backward(p->c, p->shape, p->din[0], p->din[1], p->din[2], p->dout[0], p->out[0],
                             p->out[1], p->in[0], p->in[1], p->in[2], p->beta);
}

static void packed_attention_forward(const struct gradient_problem *p)
{
    const real *x = p->in[0];
    p->c->attention_forward(p->c, p->shape, p->out[0], p->out[1], x, x + 2 * D, x + 4 * D);
}

static void packed_attention_backward(const struct gradient_problem *p)
{
    const real *x = p->in[0];
    real *dx = p->din[0];
    p->c->attention_backward(p->c, p->shape, dx, dx + 2 * D, dx + 4 * D, p->dout[0], p->out[0],
                             p->out[1], x, x + 2 * D, x + 4 * D, p->beta);
}

/* ---- Norms ---- */

static void norm_forward(const struct gradient_problem *p)
{
    p->c->norm_forward(p->c, p->out[0], p->out[1], p->out[2], p->in[0], p->in[1], p->in[2], ROWS,
                       D);
}

static void norm_backward(const struct gradient_problem *p)
{
    p->c->norm_backward(p->c, p->din[0], p->din[1], p->din[2], p->dout[0], p->in[0], p->in[1],
                        p->out[1], p->out[2], p->scratch, p->beta, ROWS, D);
}

static void layer_norm_forward(const struct gradient_problem *p)
{
    p->c->layer_norm_forward(p->c, p->out[0], p->out[1], p->out[2], p->in[0], p->in[1], p->in[2],
                             1e-5, ROWS, D);
}

static void layer_norm_backward(const struct gradient_problem *p)
{
    p->c->layer_norm_backward(p->c, p->din[0], p->din[1], p->din[2], p->dout[0], p->in[0], p->in[1],
                              p->out[1], p->out[2], p->scratch, p->beta, ROWS, D);
}

/* x [3, 2, 5] */
static void batch_norm_train_forward(const struct gradient_problem *p)
{
    p->c->batch_norm_train_forward(p->c, p->out[0], p->out[1], p->out[2], NULL, NULL, p->in[0],
                                   p->in[1], p->in[2], 0.1, 1e-5, 3, 2, 5);
}

static void batch_norm_train_backward(const struct gradient_problem *p)
{
    p->c->batch_norm_train_backward(p->c, p->din[0], p->din[1], p->din[2], p->dout[0], p->in[0],
                                    p->in[1], p->out[1], p->out[2], 3, 2, 5);
}

static const real running_mean[] = { 0.3, -0.2 }, running_var[] = { 0.7, 2.5 };

static void batch_norm_eval_forward(const struct gradient_problem *p)
{
    p->c->batch_norm_eval_forward(p->c, p->out[0], p->out[1], running_mean, running_var, p->in[0],
                                  p->in[1], p->in[2], 1e-5, 3, 2, 5);
}

static void batch_norm_eval_backward(const struct gradient_problem *p)
{
    p->c->batch_norm_eval_backward(p->c, p->din[0], p->din[1], p->din[2], p->dout[0], p->in[0],
                                   p->in[1], running_mean, p->out[1], 3, 2, 5);
}

/* ---- Pictures ---- */

static const struct convolution strided = { .batch = 2,
                                            .in_channels = 2,
                                            .in_height = 5,
                                            .in_width = 4,
                                            .out_channels = 3,
                                            .out_height = 3,
                                            .out_width = 3,
                                            .kernel_height = 3,
                                            .kernel_width = 2,
                                            .stride = 2,
                                            .pad = 1 };
static const struct convolution dense = { .batch = 1,
                                          .in_channels = 3,
                                          .in_height = 3,
                                          .in_width = 5,
                                          .out_channels = 2,
                                          .out_height = 3,
                                          .out_width = 5,
                                          .kernel_height = 3,
                                          .kernel_width = 3,
                                          .stride = 1,
                                          .pad = 1 };

static void conv2d_forward(const struct gradient_problem *p)
{
    p->c->conv2d_forward(p->c, p->shape, p->out[0], p->in[0], p->in[1], p->in[2]);
}

static void conv2d_backward(const struct gradient_problem *p)
{
    p->c->conv2d_backward(p->c, p->shape, p->din[0], p->din[1], p->din[2], p->dout[0], p->in[0],
                          p->in[1]);
}

/* Overlapping windows, a border, and windows that ceil mode cuts: 6 x 4 to 4 x 3. */
static const struct pooling overlapping = { .planes = 2,
                                            .in_height = 6,
                                            .in_width = 4,
                                            .out_height = 4,
                                            .out_width = 3,
                                            .kernel = 3,
                                            .stride = 2,
                                            .pad = 1 };

static void max_pool_forward(const struct gradient_problem *p)
{
    int32_t place[2 * 4 * 3];
    p->c->max_pool_forward(p->c, p->shape, p->out[0], place, p->in[0]);
}

static void max_pool_backward(const struct gradient_problem *p)
{
    int32_t place[2 * 4 * 3];
    p->c->max_pool_forward(p->c, p->shape, p->out[0], place, p->in[0]);
    p->c->max_pool_backward(p->c, p->shape, p->din[0], p->dout[0], place);
}

static void average_pool_forward(const struct gradient_problem *p)
{
    p->c->average_pool_forward(p->c, p->shape, p->out[0], p->in[0]);
}

static void average_pool_backward(const struct gradient_problem *p)
{
    p->c->average_pool_backward(p->c, p->shape, p->din[0], p->dout[0]);
}

static void adaptive_pool_forward(const struct gradient_problem *p)
{
    p->c->adaptive_pool_forward(p->c, p->shape, p->out[0], p->in[0]);
}

static void adaptive_pool_backward(const struct gradient_problem *p)
{
    p->c->adaptive_pool_backward(p->c, p->shape, p->din[0], p->dout[0]);
}

/* ---- Recurrent cells ---- */

static void gru_cell_forward(const struct gradient_problem *p)
{
    p->c->gru_cell_forward(p->c, p->out[0], p->out[1], p->in[0], p->in[1], p->in[2], ROWS, D);
}

static void gru_cell_backward(const struct gradient_problem *p)
{
    p->c->gru_cell_backward(p->c, p->din[0], p->din[1], p->din[2], p->dout[0], p->out[1], p->in[2],
                            ROWS, D);
}

static void lstm_cell_forward(const struct gradient_problem *p)
{
    p->c->lstm_cell_forward(p->c, p->out[0], p->out[1], p->out[2], p->in[0], p->in[1], ROWS, D);
}

static void lstm_cell_backward(const struct gradient_problem *p)
{
    p->c->lstm_cell_backward(p->c, p->din[0], p->din[1], p->dout[0], p->dout[1], p->out[2],
                             p->in[1], p->out[1], ROWS, D);
}

/* ---- Distances and losses ---- */

static void l2_normalise_forward(const struct gradient_problem *p)
{
    p->c->l2_normalise_forward(p->c, p->out[0], p->out[1], p->in[0], ROWS, D);
}

static void l2_normalise_backward(const struct gradient_problem *p)
{
    p->c->l2_normalise_backward(p->c, p->din[0], p->dout[0], p->out[0], p->out[1], ROWS, D);
}

static void squared_distance_forward(const struct gradient_problem *p)
{
    p->c->squared_distance_forward(p->c, p->out[0], p->in[0], p->in[1], ROWS, D);
}

static void squared_distance_backward(const struct gradient_problem *p)
{
    p->c->squared_distance_backward(p->c, p->din[0], p->din[1], p->dout[0], p->in[0], p->in[1],
                                    ROWS, D);
}

static void triplet_forward(const struct gradient_problem *p)
{
    p->c->triplet_forward(p->c, p->out[0], p->in[0], p->in[1], p->in[2], 0.1, 3 * ROWS, D);
}

static void triplet_backward(const struct gradient_problem *p)
{
    p->c->triplet_backward(p->c, p->din[0], p->din[1], p->din[2], p->dout[0], p->out[0], p->in[0],
                           p->in[1], p->in[2], 3 * ROWS, D);
}

static const int64_t target[ROWS] = { 1, 4, 0 };
static const real weight[ROWS] = { 1, 0, 2.5 };

struct cross_entropy {
    const real *weight;
    real smoothing;
};

static const struct cross_entropy hard = { NULL, 0 }, smoothed = { weight, 0.1 };

static void cross_entropy_forward(const struct gradient_problem *p)
{
    const struct cross_entropy *s = p->shape;
    p->c->cross_entropy_forward(p->c, p->out[0], p->out[1], p->in[0], target, s->weight,
                                s->smoothing, ROWS, D);
}

static void cross_entropy_backward(const struct gradient_problem *p)
{
    const struct cross_entropy *s = p->shape;
    p->c->cross_entropy_backward(p->c, p->din[0], p->dout[0], p->out[1], p->in[0], target,
                                 s->weight, s->smoothing, ROWS, D);
}

static void smooth_l1_forward(const struct gradient_problem *p)
{
    p->c->smooth_l1_forward(p->c, p->out[0], p->in[0], p->in[1], N);
}

static void smooth_l1_backward(const struct gradient_problem *p)
{
    p->c->smooth_l1_backward(p->c, p->din[0], p->din[1], p->dout[0], p->in[0], p->in[1], N);
}

static void contrastive_forward(const struct gradient_problem *p)
{
    p->c->contrastive_forward(p->c, p->out[0], p->out[1], p->out[2], p->in[0], D);
}

static void contrastive_backward(const struct gradient_problem *p)
{
    p->c->contrastive_backward(p->c, p->din[0], p->dout[0], p->out[1], p->out[2], p->in[0], D);
}

/* ---- The list ---- */

/* clang-format off */
#define PAIR(name) \
    .kernel = #name "_backward", .forward = name##_forward, .backward = name##_backward
#define UNARY(f) \
    { PAIR(unary), .variant = #f, .in = { 7 }, .out = { 7 }, .results = 1, .scaled = 1, \
      .shape = &f }
#define BINARY(f) \
    { PAIR(binary), .variant = #f, .in = { 10, 3 }, .out = { 30 }, .results = 1, \
      .subsets = { 1, 2 }, .shape = &f }
#define ATTENTION(s, q, k, lse) \
    { PAIR(attention), .variant = #s, .in = { q, k, k }, .out = { q, lse }, .results = 1, \
      .scaled = 7, .shape = &s }

static const struct gradient_case cases[] = {
    UNARY(relu), UNARY(hyperbolic), UNARY(logistic), UNARY(gelu), UNARY(quick_gelu),
    UNARY(exponential),
    BINARY(sum), BINARY(difference), BINARY(product),
    { PAIR(sum_axis), .in = { 30 }, .out = { 10 }, .results = 1, .scaled = 1 },
    { .kernel = "sum_rows", .forward = repeat_rows, .backward = sum_rows,
      .in = { D }, .out = { N }, .results = 1 },
    { .kernel = "copy_strided", .forward = transpose, .backward = transpose_back,
      .in = { N }, .out = { N }, .results = 1, .scaled = 1 },
    { .kernel = "scatter_add_rows", .forward = gather_rows, .backward = scatter_add_rows,
      .in = { N }, .out = { 4 * D }, .results = 1 },
    { .kernel = "dropout", .forward = dropout_forward, .backward = dropout_backward,
      .in = { 31 }, .out = { 31 }, .results = 1, .scaled = 1 },
    { PAIR(softmax), .in = { N }, .out = { N }, .results = 1 },
    ATTENTION(plain, 60, 80, 12),
    ATTENTION(causal, 60, 80, 12),
    ATTENTION(masked, 60, 80, 12),
    ATTENTION(with_dropout, 60, 80, 12),
    ATTENTION(wide, 2 * WIDE, 3 * WIDE, 2),
    { .kernel = "attention_backward", .variant = "packed", .forward = packed_attention_forward,
      .backward = packed_attention_backward, .in = { 180 }, .out = { 60, 12 }, .results = 1,
      .scaled = 1, .shape = &packed },
    { PAIR(norm), .in = { N, D, D }, .out = { N, ROWS, ROWS }, .results = 1, .scaled = 1,
      .subsets = { 1, 6 } },
    { PAIR(layer_norm), .in = { N, D, D }, .out = { N, ROWS, ROWS }, .results = 1, .scaled = 1,
      .subsets = { 1, 6 } },
    { PAIR(batch_norm_train), .in = { 30, 2, 2 }, .out = { 30, 2, 2 }, .results = 1,
      .subsets = { 1, 2, 4 } },
    { PAIR(batch_norm_eval), .in = { 30, 2, 2 }, .out = { 30, 2 }, .results = 1,
      .subsets = { 1, 2, 4 } },
    { PAIR(conv2d), .variant = "strided", .in = { 80, 36, 3 }, .out = { 54 }, .results = 1,
      .subsets = { 1, 2, 4 }, .shape = &strided },
    { PAIR(conv2d), .variant = "dense", .in = { 45, 54, 2 }, .out = { 30 }, .results = 1,
      .subsets = { 1, 2, 4 }, .shape = &dense },
    { PAIR(max_pool), .in = { 48 }, .out = { 24 }, .results = 1, .shape = &overlapping },
    { PAIR(average_pool), .in = { 48 }, .out = { 24 }, .results = 1, .shape = &overlapping },
    { PAIR(adaptive_pool), .in = { 48 }, .out = { 24 }, .results = 1, .shape = &overlapping },
    { PAIR(gru_cell), .in = { 3 * N, 3 * N, N }, .out = { N, 4 * N }, .results = 1,
      .subsets = { 1, 2, 4 } },
    { PAIR(lstm_cell), .in = { 4 * N, N }, .out = { N, N, 4 * N }, .results = 2,
      .subsets = { 1, 2 } },
    { PAIR(l2_normalise), .in = { N }, .out = { N, ROWS }, .results = 1 },
    { PAIR(squared_distance), .in = { N, N }, .out = { ROWS }, .results = 1, .subsets = { 1, 2 } },
    { PAIR(triplet), .in = { 3 * N, 3 * N, 3 * N }, .out = { 3 * ROWS }, .results = 1,
      .subsets = { 1, 2, 4 } },
    { PAIR(cross_entropy), .variant = "hard", .in = { N }, .out = { ROWS, ROWS }, .results = 1,
      .shape = &hard },
    { PAIR(cross_entropy), .variant = "smoothed", .in = { N }, .out = { ROWS, ROWS },
      .results = 1, .shape = &smoothed },
    { PAIR(smooth_l1), .in = { N, N }, .out = { N }, .results = 1, .subsets = { 1, 2 } },
    { PAIR(contrastive), .in = { D * D }, .out = { 1, D, D }, .results = 1 },
};
/* clang-format on */

enum { CASES = sizeof cases / sizeof *cases };

/* A backward kernel added to kernels.def without a case fails here. */
static void every_backward_kernel_has_a_case(void **state)
{
    (void)state;
    static const char *const kernels[] = {
#define KERNEL(name, arguments) #name,
#include "compute/kernels.def"
#undef KERNEL
    };
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        bool found = strstr(kernels[i], "_backward") == NULL;
        for (size_t j = 0; j < CASES && !found; j++)
            found = strcmp(cases[j].kernel, kernels[i]) == 0;
        if (!found)
            fail_msg("no case for %s", kernels[i]);
    }
}

/* Inputs must lie on both sides of every kink, or half of a kernel goes unseen. */
static void cases_see_both_sides_of_a_kink(void **state)
{
    const struct compute *c = *state;
    real x[3][3 * N], loss[3 * ROWS];
    size_t without_loss = 0, near = 0;
    for (size_t i = 0; i < 3; i++)
        gradient_input(x[i], 3 * N, i);
    c->triplet_forward(c, loss, x[0], x[1], x[2], 0.1, 3 * ROWS, D);
    for (size_t r = 0; r < 3 * ROWS; r++)
        without_loss += loss[r] == 0;
    for (size_t i = 0; i < N; i++)
        near += fabs(x[0][i] - x[1][i]) < 1;
    assert_in_range(without_loss, 2, 3 * ROWS - 2);
    assert_in_range(near, 3, N - 3);
}

static void kernels_agree_with_differences(void **state)
{
    size_t failed = 0;
    for (size_t i = 0; i < CASES; i++)
        failed += !gradient_case_holds(*state, &cases[i]);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_backward_kernel_has_a_case),
        cmocka_unit_test(cases_see_both_sides_of_a_kink),
        cmocka_unit_test(kernels_agree_with_differences),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
