/* Turning pictures upright: the eight EXIF orientations are the ways to lay a rectangle on itself,
 * turned and mirrored. */
#include "media/format.h"

#include <assert.h>

/* Where the upright picture's rows and columns lie in the picture as stored. */
static const struct orientation {
    bool from_right, from_bottom; /* the corner that becomes top left */
    bool exchanged;               /* upright rows are stored columns */
} orientations[] = {
    [1] = { false, false, false }, [2] = { true, false, false }, [3] = { true, true, false },
    [4] = { false, true, false },  [5] = { false, false, true }, [6] = { false, true, true },
    [7] = { true, true, true },    [8] = { true, false, true },
};

static void copy_turned(struct picture *out, const struct picture *in, const struct orientation *o)
{
    ptrdiff_t pixel = 3, row = pixel * (ptrdiff_t)in->width;
    ptrdiff_t right = o->from_right ? -pixel : pixel, down = o->from_bottom ? -row : row;
    const uint8_t *start = in->pixels + (o->from_right ? row - pixel : 0) +
                           (o->from_bottom ? row * (ptrdiff_t)(in->height - 1) : 0);
    ptrdiff_t step_x = o->exchanged ? down : right, step_y = o->exchanged ? right : down;
    uint8_t *to = out->pixels;
    for (size_t y = 0; y < out->height; y++) {
        const uint8_t *from = start + step_y * (ptrdiff_t)y;
        for (size_t x = 0; x < out->width; x++, to += pixel) {
            const uint8_t *p = from + step_x * (ptrdiff_t)x;
            to[0] = p[0];
            to[1] = p[1];
            to[2] = p[2];
        }
    }
}

enum gmr_status picture_turn(struct picture *picture, unsigned orientation)
{
    assert(orientation >= 1 && orientation <= 8);
    const struct orientation *o = &orientations[orientation];
    struct picture upright;
    if (orientation == 1)
        return GMR_OK;
    TRY(picture_init(&upright, picture->allocator, o->exchanged ? picture->height : picture->width,
                     o->exchanged ? picture->width : picture->height));
    copy_turned(&upright, picture, o);
    picture_release(picture);
    *picture = upright;
    return GMR_OK;
}
