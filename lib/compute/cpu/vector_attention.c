/* Attention, one head of one batch element at a time on each thread.
 *
 * With s the scaled scores of a query, p = e^(s - lse) their softmax, and m the dropout factor of
 * each probability (0 or 1 / (1 - dropout)):
 *
 *     y     = sum over j of p[j] m[j] v[j]
 *     dp[j] = m[j] dy . v[j]
 *     ds[j] = p[j] (dp[j] - dy . y)
 *
 * All five products run on tiles (vector_tile.h) over the caller's arrays as they lie; only k and,
 * in the backward pass, v are transposed into the thread's slice of the workspace. There a block of
 * queries keeps its rows of p and ds, as wide as there are keys, rounded up to whole tiles. The
 * backward pass keeps lse only and computes p again. Heads with so many keys that the slice cannot
 * hold a block go to the reference kernel. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"
#include "compute/cpu/vector_pack.h"
#include "compute/cpu/vector_random.h"
#include "compute/cpu/vector_rows.h"
#include "compute/reference/reference.h"

/* The thread's memory, in the parts that a head needs. */
struct room {
    size_t width;    /* of a row of p or ds: keys, rounded up */
    size_t queries;  /* in a block */
    float *k, *v;    /* transposed: [width / TILE_COLUMNS, head_width, TILE_COLUMNS] */
    float *p, *ds;   /* [queries, width] */
    float *edge;     /* one packed column of tiles, for widths that are not whole tiles */
    uint8_t *hidden; /* keys that no query sees: [width] */
};

/* One head: its arrays at their first rows. */
struct head {
    const struct attention *shape;
    size_t element, head;
    float scale;
    const float *q, *k, *v;
    float *y_out, *lse_out;    /* forward only */
    const float *y, *lse, *dy; /* backward only, as are the next */
    float *dq, *dk, *dv;
    float beta;
};

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* False when the slice is too small. */
static bool lay_out(struct room *room, const struct attention *s, float *memory, bool backward)
{
    size_t matrices = backward ? 2 : 1, width = round_up(s->key_length, TILE_COLUMNS);
    size_t keys = width * s->head_width, flags = width / sizeof(float);
    size_t rows = round_up(s->query_length, TILE_ROWS);
    size_t deepest = s->key_length > rows ? s->key_length : rows;
    size_t fixed = matrices * keys + deepest * TILE_COLUMNS + flags;
    if (fixed + matrices * width * TILE_ROWS > WORKSPACE_SLICE)
        return false;
    size_t most = (WORKSPACE_SLICE - fixed) / (matrices * width) / TILE_ROWS * TILE_ROWS;
    *room = (struct room){ .width = width, .queries = smaller(rows, most) };
    room->k = memory;
    room->v = room->k + keys;
    room->p = memory + matrices * keys;
    room->ds = room->p + room->queries * width;
    room->edge = room->p + matrices * room->queries * width;
    room->hidden = (uint8_t *)(room->edge + deepest * TILE_COLUMNS);
    return true;
}

/* ---- which keys count ---- */

/* Keys that a mask hides from every query may hold anything, NaN too: they are taken as zeros. */
static void find_hidden(const struct head *h, const struct room *room)
{
    const struct attention *s = h->shape;
    bool padding = s->mask && s->mask_query_stride == 0;
    for (size_t j = 0; j < s->key_length; j++)
        room->hidden[j] = padding && s->mask[h->element * s->mask_batch_stride + j] == 0;
}

/* The first key that query i does not see for its place. */
static size_t causal_end(const struct attention *s, size_t i)
{
    if (!s->causal)
        return s->key_length;
    size_t end = i + s->key_length + 1;
    return end > s->query_length ? smaller(end - s->query_length, s->key_length) : 0;
}

/* Sets the scores of a row to -infinity where query i sees no key, up to the row's full width. */
static void hide(const struct head *h, float *row, size_t width, size_t i)
{
    const struct attention *s = h->shape;
    for (size_t j = causal_end(s, i); j < width; j++)
        row[j] = -INFINITY;
    if (!s->mask)
        return;
    const uint8_t *mask = s->mask + h->element * s->mask_batch_stride + i * s->mask_query_stride;
    for (size_t j = 0; j < s->key_length; j++)
        row[j] = mask[j] ? row[j] : -INFINITY;
}

/* ---- dropout ---- */

enum { WORDS = 256 /* random words made at a time */ };

/* factor[j] = m of query i and key j, for `n` keys from `first` on; n <= WORDS - 3. */
static void keep_factors(const struct head *h, float *factor, size_t i, size_t first, size_t n)
{
    const struct attention *s = h->shape;
    struct drop drop = drop_by_chance(s->dropout);
    size_t row = (h->element * s->heads + h->head) * s->query_length + i;
    size_t index = row * s->key_length + first;
    uint32_t word[WORDS];
    random_words(word, s->dropout_key, s->dropout_stream, index / 4, (index % 4 + n + 3) / 4);
    for (size_t j = 0; j < n; j++)
        factor[j] = word[index % 4 + j] < drop.limit ? 0 : drop.scale;
}

/* a[j] *= m[j], and b[j] too unless it is NULL */
static void drop_row(const struct head *h, float *a, float *b, size_t i)
{
    enum { PIECE = WORDS - 8 };
    float factor[PIECE];
    for (size_t at = 0; at < h->shape->key_length; at += PIECE) {
        size_t n = smaller(PIECE, h->shape->key_length - at);
        keep_factors(h, factor, i, at, n);
        SIMD
        for (size_t j = 0; j < n; j++)
            a[at + j] *= factor[j];
        if (!b)
            continue;
        SIMD
        for (size_t j = 0; j < n; j++)
            b[at + j] *= factor[j];
    }
}

/* ---- products ---- */

/* Rows of keys or values, transposed into columns of tiles. */
static void transpose_keys(const struct attention *s, const struct room *room, float *to,
                           const float *from, size_t stride)
{
    for (size_t j = 0; j < s->key_length; j += TILE_COLUMNS, to += s->head_width * TILE_COLUMNS) {
        size_t columns = smaller(TILE_COLUMNS, s->key_length - j);
        pack_transposed(to, from + j * stride, stride, s->head_width, columns);
        for (size_t column = 0; column < columns; column++)
            for (size_t p = 0; room->hidden[j + column] && p < s->head_width; p++)
                to[p * TILE_COLUMNS + column] = 0;
    }
}

/* Scores: rows of `a` times all transposed keys or values. */
static void multiply_keys(const struct attention *s, const struct room *room, float *to,
                          const float *a, size_t a_stride, const float *keys, float alpha,
                          size_t rows)
{
    for (size_t j = 0; j < room->width; j += TILE_COLUMNS)
        tile_by_row(rows, s->head_width, a, a_stride, keys + j * s->head_width, TILE_COLUMNS,
                    to + j, room->width, alpha, 0);
}

/* A weighted sum of rows of b, head_width wide: y[i] = beta y[i] + sum over p of weight b[p], where
 * the weight is a[i, p], or a[p, i] if `by_step`. */
struct weighted {
    bool by_step;
    const float *a;
    size_t a_stride;
    const float *b;
    size_t b_stride;
    const uint8_t *hidden; /* rows of b to take as zeros, or NULL */
    float *y;
    size_t y_stride;
    size_t rows, depth;
    float beta;
};

static void weigh_tile(const struct weighted *w, size_t row, const float *b, size_t b_stride,
                       float *y, size_t y_stride, float beta)
{
    size_t rows = smaller(TILE_ROWS, w->rows - row);
    if (w->by_step)
        tile_by_step(rows, w->depth, w->a + row, w->a_stride, b, b_stride, y, y_stride, 1, beta);
    else
        tile_by_row(rows, w->depth, w->a + row * w->a_stride, w->a_stride, b, b_stride, y, y_stride,
                    1, beta);
}

/* Columns that do not fill a tile: b is packed, and results are made aside. */
static void weigh_edge(const struct weighted *w, float *packed, size_t column, size_t columns)
{
    _Alignas(64) float result[TILE_ROWS * TILE_COLUMNS];
    pack_plain(packed, w->b + column, w->b_stride, w->depth, columns);
    for (size_t p = 0; w->hidden && p < w->depth; p++)
        for (size_t j = 0; w->hidden[p] && j < columns; j++)
            packed[p * TILE_COLUMNS + j] = 0;
    for (size_t row = 0; row < w->rows; row += TILE_ROWS) {
        weigh_tile(w, row, packed, TILE_COLUMNS, result, TILE_COLUMNS, 0);
        for (size_t i = row; i < smaller(row + TILE_ROWS, w->rows); i++)
            for (size_t j = 0; j < columns; j++) {
                float *y = w->y + i * w->y_stride + column + j;
                float old = w->beta == 0 ? 0 : w->beta * *y;
                *y = old + result[(i - row) * TILE_COLUMNS + j];
            }
    }
}

static bool any_hidden(const uint8_t *hidden, size_t n)
{
    return hidden && memchr(hidden, 1, n);
}

static void weigh(const struct weighted *w, const struct room *room, size_t width)
{
    bool pack = any_hidden(w->hidden, w->depth);
    for (size_t column = 0; column < width; column += TILE_COLUMNS) {
        if (pack || width - column < TILE_COLUMNS) {
            weigh_edge(w, room->edge, column, smaller(TILE_COLUMNS, width - column));
            continue;
        }
        for (size_t row = 0; row < w->rows; row += TILE_ROWS)
            weigh_tile(w, row, w->b + column, w->b_stride, w->y + row * w->y_stride + column,
                       w->y_stride, w->beta);
    }
}

/* ---- forward ---- */

/* Scores become probabilities; returns their lse. Hidden scores are -infinity. */
static float softmax_row(float *row, size_t width)
{
    float max = row_max(row, width), sum = 0;
    if (max == -INFINITY) { /* sees nothing */
        memset(row, 0, width * sizeof *row);
        return max;
    }
    SIMD_SUM(sum)
    for (size_t j = 0; j < width; j++) {
        row[j] = exp_of(row[j] - max);
        sum += row[j];
    }
    float inv = 1 / sum;
    SIMD
    for (size_t j = 0; j < width; j++)
        row[j] *= inv;
    return max + logf(sum);
}

static void head_forward(const struct head *h, const struct room *room)
{
    const struct attention *s = h->shape;
    find_hidden(h, room);
    transpose_keys(s, room, room->k, h->k, s->k_stride);
    for (size_t first = 0; first < s->query_length; first += room->queries) {
        size_t count = smaller(room->queries, s->query_length - first);
        for (size_t i = 0; i < count; i += TILE_ROWS)
            multiply_keys(s, room, room->p + i * room->width, h->q + (first + i) * s->q_stride,
                          s->q_stride, room->k, h->scale, smaller(TILE_ROWS, count - i));
        for (size_t i = 0; i < count; i++) {
            float *row = room->p + i * room->width;
            hide(h, row, room->width, first + i);
            h->lse_out[first + i] = softmax_row(row, room->width);
            if (s->dropout > 0)
                drop_row(h, row, NULL, first + i);
        }
        weigh(&(struct weighted){ .a = room->p,
                                  .a_stride = room->width,
                                  .b = h->v,
                                  .b_stride = s->v_stride,
                                  .hidden = room->hidden,
                                  .y = h->y_out + first * s->y_stride,
                                  .y_stride = s->y_stride,
                                  .rows = count,
                                  .depth = s->key_length },
              room, s->head_width);
    }
}

/* ---- backward ---- */

/* From scores in p and dy . v in ds: p becomes p m, ds the gradient at q . k. */
static void row_backward(const struct head *h, const struct room *room, size_t i, float *p,
                         float *ds)
{
    const struct attention *s = h->shape;
    size_t width = room->width;
    float lse = h->lse[i];
    if (lse == -INFINITY) { /* sees nothing */
        memset(p, 0, width * sizeof *p);
        memset(ds, 0, width * sizeof *ds);
        return;
    }
    float along = row_dot(h->dy + i * s->y_stride, h->y + i * s->y_stride, s->head_width);
    hide(h, p, width, i);
    if (s->dropout == 0) {
        SIMD
        for (size_t j = 0; j < width; j++) {
            float e = exp_of(p[j] - lse);
            p[j] = e;
            ds[j] = e * (ds[j] - along) * h->scale;
        }
        return;
    }
    drop_row(h, ds, NULL, i);
    SIMD
    for (size_t j = 0; j < width; j++) {
        p[j] = exp_of(p[j] - lse);
        ds[j] = p[j] * (ds[j] - along) * h->scale;
    }
    drop_row(h, p, NULL, i);
}

/* Gradients of the block's queries. */
static void add_query_slopes(const struct head *h, const struct room *room, size_t first,
                             size_t count)
{
    const struct attention *s = h->shape;
    weigh(&(struct weighted){ .a = room->ds,
                              .a_stride = room->width,
                              .b = h->k,
                              .b_stride = s->k_stride,
                              .hidden = room->hidden,
                              .y = h->dq + first * s->q_stride,
                              .y_stride = s->q_stride,
                              .rows = count,
                              .depth = s->key_length,
                              .beta = h->beta },
          room, s->head_width);
}

/* What the block's queries give to keys and values; the first block applies beta. */
static void add_key_slopes(const struct head *h, const struct room *room, size_t first,
                           size_t count)
{
    const struct attention *s = h->shape;
    struct weighted w = { .by_step = true,
                          .a = room->ds,
                          .a_stride = room->width,
                          .b = h->q + first * s->q_stride,
                          .b_stride = s->q_stride,
                          .y = h->dk,
                          .y_stride = s->k_stride,
                          .rows = s->key_length,
                          .depth = count,
                          .beta = first == 0 ? h->beta : 1 };
    weigh(&w, room, s->head_width);
    w.a = room->p;
    w.b = h->dy + first * s->y_stride;
    w.b_stride = s->y_stride;
    w.y = h->dv;
    w.y_stride = s->v_stride;
    weigh(&w, room, s->head_width);
}

static bool has_no_gradient(const struct head *h)
{
    const struct attention *s = h->shape;
    size_t i = 0;
    while (i < s->query_length && row_is_zero(h->dy + i * s->y_stride, s->head_width))
        i++;
    return i == s->query_length;
}

static void scale_rows(float *y, size_t stride, size_t rows, size_t width, float beta)
{
    for (size_t i = 0; i < rows; i++) {
        SIMD
        for (size_t j = 0; j < width; j++)
            y[i * stride + j] = beta == 0 ? 0 : beta * y[i * stride + j];
    }
}

/* What flows into queries, keys and values where nothing flows out of the result. */
static void head_backward_of_nothing(const struct head *h)
{
    const struct attention *s = h->shape;
    if (h->beta == 1)
        return;
    scale_rows(h->dq, s->q_stride, s->query_length, s->head_width, h->beta);
    scale_rows(h->dk, s->k_stride, s->key_length, s->head_width, h->beta);
    scale_rows(h->dv, s->v_stride, s->key_length, s->head_width, h->beta);
}

static void head_backward(const struct head *h, const struct room *room)
{
    const struct attention *s = h->shape;
    if (has_no_gradient(h)) {
        head_backward_of_nothing(h);
        return;
    }
    find_hidden(h, room);
    transpose_keys(s, room, room->k, h->k, s->k_stride);
    transpose_keys(s, room, room->v, h->v, s->v_stride);
    for (size_t first = 0; first < s->query_length; first += room->queries) {
        size_t count = smaller(room->queries, s->query_length - first);
        for (size_t i = 0; i < count; i += TILE_ROWS) {
            size_t rows = smaller(TILE_ROWS, count - i), query = first + i;
            float *p = room->p + i * room->width, *ds = room->ds + i * room->width;
            multiply_keys(s, room, p, h->q + query * s->q_stride, s->q_stride, room->k, h->scale,
                          rows);
            multiply_keys(s, room, ds, h->dy + query * s->y_stride, s->y_stride, room->v, 1, rows);
            for (size_t r = 0; r < rows; r++)
                row_backward(h, room, query + r, p + r * room->width, ds + r * room->width);
        }
        add_query_slopes(h, room, first, count);
        add_key_slopes(h, room, first, count);
    }
}

/* ---- all heads ---- */

static size_t head_work(const struct attention *s)
{
    return s->batch * s->heads * s->query_length * (s->key_length + s->head_width) * 8;
}

static struct head head_at(const struct attention *s, size_t task, const float *q, const float *k,
                           const float *v)
{
    size_t element = task / s->heads, head = task % s->heads, column = head * s->head_width;
    return (struct head){ .shape = s,
                          .element = element,
                          .head = head,
                          .scale = (float)(1 / sqrt((double)s->head_width)),
                          .q = q + element * s->query_length * s->q_stride + column,
                          .k = k + element * s->key_length * s->k_stride + column,
                          .v = v + element * s->key_length * s->v_stride + column };
}

static void attention_forward(const struct compute *c, const struct attention *shape, real *y,
                              real *lse, const real *q, const real *k, const real *v)
{
    struct cpu_state *state = c->state;
    struct workspace *workspace = workspace_take(&state->workspaces);
    struct room room;
    bool fits = lay_out(&room, shape, workspace->slice, false);
#pragma omp parallel for schedule(static) num_threads(team(c, head_work(shape))) private(room)
    for (size_t task = 0; task < (fits ? shape->batch * shape->heads : 0); task++) {
        struct head h = head_at(shape, task, q, k, v);
        h.y_out =
            y + h.element * shape->query_length * shape->y_stride + h.head * shape->head_width;
        h.lse_out = lse + task * shape->query_length;
        lay_out(&room, shape, workspace_slice(workspace, omp_get_thread_num()), false);
        head_forward(&h, &room);
    }
    workspace_give(&state->workspaces, workspace);
    if (!fits)
        reference_attention_forward(c, shape, y, lse, q, k, v);
}

static void attention_backward(const struct compute *c, const struct attention *shape, real *dq,
                               real *dk, real *dv, const real *dy, const real *y, const real *lse,
                               const real *q, const real *k, const real *v, real beta)
{
    struct cpu_state *state = c->state;
    struct workspace *workspace = workspace_take(&state->workspaces);
    struct room room;
    bool fits = lay_out(&room, shape, workspace->slice, true);
#pragma omp parallel for schedule(static) num_threads(team(c, head_work(shape))) private(room)
    for (size_t task = 0; task < (fits ? shape->batch * shape->heads : 0); task++) {
        struct head h = head_at(shape, task, q, k, v);
        size_t result =
            h.element * shape->query_length * shape->y_stride + h.head * shape->head_width;
        h.y = y + result;
        h.dy = dy + result;
        h.lse = lse + task * shape->query_length;
        h.dq = dq + (h.q - q);
        h.dk = dk + (h.k - k);
        h.dv = dv + (h.v - v);
        h.beta = beta;
        lay_out(&room, shape, workspace_slice(workspace, omp_get_thread_num()), true);
        head_backward(&h, &room);
    }
    workspace_give(&state->workspaces, workspace);
    if (!fits)
        reference_attention_backward(c, shape, dq, dk, dv, dy, y, lse, q, k, v, beta);
}

void VECTOR(attention_install)(struct compute *c)
{
    c->attention_forward = attention_forward;
    c->attention_backward = attention_backward;
}
