#undef NDEBUG
#include "support/picture_fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

enum { SMALL = 64, CHEAP_PIXELS = 1000 * 1000 };

static void check_message(void)
{
    const char *text = gmr_error_message();
    assert(strncmp(text, "cannot decode 'input': ", 23) == 0);
    for (size_t left = strlen(text), n; left > 0; text += n, left -= n)
        assert((n = text_utf8_length(text, left)) > 0 && (unsigned char)*text >= 0x20);
}

static void check_picture(const struct picture *picture)
{
    size_t width = picture->width, height = picture->height, sum = 0;
    assert(width > 0 && width <= PICTURE_MAX_SIDE && height > 0 && height <= PICTURE_MAX_SIDE);
    assert(width * height <= PICTURE_MAX_PIXELS);
    for (size_t i = 0; i < 3 * width * height; i++)
        sum += ((const volatile uint8_t *)picture->pixels)[i];
    assert(sum <= 255 * 3 * width * height);
}

/* The same file decoded smaller says the same of its size. */
static void check_smaller(const uint8_t *data, size_t size, const struct picture *picture)
{
    struct picture smaller;
    size_t width, height;
    size_t shorter = picture->width < picture->height ? picture->width : picture->height;
    if (picture->width * picture->height > CHEAP_PIXELS)
        return;
    assert(picture_decode(NULL, data, size, SMALL, "input", &smaller, &width, &height) == GMR_OK);
    assert(width == picture->width && height == picture->height);
    assert(smaller.width <= width && smaller.height <= height);
    assert(shorter < SMALL || (smaller.width >= SMALL && smaller.height >= SMALL));
    picture_release(&smaller);
}

void fuzz_picture(const uint8_t *data, size_t size, enum gmr_picture_format format)
{
    struct picture picture;
    if (picture_recognise(data, size) != format)
        return;
    enum gmr_status status = picture_decode(NULL, data, size, 0, "input", &picture, NULL, NULL);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT || status == GMR_ERR_UNSUPPORTED ||
           status == GMR_ERR_NOMEM);
    assert((status == GMR_OK) == (picture.pixels != NULL));
    if (status == GMR_OK) {
        check_picture(&picture);
        check_smaller(data, size, &picture);
    } else {
        check_message();
    }
    picture_release(&picture);
}
