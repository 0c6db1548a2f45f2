/* Adam, dropout and the reference table itself. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/kernels.h"
#include "support/support.h"

/* Three steps of torch.optim.Adam(lr=0.01, weight_decay=0.1), PyTorch 1.13 in double. */
static void adam_takes_pytorch_steps(void **state)
{
    const struct compute *c = *state;
    static const double expected[3][4] = {
        { 1.01, -1.99, 0.49, 0.0099999999 },
        { 1.01999981, -1.98418049, 0.491194405, 0.0126556479 },
        { 1.02999931, -1.98626673, 0.492909108, 0.0187849364 },
    };
    struct adam settings = {
        .rate = 0.01, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.1
    };
    real p[] = { 1, -2, 0.5, 0 }, m[4] = { 0 }, v[4] = { 0 }, g[4];
    for (size_t step = 0; step < 3; step++) {
        fill_steps(g, 4, 5 + 2 * step);
        settings.step = step + 1;
        c->adam_step(c, &settings, p, m, v, g, 4);
        assert_close(p, expected[step]);
    }
    assert_close(m, ((const double[]){ -0.379110002, 0.0232981951, -0.043128056, -0.160783444 }));
    assert_close(v,
                 ((const double[]){ 0.00586572981, 0.00050893625, 0.0025816077, 0.00280808869 }));
}

static void dropout_follows_the_stream(void **state)
{
    const struct compute *c = *state;
    enum { N = 101, KEY = 42, STREAM = 3 };
    real x[N], y[N], again[N];
    size_t dropped = 0;
    fill_steps(x, N, 5);
    fill_nan(y, N);
    c->dropout(c, y, x, 0.5, KEY, STREAM, 0, N);
    c->fill(c, again, 1, N);
    c->dropout(c, again, x, 0.5, KEY, STREAM, 2, N);
    for (size_t i = 0; i < N; i++) {
        bool drop = rng_uniform_at(KEY, STREAM, i) < 0.5;
        assert_true(y[i] == (drop ? 0 : 2 * x[i]));
        assert_true(again[i] == y[i] + 2);
        dropped += drop;
    }
    assert_in_range(dropped, 30, 70);
}

static void dropout_of_none_and_of_all(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 1, -2, 3 };
    real y[3];
    c->dropout(c, y, x, 0, 1, 1, 0, 3);
    assert_close(y, ((const double[]){ 1, -2, 3 }));
    c->dropout(c, y, x, 1, 1, 1, 0, 3);
    assert_close(y, ((const double[]){ 0, 0, 0 }));
}

static void table_is_complete(void **state)
{
    const struct compute *c = *state;
#define KERNEL(name, arguments) assert_true(c->name != NULL);
#include "compute/kernels.def"
#undef KERNEL
    assert_string_equal(c->name, "reference");
    assert_int_equal(c->threads, 1);
    assert_int_equal(c->synchronise(c), GMR_OK);
    void *memory = c->device.allocate(&c->device, 100);
    assert_non_null(memory);
    c->device.release(&c->device, memory, 100);
}

static void table_reports_lack_of_memory(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        struct compute *c = NULL;
        failing_allocator_init(&memory, n);
        enum gmr_status status = compute_create_reference(&memory.allocator, &c);
        compute_destroy(c);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            assert_int_equal(n, 2);
            break;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
        assert_null(c);
    }
    compute_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adam_takes_pytorch_steps),
        cmocka_unit_test(dropout_follows_the_stream),
        cmocka_unit_test(dropout_of_none_and_of_all),
        cmocka_unit_test(table_is_complete),
        cmocka_unit_test(table_reports_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
