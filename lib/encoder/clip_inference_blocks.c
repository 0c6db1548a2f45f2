/* CLIP's transformer blocks on kernels alone: many sequences as one matrix of rows, attention for
 * each length. The last block makes only the rows that are read. */
#include "encoder/clip_inference_inside.h"

static const real EPSILON = (real)1e-5; /* of LayerNorm */

enum { MLP = 4 /* times as wide */ };

void transformer_lay_out(struct transformer_area *a, struct layout_area *area, size_t rows,
                         size_t sequences, size_t width, size_t heads)
{
    a->x = area_take(area, rows * width);
    a->normed = area_take(area, rows * width);
    a->wide = area_take(area, rows * width * MLP);
    a->attended = a->wide + rows * width * 3;
    a->mean = area_take(area, rows);
    a->inv = area_take(area, rows);
    a->lse = area_take(area, rows * heads);
    a->chosen = area_take(area, sequences * width);
}

void project(const struct compute *c, real *y, const real *x, const struct tensor *projection,
             size_t rows)
{
    const size_t width = tensor_dim(projection, 0), embed = tensor_dim(projection, 1);
    const struct matmul shape = { .m = rows,
                                  .n = embed,
                                  .k = width,
                                  .a_stride = width,
                                  .b_stride = embed,
                                  .y_stride = embed,
                                  .batch = 1,
                                  .alpha = 1 };
    c->matmul(c, &shape, y, x, tensor_real(projection), 0);
}

static void normalise(const struct compute *c, const struct transformer_area *a, real *y,
                      const real *x, const struct nn_layer_norm *l, size_t rows)
{
    c->layer_norm_forward(c, y, a->mean, a->inv, x, tensor_real(l->weight), tensor_real(l->bias),
                          EPSILON, rows, tensor_last(l->weight));
}

/* Rows first .. first + out - 1 of a linear layer. */
static void linear_part(const struct compute *c, real *y, const real *x, const struct nn_linear *l,
                        size_t first, size_t out, size_t rows)
{
    const size_t in = tensor_dim(l->weight, 1);
    c->linear_forward(c, y, NULL, x, tensor_real(l->weight) + first * in,
                      tensor_real(l->bias) + first, NULL, ACTIVATE_NONE, rows, in, out);
}

/* x += l(y) */
static void linear_add(const struct compute *c, real *x, const real *y, const struct nn_linear *l,
                       size_t rows)
{
    c->linear_forward(c, x, NULL, y, tensor_real(l->weight), tensor_real(l->bias), x, ACTIVATE_NONE,
                      rows, tensor_dim(l->weight, 1), tensor_dim(l->weight, 0));
}

/* x += c_proj(f(c_fc(ln_2(x)))) */
static void feed_forward(const struct compute *c, const struct transformer_area *a,
                         const struct nn_clip_block *b, real *x, size_t rows)
{
    const size_t width = tensor_dim(b->c_fc.weight, 1), hidden = tensor_dim(b->c_fc.weight, 0);
    normalise(c, a, a->normed, x, &b->ln_2, rows);
    c->linear_forward(c, a->wide, NULL, a->normed, tensor_real(b->c_fc.weight),
                      tensor_real(b->c_fc.bias), NULL, b->activation, rows, width, hidden);
    linear_add(c, x, a->wide, &b->c_proj, rows);
}

/* Queries, keys and values of all sequences, and how their rows lie. */
struct attention_rows {
    const real *q, *k, *v;
    size_t q_stride, kv_stride;
    bool one_query; /* a sequence, else one a row */
    bool causal;
};

static void attend(const struct compute *c, const struct transformer_area *a,
                   const struct nn_clip_block *b, const struct sequences *s,
                   struct attention_rows in)
{
    const size_t width = tensor_last(b->ln_1.weight);
    real *y = a->attended;
    for (size_t g = 0; g < s->groups; g++) {
        const size_t count = s->group[g].count, length = s->group[g].length;
        const size_t queries = in.one_query ? 1 : length;
        const struct attention shape = { .batch = count,
                                         .heads = b->attention.heads,
                                         .query_length = queries,
                                         .key_length = length,
                                         .head_width = width / b->attention.heads,
                                         .q_stride = in.q_stride,
                                         .k_stride = in.kv_stride,
                                         .v_stride = in.kv_stride,
                                         .y_stride = width,
                                         .causal = in.causal };
        c->attention_forward(c, &shape, y, a->lse, in.q, in.k, in.v);
        y += count * queries * width;
        in.q += count * queries * in.q_stride;
        in.k += count * length * in.kv_stride;
        in.v += count * length * in.kv_stride;
    }
}

static void run_block(const struct compute *c, const struct transformer_area *a,
                      const struct nn_clip_block *b, const struct sequences *s, bool causal)
{
    const size_t width = tensor_last(b->ln_1.weight), rows = s->rows;
    const struct attention_rows in = { .q = a->wide,
                                       .k = a->wide + width,
                                       .v = a->wide + 2 * width,
                                       .q_stride = 3 * width,
                                       .kv_stride = 3 * width,
                                       .causal = causal };
    normalise(c, a, a->normed, a->x, &b->ln_1, rows);
    linear_part(c, a->wide, a->normed, &b->attention.in, 0, 3 * width, rows);
    attend(c, a, b, s, in);
    linear_add(c, a->x, a->attended, &b->attention.out, rows);
    feed_forward(c, a, b, a->x, rows);
}

/* One row of each sequence. */
static void choose_rows(const struct compute *c, real *y, const real *x, const struct sequences *s,
                        size_t width, enum chosen_row row)
{
    for (size_t g = 0; g < s->groups; g++) {
        const size_t count = s->group[g].count, length = s->group[g].length;
        const size_t place = row == FIRST_ROW ? 0 : length - 1;
        copy_rows(c, y, width, x + place * width, length * width, count, width, 0);
        y += count * width;
        x += count * length * width;
    }
}

/* As run_block, but queries, and what follows, for one row of each sequence. The last row of a
 * causal sequence sees all of it. */
static void run_last_block(const struct compute *c, const struct transformer_area *a,
                           const struct nn_clip_block *b, const struct sequences *s,
                           enum chosen_row row)
{
    const size_t width = tensor_last(b->ln_1.weight);
    real *keys = a->wide, *query = a->wide + s->rows * width * 2;
    const struct attention_rows in = { .q = query,
                                       .k = keys,
                                       .v = keys + width,
                                       .q_stride = width,
                                       .kv_stride = 2 * width,
                                       .one_query = true };
    normalise(c, a, a->normed, a->x, &b->ln_1, s->rows);
    linear_part(c, keys, a->normed, &b->attention.in, width, 2 * width, s->rows);
    choose_rows(c, a->chosen, a->normed, s, width, row);
    linear_part(c, query, a->chosen, &b->attention.in, 0, width, s->count);
    attend(c, a, b, s, in);
    choose_rows(c, a->chosen, a->x, s, width, row);
    linear_add(c, a->chosen, a->attended, &b->attention.out, s->count);
    feed_forward(c, a, b, a->chosen, s->count);
}

void transformer_run_all(const struct compute *c, const struct transformer_area *a,
                         const struct nn_clip_block *block, size_t blocks,
                         const struct sequences *s, bool causal)
{
    for (size_t i = 0; i < blocks; i++)
        run_block(c, a, &block[i], s, causal);
}

void transformer_run(const struct compute *c, const struct transformer_area *a,
                     const struct nn_clip_block *block, size_t blocks,
                     const struct nn_layer_norm *after, const struct sequences *s, bool causal,
                     enum chosen_row row)
{
    const size_t width = tensor_last(after->weight);
    transformer_run_all(c, a, block, blocks - 1, s, causal);
    run_last_block(c, a, &block[blocks - 1], s, row);
    normalise(c, a, a->normed, a->chosen, after, s->count);
    copy_rows(c, a->chosen, width, a->normed, width, s->count, width, 0);
}
