/* Pixels to JPEG files in memory, by libjpeg-turbo. What it writes lands in a block that doubles
 * when it is full. */
#include "media/picture.h"

#include <assert.h>
#include <string.h>

#include "media/jpeg_trap.h"

enum { FIRST_CAPACITY = 16 * 1024, FULL_COLOUR_QUALITY = 90 };

struct encoder {
    struct jpeg_compress_struct jpeg;
    struct jpeg_destination_mgr destination;
    struct jpeg_trap trap;
    struct picture_file *file;
};

/* Returns false, and changes nothing, when there is no memory. */
static bool grow(struct picture_file *file)
{
    size_t capacity = file->capacity ? 2 * file->capacity : FIRST_CAPACITY;
    uint8_t *bytes = memory_allocate(file->allocator, capacity);
    if (!bytes)
        return false;
    if (file->bytes)
        memcpy(bytes, file->bytes, file->capacity);
    memory_release(file->allocator, file->bytes, file->capacity);
    file->bytes = bytes;
    file->capacity = capacity;
    return true;
}

/* Called at the start and whenever the block is full. */
static boolean make_room(j_compress_ptr cinfo)
{
    struct encoder *e = (struct encoder *)cinfo->client_data;
    size_t used = e->file->capacity;
    if (!grow(e->file))
        jpeg_trap_throw((j_common_ptr)cinfo, GMR_ERR_NOMEM);
    e->destination.next_output_byte = e->file->bytes + used;
    e->destination.free_in_buffer = e->file->capacity - used;
    return TRUE;
}

static void begin(j_compress_ptr cinfo)
{
    make_room(cinfo);
}

static void end(j_compress_ptr cinfo)
{
    struct encoder *e = (struct encoder *)cinfo->client_data;
    e->file->size = e->file->capacity - e->destination.free_in_buffer;
}

static void set_parameters(struct encoder *e, const struct picture *picture, int quality)
{
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    jpeg->client_data = e;
    jpeg->dest = &e->destination;
    jpeg->image_width = (JDIMENSION)picture->width;
    jpeg->image_height = (JDIMENSION)picture->height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    if (quality >= FULL_COLOUR_QUALITY)
        jpeg->comp_info[0].h_samp_factor = jpeg->comp_info[0].v_samp_factor = 1;
}

static void write_rows(struct jpeg_compress_struct *jpeg, const struct picture *picture)
{
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = picture->pixels + 3 * picture->width * jpeg->next_scanline;
        jpeg_write_scanlines(jpeg, &row, 1);
    }
}

enum gmr_status picture_encode_jpeg(const struct gmr_allocator *allocator,
                                    const struct picture *picture, int quality,
                                    struct picture_file *file)
{
    assert(quality >= 1 && quality <= 100);
    struct encoder e = { .destination = { .init_destination = begin,
                                          .empty_output_buffer = make_room,
                                          .term_destination = end },
                         .file = file };
    *file = (struct picture_file){ .allocator = allocator };
    e.jpeg.err = jpeg_trap_init(&e.trap);
    if (setjmp(e.trap.jump) == 0) {
        jpeg_create_compress(&e.jpeg);
        set_parameters(&e, picture, quality);
        jpeg_start_compress(&e.jpeg, TRUE);
        write_rows(&e.jpeg, picture);
        jpeg_finish_compress(&e.jpeg);
    }
    jpeg_destroy_compress(&e.jpeg);
    if (e.trap.status != GMR_OK)
        picture_file_release(file);
    return e.trap.status;
}

void picture_file_release(struct picture_file *file)
{
    memory_release(file->allocator, file->bytes, file->capacity);
    *file = (struct picture_file){ 0 };
}
