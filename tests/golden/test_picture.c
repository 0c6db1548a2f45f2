/* Pictures decoded and resized, against Pillow, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "media/picture.h"
#include "tensor/safetensors.h"

static struct safetensors *open_golden(const char *name)
{
    struct safetensors *file;
    char path[500];
    snprintf(path, sizeof path, "%s/tests/golden/data/%s.safetensors", GMR_SOURCE_DIR, name);
    if (safetensors_open(NULL, path, &file) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return file;
}

/* The entry NAME + `rest`, where the first `length` characters of `name` are NAME. */
static const struct safetensors_entry *find(const struct safetensors *file, const char *name,
                                            size_t length, const char *rest)
{
    char full[200];
    snprintf(full, sizeof full, "%.*s%s", (int)length, name, rest);
    const struct safetensors_entry *entry = safetensors_find(file, full);
    if (!entry)
        fail_msg("there is no '%s'", full);
    return entry;
}

static void compare(const char *name, const struct picture *picture,
                    const struct safetensors_entry *expected)
{
    assert_int_equal(expected->rank, 3);
    assert_int_equal(picture->height, expected->dim[0]);
    assert_int_equal(picture->width, expected->dim[1]);
    assert_int_equal(expected->dim[2], 3);
    const uint8_t *golden = expected->data;
    for (size_t i = 0; i < expected->size; i++)
        if (picture->pixels[i] != golden[i])
            fail_msg("%s: byte %zu is %u, should be %u", name, i, picture->pixels[i], golden[i]);
}

static void compare_decoded(const struct safetensors *file, const struct safetensors_entry *entry,
                            size_t length)
{
    struct picture picture;
    if (picture_decode(NULL, entry->data, entry->size, 0, entry->name, &picture, NULL, NULL))
        fail_msg("%s", gmr_error_message());
    compare(entry->name, &picture, find(file, entry->name, length, ".pixels"));
    picture_release(&picture);
}

/* Returns the number of files compared; the rest are their pixels. */
static size_t compare_files(const char *name)
{
    struct safetensors *file = open_golden(name);
    size_t compared = 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_entry *entry = safetensors_at(file, i);
        const char *dot = strchr(entry->name, '.');
        assert_non_null(dot);
        if (strcmp(dot, ".file") != 0)
            continue;
        compare_decoded(file, entry, (size_t)(dot - entry->name));
        compared++;
    }
    assert_int_equal(safetensors_count(file), 2 * compared);
    safetensors_close(file);
    return compared;
}

static void jpeg_files(void **state)
{
    (void)state;
    assert_int_equal(compare_files("picture_jpeg"), 9);
}

static void png_files(void **state)
{
    (void)state;
    assert_int_equal(compare_files("picture_png"), 19);
}

static void webp_files(void **state)
{
    (void)state;
    assert_int_equal(compare_files("picture_webp"), 4);
}

static void compare_resized(const struct safetensors_entry *from,
                            const struct safetensors_entry *to)
{
    struct picture in = { from->dim[1], from->dim[0], (uint8_t *)(uintptr_t)from->data, NULL };
    struct picture out;
    if (picture_resize(NULL, &in, to->dim[1], to->dim[0], &out) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    compare(to->name, &out, to);
    picture_release(&out);
}

static void resized_pictures(void **state)
{
    (void)state;
    struct safetensors *file = open_golden("picture_resize");
    size_t compared = 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_entry *entry = safetensors_at(file, i);
        const char *dot = strchr(entry->name, '.');
        if (!dot)
            continue;
        compare_resized(find(file, entry->name, (size_t)(dot - entry->name), ""), entry);
        compared++;
    }
    assert_int_equal(compared, 24);
    safetensors_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpeg_files),
        cmocka_unit_test(png_files),
        cmocka_unit_test(webp_files),
        cmocka_unit_test(resized_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
