/* Kernels: all arithmetic of the library, behind one table per device.
 *
 * The list of kernels, with what each computes, is kernels.def. `reference/` is plain portable C,
 * built for float and for double: what every other table is tested against. `cpu/` is what runs:
 * oneDNN and vector code on top of the reference table, whose entries it replaces one by one.
 * Nothing outside compute/ calls a kernel other than through a table, so another device is another
 * folder and another table.
 *
 * Conventions
 * - Arrays are dense and row-major unless a stride is given. Sizes are counts of elements.
 * - Outputs do not overlap inputs unless a comment allows it.
 * - A backward kernel *adds* to the gradients it computes (dx += ...). Where a kernel takes `beta`,
 *   it computes dx = beta * dx + ...; with beta 0, dx is written without being read. A gradient
 *   passed as NULL is not wanted.
 * - Kernels never allocate and cannot fail: shapes were checked by the caller. What a device can
 *   refuse late is reported by `synchronise`.
 * - Same input, same bytes, whatever the number of threads: sums over rows are split in ROW_CHUNKS
 * parts, never by thread.
 *
 * Threads: a table is read-only after creation and may be shared. */
#ifndef COMPUTE_COMPUTE_H
#define COMPUTE_COMPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/status.h"
#include "tensor/device.h"

enum {
    COMPUTE_MAX_RANK = 6,
    ROW_CHUNKS = 32 /* partial sums of a reduction over rows */
};

/* ACTIVATE_NONE is only for linear_forward. Relu, tanh, sigmoid and exp take their slope from the
 * result, the GELUs from the argument. quick_gelu(x) = x sigmoid(1.702 x); gelu is exact (erf). */
enum activation {
    ACTIVATE_NONE,
    ACTIVATE_RELU,
    ACTIVATE_TANH,
    ACTIVATE_SIGMOID,
    ACTIVATE_GELU,
    ACTIVATE_QUICK_GELU,
    ACTIVATE_EXP
};

/* Whether the backward pass of an activation needs its argument (else: its result). */
static inline bool activation_needs_argument(enum activation kind)
{
    return kind == ACTIVATE_GELU || kind == ACTIVATE_QUICK_GELU;
}

enum binary { BINARY_ADD, BINARY_SUBTRACT, BINARY_MULTIPLY };

/* y[i0, i1, ...] from two operands; y is dense, a stride of 0 repeats the operand along that axis.
 */
struct broadcast {
    size_t rank;
    size_t dim[COMPUTE_MAX_RANK];
    size_t a_stride[COMPUTE_MAX_RANK], b_stride[COMPUTE_MAX_RANK];
};

/* A copy between two strided layouts of one shape. */
struct layout {
    size_t rank;
    size_t dim[COMPUTE_MAX_RANK];
    size_t y_stride[COMPUTE_MAX_RANK], x_stride[COMPUTE_MAX_RANK];
};

/* Y[m, n] = alpha op(A)[m, k] op(B)[k, n] + beta Y, `batch` times. Leading dimensions are row
 * strides of the arrays as stored: A is [m, k], or [k, m] when transposed. `*_step` is the distance
 * between two matrices of the batch (0: shared). */
struct matmul {
    bool transpose_a, transpose_b;
    size_t m, n, k;
    size_t a_stride, b_stride, y_stride;
    size_t batch, a_step, b_step, y_step;
    real alpha;
};

/* softmax(q k^T / sqrt(head_width) + mask) v, per batch element and head. Row i of q for element b
 * starts at q + (b * query_length + i) * q_stride, head h at h * head_width from there; k and v
 * likewise with key_length; y likewise with y_stride. So q, k and v may be three parts of one
 * array. mask: one byte a key, 0 hides it: mask[b * mask_batch_stride + i * mask_query_stride + j];
 * NULL: all seen. causal: query i sees keys 0 .. i + key_length - query_length only. A query that
 * sees nothing gives 0. dropout: probabilities are dropped with this chance; element ((b * heads +
 * h) * query_length + i) * key_length + j of stream (dropout_key, dropout_stream) decides
 * (base/rng.h, dropped when uniform < dropout). */
struct attention {
    size_t batch, heads, query_length, key_length, head_width;
    size_t q_stride, k_stride, v_stride, y_stride;
    bool causal;
    const uint8_t *mask;
    size_t mask_batch_stride, mask_query_stride;
    real dropout;
    uint64_t dropout_key, dropout_stream;
};

/* softmax(q k^T / sqrt(head_width)) v for one query a row, head by head, where keys lie anywhere:
 * number j of the `keys` that row r sees is row place[r * keys + j] of k, and of v. Rows of q begin
 * q_stride apart, and so on; head h is at h * head_width in each. `keys` is at least 1. */
struct gathered_attention {
    size_t rows, keys, heads, head_width;
    size_t q_stride, k_stride, v_stride, y_stride;
    const int64_t *place; /* [rows, keys], checked */
};

/* x [batch, in_channels, in_height, in_width], w [out_channels, in_channels, kernel_height,
 * kernel_width], y [batch, out_channels, out_height, out_width]; `pad` zeros on every side. */
struct convolution {
    size_t batch, in_channels, in_height, in_width;
    size_t out_channels, out_height, out_width;
    size_t kernel_height, kernel_width, stride, pad;
};

/* x [planes, in_height, in_width] -> y [planes, out_height, out_width]. Windows are cut at the
 * lower and right border (ceil mode), each holds an element of x, and a plane of x has at most
 * INT32_MAX. The largest is sought in x only; an average counts the padding as PyTorch does
 * (count_include_pad), but not what a window lost by the cut. */
struct pooling {
    size_t planes, in_height, in_width, out_height, out_width;
    size_t kernel, stride, pad;
};

/* One Adam step as PyTorch does it (spec section 0): coupled weight decay, bias correction by
 * `step` (1, 2, ...). */
struct adam {
    double rate, beta1, beta2, epsilon, weight_decay;
    uint64_t step;
};

/* Scores of items x [items, width] against queries, each in an interval that the caller knows to
 * hold the true one (catalogue/ranking_bound.h):
 *
 *     score = base[i] + alpha sum over width of x[i] q[j]
 *     low   = score - slope[j] reach[i]
 *     high  = score + (slope[j] + bend reach[i]) reach[i]
 *
 * base, reach [items]; slope, near, far [queries]. Queries lie in panels of SIEVE_PANEL columns,
 * the last one filled up with zeros: element p of query j is q[(j / SIEVE_PANEL * width + p) *
 * SIEVE_PANEL + j % SIEVE_PANEL]. Where they are so `few` that memory sets the pace, they are rows
 * instead. Items are dealt with in chunks of SIEVE_CHUNK. */
enum { SIEVE_PANEL = 32, SIEVE_CHUNK = 96 };

struct sieve {
    size_t items, queries, width;
    bool few;
    real alpha, bend;
    const real *base, *reach, *slope, *near, *far;
};

struct sieve_hit {
    uint32_t item, query;
    real score;
};

struct convnet;
struct convnet_design;

struct compute {
    const char *name; /* "reference", "cpu" */
    struct device device;
    int threads;
    void *state; /* the table's own */

/* clang-format off */
#define KERNEL(name, arguments) void (*name) arguments;
#include "compute/kernels.def"
#undef KERNEL
    /* clang-format on */

    /* Compiles a network (compute/convnet.h). */
    enum gmr_status (*convnet_create)(const struct compute *c, const struct convnet_design *design,
                                      struct convnet **net);

    /* Waits for all work; the first error since the last call. */
    enum gmr_status (*synchronise)(const struct compute *c);
    void (*destroy)(struct compute *c);
};

/* Plain C on the host, one thread. The caller destroys it; the allocator must outlive it. */
enum gmr_status compute_create_reference(const struct gmr_allocator *allocator,
                                         struct compute **compute);

#ifndef GMR_REAL_DOUBLE
/* oneDNN and vector code for this processor, chosen at run time. threads 0: all cores. */
enum gmr_status compute_create_cpu(const struct gmr_allocator *allocator, unsigned threads,
                                   struct compute **compute);
#endif

/* NULL is fine. */
void compute_destroy(struct compute *compute);

/* copy_strided for a matrix: y [rows, columns] = beta y + x; rows of y are y_step apart, rows of x
 * x_step (0: one for all). */
void copy_rows(const struct compute *c, real *y, size_t y_step, const real *x, size_t x_step,
               size_t rows, size_t columns, real beta);

#endif
