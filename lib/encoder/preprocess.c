/* Pictures to the input of an image tower. */
#include "encoder/preprocess.h"

#include <assert.h>
#include <string.h>

const float preprocess_mean[3] = { 0.48145466f, 0.4578275f, 0.40821073f };
const float preprocess_deviation[3] = { 0.26862954f, 0.26130258f, 0.27577711f };

enum { CHANNELS = 3, WHITE = 255 };

/* floor(side * length / reference), at least 1. */
static size_t in_proportion(size_t side, size_t length, size_t reference)
{
    const size_t scaled = side * length / reference;
    return scaled > 0 ? scaled : 1;
}

/* Python's round((length - side) / 2): halves go to the even number. */
static size_t middle(size_t length, size_t side)
{
    const size_t rest = length - side, half = rest / 2;
    return half + (rest % 2 == 1 && half % 2 == 1 ? 1 : 0);
}

/* Lays `picture` on the middle of a white square. */
static void lay_on_white(const struct picture *picture, size_t side, struct picture *square)
{
    const size_t left = middle(side, picture->width), top = middle(side, picture->height);
    const size_t row = picture->width * CHANNELS;
    memset(square->pixels, WHITE, side * side * CHANNELS);
    for (size_t y = 0; y < picture->height; y++)
        memcpy(square->pixels + ((top + y) * side + left) * CHANNELS, picture->pixels + y * row,
               row);
}

static enum gmr_status crop(const struct gmr_allocator *allocator, const struct picture *picture,
                            size_t side, struct picture *out)
{
    const size_t shorter = picture->width < picture->height ? picture->width : picture->height;
    const size_t width = in_proportion(side, picture->width, shorter);
    const size_t height = in_proportion(side, picture->height, shorter);
    const struct picture_part part = {
        .left = middle(width, side), .top = middle(height, side), .width = side, .height = side
    };
    return picture_resize_part(allocator, picture, width, height, &part, out);
}

static enum gmr_status pad(const struct gmr_allocator *allocator, const struct picture *picture,
                           size_t side, struct picture *out)
{
    const size_t longer = picture->width > picture->height ? picture->width : picture->height;
    struct picture resized;
    TRY(picture_resize(allocator, picture, in_proportion(side, picture->width, longer),
                       in_proportion(side, picture->height, longer), &resized));
    enum gmr_status status = picture_init(out, allocator, side, side);
    if (status == GMR_OK)
        lay_on_white(&resized, side, out);
    picture_release(&resized);
    return status;
}

enum gmr_status preprocess_square(const struct gmr_allocator *allocator,
                                  const struct picture *picture, enum preprocess_fit fit,
                                  size_t side, struct picture *out)
{
    return fit == PREPROCESS_CROP ? crop(allocator, picture, side, out)
                                  : pad(allocator, picture, side, out);
}

void preprocess_scale(const struct picture *picture, const float mean[3], const float deviation[3],
                      real *values)
{
    const size_t pixels = picture->width * picture->height;
    for (size_t channel = 0; channel < CHANNELS; channel++) {
        const real shift = mean[channel], scale = deviation[channel];
        real *plane = values + channel * pixels;
        for (size_t i = 0; i < pixels; i++)
            plane[i] = ((real)picture->pixels[i * CHANNELS + channel] / 255 - shift) / scale;
    }
}

void preprocess_normalise(const struct picture *square, real *values)
{
    assert(square->width == square->height);
    preprocess_scale(square, preprocess_mean, preprocess_deviation, values);
}
