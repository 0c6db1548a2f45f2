/* Picture files made in memory: what the formats share, and a table of kinds. */
#include "support/picture_files.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void made_file_release(struct made_file *file)
{
    free(file->bytes);
    *file = (struct made_file){ 0 };
}

void made_file_splice(struct made_file *file, size_t at, size_t removed, const void *bytes,
                      size_t size)
{
    struct made_file made = { malloc(file->size - removed + size), file->size - removed + size };
    if (!made.bytes)
        abort();
    memcpy(made.bytes, file->bytes, at);
    memcpy(made.bytes + at, bytes, size);
    memcpy(made.bytes + at + size, file->bytes + at + removed, file->size - at - removed);
    made_file_release(file);
    *file = made;
}

size_t made_file_find(const struct made_file *file, size_t at, const char *bytes, size_t size)
{
    const uint8_t *found = memmem(file->bytes + at, file->size - at, bytes, size);
    if (!found) {
        fprintf(stderr, "a made file lacks what was to be found in it\n");
        abort();
    }
    return (size_t)(found - file->bytes);
}

unsigned made_sample(size_t x, size_t y, size_t channel, unsigned depth)
{
    size_t slope = x * (channel + 1) + y * (4 - channel);
    size_t value = (slope * 197 + channel * 9000 + x * y * 13) & 0xFFFF;
    return (unsigned)(value >> (16 - depth));
}

struct picture made_picture(size_t width, size_t height)
{
    struct picture picture;
    if (picture_init(&picture, NULL, width, height) != GMR_OK)
        abort();
    for (size_t i = 0; i < 3 * width * height; i++)
        picture.pixels[i] = (uint8_t)made_sample(i / 3 % width, i / 3 / width, i % 3, 8);
    return picture;
}

const struct made_kind made_kinds[MADE_KINDS] = {
    { "grey JPEG", GMR_PICTURE_JPEG, { .jpeg = { .components = 1 } } },
    { "JPEG", GMR_PICTURE_JPEG, { .jpeg = { .components = 3 } } },
    { "progressive JPEG", GMR_PICTURE_JPEG, { .jpeg = { .components = 3, .progressive = true } } },
    { "separate JPEG", GMR_PICTURE_JPEG, { .jpeg = { .components = 3, .separate = true } } },
    { "CMYK JPEG", GMR_PICTURE_JPEG, { .jpeg = { .components = 4 } } },
    { "grey PNG", GMR_PICTURE_PNG, { .png = { PNG_COLOR_TYPE_GRAY, 2, false, false } } },
    { "PNG", GMR_PICTURE_PNG, { .png = { PNG_COLOR_TYPE_RGB, 8, false, false } } },
    { "interlaced PNG", GMR_PICTURE_PNG, { .png = { PNG_COLOR_TYPE_RGB, 16, true, false } } },
    { "palette PNG", GMR_PICTURE_PNG, { .png = { PNG_COLOR_TYPE_PALETTE, 4, false, true } } },
    { "RGBA PNG", GMR_PICTURE_PNG, { .png = { PNG_COLOR_TYPE_RGB_ALPHA, 8, true, false } } },
    { "WebP", GMR_PICTURE_WEBP, { .webp = { false, false } } },
    { "WebP with alpha", GMR_PICTURE_WEBP, { .webp = { false, true } } },
    { "lossless WebP", GMR_PICTURE_WEBP, { .webp = { true, false } } },
    { "lossless WebP with alpha", GMR_PICTURE_WEBP, { .webp = { true, true } } },
};

struct made_file made_of_kind(const struct made_kind *kind, size_t width, size_t height)
{
    switch (kind->format) {
    case GMR_PICTURE_JPEG: return made_jpeg(kind->kind.jpeg, width, height);
    case GMR_PICTURE_PNG: return made_png(kind->kind.png, width, height);
    case GMR_PICTURE_WEBP: return made_webp(kind->kind.webp, width, height);
    default: abort();
    }
}
