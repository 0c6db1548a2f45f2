/* Small pictures for lists. */
#include "media/picture.h"

#include <assert.h>

enum { THUMBNAIL_QUALITY = 85 };

/* `length`, in the proportion of `longest` to `side`, rounded, at least 1. */
static size_t shrink(size_t length, size_t longest, size_t side)
{
    size_t shrunk = (2 * length * side + longest) / (2 * longest);
    return shrunk > 0 ? shrunk : 1;
}

enum gmr_status picture_thumbnail(const struct gmr_allocator *allocator,
                                  const struct picture *picture, size_t side,
                                  struct picture_file *file)
{
    assert(side > 0);
    size_t width = picture->width, height = picture->height;
    size_t longest = width > height ? width : height;
    if (longest <= side)
        return picture_encode_jpeg(allocator, picture, THUMBNAIL_QUALITY, file);

    struct picture small;
    *file = (struct picture_file){ 0 };
    TRY(picture_resize(allocator, picture, shrink(width, longest, side),
                       shrink(height, longest, side), &small));
    enum gmr_status status = picture_encode_jpeg(allocator, &small, THUMBNAIL_QUALITY, file);
    picture_release(&small);
    return status;
}
