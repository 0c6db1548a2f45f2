/* Bicubic resizing as Pillow does it (spec section 1.6): a horizontal pass, rounded to 8 bits, then
 * a vertical one.
 *
 * The vertical pass runs along with the horizontal one: a ring holds as many narrowed rows as one
 * output row needs, so that they stay in the cache and memory does not grow with the picture. */
#include "media/resize.h"

#include <assert.h>
#include <string.h>

#include "media/picture.h"

struct resizer {
    const struct resize_kernels *kernels;
    const struct picture *in;
    struct resize_axis x, y;
    uint8_t *block; /* RESIZE_ROWS rows of the input, padded */
    size_t block_step;
    uint8_t *ring; /* narrowed rows, padded; row i, counted from y.begin, at i % ring_rows */
    size_t ring_step, ring_rows;
    const uint8_t **rows; /* of one vertical sum */
};

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static enum gmr_status init(struct resizer *r, struct arena *arena, const struct picture *in,
                            size_t width, size_t height, const struct picture_part *part)
{
    const struct resize_kernels *avx2 = resize_kernels_avx2();
    r->kernels = avx2 ? avx2 : &resize_kernels_portable;
    r->in = in;
    TRY(resize_axis_init(&r->x, arena, in->width, width, part->left, part->width));
    TRY(resize_axis_init(&r->y, arena, in->height, height, part->top, part->height));
    r->block_step = 3 * (r->x.end - r->x.begin) + RESIZE_PADDING;
    r->ring_step = 3 * part->width + RESIZE_PADDING;
    r->ring_rows = round_up(r->y.most, RESIZE_ROWS) + RESIZE_ROWS;
    r->block = arena_array(arena, RESIZE_ROWS, r->block_step);
    r->ring = arena_array(arena, r->ring_rows, r->ring_step);
    r->rows = arena_array(arena, r->y.stride, sizeof *r->rows);
    return r->block && r->ring && r->rows ? GMR_OK : GMR_ERR_NOMEM;
}

/* Narrows RESIZE_ROWS rows, or those that are left, into the ring. `row` counts from y.begin. */
static void narrow(struct resizer *r, size_t row)
{
    size_t left = r->y.end - r->y.begin - row, bytes = r->block_step - RESIZE_PADDING;
    for (size_t i = 0; i < RESIZE_ROWS && i < left; i++) {
        size_t pixel = (r->y.begin + row + i) * r->in->width + r->x.begin;
        memcpy(r->block + i * r->block_step, r->in->pixels + 3 * pixel, bytes);
    }
    r->kernels->horizontal(&r->x, r->block, r->block_step,
                           r->ring + row % r->ring_rows * r->ring_step, r->ring_step);
}

static void sum_rows(struct resizer *r, size_t y, uint8_t *out)
{
    size_t first = r->y.first[y], count = r->y.count[y], even = count + count % 2;
    for (size_t i = 0; i < even; i++) {
        size_t row = first + (i < count ? i : 0); /* what has no weight can be any row */
        r->rows[i] = r->ring + row % r->ring_rows * r->ring_step;
    }
    r->kernels->vertical(r->y.high + y * r->y.stride, r->y.low + y * r->y.stride, even, r->rows,
                         out, 3 * r->x.size);
}

static void run(struct resizer *r, struct picture *out)
{
    size_t narrowed = 0;
    for (size_t y = 0; y < out->height; y++) {
        for (; narrowed < (size_t)r->y.first[y] + r->y.count[y]; narrowed += RESIZE_ROWS)
            narrow(r, narrowed);
        sum_rows(r, y, out->pixels + 3 * out->width * y);
    }
}

static void copy_part(const struct picture *in, const struct picture_part *part,
                      struct picture *out)
{
    for (size_t y = 0; y < part->height; y++)
        memcpy(out->pixels + 3 * part->width * y,
               in->pixels + 3 * ((part->top + y) * in->width + part->left), 3 * part->width);
}

enum gmr_status picture_resize_part(const struct gmr_allocator *allocator, const struct picture *in,
                                    size_t width, size_t height, const struct picture_part *part,
                                    struct picture *out)
{
    assert(part->width > 0 && part->left < width && part->width <= width - part->left);
    assert(part->height > 0 && part->top < height && part->height <= height - part->top);
    TRY(picture_init(out, allocator, part->width, part->height));
    if (width == in->width && height == in->height) {
        copy_part(in, part, out);
        return GMR_OK;
    }
    struct arena arena;
    struct resizer r = { 0 };
    arena_init(&arena, allocator, 0);
    enum gmr_status status = init(&r, &arena, in, width, height, part);
    if (status == GMR_OK)
        run(&r, out);
    else
        picture_release(out);
    arena_release(&arena);
    return status;
}

enum gmr_status picture_resize(const struct gmr_allocator *allocator, const struct picture *in,
                               size_t width, size_t height, struct picture *out)
{
    struct picture_part all = { 0, 0, width, height };
    return picture_resize_part(allocator, in, width, height, &all, out);
}
