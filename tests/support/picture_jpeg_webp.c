/* JPEG files by libjpeg, WebP files by libwebp. */
#include <stdio.h> /* jpeglib.h needs FILE */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <webp/encode.h>

#include "support/picture_files.h"

static void set_scans(struct jpeg_compress_struct *jpeg, struct jpeg_kind kind,
                      jpeg_scan_info scans[4])
{
    if (kind.progressive)
        jpeg_simple_progression(jpeg);
    if (!kind.separate)
        return;
    for (int i = 0; i < kind.components; i++)
        scans[i] =
            (jpeg_scan_info){ .comps_in_scan = 1, .component_index = { i }, .Se = DCTSIZE2 - 1 };
    jpeg->scan_info = scans;
    jpeg->num_scans = kind.components;
}

static void write_rows(struct jpeg_compress_struct *jpeg)
{
    size_t width = jpeg->image_width, channels = (size_t)jpeg->input_components;
    uint8_t *row = malloc(width * channels);
    if (!row)
        abort();
    for (size_t y = 0; y < jpeg->image_height; y++) {
        for (size_t i = 0; i < width * channels; i++)
            row[i] = (uint8_t)made_sample(i / channels, y, i % channels, 8);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    free(row);
}

struct made_file made_jpeg(struct jpeg_kind kind, size_t width, size_t height)
{
    static const J_COLOR_SPACE spaces[] = {
        [1] = JCS_GRAYSCALE, [2] = JCS_UNKNOWN, [3] = JCS_RGB, [4] = JCS_CMYK
    };
    struct jpeg_compress_struct jpeg = { 0 };
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[4];
    struct made_file file = { 0 };
    unsigned long size = 0;

    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &file.bytes, &size);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = kind.components;
    jpeg.in_color_space = spaces[kind.components];
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    jpeg.arith_code = kind.arithmetic;
    set_scans(&jpeg, kind, scans);
    jpeg_start_compress(&jpeg, TRUE);
    write_rows(&jpeg);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    file.size = size;
    return file;
}

void add_app1(struct made_file *jpeg, const void *data, size_t size)
{
    size_t length = size + 2;
    uint8_t marker[] = { 0xFF, 0xE1, (uint8_t)(length >> 8), (uint8_t)length };
    made_file_splice(jpeg, 2, 0, marker, sizeof marker);
    made_file_splice(jpeg, 2 + sizeof marker, 0, data, size);
}

void add_orientation(struct made_file *jpeg, unsigned orientation, bool little_endian)
{
    uint8_t little[] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0O\0\0";
    uint8_t big[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0O\0";
    uint8_t *data = little_endian ? little : big;
    *(uint8_t *)memchr(data, 'O', sizeof big) = (uint8_t)orientation;
    add_app1(jpeg, data, sizeof big);
}

struct made_file made_webp(struct webp_kind kind, size_t width, size_t height)
{
    size_t channels = kind.transparent ? 4 : 3, count = width * height * channels;
    int w = (int)width, h = (int)height, row = (int)(width * channels);
    uint8_t *pixels = malloc(count), *encoded = NULL;
    struct made_file file = { 0 };
    if (!pixels)
        abort();
    for (size_t i = 0; i < count; i++)
        pixels[i] =
            (uint8_t)made_sample(i / channels % width, i / channels / width, i % channels, 8);
    if (kind.lossless)
        file.size = kind.transparent ? WebPEncodeLosslessRGBA(pixels, w, h, row, &encoded)
                                     : WebPEncodeLosslessRGB(pixels, w, h, row, &encoded);
    else
        file.size = kind.transparent ? WebPEncodeRGBA(pixels, w, h, row, 90, &encoded)
                                     : WebPEncodeRGB(pixels, w, h, row, 90, &encoded);
    free(pixels);
    file.bytes = malloc(file.size);
    if (file.size == 0 || !file.bytes)
        abort();
    memcpy(file.bytes, encoded, file.size);
    WebPFree(encoded);
    return file;
}
