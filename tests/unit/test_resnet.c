/* ResNets that are none: kinds of networks and files that do not fit. More sizes of pictures than
 * are kept compiled; memory that runs out at any time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "encoder/resnet.h"
#include "support/faults.h"
#include "support/message.h"
#include "support/resnet_file.h"
#include "support/scratch.h"
#include "support/support.h"
#include "tensor/weights.h"

static enum gmr_status open_file(struct compute *compute, const struct gmr_allocator *allocator,
                                 struct resnet **net)
{
    struct safetensors *file;
    *net = NULL;
    TRY(weights_open(allocator, in_scratch("net"), &file));
    const enum gmr_status status = resnet_open(compute, allocator, file, net);
    safetensors_close(file);
    return status;
}

/* ---- what is none ---- */

static void check_refused(bool recognised, enum gmr_status expected, const char *message)
{
    struct compute *compute;
    struct safetensors *file;
    struct resnet *net;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    assert_int_equal(weights_open(NULL, in_scratch("net"), &file), GMR_OK);
    assert_int_equal(resnet_recognise(file), recognised);
    safetensors_close(file);
    assert_int_equal(open_file(compute, NULL, &net), expected);
    assert_null(net);
    assert_message(message);
    assert_message("net");
    compute_destroy(compute);
}

static void files_without_a_tensor(void **state)
{
    (void)state;
    static const struct {
        const char *without;
        bool recognised;
        enum gmr_status status;
        const char *message;
    } files[] = {
        { "net.conv1.weight", false, GMR_ERR_SHAPE, "conv1.weight" },
        { "net.bn1.weight", false, GMR_ERR_NOT_FOUND, "bn1.weight" },
        { "layer4", false, GMR_ERR_NOT_FOUND, "layer4.0.conv1.weight" },
        { "layer2", true, GMR_ERR_NOT_FOUND, "layer2.0.conv1.weight" },
        { "conv3", true, GMR_ERR_NOT_FOUND, "layer1.0.conv3.weight" }, /* ResNet-18 and 34 */
        { "layer3.0.downsample.1.running_var", true, GMR_ERR_NOT_FOUND,
          "downsample.1.running_var" },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        resnet_file_write(in_scratch("net"), files[i].without);
        check_refused(files[i].recognised, files[i].status, files[i].message);
    }
}

static void files_with_other_shapes(void **state)
{
    (void)state;
    static float zeros[4096];
    const struct safetensors_entry entry[] = {
        { "conv1.weight", DTYPE_F32, 4, { 2, 3, 7, 7 }, zeros, 2 * 3 * 49 * 4 },
        { "bn1.weight", DTYPE_F32, 1, { 3 }, zeros, 12 },
        { "layer1.0.conv1.weight", DTYPE_F32, 1, { 1 }, zeros, 4 },
        { "layer2.0.conv1.weight", DTYPE_F32, 1, { 1 }, zeros, 4 },
        { "layer3.0.conv1.weight", DTYPE_F32, 1, { 1 }, zeros, 4 },
        { "layer4.0.conv1.weight", DTYPE_F32, 1, { 1 }, zeros, 4 },
    };
    assert_int_equal(safetensors_write(NULL, in_scratch("net"), entry, 6, NULL, 0), GMR_OK);
    check_refused(true, GMR_ERR_SHAPE, "bn1.weight");
}

/* ---- many sizes ---- */

enum { SIDE = 40, SIZES = 3 * RESNET_SIZES, MOST_NUMEL = 4 * RESNET_FILE_CHANNELS };

static void run_size(struct resnet *net, size_t width, real *y)
{
    struct picture picture;
    const struct picture *one = &picture;
    assert_int_equal(picture_init(&picture, NULL, width, SIDE), GMR_OK);
    for (size_t i = 0; i < 3 * width * SIDE; i++)
        picture.pixels[i] = (uint8_t)(i * i % 251);
    const struct resnet_map map = resnet_map(net, width, SIDE);
    assert_true(map.height * map.width * map.channels <= MOST_NUMEL);
    assert_int_equal(resnet_run(net, &one, 1, y), GMR_OK);
    picture_release(&picture);
}

/* What is compiled anew gives the same as what was kept, and memory has an end. */
static void more_sizes_than_are_kept(void **state)
{
    (void)state;
    static real first[SIZES][MOST_NUMEL], again[MOST_NUMEL];
    struct failing_allocator memory;
    struct compute *compute;
    struct resnet *net;
    size_t held = 0;
    failing_allocator_init(&memory, 0);
    assert_int_equal(compute_create_cpu(&memory.allocator, 2, &compute), GMR_OK);
    resnet_file_write(in_scratch("net"), NULL);
    assert_int_equal(open_file(compute, &memory.allocator, &net), GMR_OK);
    for (size_t i = 0; i < SIZES; i++) {
        run_size(net, 20 + i, first[i]);
        if (i + 1 == RESNET_SIZES)
            held = memory.live_blocks;
        else if (i + 1 > RESNET_SIZES)
            assert_int_equal(memory.live_blocks, held);
    }
    for (size_t i = SIZES; i-- > 0;) {
        memset(again, 0, sizeof again);
        run_size(net, 20 + i, again);
        assert_memory_equal(again, first[i], sizeof again);
    }
    resnet_close(net);
    compute_destroy(compute);
    assert_true(failing_allocator_is_clean(&memory));
}

/* The size that was used last stays compiled while another one comes. */
static void what_was_used_last_is_kept(void **state)
{
    (void)state;
    real y[MOST_NUMEL];
    struct failing_allocator memory;
    struct compute *compute;
    struct resnet *net;
    failing_allocator_init(&memory, 0);
    assert_int_equal(compute_create_cpu(&memory.allocator, 2, &compute), GMR_OK);
    resnet_file_write(in_scratch("net"), NULL);
    assert_int_equal(open_file(compute, &memory.allocator, &net), GMR_OK);
    for (size_t i = 0; i < RESNET_SIZES; i++)
        run_size(net, 20 + i, y);
    run_size(net, 20, y);
    run_size(net, 50, y); /* takes the place of 21 */
    const size_t calls = memory.calls;
    run_size(net, 20, y);
    const size_t run = memory.calls - calls;
    run_size(net, 50, y);
    assert_int_equal(memory.calls - calls, 2 * run);
    run_size(net, 21, y);
    assert_true(memory.calls - calls > 3 * run);
    resnet_close(net);
    compute_destroy(compute);
    assert_true(failing_allocator_is_clean(&memory));
}

/* ---- faults ---- */

/* Where one allocation of oneDNN's compiler fails, the plain one takes over, and all is well; so
 * it is tried with memory that stays away only. */
static enum gmr_status open_and_run(const struct gmr_allocator *allocator, const void *cpu)
{
    struct compute *compute;
    struct resnet *net;
    uint8_t pixels[3 * 20 * 20] = { 0 };
    const struct picture picture = { 20, 20, pixels, NULL }, *one = &picture;
    real y[MOST_NUMEL];
    TRY(cpu ? compute_create_cpu(allocator, 1, &compute)
            : compute_create_reference(allocator, &compute));
    enum gmr_status status = open_file(compute, allocator, &net);
    if (status == GMR_OK)
        status = resnet_run(net, &one, 1, y);
    resnet_close(net);
    compute_destroy(compute);
    return status;
}

static void memory_runs_out(void **state)
{
    (void)state;
    resnet_file_write(in_scratch("net"), NULL);
    assert_true(fail_each_allocation(open_and_run, NULL, false) > 8);
    assert_true(fail_each_allocation(open_and_run, NULL, true) > 8);
    assert_true(fail_each_allocation(open_and_run, "cpu", true) > 8);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_without_a_tensor),   TEST(files_with_other_shapes),
        TEST(more_sizes_than_are_kept), TEST(what_was_used_last_is_kept),
        TEST(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
