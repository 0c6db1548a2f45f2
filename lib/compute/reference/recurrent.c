/* Cells of recurrent networks, from the linear parts of their gates on (spec section 0). Rows of
 * gates lie one gate behind the other: gate * width + i. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

/* y = (1 - z) n + z h, with r = sigmoid(gi_r + gh_r), z = sigmoid(gi_z + gh_z),
 * n = tanh(gi_n + r gh_n). */
void reference_gru_cell_forward(const struct compute *c, real *y, real *kept, const real *gi,
                                const real *gh, const real *h, size_t batch, size_t width)
{
    for (size_t e = 0; e < batch * width; e++) {
        size_t row = e / width, i = e % width;
        const real *in = gi + row * 3 * width + i, *hidden = gh + row * 3 * width + i;
        double r = sigmoid((double)in[0] + hidden[0]);
        double z = sigmoid((double)in[width] + hidden[width]);
        double n = tanh(in[2 * width] + r * hidden[2 * width]);
        y[e] = (real)((1 - z) * n + z * h[e]);

        real *keep = kept + row * 4 * width + i;
        keep[0] = (real)r;
        keep[width] = (real)z;
        keep[2 * width] = (real)n;
        keep[3 * width] = hidden[2 * width];
    }
}

void reference_gru_cell_backward(const struct compute *c, real *dgi, real *dgh, real *dh,
                                 const real *dy, const real *kept, const real *h, size_t batch,
                                 size_t width)
{
    for (size_t e = 0; e < batch * width; e++) {
        size_t row = e / width, i = e % width, gate = row * 3 * width + i;
        const real *keep = kept + row * 4 * width + i;
        double r = keep[0], z = keep[width], n = keep[2 * width], hidden_n = keep[3 * width];

        /* Gradients at the arguments of the three non-linearities. */
        double slope_n = dy[e] * (1 - z) * (1 - n * n);
        double slope_z = dy[e] * (h[e] - n) * z * (1 - z);
        double slope_r = slope_n * hidden_n * r * (1 - r);

        accumulate(dgi, gate, slope_r);
        accumulate(dgi, gate + width, slope_z);
        accumulate(dgi, gate + 2 * width, slope_n);
        accumulate(dgh, gate, slope_r);
        accumulate(dgh, gate + width, slope_z);
        accumulate(dgh, gate + 2 * width, slope_n * r);
        accumulate(dh, e, dy[e] * z);
    }
}

/* cell_next = f cell + i g, y = o tanh(cell_next). */
void reference_lstm_cell_forward(const struct compute *c, real *y, real *cell_next, real *kept,
                                 const real *gates, const real *cell, size_t batch, size_t width)
{
    for (size_t e = 0; e < batch * width; e++) {
        size_t at = e / width * 4 * width + e % width;
        double i = sigmoid(gates[at]), f = sigmoid(gates[at + width]);
        double g = tanh(gates[at + 2 * width]), o = sigmoid(gates[at + 3 * width]);
        double next = f * cell[e] + i * g;
        cell_next[e] = (real)next;
        y[e] = (real)(o * tanh(next));

        kept[at] = (real)i;
        kept[at + width] = (real)f;
        kept[at + 2 * width] = (real)g;
        kept[at + 3 * width] = (real)o;
    }
}

void reference_lstm_cell_backward(const struct compute *c, real *dgates, real *dcell,
                                  const real *dy, const real *dcell_next, const real *kept,
                                  const real *cell, const real *cell_next, size_t batch,
                                  size_t width)
{
    for (size_t e = 0; e < batch * width; e++) {
        size_t at = e / width * 4 * width + e % width;
        double i = kept[at], f = kept[at + width], g = kept[at + 2 * width];
        double o = kept[at + 3 * width], t = tanh(cell_next[e]), slope_y = dy ? dy[e] : 0;
        double slope_cell = slope_y * o * (1 - t * t) + (dcell_next ? dcell_next[e] : 0);

        accumulate(dgates, at, slope_cell * g * i * (1 - i));
        accumulate(dgates, at + width, slope_cell * cell[e] * f * (1 - f));
        accumulate(dgates, at + 2 * width, slope_cell * i * (1 - g * g));
        accumulate(dgates, at + 3 * width, slope_y * t * o * (1 - o));
        accumulate(dcell, e, slope_cell * f);
    }
}
