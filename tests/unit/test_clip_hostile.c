/* Damaged checkpoints of every container and naming, through the encoder: cut anywhere, they are
 * refused; with any byte changed, they open or are refused. Messages name the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/rng.h"
#include "base/status.h"
#include "encoder/encoder.h"
#include "support/scratch.h"
#include "support/support.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/clip/"

enum { CUTS = 25, CHANGES = 60, FILES = 14 };

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

/* Opens these bytes as a file of weights. */
static enum gmr_status open_bytes(const void *bytes, size_t size)
{
    struct encoder *encoder;
    const char *path = in_scratch("damaged");
    const struct encoder_options options = { .weights = path };
    write_file(path, bytes, size);
    const enum gmr_status status = encoder_open(compute, NULL, &options, &encoder);
    if (status != GMR_OK && !strstr(gmr_error_message(), path))
        fail_msg("the message does not name the file: %s", gmr_error_message());
    encoder_close(encoder);
    return status;
}

static void cut(const struct file_map *map, const char *name)
{
    for (size_t i = 0; i < CUTS; i++) {
        /* in equal steps, and byte by byte at both ends */
        const size_t step = map->size / CUTS;
        const size_t sizes[] = { i * step, i, map->size - 1 - i };
        for (size_t k = 0; k < 3; k++)
            if (open_bytes(map->data, sizes[k]) == GMR_OK)
                fail_msg("%s: its first %zu bytes are enough", name, sizes[k]);
    }
}

static void change(const struct file_map *map, uint64_t seed)
{
    uint8_t *copy = malloc(map->size);
    struct mt19937 rng;
    assert_non_null(copy);
    mt19937_seed(&rng, seed);
    for (size_t i = 0; i < CHANGES; i++) {
        memcpy(copy, map->data, map->size);
        /* every other one near the start, where headers are */
        const uint64_t below = i % 2 ? map->size : map->size / 8;
        for (size_t k = 0; k <= i % 3; k++)
            copy[mt19937_below(&rng, below)] = (uint8_t)mt19937_below(&rng, 256);
        open_bytes(copy, map->size);
    }
    free(copy);
}

static bool is_checkpoint(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && strcmp(name, "expected.safetensors") != 0 &&
           (strcmp(dot, ".pt") == 0 || strcmp(dot, ".safetensors") == 0);
}

static void each_file(void (*work)(const struct file_map *map, const char *name, size_t number))
{
    size_t count = 0;
    struct dirent *entry;
    DIR *folder = opendir(DATA);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        char path[PATH_MAX];
        struct file_map map;
        if (!is_checkpoint(entry->d_name))
            continue;
        snprintf(path, sizeof path, DATA "%s", entry->d_name);
        assert_int_equal(file_map_open(&map, path), GMR_OK);
        work(&map, entry->d_name, count++);
        file_map_close(&map);
    }
    closedir(folder);
    assert_int_equal(count, FILES);
}

static void cut_one(const struct file_map *map, const char *name, size_t number)
{
    (void)number;
    assert_int_equal(open_bytes(map->data, map->size), GMR_OK);
    cut(map, name);
}

static void change_one(const struct file_map *map, const char *name, size_t number)
{
    (void)name;
    change(map, number);
}

static void files_that_are_cut_are_refused(void **state)
{
    (void)state;
    each_file(cut_one);
}

static void files_that_are_changed_do_no_harm(void **state)
{
    (void)state;
    each_file(change_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_that_are_cut_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(files_that_are_changed_do_no_harm, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
