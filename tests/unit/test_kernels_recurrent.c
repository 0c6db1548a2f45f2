/* Reference cells of recurrent networks: values by PyTorch 1.13 (gru_cell, lstm_cell) in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kernels.h"

enum { BATCH = 2, WIDTH = 3, N = BATCH * WIDTH };

static void gru(void **state)
{
    const struct compute *c = *state;
    real gi[3 * N], gh[3 * N], h[N], y[N], kept[4 * N];
    fill_steps(gi, 3 * N, 5);
    fill_steps(gh, 3 * N, 3);
    fill_steps(h, N, 7);
    c->gru_cell_forward(c, y, kept, gi, gh, h, BATCH, WIDTH);
    assert_close(y, ((const double[]){ -0.921739858, 0.317902137, -0.900419962, 0.547721451,
                                       -0.480566271, 0.693750176 }));
    assert_close(kept, ((const double[]){ 0.0474258732, 0.268941421, 0.731058579,  0.437823499,
                                          0.851952802,  0.622459331, -0.471390406, 0.708651954,
                                          -0.324059917, -0.25,       0.5,          1.25,
                                          0.222700139,  0.679178699, 0.377540669,  0.817574476,
                                          0.0474258732, 0.268941421, 0.761594156,  -0.454705188,
                                          0.673057022,  0,           0.75,         1.5 }));
}

/* Gates of 0: r = z = 1/2, n = tanh(gi_n + gh_n / 2) = 0. So y = h / 2, and one gradient of 1 gives
 * 1/2 at n, h / 4 at z, 1/2 * gh_n / 4 at r. */
static void gru_slopes(void **state)
{
    const struct compute *c = *state;
    const real gi[] = { 0, 0, -1 }, gh[] = { 0, 0, 2 }, h[] = { 3 }, dy[] = { 1 };
    real y[1], kept[4], dgi[3] = { 1, 1, 1 }, dgh[3] = { 0 }, dh[1] = { 10 };
    c->gru_cell_forward(c, y, kept, gi, gh, h, 1, 1);
    assert_close(y, ((const double[]){ 1.5 }));
    c->gru_cell_backward(c, dgi, NULL, NULL, dy, kept, h, 1, 1);
    assert_close(dgi, ((const double[]){ 1.25, 1.75, 1.5 }));
    c->gru_cell_backward(c, NULL, dgh, dh, dy, kept, h, 1, 1);
    assert_close(dgh, ((const double[]){ 0.25, 0.75, 0.25 }));
    assert_close(dh, ((const double[]){ 10.5 }));
}

static void lstm(void **state)
{
    const struct compute *c = *state;
    real gates[4 * N], cell[N], y[N], next[N], kept[4 * N];
    fill_steps(gates, 4 * N, 5);
    fill_steps(cell, N, 7);
    c->lstm_cell_forward(c, y, next, kept, gates, cell, BATCH, WIDTH);
    assert_close(y, ((const double[]){ -0.226200129, 0.307634566, -0.297647542, 0.162593973,
                                       -0.169624401, 0.469634604 }));
    assert_close(next, ((const double[]){ -0.487714097, 0.418627262, -1.64211313, 0.928947266,
                                          -0.353243386, 0.699715512 }));
    /* Row 0: sigmoid of the gates i, f and o, tanh of g. */
    assert_close(kept, ((const double[]){ 0.182425524, 0.437823499, 0.731058579, 0.268941421,
                                          0.562176501, 0.817574476, -0.462117157, 0.635148952,
                                          -0.84828364, 0.5, 0.777299861, 0.320821301 }));
}

/* All gates 0, cell 2: i = f = o = 1/2, g = 0, next = 1. */
static void lstm_slopes_of_either_result(void **state)
{
    const struct compute *c = *state;
    const real gates[4] = { 0 }, cell[] = { 2 }, one[] = { 1 };
    const double t = 0.761594156, s = 0.5 * 0.419974342; /* tanh(1), tanh'(1) / 2 */
    real y[1], next[1], kept[4], dgates[4] = { 0 }, dcell[1] = { 0 };
    c->lstm_cell_forward(c, y, next, kept, gates, cell, 1, 1);
    assert_close(y, ((const double[]){ 0.5 * t }));
    c->lstm_cell_backward(c, dgates, dcell, NULL, one, kept, cell, next, 1, 1);
    assert_close(dgates, ((const double[]){ 0, 0.5, 0.5, 0 }));
    assert_close(dcell, ((const double[]){ 0.5 }));
    c->lstm_cell_backward(c, dgates, NULL, one, NULL, kept, cell, next, 1, 1);
    assert_close(dgates, ((const double[]){ 0, 0.5 + s / 2, 0.5 + s / 2, t / 4 }));
    assert_close(dcell, ((const double[]){ 0.5 }));
    c->lstm_cell_backward(c, NULL, dcell, one, one, kept, cell, next, 1, 1);
    assert_close(dcell, ((const double[]){ 1 + s / 2 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gru),
        cmocka_unit_test(gru_slopes),
        cmocka_unit_test(lstm),
        cmocka_unit_test(lstm_slopes_of_either_result),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
