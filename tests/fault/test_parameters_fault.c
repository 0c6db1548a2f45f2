/* Files of parameters and of optimisers when memory or the disk runs out: the old file stays, a
 * model that could not be loaded is as it was, and nothing is left behind. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/resource.h>

#include "base/status.h"
#include "nn/adam.h"
#include "support/scratch.h"
#include "support/support.h"

/* Two packed parameters, one of its own and a counter: 250 kB of values. */
struct net {
    struct compute *compute;
    struct parameters p;
    struct optimiser optimiser;
};

static void declare(struct parameters *p)
{
    static const char *const parts[] = { "q", "k" };
    const size_t dim[] = { 100, 200 };

    parameters_enter(p, "net");
    parameters_declare_parts(p, parts, 2, dim, 2, initial_uniform(1));
    parameters_declare(p, "w", dim, 2, initial_uniform(1));
    parameters_declare_counter(p, "count");
    parameters_leave(p);
}

static enum gmr_status fill_net(struct net *n, uint64_t seed)
{
    TRY(parameters_create(&n->p, n->compute));
    parameters_initialise(&n->p, seed);
    return optimiser_init(&n->optimiser, &n->p, adam_settings_default());
}

static enum gmr_status net_init(struct net *n, const struct gmr_allocator *allocator, uint64_t seed)
{
    enum gmr_status status;

    memset(n, 0, sizeof *n);
    TRY(compute_create_reference(allocator, &n->compute));
    parameters_init(&n->p, allocator);
    declare(&n->p);
    status = fill_net(n, seed);
    if (status != GMR_OK) {
        parameters_release(&n->p);
        compute_destroy(n->compute);
    }
    return status;
}

static void net_release(struct net *n)
{
    optimiser_release(&n->optimiser);
    parameters_release(&n->p);
    compute_destroy(n->compute);
}

/* One step, so that moments and steps are not zero. */
static void net_step(struct net *n)
{
    for (size_t i = 0; i < n->p.tensor_count; i++)
        if (n->p.tensor[i]->requires_grad) {
            fill_normal(n->p.tensor[i]->grad, tensor_numel(n->p.tensor[i]), i);
            n->p.tensor[i]->has_grad = true;
        }
    optimiser_step(&n->optimiser);
}

typedef enum gmr_status job(struct net *n);

static enum gmr_status save_model(struct net *n)
{
    return parameters_save(&n->p, in_scratch("model"), NULL, 0);
}

static enum gmr_status save_optimiser(struct net *n)
{
    return optimiser_save(&n->optimiser, in_scratch("adam"), NULL, 0);
}

static enum gmr_status load_model(struct net *n)
{
    return parameters_load(&n->p, in_scratch("model"));
}

static enum gmr_status load_optimiser(struct net *n)
{
    return optimiser_load(&n->optimiser, in_scratch("adam"));
}

/* ---- the disk ---- */

/* A limit on the size of files is a disk that gets full. */
static enum gmr_status with_limit(job *save, struct net *n, rlim_t limit)
{
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, now;
    enum gmr_status status;

    getrlimit(RLIMIT_FSIZE, &before);
    now = before;
    now.rlim_cur = limit;
    setrlimit(RLIMIT_FSIZE, &now);
    status = save(n);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    return status;
}

static void check_full_disk(job *save, const char *name)
{
    static const rlim_t limits[] = { 0, 100, 4096, 100000 };
    struct net n;

    assert_int_equal(net_init(&n, NULL, 1), GMR_OK);
    put_scratch(name, "old");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_int_equal(with_limit(save, &n, limits[i]), GMR_ERR_IO);
        assert_non_null(strstr(gmr_error_message(), in_scratch(name)));
        assert_non_null(strstr(gmr_error_message(), "File too large"));
        assert_true(scratch_holds(name, "old"));
        assert_int_equal(count_scratch_entries(), 1);
    }
    assert_int_equal(with_limit(save, &n, RLIM_INFINITY), GMR_OK);
    assert_false(scratch_holds(name, "old"));
    net_release(&n);
}

static void a_full_disk_leaves_the_old_parameters(void **state)
{
    (void)state;
    check_full_disk(save_model, "model");
}

static void a_full_disk_leaves_the_old_optimiser(void **state)
{
    (void)state;
    check_full_disk(save_optimiser, "adam");
}

/* ---- memory ---- */

/* Runs a job whose allocation n fails, on a model that was made and trained before, and then
 * `check`. False when the job made fewer allocations, and has succeeded. */
static bool fail_allocation(job *work, size_t n, void (*check)(const struct net *net))
{
    struct failing_allocator memory;
    enum gmr_status status;
    struct net net;
    bool failed;

    failing_allocator_init(&memory, 0);
    assert_int_equal(net_init(&net, &memory.allocator, 2), GMR_OK);
    net_step(&net);
    memory.fail_at = memory.calls + n;
    status = work(&net);
    failed = failing_allocator_has_failed(&memory);
    assert_int_equal(status, failed ? GMR_ERR_NOMEM : GMR_OK);
    if (failed) {
        assert_non_null(strstr(gmr_error_message(), "memory"));
        check(&net);
    }
    net_release(&net);
    assert_true(failing_allocator_is_clean(&memory));
    return failed;
}

static void old_file_is_there(const struct net *net)
{
    (void)net;
    assert_true(scratch_holds("model", "old"));
    assert_true(scratch_holds("adam", "old"));
    assert_int_equal(count_scratch_entries(), 2);
}

static void check_saving(job *save, const char *name)
{
    size_t n = 1;

    put_scratch("model", "old");
    put_scratch("adam", "old");
    while (fail_allocation(save, n, old_file_is_there))
        n++;
    assert_true(n > 3);
    assert_false(scratch_holds(name, "old"));
}

static void saving_survives_each_failure(void **state)
{
    (void)state;
    check_saving(save_model, "model");
    check_saving(save_optimiser, "adam");
}

/* As net_init with seed 2 and net_step leave it. */
static void net_is_unchanged(const struct net *net)
{
    struct net expected;

    assert_int_equal(net_init(&expected, NULL, 2), GMR_OK);
    net_step(&expected);
    assert_memory_equal(net->p.values, expected.p.values, expected.p.values_bytes);
    assert_memory_equal(net->optimiser.first, expected.optimiser.first, expected.optimiser.bytes);
    assert_memory_equal(net->optimiser.second, expected.optimiser.second, expected.optimiser.bytes);
    assert_memory_equal(net->optimiser.step, expected.optimiser.step,
                        expected.p.tensor_count * sizeof(int64_t));
    net_release(&expected);
}

static void loading_survives_each_failure(void **state)
{
    static job *const jobs[] = { load_model, load_optimiser };
    struct net other;

    (void)state;
    assert_int_equal(net_init(&other, NULL, 1), GMR_OK);
    net_step(&other);
    net_step(&other);
    assert_int_equal(save_model(&other), GMR_OK);
    assert_int_equal(save_optimiser(&other), GMR_OK);
    net_release(&other);
    for (size_t i = 0; i < 2; i++) {
        size_t n = 1;

        while (fail_allocation(jobs[i], n, net_is_unchanged))
            n++;
        assert_true(n > 3);
    }
}

/* Making a model and its optimiser: each allocation fails, nothing is left behind. */
static void making_survives_each_failure(void **state)
{
    size_t n = 1;

    (void)state;
    for (;; n++) {
        struct failing_allocator memory;
        enum gmr_status status;
        struct net net;

        failing_allocator_init(&memory, n);
        status = net_init(&net, &memory.allocator, 1);
        if (status == GMR_OK)
            net_release(&net);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            break;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
    }
    assert_true(n > 8);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_leaves_the_old_parameters),
        TEST(a_full_disk_leaves_the_old_optimiser),
        TEST(saving_survives_each_failure),
        TEST(loading_survives_each_failure),
        cmocka_unit_test(making_survives_each_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
