/* Signals that come while products are computed: handlers run, and neither the numbers nor the heap
 * are the worse for it (compute/cpu/signals.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compute/compute.h"
#include "support/support.h"

/* So long a sum that oneDNN's kernels keep a panel on the heap. */
enum { ROWS = 96, LENGTH = 3000, COLUMNS = 96, PRODUCTS = 200, FRAME = 4096, PAUSE = 100 };

static atomic_size_t signals;
static atomic_bool is_over;

/* A frame as large as any handler's. */
static void handle(int number)
{
    char frame[FRAME];
    memset(frame, 0xAA, sizeof frame);
    __asm__ volatile("" : : "r"(frame), "r"(number) : "memory");
    atomic_fetch_add(&signals, 1);
}

static void *bombard(void *user)
{
    const pthread_t *target = user;
    while (!atomic_load(&is_over)) {
        pthread_kill(*target, SIGUSR1);
        usleep(PAUSE);
    }
    return NULL;
}

/* The product of one thread, which is the one that is bombarded. */
static void multiply(struct compute *compute, float *y, const float *a, const float *b)
{
    const struct matmul shape = { .m = ROWS,
                                  .n = COLUMNS,
                                  .k = LENGTH,
                                  .batch = 1,
                                  .alpha = 1,
                                  .a_stride = LENGTH,
                                  .b_stride = COLUMNS,
                                  .y_stride = COLUMNS };
    compute->matmul(compute, &shape, y, a, b, 0);
}

static void products_are_the_same_under_signals(void **state)
{
    (void)state;
    static float a[ROWS * LENGTH], b[LENGTH * COLUMNS], quiet[ROWS * COLUMNS];
    static float disturbed[ROWS * COLUMNS];
    const struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
    struct compute *compute;
    pthread_t self = pthread_self(), other;
    fill_normal(a, ROWS * LENGTH, 1);
    fill_normal(b, LENGTH * COLUMNS, 2);
    assert_int_equal(compute_create_cpu(NULL, 1, &compute), GMR_OK);
    multiply(compute, quiet, a, b);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pthread_create(&other, NULL, bombard, &self), 0);
    for (size_t i = 0; i < PRODUCTS || atomic_load(&signals) < PRODUCTS; i++) {
        void *near = malloc(64 * (i % 100 + 1)); /* neighbours of the kernels' buffers */
        multiply(compute, disturbed, a, b);
        free(near);
        assert_memory_equal(disturbed, quiet, sizeof quiet);
    }
    atomic_store(&is_over, true);
    pthread_join(other, NULL);
    compute_destroy(compute);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(products_are_the_same_under_signals) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
