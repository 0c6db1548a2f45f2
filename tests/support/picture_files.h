/* Picture files made in memory by the format's own library, for tests that need a sound file of a
 * certain kind. Trouble with making one ends the program. */
#ifndef SUPPORT_PICTURE_FILES_H
#define SUPPORT_PICTURE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/picture.h"

/* Bytes from malloc. */
struct made_file {
    uint8_t *bytes;
    size_t size;
};

void made_file_release(struct made_file *file);

/* Replaces `removed` bytes at `at` by others. */
void made_file_splice(struct made_file *file, size_t at, size_t removed, const void *bytes,
                      size_t size);

/* The first place from `at` on where these bytes stand; there must be one. */
size_t made_file_find(const struct made_file *file, size_t at, const char *bytes, size_t size);

/* Sample `channel` at x, y of the picture that all made files show: smooth, no two channels alike,
 * `depth` bits. */
unsigned made_sample(size_t x, size_t y, size_t channel, unsigned depth);

/* The picture itself, RGB; the caller releases it. */
struct picture made_picture(size_t width, size_t height);

struct jpeg_kind {
    int components;   /* 1 grey, 2 (nobody knows what), 3 RGB, 4 CMYK */
    bool progressive; /* one scan after the other */
    bool separate;    /* a scan for each component, not progressive */
    bool arithmetic;
};

/* Quality 95, colour at half the resolution. */
struct made_file made_jpeg(struct jpeg_kind kind, size_t width, size_t height);

/* Puts a segment APP1 with this data (at most 65,533 bytes) behind the start of a JPEG file. */
void add_app1(struct made_file *jpeg, const void *data, size_t size);

/* Puts EXIF data with this orientation there. */
void add_orientation(struct made_file *jpeg, unsigned orientation, bool little_endian);

struct png_kind {
    int colour_type, depth; /* PNG_COLOR_TYPE_..., 1 .. 16 */
    bool interlaced;
    bool transparent; /* a chunk tRNS: palette colour i has alpha 8 i, else sample 0, 0, 0 has none
                       */
};

enum { MADE_PALETTE = 31 }; /* colours, or as many as the depth has; colour i is (i, 2 i, 3 i) */

/* Palette pixels are made_sample(x, y, 0, depth) modulo the number of colours. */
struct made_file made_png(struct png_kind kind, size_t width, size_t height);

/* Inserts a chunk before the first one of kind `before`. */
void add_png_chunk(struct made_file *png, const char *before, const char *kind, const void *data,
                   size_t size);

/* Writes the check sums of all chunks anew. */
void mend_png(struct made_file *png);

struct webp_kind {
    bool lossless, transparent;
};

struct made_file made_webp(struct webp_kind kind, size_t width, size_t height);

/* One sound file of each kind that decoders treat differently. */
struct made_kind {
    const char *name;
    enum gmr_picture_format format;
    union {
        struct jpeg_kind jpeg;
        struct png_kind png;
        struct webp_kind webp;
    } kind;
};

enum { MADE_KINDS = 14 };
extern const struct made_kind made_kinds[MADE_KINDS];

struct made_file made_of_kind(const struct made_kind *kind, size_t width, size_t height);

#endif
