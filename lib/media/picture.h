/* Pictures: files of JPEG, PNG and WebP to RGB pixels, and back to JPEG. Files may be hostile: size
 * is checked before memory is taken, and a damaged file is an error, never half a picture.
 *
 * Decoding equals Pillow's `Image.open(f).convert("RGB")` byte for byte, but for pictures with
 * transparency, which are laid on white (Pillow drops the alpha channel and shows what was hidden),
 * for JPEG files that say how the camera was held (EXIF orientation), which are turned upright, and
 * for PNG files of 16-bit greys, which keep their upper 8 bits as 16-bit colours do in both (Pillow
 * shows all greys above 255 as white). Gamma and colour profiles are ignored, as in Pillow. Damage
 * that Pillow passes over, such as stray bytes in a JPEG or a PNG colour outside its palette, is an
 * error here. */
#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include <gommir/catalogue.h>

#include "base/memory.h"
#include "base/status.h"

struct picture {
    size_t width, height;
    uint8_t *pixels; /* RGB, [height, width, 3] */
    const struct gmr_allocator *allocator;
};

enum {
    PICTURE_MAX_SIDE = 32768,
    PICTURE_MAX_PIXELS = 100 * 1000 * 1000, /* 300 MB when decoded */
    PICTURE_MAX_BYTES = 256 * 1024 * 1024   /* of a file */
};

/* Told by the first bytes; GMR_PICTURE_NONE for anything else. */
enum gmr_picture_format picture_recognise(const void *bytes, size_t size);

/* "JPEG", "jpg" and so on; "" for GMR_PICTURE_NONE. */
const char *picture_format_name(enum gmr_picture_format format);
const char *picture_format_extension(enum gmr_picture_format format);

/* Decodes a whole file. `name` is what messages quote: "cannot decode 'NAME': ...". `at_least`: 0
 * decodes all pixels; else a JPEG may be decoded at 1/2, 1/4 or 1/8 as long as its shorter side
 * keeps that many pixels, for thumbnails. full_width and full_height, when not NULL, get the
 * picture's own size (upright). The caller releases the picture; on error it is empty. Errors:
 * GMR_ERR_FORMAT (damaged, truncated, not a picture), GMR_ERR_UNSUPPORTED (above a limit; a kind
 * of file that is not decoded: animations, arithmetic coding, 12 bits), GMR_ERR_NOMEM. Threads:
 * any. */
enum gmr_status picture_decode(const struct gmr_allocator *allocator, const void *bytes,
                               size_t size, size_t at_least, const char *name,
                               struct picture *picture, size_t *full_width, size_t *full_height);

/* Pixels not cleared; for drawing. On error the picture is empty. Errors: GMR_ERR_UNSUPPORTED
 * (above PICTURE_MAX_SIDE or PICTURE_MAX_PIXELS; the message names the size), GMR_ERR_NOMEM. */
enum gmr_status picture_init(struct picture *picture, const struct gmr_allocator *allocator,
                             size_t width, size_t height);

/* An empty picture is fine. */
void picture_release(struct picture *picture);

/* Bytes of a file made in memory. */
struct picture_file {
    uint8_t *bytes;
    size_t size, capacity;
    const struct gmr_allocator *allocator;
};

/* Encodes as a baseline JPEG, 4:2:0 (4:4:4 from quality 90); same pixels, same bytes. quality
 * 1 .. 100. The caller releases the file; on error it is empty. Errors: GMR_ERR_NOMEM. */
enum gmr_status picture_encode_jpeg(const struct gmr_allocator *allocator,
                                    const struct picture *picture, int quality,
                                    struct picture_file *file);
void picture_file_release(struct picture_file *file);

/* Bicubic, Pillow's `resize((width, height), BICUBIC)` bit for bit (spec section 1.6). width and
 * height at least 1. The caller releases `out`; on error it is empty. Errors: those of
 * picture_init. Threads: any. */
enum gmr_status picture_resize(const struct gmr_allocator *allocator, const struct picture *in,
                               size_t width, size_t height, struct picture *out);

/* A rectangle of a picture. */
struct picture_part {
    size_t left, top, width, height;
};

/* The same pixels as picture_resize, but only those inside `part`, which becomes `out`; the rest is
 * never computed. The resized picture may be above the limits (a long strip), the part may not.
 * `part` lies within width x height. */
enum gmr_status picture_resize_part(const struct gmr_allocator *allocator, const struct picture *in,
                                    size_t width, size_t height, const struct picture_part *part,
                                    struct picture *out);

/* A JPEG of at most `side` pixels on the longer side, in the picture's proportions, never larger
 * than the picture. side at least 1. The same pixels give the same bytes. The caller releases the
 * file; on error it is empty. Errors: GMR_ERR_NOMEM. */
enum gmr_status picture_thumbnail(const struct gmr_allocator *allocator,
                                  const struct picture *picture, size_t side,
                                  struct picture_file *file);

#endif
