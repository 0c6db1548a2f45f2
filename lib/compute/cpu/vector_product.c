/* Products of matrices on tiles. The result is cut into parts; for each, one thread packs PIECE
 * steps of the operands into its slice of the workspace, where its second cache keeps them, and
 * runs over the part's tiles. Sums over k run in order, whatever the parts. */
#include "compute/cpu/vector_product.h"

#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_pack.h"

enum {
    PIECE = 184,
    PART_COLUMNS = 512,
    PART_ROWS = 540,          /* of a transposed left operand, which is packed */
    PART_ROWS_IN_PLACE = 252, /* of one that is read as it lies */
    LEFT_TILE = PIECE * TILE_ROWS,
    WORTH_PACKING = 1 << 20 /* multiplications */
};

_Static_assert(PIECE *(PART_COLUMNS + PART_ROWS) <= WORKSPACE_SLICE, "a slice holds a piece");

struct part {
    const struct matmul *shape;
    const float *a, *b;
    float *y;
    size_t row, rows, column, columns;
};

static size_t ceil_divide(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Transposed left operand: TILE_ROWS numbers a step for each tile. Its rows are read from left to
 * right, all tiles of the part at a time. */
static void pack_left(float *to, const struct part *p, size_t first, size_t depth)
{
    for (size_t step = 0; step < depth; step++) {
        const float *from = p->a + (first + step) * p->shape->a_stride + p->row;
        float *tile = to + step * TILE_ROWS;
        size_t i = 0;
        for (; i + TILE_ROWS <= p->rows; i += TILE_ROWS, tile += LEFT_TILE)
            memcpy(tile, from + i, TILE_ROWS * sizeof *tile);
        memcpy(tile, from + i, (p->rows - i) * sizeof *tile);
    }
}

static void pack_right(float *to, const struct part *p, size_t first, size_t depth)
{
    const float *from = p->b + first * p->shape->b_stride + p->column;
    for (size_t j = 0; j < p->columns; j += TILE_COLUMNS, to += PIECE * TILE_COLUMNS)
        pack_plain(to, from + j, p->shape->b_stride, depth, smaller(TILE_COLUMNS, p->columns - j));
}

static void multiply(const struct part *p, const float *left, size_t i, size_t first, size_t depth,
                     const float *right, float *y, size_t y_stride, float beta)
{
    const struct matmul *s = p->shape;
    size_t rows = smaller(TILE_ROWS, p->rows - i);
    if (s->transpose_a)
        tile_by_step(rows, depth, left + i / TILE_ROWS * LEFT_TILE, TILE_ROWS, right, TILE_COLUMNS,
                     y, y_stride, s->alpha, beta);
    else
        tile_by_row(rows, depth, p->a + (p->row + i) * s->a_stride + first, s->a_stride, right,
                    TILE_COLUMNS, y, y_stride, s->alpha, beta);
}

/* A tile with fewer columns is computed aside. */
static void multiply_edge(const struct part *p, const float *left, size_t i, size_t first,
                          size_t depth, const float *right, float *y, size_t columns, float beta)
{
    _Alignas(64) float result[TILE_ROWS * TILE_COLUMNS];
    multiply(p, left, i, first, depth, right, result, TILE_COLUMNS, 0);
    for (size_t r = 0; r < smaller(TILE_ROWS, p->rows - i); r++, y += p->shape->y_stride)
        for (size_t j = 0; j < columns; j++)
            y[j] = result[r * TILE_COLUMNS + j] + (beta == 0 ? 0 : beta * y[j]);
}

static void multiply_piece(const struct part *p, const float *left, const float *right,
                           size_t first, size_t depth, float beta)
{
    size_t stride = p->shape->y_stride;
    for (size_t j = 0; j < p->columns; j += TILE_COLUMNS, right += PIECE * TILE_COLUMNS)
        for (size_t i = 0; i < p->rows; i += TILE_ROWS) {
            float *y = p->y + (p->row + i) * stride + p->column + j;
            if (p->columns - j < TILE_COLUMNS)
                multiply_edge(p, left, i, first, depth, right, y, p->columns - j, beta);
            else
                multiply(p, left, i, first, depth, right, y, stride, beta);
        }
}

static void multiply_part(const struct part *p, float *memory, float beta)
{
    float *left = memory + PIECE * PART_COLUMNS;
    for (size_t first = 0; first < p->shape->k; first += PIECE) {
        size_t depth = smaller(PIECE, p->shape->k - first);
        pack_right(memory, p, first, depth);
        if (p->shape->transpose_a)
            pack_left(left, p, first, depth);
        multiply_piece(p, left, memory, first, depth, first == 0 ? beta : 1);
    }
}

bool VECTOR(product_suits)(const struct matmul *shape)
{
    return VECTOR_BYTES == 32 && !shape->transpose_b && shape->batch == 1 &&
           shape->m * shape->n * shape->k >= WORTH_PACKING;
}

/* Rows are cut further until every thread gets as many parts as any other. */
static size_t count_row_parts(const struct matmul *s, size_t column_parts, size_t threads)
{
    size_t tiles = ceil_divide(s->m, TILE_ROWS);
    size_t parts = ceil_divide(s->m, s->transpose_a ? PART_ROWS : PART_ROWS_IN_PLACE);
    while (parts < tiles && parts * column_parts % threads != 0)
        parts++;
    return parts;
}

void VECTOR(product)(const struct compute *c, const struct matmul *shape, float *y, const float *a,
                     const float *b, float beta)
{
    struct cpu_state *state = c->state;
    struct workspace *workspace = workspace_take(&state->workspaces);
    size_t tiles = ceil_divide(shape->m, TILE_ROWS);
    size_t column_parts = ceil_divide(shape->n, PART_COLUMNS);
    size_t row_parts = count_row_parts(shape, column_parts, (size_t)c->threads);
#pragma omp parallel for schedule(dynamic) num_threads(c->threads)
    for (size_t i = 0; i < row_parts * column_parts; i++) {
        size_t r = i / column_parts, row = tiles * r / row_parts * TILE_ROWS;
        size_t column = i % column_parts * PART_COLUMNS;
        struct part part = { .shape = shape, .a = a, .b = b, .y = y, .row = row, .column = column };
        part.rows = smaller(tiles * (r + 1) / row_parts * TILE_ROWS, shape->m) - row;
        part.columns = smaller(PART_COLUMNS, shape->n - column);
        multiply_part(&part, workspace_slice(workspace, omp_get_thread_num()), beta);
    }
    workspace_give(&state->workspaces, workspace);
}
