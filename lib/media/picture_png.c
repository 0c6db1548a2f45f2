/* PNG files to pixels, by libpng. All kinds of pixels become RGB or, with transparency, RGBA that
 * is laid on white row by row; 16-bit samples keep their upper half. Chunks that have no influence
 * on this are skipped unread, so that compressed text or profiles cost nothing; their checksums are
 * checked like all others. */
#include "media/format.h"

#include <png.h>
#include <string.h>

struct decoder {
    png_structp png;
    png_infop info;
    const struct picture_source *source;
    size_t position; /* bytes read */
    struct picture *picture;
    uint8_t *samples; /* NULL: rows go into the picture */
    size_t samples_size, channels;
    uint8_t colour[256][3]; /* of a palette, on white */
    size_t colours;
    enum gmr_status status; /* why libpng was left */
    bool no_memory;
};

/* ---- what libpng calls ---- */

static void fail(png_structp png, png_const_charp text)
{
    struct decoder *d = png_get_error_ptr(png);
    d->status = d->no_memory ? GMR_ERR_NOMEM : gmr_error(GMR_ERR_FORMAT, "%s", text);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text)
{
}

static void read_bytes(png_structp png, png_bytep out, size_t size)
{
    struct decoder *d = png_get_io_ptr(png);
    if (size > d->source->size - d->position)
        png_error(png, "the file is cut off");
    memcpy(out, d->source->bytes + d->position, size);
    d->position += size;
}

/* libpng does not say how large what it frees is: that stands before each block. */
enum { BLOCK_HEADER = MEMORY_ALIGNMENT };

static png_voidp allocate(png_structp png, png_alloc_size_t size)
{
    struct decoder *d = png_get_mem_ptr(png);
    size_t whole = size + BLOCK_HEADER;
    uint8_t *block = memory_allocate(d->source->allocator, whole);
    if (!block) {
        d->no_memory = true;
        return NULL;
    }
    memcpy(block, &whole, sizeof whole);
    return block + BLOCK_HEADER;
}

static void release(png_structp png, png_voidp memory)
{
    struct decoder *d = png_get_mem_ptr(png);
    uint8_t *block = (uint8_t *)memory - BLOCK_HEADER;
    size_t whole;
    memcpy(&whole, block, sizeof whole);
    memory_release(d->source->allocator, block, whole);
}

/* ---- decoding ---- */

/* Ends the work when a call of ours failed. */
static void heed_status(struct decoder *d, enum gmr_status status)
{
    if (status == GMR_OK)
        return;
    d->status = status;
    png_longjmp(d->png, 1);
}

static void read_header(struct decoder *d)
{
    png_set_user_limits(d->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* ours give a better message */
    png_set_crc_action(d->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_check_for_invalid_index(d->png, 0); /* look_up does, for all files */
    png_set_read_fn(d->png, d, read_bytes);
    png_read_info(d->png, d->info);
    heed_status(d, picture_check_size(png_get_image_width(d->png, d->info),
                                      png_get_image_height(d->png, d->info)));
}

/* The palette on white. */
static void read_palette(struct decoder *d)
{
    png_colorp colours = NULL;
    png_bytep alpha = NULL;
    int count = 0, with_alpha = 0;
    png_get_PLTE(d->png, d->info, &colours, &count);
    png_get_tRNS(d->png, d->info, &alpha, &with_alpha, NULL);
    d->colours = (size_t)count;
    for (int i = 0; i < count; i++) {
        const uint8_t rgba[] = { colours[i].red, colours[i].green, colours[i].blue,
                                 i < with_alpha ? alpha[i] : 255 };
        picture_lay_on_white(d->colour[i], rgba, 1);
    }
}

/* Returns the number of passes over the rows. */
static size_t choose_conversions(struct decoder *d)
{
    if (png_get_color_type(d->png, d->info) == PNG_COLOR_TYPE_PALETTE) {
        read_palette(d);
        png_set_packing(d->png); /* a byte for each pixel */
    } else {
        png_set_strip_16(d->png);
        png_set_expand(d->png); /* small greys, a transparent colour */
        png_set_gray_to_rgb(d->png);
    }
    size_t passes = (size_t)png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    d->channels = png_get_channels(d->png, d->info);
    return passes;
}

static void get_memory(struct decoder *d, size_t passes)
{
    const struct gmr_allocator *allocator = d->source->allocator;
    size_t width = png_get_image_width(d->png, d->info);
    size_t height = png_get_image_height(d->png, d->info);
    heed_status(d, picture_init(d->picture, allocator, width, height));
    if (d->channels == 3)
        return;
    d->samples_size = d->channels * width * (passes > 1 ? height : 1);
    d->samples = memory_allocate(allocator, d->samples_size);
    heed_status(d, d->samples ? GMR_OK : GMR_ERR_NOMEM);
}

static void look_up(struct decoder *d, uint8_t *rgb, const uint8_t *samples)
{
    size_t last = 0;
    for (size_t x = 0; x < d->picture->width; x++) {
        memcpy(rgb + 3 * x, d->colour[samples[x]], 3);
        last = samples[x] > last ? samples[x] : last;
    }
    if (last >= d->colours)
        heed_status(d, gmr_error(GMR_ERR_FORMAT, "a pixel has a colour outside the palette"));
}

/* Interlaced files give a part of each row in each pass, so their rows stay until the last. */
static void read_pass(struct decoder *d, bool last, size_t samples_step)
{
    const struct picture *picture = d->picture;
    for (size_t y = 0; y < picture->height; y++) {
        uint8_t *rgb = picture->pixels + 3 * picture->width * y;
        uint8_t *samples = d->samples ? d->samples + samples_step * y : NULL;
        png_read_row(d->png, samples ? samples : rgb, NULL);
        if (last && d->channels == 4)
            picture_lay_on_white(rgb, samples, picture->width);
        else if (last && d->channels == 1)
            look_up(d, rgb, samples);
    }
}

static void read_all(struct decoder *d)
{
    read_header(d);
    size_t passes = choose_conversions(d);
    get_memory(d, passes);
    for (size_t pass = 1; pass <= passes; pass++)
        read_pass(d, pass == passes, passes > 1 ? d->channels * d->picture->width : 0);
    png_read_end(d->png, NULL);
}

static enum gmr_status decode(struct decoder *d)
{
    d->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, d, fail, ignore_warning, d, allocate,
                                      release);
    d->info = d->png ? png_create_info_struct(d->png) : NULL;
    if (!d->info)
        d->no_memory = true;
    else if (setjmp(png_jmpbuf(d->png)) == 0)
        read_all(d);
    memory_release(d->source->allocator, d->samples, d->samples_size);
    png_destroy_read_struct(&d->png, &d->info, NULL);
    return d->no_memory ? GMR_ERR_NOMEM : d->status;
}

enum gmr_status picture_decode_png(const struct picture_source *source, struct picture *picture,
                                   size_t *width, size_t *height)
{
    struct decoder d = { .source = source, .picture = picture };
    TRY(decode(&d));
    *width = picture->width;
    *height = picture->height;
    return GMR_OK;
}
