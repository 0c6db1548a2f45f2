/* Captioners when memory or the disk runs out: every allocation fails in turn, and stays failed,
 * while models are made, take a step of training, are opened in both forms, saved and converted.
 * Then nothing is held, and a file that was there is as it was. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/status.h"
#include "simulator/captioner/checkpoint.h"
#include "support/captioning.h"
#include "support/faults.h"
#include "support/message.h"
#include "support/scratch.h"
#include "tensor/weights.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/captioner/"

static const enum captioner_kind kinds[] = { CAPTIONER_SHOW_ATTEND_TELL, CAPTIONER_TRANSFORMER };

enum { KINDS = sizeof kinds / sizeof *kinds, CHANNELS = 2 };

/* Values live in the memory of its device: where that may fail too, a job has a table of its own.
 */
static struct compute *compute;

static int setup(void **state)
{
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    return scratch_setup(state);
}

static int teardown(void **state)
{
    compute_destroy(compute);
    return scratch_teardown(state);
}

static enum gmr_status make(const struct gmr_allocator *allocator, struct compute *kernels,
                            enum captioner_kind kind, struct captioner *model)
{
    TRY(captioner_init(model, kernels, allocator, captioning_settings(kind, CHANNELS),
                       captioning_words));
    captioner_initialise(model, 1);
    return GMR_OK;
}

/* ---- making and training ---- */

static enum gmr_status train(const struct gmr_allocator *allocator, struct compute *kernels,
                             enum captioner_kind kind)
{
    struct captioner model;
    struct captioning data;
    struct tape t;
    TRY(make(allocator, kernels, kind, &model));
    captioning_init(&data, 2, CHANNELS, 5, 1);
    tape_init(&t, kernels, allocator);
    const enum gmr_status status =
        tape_backward(&t, captioner_loss(&t, &model, &data.pictures, &data.sentences, 0));
    tape_release(&t);
    captioning_release(&data);
    captioner_release(&model);
    return status;
}

static enum gmr_status make_and_train(const struct gmr_allocator *allocator, const void *kind)
{
    struct compute *kernels;
    TRY(compute_create_reference(allocator, &kernels));
    const enum gmr_status status = train(allocator, kernels, *(const enum captioner_kind *)kind);
    compute_destroy(kernels);
    return status;
}

static void training(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++)
        for (int stays = 0; stays < 2; stays++)
            assert_true(fail_each_allocation(make_and_train, &kinds[kind], stays) > 6);
}

/* ---- opening and converting ---- */

struct published {
    const char *weights, *infos;
};

static const struct published published[] = {
    { DATA "attend_legacy.pth", DATA "attend_0.pkl" },
    { DATA "transformer_archive.pth", DATA "transformer_4.pkl" },
};

static enum gmr_status open_and_release(const struct gmr_allocator *allocator, const void *subject)
{
    const struct published *files = subject;
    struct captioner model;
    char features[DIGEST_HEX];
    TRY(captioner_open(&model, compute, allocator, files->weights, files->infos, features));
    captioner_release(&model);
    return GMR_OK;
}

static enum gmr_status convert(const struct gmr_allocator *allocator, const void *subject)
{
    const struct published *files = subject;
    struct safetensors *file;
    TRY(weights_open(allocator, files->weights, &file));
    const enum gmr_status status =
        captioner_convert(allocator, file, files->infos, in_scratch("converted"), NULL);
    safetensors_close(file);
    return status;
}

static enum gmr_status describe(const struct gmr_allocator *allocator, const void *subject)
{
    const struct published *files = subject;
    struct captioner_description description;
    struct safetensors *file;
    TRY(weights_open(allocator, files->weights, &file));
    const enum gmr_status status = captioner_describe(allocator, file, &description);
    safetensors_close(file);
    return status;
}

static void opening(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        for (int stays = 0; stays < 2; stays++) {
            assert_true(fail_each_allocation(open_and_release, &published[i], stays) > 4);
            assert_true(fail_each_allocation(describe, &published[i], stays) > 4);
        }
}

static void converting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        for (int stays = 0; stays < 2; stays++)
            assert_true(fail_each_allocation(convert, &published[i], stays) > 4);
        struct published ours = { in_scratch("converted"), NULL };
        assert_int_equal(count_scratch_entries(), 1);
        assert_true(fail_each_allocation(open_and_release, &ours, false) > 4);
        assert_true(fail_each_allocation(describe, &ours, false) > 4);
        assert_int_equal(remove(in_scratch("converted")), 0);
    }
}

/* ---- saving ---- */

static enum gmr_status make_and_save(const struct gmr_allocator *allocator, const void *kind)
{
    static const struct safetensors_metadata extra[] = { { "step", "1" } };
    struct captioner model;
    TRY(make(allocator, compute, *(const enum captioner_kind *)kind, &model));
    const enum gmr_status status = captioner_save(&model, in_scratch("saved"), "", extra, 1);
    captioner_release(&model);
    return status;
}

static void saving(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++)
        for (int stays = 0; stays < 2; stays++) {
            assert_true(fail_each_allocation(make_and_save, &kinds[kind], stays) > 4);
            assert_int_equal(count_scratch_entries(), 1);
        }
}

static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    struct rlimit before, now;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    put_scratch("saved", "old");
    getrlimit(RLIMIT_FSIZE, &before);
    now = before;
    now.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &now);
    const enum gmr_status saved = make_and_save(NULL, &kinds[1]);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(saved, GMR_ERR_IO);
    assert_message(in_scratch("saved"));
    assert_true(scratch_holds("saved", "old"));
    assert_int_equal(count_scratch_entries(), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(training),
        TEST(opening),
        TEST(converting),
        TEST(saving),
        TEST(a_full_disk_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
