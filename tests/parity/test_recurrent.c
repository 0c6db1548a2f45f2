/* Cells of recurrent networks of the cpu table against the reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/parity.h"

static const double TOLERANCE = 1e-6;

static void gru_cell(struct parity *p)
{
    size_t width = parity_size(p, 1, 600), batch = parity_rows(p, 8 * width), n = batch * width;
    const real *gi = parity_normal(p, 3 * n), *gh = parity_normal(p, 3 * n);
    const real *h = parity_normal(p, n), *dy = parity_normal(p, n);
    struct outcome y = parity_output(p, n), kept = parity_output(p, 4 * n);
    struct outcome dgi = parity_wanted(p, 3 * n, parity_flip(p));
    struct outcome dgh = parity_wanted(p, 3 * n, parity_flip(p));
    struct outcome dh = parity_wanted(p, n, parity_flip(p));
    FOR_TABLES(p, c, side)
    {
        c->gru_cell_forward(c, y.at[side], kept.at[side], gi, gh, h, batch, width);
        c->gru_cell_backward(c, dgi.at[side], dgh.at[side], dh.at[side], dy, kept.at[side], h,
                             batch, width);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "kept", kept, TOLERANCE);
    parity_compare(p, "dgi", dgi, TOLERANCE);
    parity_compare(p, "dgh", dgh, TOLERANCE);
    parity_compare(p, "dh", dh, TOLERANCE);
}

static void lstm_cell(struct parity *p)
{
    size_t width = parity_size(p, 1, 600), batch = parity_rows(p, 8 * width), n = batch * width;
    const real *gates = parity_normal(p, 4 * n), *cell = parity_normal(p, n);
    const real *dy = parity_flip(p) ? parity_normal(p, n) : NULL;
    const real *dnext = !dy || parity_flip(p) ? parity_normal(p, n) : NULL;
    struct outcome y = parity_output(p, n), next = parity_output(p, n);
    struct outcome kept = parity_output(p, 4 * n);
    struct outcome dgates = parity_wanted(p, 4 * n, parity_flip(p));
    struct outcome dcell = parity_wanted(p, n, parity_flip(p));
    FOR_TABLES(p, c, side)
    {
        c->lstm_cell_forward(c, y.at[side], next.at[side], kept.at[side], gates, cell, batch,
                             width);
        c->lstm_cell_backward(c, dgates.at[side], dcell.at[side], dy, dnext, kept.at[side], cell,
                              next.at[side], batch, width);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "next cell", next, TOLERANCE);
    parity_compare(p, "kept", kept, TOLERANCE);
    parity_compare(p, "dgates", dgates, TOLERANCE);
    parity_compare(p, "dcell", dcell, TOLERANCE);
}

static void test_gru(void **state)
{
    parity_run(gru_cell, 16);
}

static void test_lstm(void **state)
{
    parity_run(lstm_cell, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gru),
        cmocka_unit_test(test_lstm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
