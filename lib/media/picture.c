/* Pictures in memory, and the way into the decoders. */
#include "media/picture.h"

#include <string.h>

#include "media/format.h"

/* The first bytes of each kind of file; '?' stands for any byte. */
static const struct format {
    enum gmr_picture_format format;
    const char *name, *extension;
    const char *signature;
    size_t signature_size;
    picture_decoder *decode;
} formats[] = {
    { GMR_PICTURE_JPEG, "JPEG", "jpg", "\xFF\xD8\xFF", 3, picture_decode_jpeg },
    { GMR_PICTURE_PNG, "PNG", "png", "\x89PNG\r\n\x1A\n", 8, picture_decode_png },
    { GMR_PICTURE_WEBP, "WebP", "webp", "RIFF????WEBP", 12, picture_decode_webp },
};

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

static bool begins_with(const uint8_t *bytes, size_t size, const struct format *format)
{
    if (size < format->signature_size)
        return false;
    for (size_t i = 0; i < format->signature_size; i++)
        if (format->signature[i] != '?' && bytes[i] != (uint8_t)format->signature[i])
            return false;
    return true;
}

static const struct format *find_by_bytes(const void *bytes, size_t size)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (begins_with(bytes, size, &formats[i]))
            return &formats[i];
    return NULL;
}

static const struct format *find_by_number(enum gmr_picture_format number)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].format == number)
            return &formats[i];
    return NULL;
}

enum gmr_picture_format picture_recognise(const void *bytes, size_t size)
{
    const struct format *format = find_by_bytes(bytes, size);
    return format ? format->format : GMR_PICTURE_NONE;
}

const char *picture_format_name(enum gmr_picture_format number)
{
    const struct format *format = find_by_number(number);
    return format ? format->name : "";
}

const char *picture_format_extension(enum gmr_picture_format number)
{
    const struct format *format = find_by_number(number);
    return format ? format->extension : "";
}

enum gmr_status picture_check_size(size_t width, size_t height)
{
    if (width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE)
        return gmr_error(GMR_ERR_UNSUPPORTED, "%zu x %zu pixels, a side may have at most %d", width,
                         height, PICTURE_MAX_SIDE);
    if (width * height > PICTURE_MAX_PIXELS)
        return gmr_error(GMR_ERR_UNSUPPORTED, "%zu x %zu pixels, a picture may have at most %d",
                         width, height, PICTURE_MAX_PIXELS);
    return GMR_OK;
}

enum gmr_status picture_init(struct picture *picture, const struct gmr_allocator *allocator,
                             size_t width, size_t height)
{
    *picture = (struct picture){ 0 };
    TRY(picture_check_size(width, height));
    uint8_t *pixels = memory_allocate(allocator, 3 * width * height);
    if (!pixels)
        return GMR_ERR_NOMEM;
    *picture = (struct picture){ width, height, pixels, allocator };
    return GMR_OK;
}

void picture_release(struct picture *picture)
{
    memory_release(picture->allocator, picture->pixels, 3 * picture->width * picture->height);
    *picture = (struct picture){ 0 };
}

void picture_lay_on_white(uint8_t *rgb, const uint8_t *rgba, size_t width)
{
    for (size_t x = 0; x < width; x++, rgb += 3, rgba += 4)
        for (size_t c = 0; c < 3; c++) {
            unsigned sum = rgba[c] * rgba[3] + 255U * (255U - rgba[3]);
            rgb[c] = (uint8_t)((sum + 127) / 255);
        }
}

static enum gmr_status decode(const struct picture_source *source, struct picture *picture,
                              size_t *width, size_t *height)
{
    if (source->size > PICTURE_MAX_BYTES)
        return gmr_error(GMR_ERR_UNSUPPORTED, "%zu bytes, a picture may have at most %d",
                         source->size, PICTURE_MAX_BYTES);
    const struct format *format = find_by_bytes(source->bytes, source->size);
    if (!format)
        return gmr_error(GMR_ERR_FORMAT, "neither JPEG, PNG nor WebP");
    return format->decode(source, picture, width, height);
}

enum gmr_status picture_decode(const struct gmr_allocator *allocator, const void *bytes,
                               size_t size, size_t at_least, const char *name,
                               struct picture *picture, size_t *full_width, size_t *full_height)
{
    struct picture_source source = { bytes, size, at_least, allocator };
    size_t width, height;
    *picture = (struct picture){ 0 };
    enum gmr_status status = decode(&source, picture, full_width ? full_width : &width,
                                    full_height ? full_height : &height);
    if (status == GMR_OK)
        return GMR_OK;
    picture_release(picture);
    return gmr_error(status, "cannot decode '%s': %s", name, gmr_error_message());
}
