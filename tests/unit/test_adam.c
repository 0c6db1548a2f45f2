/* Adam and its files. How each step moves parameters is compared with PyTorch in tests/golden; here
 * is the first step by hand, what a skipped parameter keeps, and that a run which was saved and
 * loaded ends in the same bytes as one that was not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"
#include "nn/adam.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

enum { ROWS = 3, COLUMNS = 4, SIZE = ROWS * COLUMNS };

static struct compute *compute;

/* Two packed parameters, one of its own, and a buffer; w gets a gradient in even steps only. */
struct net {
    struct parameters p;
    struct tensor *packed, *w;
    struct optimiser optimiser;
};

static void net_init(struct net *n, struct adam_settings settings, uint64_t seed)
{
    static const char *const parts[] = { "q", "k" };
    const size_t dim[] = { ROWS, COLUMNS };

    parameters_init(&n->p, NULL);
    n->packed = parameters_declare_parts(&n->p, parts, 2, dim, 2, initial_uniform(1));
    parameters_declare_buffer(&n->p, "table", dim, 2, 1);
    n->w = parameters_declare(&n->p, "w", dim, 2, initial_uniform(1));
    assert_int_equal(parameters_create(&n->p, compute), GMR_OK);
    parameters_initialise(&n->p, seed);
    assert_int_equal(optimiser_init(&n->optimiser, &n->p, settings), GMR_OK);
}

static void net_release(struct net *n)
{
    optimiser_release(&n->optimiser);
    parameters_release(&n->p);
}

static void put_grad(struct tensor *x, uint64_t seed)
{
    fill_normal(x->grad, tensor_numel(x), seed);
    x->has_grad = true;
}

static void take_steps(struct net *n, uint64_t first, uint64_t count)
{
    for (uint64_t step = first; step < first + count; step++) {
        parameters_clear_grad(&n->p);
        put_grad(n->packed, 2 * step);
        if (step % 2 == 0)
            put_grad(n->w, 2 * step + 1);
        optimiser_step(&n->optimiser);
    }
}

static struct adam_settings decaying(void)
{
    struct adam_settings settings = adam_settings_default();

    settings.weight_decay = 0.01;
    return settings;
}

/* ---- steps ---- */

static void defaults_are_those_of_the_paper(void **state)
{
    struct adam_settings s = adam_settings_default();

    (void)state;
    assert_true(s.rate == 1e-3 && s.beta1 == 0.9 && s.beta2 == 0.999);
    assert_true(s.epsilon == 1e-8 && s.weight_decay == 0);
}

/* After bias correction the moments of the first step are g and g^2: it moves by the rate, against
 * the sign of g + decay * p. */
static void first_step_by_hand(void **state)
{
    struct adam_settings settings = decaying();
    real before[SIZE], gradient[SIZE];
    struct net n;

    (void)state;
    net_init(&n, settings, 1);
    memcpy(before, n.w->data, sizeof before);
    put_grad(n.w, 3);
    memcpy(gradient, n.w->grad, sizeof gradient);
    optimiser_step(&n.optimiser);
    for (size_t i = 0; i < SIZE; i++) {
        double g = (double)gradient[i] + settings.weight_decay * (double)before[i];
        double expected = (double)before[i] - settings.rate * g / (fabs(g) + settings.epsilon);

        assert_true(fabs((double)tensor_real(n.w)[i] - expected) < 2e-7);
    }
    assert_int_equal(n.optimiser.step[2], 1);
    net_release(&n);
}

/* The place of a tensor's moments in the optimiser's blocks. */
static const char *moments(const struct net *n, const void *block, const struct tensor *x)
{
    return (const char *)block + ((const char *)x->grad - (const char *)n->p.gradients);
}

static void a_parameter_without_gradient_is_skipped(void **state)
{
    char value[SIZE * sizeof(real)], first[sizeof value], second[sizeof value];
    struct net n;

    (void)state;
    net_init(&n, decaying(), 1);
    take_steps(&n, 0, 1);
    memcpy(value, n.w->data, sizeof value);
    memcpy(first, moments(&n, n.optimiser.first, n.w), sizeof first);
    memcpy(second, moments(&n, n.optimiser.second, n.w), sizeof second);
    take_steps(&n, 1, 1);
    assert_memory_equal(n.w->data, value, sizeof value);
    assert_memory_equal(moments(&n, n.optimiser.first, n.w), first, sizeof first);
    assert_memory_equal(moments(&n, n.optimiser.second, n.w), second, sizeof second);
    assert_int_equal(n.optimiser.step[0], 2);
    assert_int_equal(n.optimiser.step[2], 1);
    net_release(&n);
}

/* A gradient of zero is a gradient: decay moves the parameter. */
static void a_gradient_of_zero_is_not_skipped(void **state)
{
    real before[SIZE];
    struct net n;

    (void)state;
    net_init(&n, decaying(), 1);
    memcpy(before, n.w->data, sizeof before);
    memset(n.w->grad, 0, SIZE * sizeof(real));
    n.w->has_grad = true;
    optimiser_step(&n.optimiser);
    for (size_t i = 0; i < SIZE; i++)
        assert_true(fabs((double)tensor_real(n.w)[i]) < fabs((double)before[i]));
    net_release(&n);
}

static void buffers_are_never_moved(void **state)
{
    const struct parameter *table;
    struct net n;

    (void)state;
    net_init(&n, decaying(), 1);
    table = parameters_find(&n.p, "table");
    take_steps(&n, 0, 3);
    for (size_t i = 0; i < SIZE; i++)
        assert_true(tensor_real(table->tensor)[i] == 1);
    net_release(&n);
}

static void rates_of_noam(void **state)
{
    const uint64_t warm_up = 2000;
    double peak = noam_rate(1, 512, warm_up, warm_up);

    (void)state;
    assert_true(fabs(peak - 1 / sqrt(512.0 * 2000)) < 1e-12);
    assert_true(fabs(noam_rate(2, 512, warm_up, warm_up) - 2 * peak) < 1e-12);
    assert_true(fabs(noam_rate(1, 512, warm_up, warm_up / 4) - peak / 4) < 1e-12);
    assert_true(fabs(noam_rate(1, 512, warm_up, warm_up * 4) - peak / 2) < 1e-12);
    assert_true(noam_rate(1, 512, warm_up, warm_up - 1) < peak);
    assert_true(noam_rate(1, 512, warm_up, warm_up + 1) < peak);
}

/* ---- files ---- */

static void a_resumed_run_ends_in_the_same_bytes(void **state)
{
    struct net unbroken, saved, resumed;

    (void)state;
    net_init(&unbroken, decaying(), 1);
    take_steps(&unbroken, 0, 7);
    net_init(&saved, decaying(), 1);
    take_steps(&saved, 0, 3);
    assert_int_equal(parameters_save(&saved.p, in_scratch("model"), NULL, 0), GMR_OK);
    assert_int_equal(optimiser_save(&saved.optimiser, in_scratch("adam"), NULL, 0), GMR_OK);
    net_init(&resumed, decaying(), 99);
    take_steps(&resumed, 50, 1);
    assert_int_equal(parameters_load(&resumed.p, in_scratch("model")), GMR_OK);
    assert_int_equal(optimiser_load(&resumed.optimiser, in_scratch("adam")), GMR_OK);
    take_steps(&resumed, 3, 4);
    assert_memory_equal(resumed.p.values, unbroken.p.values, unbroken.p.values_bytes);
    for (size_t i = 0; i < unbroken.p.tensor_count; i++) {
        const struct tensor *x = unbroken.p.tensor[i], *y = resumed.p.tensor[i];

        assert_int_equal(resumed.optimiser.step[i], unbroken.optimiser.step[i]);
        if (!x->requires_grad)
            continue;
        assert_memory_equal(moments(&resumed, resumed.optimiser.first, y),
                            moments(&unbroken, unbroken.optimiser.first, x), tensor_bytes(x));
        assert_memory_equal(moments(&resumed, resumed.optimiser.second, y),
                            moments(&unbroken, unbroken.optimiser.second, x), tensor_bytes(x));
    }
    assert_int_equal(unbroken.optimiser.step[0], 7);
    assert_int_equal(unbroken.optimiser.step[2], 4);
    net_release(&unbroken);
    net_release(&saved);
    net_release(&resumed);
}

static void every_trained_name_has_three_entries(void **state)
{
    static const char *const name[] = { "first.q", "second.q", "step.q",   "first.k", "second.k",
                                        "step.k",  "first.w",  "second.w", "step.w" };
    const struct safetensors_metadata metadata = { "epoch", "7" };
    struct safetensors *file;
    struct net n;

    (void)state;
    net_init(&n, decaying(), 1);
    take_steps(&n, 0, 2);
    assert_int_equal(optimiser_save(&n.optimiser, in_scratch("adam"), &metadata, 1), GMR_OK);
    assert_int_equal(safetensors_open(NULL, in_scratch("adam"), &file), GMR_OK);
    assert_int_equal(safetensors_count(file), 9);
    for (size_t i = 0; i < 9; i++)
        assert_non_null(safetensors_find(file, name[i]));
    assert_int_equal(*(const int64_t *)safetensors_find(file, "step.k")->data, 2);
    assert_int_equal(*(const int64_t *)safetensors_find(file, "step.w")->data, 1);
    assert_memory_equal(safetensors_find(file, "first.k")->data,
                        moments(&n, n.optimiser.first, n.packed) + SIZE * sizeof(real),
                        SIZE * sizeof(real));
    assert_string_equal(safetensors_metadata_find(file, "epoch"), "7");
    safetensors_close(file);
    net_release(&n);
}

/* ---- files of others ---- */

enum { ENTRIES = 9, MORE = ENTRIES + 1 };

static float stored[SIZE + COLUMNS];
static int64_t stored_step;

static void fill_entries(struct safetensors_entry entry[MORE])
{
    static const char *const name[MORE] = { "first.q", "second.q", "first.k", "second.k",
                                            "first.w", "second.w", "step.q",  "step.k",
                                            "step.w",  "step.more" };

    stored_step = 5;
    for (size_t i = 0; i < 6; i++)
        entry[i] =
            (struct safetensors_entry){ name[i],           DTYPE_F32, 2,
                                        { ROWS, COLUMNS }, stored,    SIZE * sizeof *stored };
    for (size_t i = 6; i < MORE; i++)
        entry[i] = (struct safetensors_entry){ name[i], DTYPE_I64,    0,
                                               { 0 },   &stored_step, sizeof stored_step };
}

static enum gmr_status load_entries(struct net *n, const struct safetensors_entry *entry,
                                    size_t count)
{
    assert_int_equal(safetensors_write(NULL, in_scratch("adam"), entry, count, NULL, 0), GMR_OK);
    return optimiser_load(&n->optimiser, in_scratch("adam"));
}

static void assert_refused(const struct safetensors_entry *entry, size_t count,
                           enum gmr_status status, const char *reason)
{
    struct net before, n;

    net_init(&before, decaying(), 1);
    net_init(&n, decaying(), 1);
    take_steps(&before, 0, 2);
    take_steps(&n, 0, 2);
    assert_int_equal(load_entries(&n, entry, count), status);
    assert_message("/adam'");
    assert_message(reason);
    take_steps(&before, 2, 2);
    take_steps(&n, 2, 2); /* it goes on as if nothing had been tried */
    assert_memory_equal(n.p.values, before.p.values, n.p.values_bytes);
    net_release(&before);
    net_release(&n);
}

static void files_of_another_model_are_refused(void **state)
{
    struct safetensors_entry entry[MORE];
    struct net n;

    (void)state;
    fill_entries(entry);
    net_init(&n, decaying(), 1);
    assert_int_equal(load_entries(&n, entry, ENTRIES), GMR_OK);
    assert_int_equal(n.optimiser.step[0], 5);
    net_release(&n);

    assert_refused(entry, MORE, GMR_ERR_FORMAT, "10 tensors instead of 9");
    assert_refused(entry, ENTRIES - 1, GMR_ERR_FORMAT, "'step.w' is missing");
    entry[5].name = "second.v";
    assert_refused(entry, ENTRIES, GMR_ERR_FORMAT, "'second.w' is missing");
}

static void spoilt_entries_are_refused(void **state)
{
    struct safetensors_entry entry[MORE];

    (void)state;
    fill_entries(entry);
    stored_step = -1;
    assert_refused(entry, ENTRIES, GMR_ERR_FORMAT, "'step.q' is not one count");
    fill_entries(entry);
    entry[8].dtype = DTYPE_F64;
    assert_refused(entry, ENTRIES, GMR_ERR_FORMAT, "'step.w' is not one count");
    fill_entries(entry);
    entry[5].dim[0]++;
    entry[5].size += COLUMNS * sizeof *stored;
    assert_refused(entry, ENTRIES, GMR_ERR_SHAPE, "'second.w': shape [4, 4], expected [3, 4]");
}

static void a_file_that_is_not_there_is_reported(void **state)
{
    struct net n;

    (void)state;
    net_init(&n, decaying(), 1);
    assert_int_equal(optimiser_load(&n.optimiser, in_scratch("nothing")), GMR_ERR_NOT_FOUND);
    assert_message("/nothing'");
    net_release(&n);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_paper),
        cmocka_unit_test(first_step_by_hand),
        cmocka_unit_test(a_parameter_without_gradient_is_skipped),
        cmocka_unit_test(a_gradient_of_zero_is_not_skipped),
        cmocka_unit_test(buffers_are_never_moved),
        cmocka_unit_test(rates_of_noam),
        TEST(a_resumed_run_ends_in_the_same_bytes),
        TEST(every_trained_name_has_three_entries),
        TEST(files_of_another_model_are_refused),
        TEST(spoilt_entries_are_refused),
        TEST(a_file_that_is_not_there_is_reported),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
