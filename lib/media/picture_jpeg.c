/* JPEG files to pixels, by libjpeg-turbo with the settings it starts with, which are Pillow's: the
 * exact integer transform and smooth upsampling of colour. Files in CMYK are taken to be inverted,
 * as Adobe writes them.
 *
 * Bombs: the size is known before the first allocation that depends on it; a progressive file keeps
 * all coefficients in memory, up to MEMORY_LIMIT; its scans, each of which costs time whatever its
 * bytes, are counted; and arithmetic coding, which nobody uses, is refused, since from it libjpeg
 * makes pixels without end out of no bytes, and says nothing. */
#include "media/format.h"

#include "media/jpeg_trap.h"

enum {
    MEMORY_LIMIT = 640 * 1024 * 1024, /* three full coefficients of PICTURE_MAX_PIXELS */
    MAX_SCANS = 64,                   /* encoders make about ten */
    MAX_SHRINK = 8,
};

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    struct jpeg_trap trap;
    const struct picture_source *source;
    struct picture *picture;
    uint8_t *cmyk; /* one row, NULL for other files */
};

static void count_scans(j_common_ptr cinfo)
{
    struct jpeg_decompress_struct *jpeg = (struct jpeg_decompress_struct *)cinfo;
    if (jpeg->input_scan_number > MAX_SCANS)
        jpeg_trap_throw(cinfo, gmr_error(GMR_ERR_UNSUPPORTED, "more than %d scans", MAX_SCANS));
}

/* Ends the work when a call of ours failed. */
static void heed_status(struct decoder *d, enum gmr_status status)
{
    if (status != GMR_OK)
        jpeg_trap_throw((j_common_ptr)&d->jpeg, status);
}

/* The strongest power of two that leaves `at_least` pixels on the shorter side. */
static unsigned choose_shrink(size_t width, size_t height, size_t at_least)
{
    size_t shorter = width < height ? width : height;
    unsigned shrink = 1;
    while (at_least > 0 && shrink < MAX_SHRINK && shorter / (2 * shrink) >= at_least)
        shrink *= 2;
    return shrink;
}

static void read_header(struct decoder *d)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    jpeg_read_header(jpeg, TRUE);
    heed_status(d, picture_check_size(jpeg->image_width, jpeg->image_height));
    if (jpeg->num_components == 2 || jpeg->num_components > 4)
        heed_status(d,
                    gmr_error(GMR_ERR_UNSUPPORTED, "%d colour components", jpeg->num_components));
    if (jpeg->arith_code)
        heed_status(d, gmr_error(GMR_ERR_UNSUPPORTED, "arithmetic coding"));
    jpeg->out_color_space = jpeg->num_components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg->scale_denom = choose_shrink(jpeg->image_width, jpeg->image_height, d->source->at_least);
}

static void get_memory(struct decoder *d)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    const struct gmr_allocator *allocator = d->source->allocator;
    jpeg_calc_output_dimensions(jpeg);
    heed_status(d, picture_init(d->picture, allocator, jpeg->output_width, jpeg->output_height));
    if (jpeg->out_color_space != JCS_CMYK)
        return;
    d->cmyk = memory_allocate(allocator, (size_t)4 * jpeg->output_width);
    heed_status(d, d->cmyk ? GMR_OK : GMR_ERR_NOMEM);
}

/* Pillow's arithmetic: white less black, less the share c / 255 of that, rounded. The four values
 * are stored inverted: 255 is no ink. */
static void cmyk_to_rgb(uint8_t *rgb, const uint8_t *cmyk, size_t width)
{
    for (size_t x = 0; x < width; x++, rgb += 3, cmyk += 4)
        for (size_t c = 0; c < 3; c++) {
            unsigned light = cmyk[3], taken = (255U - cmyk[c]) * light + 128;
            rgb[c] = (uint8_t)(light - ((taken >> 8) + taken) / 256);
        }
}

static void read_rows(struct decoder *d)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    const struct picture *picture = d->picture;
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *rgb = picture->pixels + 3 * picture->width * jpeg->output_scanline;
        JSAMPROW row = d->cmyk ? d->cmyk : rgb;
        jpeg_read_scanlines(jpeg, &row, 1);
        if (d->cmyk)
            cmyk_to_rgb(rgb, d->cmyk, picture->width);
    }
}

static enum gmr_status decode(struct decoder *d)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    jpeg->err = jpeg_trap_init(&d->trap);
    if (setjmp(d->trap.jump) == 0) {
        jpeg_create_decompress(jpeg);
        jpeg->mem->max_memory_to_use = MEMORY_LIMIT;
        d->progress.progress_monitor = count_scans;
        jpeg->progress = &d->progress;
        jpeg_mem_src(jpeg, d->source->bytes, d->source->size);
        read_header(d);
        get_memory(d);
        jpeg_start_decompress(jpeg);
        read_rows(d);
        jpeg_finish_decompress(jpeg);
    }
    memory_release(d->source->allocator, d->cmyk, (size_t)4 * jpeg->output_width);
    jpeg_destroy_decompress(jpeg);
    return d->trap.status;
}

enum gmr_status picture_decode_jpeg(const struct picture_source *source, struct picture *picture,
                                    size_t *width, size_t *height)
{
    struct decoder d = { .source = source, .picture = picture };
    unsigned orientation = exif_orientation(source->bytes, source->size);
    TRY(decode(&d));
    TRY(picture_turn(picture, orientation));
    bool exchanged = orientation > 4;
    *width = exchanged ? d.jpeg.image_height : d.jpeg.image_width;
    *height = exchanged ? d.jpeg.image_width : d.jpeg.image_height;
    return GMR_OK;
}
