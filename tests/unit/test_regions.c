/* Regions of a catalogue's pictures: those of the network, spread over the grid, for the items that
 * have a picture; made once, and again when the file, the picture or the network is another one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "encoder/encoder.h"
#include "encoder/resnet.h"
#include "simulator/captioner/captioner.h"
#include "simulator/regions.h"
#include "support/clip_files.h"
#include "support/message.h"
#include "support/pictured.h"
#include "support/resnet_file.h"
#include "support/scratch.h"
#include "support/support.h"
#include "tensor/weights.h"

enum { ITEMS = 50, BATCH = 16, MOST_CHANNELS = 64, MOST_GRID = 9 };

static const double HALF = 1e-3; /* what half precision loses */

static struct failing_allocator memory;
static struct compute *compute;
static struct catalogue *catalogue;

/* ---- fixtures ---- */

static int setup(void **state)
{
    scratch_setup(state);
    failing_allocator_init(&memory, 0);
    assert_int_equal(compute_create_cpu(&memory.allocator, 2, &compute), GMR_OK);
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    assert_int_equal(catalogue_open(&memory.allocator, in_scratch("shop"), &catalogue), GMR_OK);
    return 0;
}

static int teardown(void **state)
{
    catalogue_close(catalogue);
    compute_destroy(compute);
    assert_true(failing_allocator_is_clean(&memory));
    return scratch_teardown(state);
}

/* The items as another import leaves them. */
static void reopen(size_t first, size_t end, size_t changed)
{
    catalogue_close(catalogue);
    pictured_create(first, end, changed);
    assert_int_equal(catalogue_open(&memory.allocator, in_scratch("shop"), &catalogue), GMR_OK);
}

/* A model whose map has grid x grid cells, or whose first parameter is no number. */
static void put_model(const char *name, enum clip_image_kind kind, size_t resolution, bool broken)
{
    struct clip model;
    struct clip_settings settings = clip_file_settings(kind);
    settings.resolution = resolution;
    assert_int_equal(clip_init(&model, compute, NULL, settings), GMR_OK);
    clip_initialise(&model, 5);
    if (broken)
        tensor_real(model.vit.start)[0] = (real)NAN;
    assert_int_equal(parameters_save(&model.parameters, in_scratch(name), NULL, 0), GMR_OK);
    clip_release(&model);
}

static enum gmr_status try_open(const char *weights, const struct gmr_progress *progress,
                                struct regions **regions)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch(weights));
    const struct regions_options options = { .weights = path, .threads = 2, .progress = progress };
    return regions_open(compute, &memory.allocator, catalogue, &options, regions);
}

static struct regions *open_regions(const char *weights)
{
    struct regions *regions;
    if (try_open(weights, NULL, &regions) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return regions;
}

/* "shop/regions/NAME.suffix" of weights that were opened. */
static void place_of(const char *weights, const char *suffix, char path[PATH_MAX])
{
    struct regions *regions = open_regions(weights);
    char name[PATH_MAX];
    snprintf(name, sizeof name, "shop/regions/%.16s%s", regions_digest(regions), suffix);
    snprintf(path, PATH_MAX, "%s", in_scratch(name));
    regions_close(regions);
}

/* ---- what they are ---- */

/* The map [grid^2, channels] of a sound item, by the encoder alone. */
static void map_of(struct encoder *encoder, size_t item, real *map)
{
    struct picture picture = pictured_decode(item), square;
    assert_int_equal(
        preprocess_square(NULL, &picture, encoder->fit, encoder_side(encoder), &square), GMR_OK);
    assert_int_equal(encoder_regions(encoder, square.pixels, 1, map), GMR_OK);
    picture_release(&picture);
    picture_release(&square);
}

/* Cell (i, j) of 7 x 7: the mean of those that overlap it. */
static real cell_of(const real *map, size_t grid, size_t channels, size_t cell, size_t channel)
{
    const size_t i = cell / CAPTIONER_SIDE, j = cell % CAPTIONER_SIDE;
    const size_t top = i * grid / 7, below = ((i + 1) * grid + 6) / 7;
    const size_t left = j * grid / 7, right = ((j + 1) * grid + 6) / 7;
    double sum = 0;
    for (size_t y = top; y < below; y++)
        for (size_t x = left; x < right; x++)
            sum += (double)map[(y * grid + x) * channels + channel];
    return (real)(sum / (double)((below - top) * (right - left)));
}

static void check_item(const struct regions *regions, struct encoder *encoder, size_t item,
                       size_t position)
{
    static real map[MOST_GRID * MOST_GRID * MOST_CHANNELS];
    static real expected[CAPTIONER_REGIONS * MOST_CHANNELS], y[CAPTIONER_REGIONS * MOST_CHANNELS];
    const size_t channels = regions_channels(regions);
    const size_t grid = clip_image_grid(&encoder->model.settings);
    real mean[MOST_CHANNELS], whole[MOST_CHANNELS] = { 0 };
    map_of(encoder, item, map);
    for (size_t cell = 0; cell < CAPTIONER_REGIONS; cell++)
        for (size_t c = 0; c < channels; c++)
            expected[cell * channels + c] = cell_of(map, grid, channels, cell, c);
    for (size_t cell = 0; cell < grid * grid; cell++)
        for (size_t c = 0; c < channels; c++)
            whole[c] += map[cell * channels + c] / (real)(grid * grid);
    regions_gather(regions, &position, 1, mean, y);
    assert_true(normalised_error(y, expected, CAPTIONER_REGIONS * channels) < HALF);
    assert_true(normalised_error(mean, whole, channels) < HALF);
}

/* Items first .. end - 1 are there. */
static void check_regions(const char *weights, size_t grid, size_t first, size_t end)
{
    struct regions *regions = open_regions(weights);
    struct encoder *encoder;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch(weights));
    const struct encoder_options options = { .weights = path };
    assert_int_equal(encoder_open(compute, NULL, &options, &encoder), GMR_OK);
    assert_int_equal(clip_image_grid(&encoder->model.settings), grid);
    assert_int_equal(clip_image_channels(&encoder->model.settings), regions_channels(regions));
    assert_string_equal(encoder->digest, regions_digest(regions));
    for (size_t i = first; i < end; i++) {
        assert_int_equal(regions_has(regions, i - first), pictured_is_sound(i));
        if (pictured_is_sound(i))
            check_item(regions, encoder, i, i - first);
    }
    encoder_close(encoder);
    regions_close(regions);
}

static void they_are_those_of_the_network(void **state)
{
    (void)state;
    put_model("resnet-1", CLIP_RESNET, 32, false);
    put_model("resnet-2", CLIP_RESNET, 64, false);
    put_model("vit-3", CLIP_VIT, 12, false);
    put_model("vit-7", CLIP_VIT, 28, false);
    put_model("vit-9", CLIP_VIT, 36, false);
    check_regions("resnet-1", 1, 0, ITEMS);
    check_regions("resnet-2", 2, 0, ITEMS);
    check_regions("vit-3", 3, 0, ITEMS);
    check_regions("vit-7", 7, 0, ITEMS);
    check_regions("vit-9", 9, 0, ITEMS);
}

/* ---- of a ResNet ---- */

static struct resnet *open_resnet(const char *name)
{
    struct safetensors *file;
    struct resnet *net;
    assert_int_equal(weights_open(NULL, in_scratch(name), &file), GMR_OK);
    assert_int_equal(resnet_open(compute, NULL, file, &net), GMR_OK);
    safetensors_close(file);
    return net;
}

/* Each picture at its own size, one by one. */
static void check_resnet_item(const struct regions *regions, struct resnet *net, size_t item)
{
    static real map[MOST_GRID * MOST_GRID * RESNET_FILE_CHANNELS];
    static real expected[CAPTIONER_REGIONS * RESNET_FILE_CHANNELS],
        y[sizeof expected / sizeof *map];
    const struct picture picture = pictured_decode(item), *one = &picture;
    const struct resnet_map size = resnet_map(net, picture.width, picture.height);
    assert_true(size.height * size.width <= MOST_GRID * MOST_GRID);
    assert_int_equal(size.height, size.width); /* which cell_of assumes */
    assert_int_equal(resnet_run(net, &one, 1, map), GMR_OK);
    for (size_t cell = 0; cell < CAPTIONER_REGIONS; cell++)
        for (size_t c = 0; c < RESNET_FILE_CHANNELS; c++)
            expected[cell * RESNET_FILE_CHANNELS + c] =
                cell_of(map, size.height, RESNET_FILE_CHANNELS, cell, c);
    regions_gather(regions, &item, 1, NULL, y);
    assert_true(normalised_error(y, expected, CAPTIONER_REGIONS * RESNET_FILE_CHANNELS) < HALF);
    picture_release((struct picture *)one);
}

static void a_resnet_sees_pictures_as_they_are(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch("net"));
    resnet_file_write(path, NULL);
    struct regions *regions = open_regions("net");
    struct resnet *net = open_resnet("net");
    assert_int_equal(regions_channels(regions), RESNET_FILE_CHANNELS);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(regions_has(regions, i), pictured_is_sound(i));
        if (pictured_is_sound(i))
            check_resnet_item(regions, net, i);
    }
    resnet_close(net);
    regions_close(regions);
}

/* ---- many ---- */

static void many_are_gathered_at_once(void **state)
{
    (void)state;
    put_model("vit", CLIP_VIT, 12, false);
    struct regions *regions = open_regions("vit");
    const size_t positions[] = { 3, 0, 3 }, channels = regions_channels(regions);
    const size_t numel = CAPTIONER_REGIONS * channels;
    real *grid = malloc(4 * numel * sizeof *grid), mean[4 * MOST_CHANNELS];
    regions_gather(regions, positions, 3, mean, grid);
    regions_gather(regions, positions + 1, 1, NULL, grid + 3 * numel);
    regions_gather(regions, positions + 1, 1, mean + 3 * channels, NULL);
    assert_memory_equal(grid, grid + 2 * numel, numel * sizeof *grid);
    assert_memory_equal(grid + numel, grid + 3 * numel, numel * sizeof *grid);
    assert_memory_not_equal(grid, grid + numel, numel * sizeof *grid);
    assert_memory_equal(mean, mean + 2 * channels, channels * sizeof *mean);
    assert_memory_equal(mean + channels, mean + 3 * channels, channels * sizeof *mean);
    free(grid);
    regions_close(regions);
}

/* ---- made once ---- */

static ino_t inode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_ino;
}

static void what_is_there_is_not_made_again(void **state)
{
    (void)state;
    char path[PATH_MAX];
    put_model("vit", CLIP_VIT, 12, false);
    place_of("vit", ".safetensors", path);
    const ino_t before = inode_of(path);
    regions_close(open_regions("vit"));
    assert_int_equal(inode_of(path), before);
    reopen(5, ITEMS + 3, 9);
    reopen(5, ITEMS + 3, GMR_NO_ITEM);
    check_regions("vit", 3, 5, ITEMS + 3);
    assert_int_not_equal(inode_of(path), before);
}

static void a_damaged_file_is_made_again(void **state)
{
    (void)state;
    struct file_map map;
    char path[PATH_MAX];
    put_model("vit", CLIP_VIT, 12, false);
    place_of("vit", ".safetensors", path);
    assert_int_equal(file_map_open(&map, path), GMR_OK);
    const size_t sizes[] = { 0, 7, 100, map.size / 2, map.size - 1 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(unlink(path), 0);
        write_file(path, map.data, sizes[i]);
        check_regions("vit", 3, 0, ITEMS);
        assert_true(file_holds(path, map.data, map.size));
    }
    file_map_close(&map);
}

/* The same name, another network: names are only the digest's first digits. */
static void a_file_of_another_network_is_made_again(void **state)
{
    (void)state;
    char vit[PATH_MAX], resnet[PATH_MAX];
    put_model("vit", CLIP_VIT, 12, false);
    put_model("resnet", CLIP_RESNET, 32, false);
    place_of("vit", ".safetensors", vit);
    place_of("resnet", ".safetensors", resnet);
    assert_string_not_equal(vit, resnet);
    assert_int_equal(rename(resnet, vit), 0);
    check_regions("vit", 3, 0, ITEMS);
}

struct user {
    uint64_t stop_at, done;
};

static void look(void *user, const struct gmr_progress_report *report)
{
    ((struct user *)user)->done = report->done;
}

static bool is_enough(void *user)
{
    const struct user *u = user;
    return u->done >= u->stop_at;
}

static void who_stops_goes_on_later(void **state)
{
    (void)state;
    struct user user = { .stop_at = BATCH };
    const struct gmr_progress progress = { look, is_enough, &user };
    struct regions *regions = (struct regions *)&user;
    struct file_map map;
    char path[PATH_MAX], partial[PATH_MAX];
    put_model("vit", CLIP_VIT, 12, false);
    place_of("vit", ".safetensors", path);
    place_of("vit", ".partial", partial);
    assert_int_equal(file_map_open(&map, path), GMR_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(try_open("vit", &progress, &regions), GMR_ERR_CANCELLED);
    assert_null(regions);
    assert_int_equal(access(partial, F_OK), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    regions_close(open_regions("vit"));
    assert_true(file_holds(path, map.data, map.size));
    assert_int_not_equal(access(partial, F_OK), 0);
    file_map_close(&map);
}

/* ---- what goes wrong ---- */

static void refuse(const char *weights, enum gmr_status expected, const char *message)
{
    struct regions *regions = (struct regions *)&expected;
    assert_int_equal(try_open(weights, NULL, &regions), expected);
    assert_null(regions);
    assert_message(message);
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    put_scratch("text", "this is no file of weights");
    put_model("broken", CLIP_VIT, 12, true);
    refuse("missing", GMR_ERR_NOT_FOUND, "missing");
    refuse("text", GMR_ERR_FORMAT, "text");
    refuse("broken", GMR_ERR_NUMERIC, "broken");
}

static void broken_pictures_are_told(void **state)
{
    (void)state;
    char list[PATH_MAX], name[PATH_MAX];
    struct file_map map;
    put_model("vit", CLIP_VIT, 12, false);
    struct regions *regions = open_regions("vit");
    snprintf(name, sizeof name, "shop/regions-problems-%.16s.tsv", regions_digest(regions));
    snprintf(list, sizeof list, "%s", in_scratch(name));
    assert_int_equal(file_map_open(&map, list), GMR_OK);
    assert_non_null(memmem(map.data, map.size, "picture\titem-0007\t\tcannot decode", 32));
    file_map_close(&map);
    regions_close(regions);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(they_are_those_of_the_network), TEST(a_resnet_sees_pictures_as_they_are),
        TEST(many_are_gathered_at_once),     TEST(what_is_there_is_not_made_again),
        TEST(a_damaged_file_is_made_again),  TEST(a_file_of_another_network_is_made_again),
        TEST(who_stops_goes_on_later),       TEST(what_is_no_network_is_refused),
        TEST(broken_pictures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
