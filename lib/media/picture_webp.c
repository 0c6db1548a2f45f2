/* WebP files to pixels, by libwebp, which itself refuses files shorter than their header says. */
#include "media/format.h"

#include <webp/decode.h>

static enum gmr_status webp_error(VP8StatusCode code)
{
    switch (code) {
    case VP8_STATUS_OK: return GMR_OK;
    case VP8_STATUS_OUT_OF_MEMORY: return gmr_error(GMR_ERR_NOMEM, "out of memory");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return gmr_error(GMR_ERR_UNSUPPORTED, "a kind of WebP that is not supported");
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: return gmr_error(GMR_ERR_FORMAT, "the file is cut off");
    default: return gmr_error(GMR_ERR_FORMAT, "the data are damaged");
    }
}

static enum gmr_status check(const WebPBitstreamFeatures *features)
{
    if (features->has_animation)
        return gmr_error(GMR_ERR_UNSUPPORTED, "an animation, not a picture");
    return picture_check_size((size_t)features->width, (size_t)features->height);
}

static enum gmr_status decode_into(const struct picture_source *source, WEBP_CSP_MODE mode,
                                   uint8_t *pixels, size_t row, size_t height)
{
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return gmr_error(GMR_ERR_UNSUPPORTED, "libwebp is another version than it was built with");
    config.output.colorspace = mode;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = (WebPRGBABuffer){ pixels, (int)row, row * height };
    VP8StatusCode code = WebPDecode(source->bytes, source->size, &config);
    WebPFreeDecBuffer(&config.output);
    return webp_error(code);
}

static enum gmr_status decode_transparent(const struct picture_source *source,
                                          struct picture *picture)
{
    size_t width = picture->width, height = picture->height, size = 4 * width * height;
    uint8_t *rgba = memory_allocate(source->allocator, size);
    if (!rgba)
        return GMR_ERR_NOMEM;
    enum gmr_status status = decode_into(source, MODE_RGBA, rgba, 4 * width, height);
    if (status == GMR_OK)
        picture_lay_on_white(picture->pixels, rgba, width * height);
    memory_release(source->allocator, rgba, size);
    return status;
}

enum gmr_status picture_decode_webp(const struct picture_source *source, struct picture *picture,
                                    size_t *width, size_t *height)
{
    WebPBitstreamFeatures features;
    TRY(webp_error(WebPGetFeatures(source->bytes, source->size, &features)));
    TRY(check(&features));
    *width = (size_t)features.width;
    *height = (size_t)features.height;
    TRY(picture_init(picture, source->allocator, *width, *height));
    if (features.has_alpha)
        return decode_transparent(source, picture);
    return decode_into(source, MODE_RGB, picture->pixels, 3 * *width, *height);
}
