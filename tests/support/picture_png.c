/* PNG files by libpng, and chunks by hand. */
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support/picture_files.h"

enum { SIGNATURE = 8, CHUNK_FRAME = 12 }; /* length, name and check sum of a chunk */

static void append(png_structp png, png_bytep data, size_t size)
{
    struct made_file *file = png_get_io_ptr(png);
    made_file_splice(file, file->size, 0, data, size);
}

static size_t colours_of(struct png_kind kind)
{
    size_t possible = (size_t)1 << kind.depth;
    return possible < MADE_PALETTE ? possible : MADE_PALETTE;
}

static void set_colours(png_structp png, png_infop info, struct png_kind kind)
{
    png_color colours[MADE_PALETTE];
    png_byte alpha[MADE_PALETTE];
    png_color_16 key = { 0 };
    size_t count = kind.colour_type == PNG_COLOR_TYPE_PALETTE ? colours_of(kind) : 0;
    for (size_t i = 0; i < count; i++) {
        colours[i] = (png_color){ (png_byte)i, (png_byte)(2 * i), (png_byte)(3 * i) };
        alpha[i] = (png_byte)(8 * i);
    }
    if (count > 0)
        png_set_PLTE(png, info, colours, (int)count);
    if (kind.transparent)
        png_set_tRNS(png, info, alpha, (int)count, &key);
}

/* Samples of fewer than 16 bits in a byte each. */
static void fill_row(uint8_t *row, struct png_kind kind, size_t width, size_t channels, size_t y)
{
    for (size_t i = 0; i < width * channels; i++) {
        unsigned value = made_sample(i / channels, y, i % channels, (unsigned)kind.depth);
        if (kind.colour_type == PNG_COLOR_TYPE_PALETTE)
            value %= (unsigned)colours_of(kind);
        if (kind.depth < 16) {
            row[i] = (uint8_t)value;
        } else {
            row[2 * i] = (uint8_t)(value >> 8);
            row[2 * i + 1] = (uint8_t)value;
        }
    }
}

static void write_rows(png_structp png, png_infop info, struct png_kind kind)
{
    size_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
    size_t channels = png_get_channels(png, info);
    uint8_t *row = malloc(2 * channels * width);
    if (!row)
        abort();
    int passes = png_set_interlace_handling(png);
    png_set_packing(png);
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++) {
            fill_row(row, kind, width, channels, y);
            png_write_row(png, row);
        }
    free(row);
}

struct made_file made_png(struct png_kind kind, size_t width, size_t height)
{
    struct made_file file = { malloc(1), 0 };
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (!file.bytes || !png || !info || setjmp(png_jmpbuf(png)) != 0)
        abort();
    png_set_write_fn(png, &file, append, NULL);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, kind.depth, kind.colour_type,
                 kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    set_colours(png, info, kind);
    png_write_info(png, info);
    write_rows(png, info, kind);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return file;
}

static void put32(uint8_t *bytes, size_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static size_t get32(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

void add_png_chunk(struct made_file *png, const char *before, const char *kind, const void *data,
                   size_t size)
{
    size_t at = made_file_find(png, SIGNATURE, before, 4) - 4;
    uint8_t head[8], sum[4] = { 0 };
    put32(head, size);
    memcpy(head + 4, kind, 4);
    made_file_splice(png, at, 0, head, sizeof head);
    made_file_splice(png, at + sizeof head, 0, data, size);
    made_file_splice(png, at + sizeof head + size, 0, sum, sizeof sum);
    mend_png(png);
}

void mend_png(struct made_file *png)
{
    for (size_t at = SIGNATURE, size; at < png->size; at += CHUNK_FRAME + size) {
        size = get32(png->bytes + at);
        put32(png->bytes + at + 8 + size, crc32(0, png->bytes + at + 4, (uInt)size + 4));
    }
}
