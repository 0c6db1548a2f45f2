/* The cpu table when memory runs out: it is made or not, and once made its kernels do not fail. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "compute/compute.h"
#include "support/support.h"

static void creation_fails_cleanly(void **state)
{
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        struct compute *c = NULL;
        failing_allocator_init(&memory, n);
        enum gmr_status status = compute_create_cpu(&memory.allocator, 2, &c);
        if (status == GMR_OK)
            compute_destroy(c);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            break;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
    }
}

enum { USERS = 4, LENGTH = 40, WIDTH = 64, COUNT = LENGTH * WIDTH, TURNS = 50 };

struct user {
    const struct compute *c;
    const real *x;
    real y[COUNT], lse[LENGTH];
};

static void *attend(void *argument)
{
    struct user *user = argument;
    const struct attention shape = { .batch = 1,
                                     .heads = 1,
                                     .query_length = LENGTH,
                                     .key_length = LENGTH,
                                     .head_width = WIDTH,
                                     .q_stride = WIDTH,
                                     .k_stride = WIDTH,
                                     .v_stride = WIDTH,
                                     .y_stride = WIDTH };
    for (size_t turn = 0; turn < TURNS; turn++)
        user->c->attention_forward(user->c, &shape, user->y, user->lse, user->x, user->x, user->x);
    return NULL;
}

/* `fail` is the number of the first call that fails, of all that follow the table's creation. */
static void share_one_table(size_t fail)
{
    static struct user user[USERS], alone;
    static real x[COUNT];
    struct failing_allocator memory;
    struct compute *c;
    pthread_t thread[USERS];
    failing_allocator_init(&memory, 0);
    assert_int_equal(compute_create_cpu(&memory.allocator, 2, &c), GMR_OK);
    memory.fail_at = memory.calls + fail;
    memory.stays_failed = true;
    fill_normal(x, COUNT, 1);
    alone = (struct user){ .c = c, .x = x };
    attend(&alone);
    for (size_t i = 0; i < USERS; i++) {
        user[i] = (struct user){ .c = c, .x = x };
        assert_int_equal(pthread_create(&thread[i], NULL, attend, &user[i]), 0);
    }
    for (size_t i = 0; i < USERS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    for (size_t i = 0; i < USERS; i++)
        assert_memory_equal(user[i].y, alone.y, sizeof alone.y);
    compute_destroy(c);
    assert_true(failing_allocator_is_clean(&memory));
}

/* With no memory for another workspace, users of the table wait for the one there is. */
static void kernels_do_without_more_memory(void **state)
{
    share_one_table(1);
    share_one_table(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation_fails_cleanly),
        cmocka_unit_test(kernels_do_without_more_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
