/* Cells of recurrent networks, from the linear parts of their gates on (spec section 0). Rows of
 * gates lie one gate behind the other: gate * width + i. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"

enum { STRIP = 256 /* elements of a row whose slopes are held at a time */ };

/* y = (1 - z) n + z h, with r = sigmoid(gi_r + gh_r), z = sigmoid(gi_z + gh_z),
 * n = tanh(gi_n + r gh_n). */
static void gru_row(float *y, float *kept, const float *gi, const float *gh, const float *h,
                    size_t width)
{
    SIMD
    for (size_t i = 0; i < width; i++) {
        float r = sigmoid_of(gi[i] + gh[i]);
        float z = sigmoid_of(gi[width + i] + gh[width + i]);
        float hidden = gh[2 * width + i], n = tanh_of(gi[2 * width + i] + r * hidden);
        y[i] = (1 - z) * n + z * h[i];
        kept[i] = r;
        kept[width + i] = z;
        kept[2 * width + i] = n;
        kept[3 * width + i] = hidden;
    }
}

static void gru_cell_forward(const struct compute *c, real *y, real *kept, const real *gi,
                             const real *gh, const real *h, size_t batch, size_t width)
{
    PARALLEL(c, batch * width * 8)
    for (size_t b = 0; b < batch; b++)
        gru_row(y + b * width, kept + b * 4 * width, gi + b * 3 * width, gh + b * 3 * width,
                h + b * width, width);
}

/* to[place + i] += x[i], where that gradient is wanted */
ALWAYS_INLINE void add_to(float *to, size_t place, const float *x, size_t n)
{
    if (!to)
        return;
    SIMD
    for (size_t i = 0; i < n; i++)
        to[place + i] += x[i];
}

/* Gradients at the arguments of the three non-linearities, at the third part of gh, and at h. */
struct gru_slopes {
    float r[STRIP], z[STRIP], n[STRIP], hidden[STRIP], h[STRIP];
};

static void gru_strip_slopes(struct gru_slopes *s, const float *dy, const float *kept,
                             const float *h, size_t width, size_t count)
{
    SIMD
    for (size_t i = 0; i < count; i++) {
        float r = kept[i], z = kept[width + i], n = kept[2 * width + i];
        float slope_n = dy[i] * (1 - z) * (1 - n * n);
        s->n[i] = slope_n;
        s->z[i] = dy[i] * (h[i] - n) * z * (1 - z);
        s->r[i] = slope_n * kept[3 * width + i] * r * (1 - r);
        s->hidden[i] = slope_n * r;
        s->h[i] = dy[i] * z;
    }
}

static void gru_cell_backward(const struct compute *c, real *dgi, real *dgh, real *dh,
                              const real *dy, const real *kept, const real *h, size_t batch,
                              size_t width)
{
    PARALLEL(c, batch * width * 8)
    for (size_t b = 0; b < batch; b++)
        for (size_t at = 0; at < width; at += STRIP) {
            struct gru_slopes s;
            size_t n = smaller(STRIP, width - at), row = b * width + at, gate = b * 3 * width + at;
            gru_strip_slopes(&s, dy + row, kept + b * 4 * width + at, h + row, width, n);
            add_to(dgi, gate, s.r, n);
            add_to(dgi, gate + width, s.z, n);
            add_to(dgi, gate + 2 * width, s.n, n);
            add_to(dgh, gate, s.r, n);
            add_to(dgh, gate + width, s.z, n);
            add_to(dgh, gate + 2 * width, s.hidden, n);
            add_to(dh, row, s.h, n);
        }
}

/* cell_next = f cell + i g, y = o tanh(cell_next). */
static void lstm_row(float *y, float *cell_next, float *kept, const float *gates, const float *cell,
                     size_t width)
{
    SIMD
    for (size_t e = 0; e < width; e++) {
        float i = sigmoid_of(gates[e]), f = sigmoid_of(gates[width + e]);
        float g = tanh_of(gates[2 * width + e]), o = sigmoid_of(gates[3 * width + e]);
        float next = f * cell[e] + i * g;
        cell_next[e] = next;
        y[e] = o * tanh_of(next);
        kept[e] = i;
        kept[width + e] = f;
        kept[2 * width + e] = g;
        kept[3 * width + e] = o;
    }
}

static void lstm_cell_forward(const struct compute *c, real *y, real *cell_next, real *kept,
                              const real *gates, const real *cell, size_t batch, size_t width)
{
    PARALLEL(c, batch * width * 8)
    for (size_t b = 0; b < batch; b++)
        lstm_row(y + b * width, cell_next + b * width, kept + b * 4 * width, gates + b * 4 * width,
                 cell + b * width, width);
}

struct lstm_slopes {
    float i[STRIP], f[STRIP], g[STRIP], o[STRIP], cell[STRIP];
};

static const float zeros[STRIP];

static void lstm_strip_slopes(struct lstm_slopes *s, const float *dy, const float *dnext,
                              const float *kept, const float *cell, const float *cell_next,
                              size_t width, size_t count)
{
    SIMD
    for (size_t e = 0; e < count; e++) {
        float i = kept[e], f = kept[width + e], g = kept[2 * width + e], o = kept[3 * width + e];
        float t = tanh_of(cell_next[e]), slope = dy[e] * o * (1 - t * t) + dnext[e];
        s->i[e] = slope * g * i * (1 - i);
        s->f[e] = slope * cell[e] * f * (1 - f);
        s->g[e] = slope * i * (1 - g * g);
        s->o[e] = dy[e] * t * o * (1 - o);
        s->cell[e] = slope * f;
    }
}

static void lstm_cell_backward(const struct compute *c, real *dgates, real *dcell, const real *dy,
                               const real *dcell_next, const real *kept, const real *cell,
                               const real *cell_next, size_t batch, size_t width)
{
    PARALLEL(c, batch * width * 8)
    for (size_t b = 0; b < batch; b++)
        for (size_t at = 0; at < width; at += STRIP) {
            struct lstm_slopes s;
            size_t n = smaller(STRIP, width - at), row = b * width + at, gate = b * 4 * width + at;
            lstm_strip_slopes(&s, dy ? dy + row : zeros, dcell_next ? dcell_next + row : zeros,
                              kept + gate, cell + row, cell_next + row, width, n);
            add_to(dgates, gate, s.i, n);
            add_to(dgates, gate + width, s.f, n);
            add_to(dgates, gate + 2 * width, s.g, n);
            add_to(dgates, gate + 3 * width, s.o, n);
            add_to(dcell, row, s.cell, n);
        }
}

void VECTOR(recurrent_install)(struct compute *c)
{
    c->gru_cell_forward = gru_cell_forward;
    c->gru_cell_backward = gru_cell_backward;
    c->lstm_cell_forward = lstm_cell_forward;
    c->lstm_cell_backward = lstm_cell_backward;
}
