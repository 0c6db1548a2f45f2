/* Features of pictures for published captioners, against PyTorch: maps of a small ResNet for
 * pictures of several sizes, their means and their grids; on both tables of kernels, one by one and
 * many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encoder/resnet.h"
#include "simulator/captioner/captioner.h"
#include "simulator/region_network.h"
#include "support/resnet_file.h"
#include "support/scratch.h"
#include "support/support.h"

enum { CHANNELS = RESNET_FILE_CHANNELS, PICTURES = 4, ROW = (CAPTIONER_REGIONS + 1) * CHANNELS };

/* Rounding of halves is none of this test: what is compared was never stored. */
static const double TOLERANCE = 1e-5;

static const char *const names[PICTURES] = { "wide", "high", "large", "least" };

static struct safetensors *golden;
static struct picture pictures[PICTURES];

/* ---- what the file holds ---- */

static const struct safetensors_entry *find(const char *picture, const char *what)
{
    char name[100];
    snprintf(name, sizeof name, "%s.%s", picture, what);
    const struct safetensors_entry *entry = safetensors_find(golden, name);
    if (!entry)
        fail_msg("there is no '%s'", name);
    return entry;
}

static void draw_large(struct picture *picture)
{
    assert_int_equal(picture_init(picture, NULL, 230, 290), GMR_OK);
    for (size_t y = 0; y < picture->height; y++)
        for (size_t x = 0; x < picture->width; x++)
            for (size_t c = 0; c < 3; c++)
                picture->pixels[(y * picture->width + x) * 3 + c] =
                    (uint8_t)(y * y + 7 * x + 50 * c);
}

static void take_picture(struct picture *picture, const char *name)
{
    const struct safetensors_entry *entry = find(name, "pixels");
    assert_int_equal(picture_init(picture, NULL, entry->dim[1], entry->dim[0]), GMR_OK);
    memcpy(picture->pixels, entry->data, entry->size);
}

static int setup(void **state)
{
    scratch_setup(state);
    if (safetensors_open(NULL, GMR_SOURCE_DIR "/tests/golden/data/resnet.safetensors", &golden))
        fail_msg("%s", gmr_error_message());
    for (size_t i = 0; i < PICTURES; i++)
        if (strcmp(names[i], "large") == 0)
            draw_large(&pictures[i]);
        else
            take_picture(&pictures[i], names[i]);
    const size_t tensors = resnet_file_write(in_scratch("net"), NULL);
    assert_int_equal(tensors + 4 * PICTURES - 1, safetensors_count(golden)); /* none is left over */
    return 0;
}

static int teardown(void **state)
{
    for (size_t i = 0; i < PICTURES; i++)
        picture_release(&pictures[i]);
    safetensors_close(golden);
    return scratch_teardown(state);
}

static void compare(const char *picture, const char *what, const real *found, size_t n)
{
    const struct safetensors_entry *expected = find(picture, what);
    real *values = malloc(n * sizeof *values);
    assert_int_equal(expected->size, n * sizeof(float));
    assert_int_equal(dtype_to_real(values, expected->data, expected->dtype, n), GMR_OK);
    const double error = normalised_error(found, values, n);
    if (!(error < TOLERANCE))
        fail_msg("%s.%s: normalised error %g", picture, what, error);
    free(values);
}

/* ---- maps ---- */

static void check_map(struct resnet *net, size_t picture)
{
    const struct picture *one = &pictures[picture];
    const struct safetensors_entry *expected = find(names[picture], "map");
    const struct resnet_map map = resnet_map(net, one->width, one->height);
    const size_t numel = map.height * map.width * map.channels;
    assert_int_equal(map.height, expected->dim[0]);
    assert_int_equal(map.width, expected->dim[1]);
    assert_int_equal(map.channels, expected->dim[2]);
    const struct picture *many[] = { one, one, one, one, one };
    real *y = malloc(5 * numel * sizeof *y);
    assert_int_equal(resnet_run(net, many, 5, y), GMR_OK);
    for (size_t i = 0; i < 5; i++)
        compare(names[picture], "map", y + i * numel, numel);
    assert_int_equal(resnet_run(net, many, 1, y), GMR_OK);
    compare(names[picture], "map", y, numel);
    free(y);
}

static void check_maps(struct compute *compute)
{
    struct safetensors *file;
    struct resnet *net;
    assert_int_equal(safetensors_open(NULL, in_scratch("net"), &file), GMR_OK);
    assert_true(resnet_recognise(file));
    if (resnet_open(compute, NULL, file, &net) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    safetensors_close(file);
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < PICTURES; i++)
            check_map(net, i);
    resnet_close(net);
    compute_destroy(compute);
}

static void maps(void **state)
{
    (void)state;
    struct compute *compute;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    check_maps(compute);
    assert_int_equal(compute_create_cpu(NULL, 2, &compute), GMR_OK);
    check_maps(compute);
}

/* ---- rows ---- */

/* Pictures of all sizes mixed: each gets its own row. */
static void means_and_grids(void **state)
{
    (void)state;
    static const size_t order[] = { 0, 1, 0, 2, 3, 1, 0, 0, 0, 2 };
    enum { COUNT = sizeof order / sizeof *order };
    struct region_network network;
    struct compute *compute;
    struct picture mixed[COUNT];
    static real rows[COUNT * ROW];
    for (size_t i = 0; i < COUNT; i++)
        mixed[i] = pictures[order[i]];
    assert_int_equal(compute_create_cpu(NULL, 2, &compute), GMR_OK);
    assert_int_equal(region_network_open(&network, compute, NULL, in_scratch("net")), GMR_OK);
    assert_null(network.encoder);
    assert_int_equal(network.tower.width, ROW);
    assert_int_equal(network.tower.encode_pictures(&network, mixed, COUNT, rows), GMR_OK);
    for (size_t i = 0; i < COUNT; i++) {
        compare(names[order[i]], "att", rows + i * ROW, CAPTIONER_REGIONS * CHANNELS);
        compare(names[order[i]], "fc", rows + i * ROW + CAPTIONER_REGIONS * CHANNELS, CHANNELS);
    }
    region_network_close(&network);
    compute_destroy(compute);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(maps, setup, teardown),
        cmocka_unit_test_setup_teardown(means_and_grids, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
