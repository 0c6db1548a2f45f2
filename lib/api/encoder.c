/* gmr_encoder_*: the public view of encoder/encoder.h. */
#include <gommir/encoder.h>

#include "api/catalogue.h"
#include "api/context.h"
#include "base/status.h"
#include "catalogue/encoder_tower.h"

enum { PICTURES = 16 /* at a time */ };

struct gmr_encoder {
    const struct gmr_context *context;
    const struct gmr_allocator *allocator;
    struct compute *compute;
    struct encoder *inside;
};

enum gmr_status gmr_encoder_open(struct gmr_context *context,
                                 const struct gmr_encoder_options *options,
                                 struct gmr_encoder **encoder)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    const struct encoder_options inside = { .weights = options->weights,
                                            .vocabulary = options->vocabulary,
                                            .exact_gelu = options->exact_gelu };
    *encoder = NULL;
    struct gmr_encoder *opened = memory_array(allocator, 1, sizeof *opened);
    if (!opened)
        return GMR_ERR_NOMEM;
    opened->context = context;
    opened->allocator = allocator;
    enum gmr_status status =
        compute_create_cpu(allocator, gmr_context_threads(context), &opened->compute);
    if (status == GMR_OK)
        status = encoder_open(opened->compute, allocator, &inside, &opened->inside);
    if (status == GMR_OK)
        *encoder = opened;
    else
        gmr_encoder_close(opened);
    return status;
}

void gmr_encoder_close(struct gmr_encoder *encoder)
{
    if (!encoder)
        return;
    encoder_close(encoder->inside);
    compute_destroy(encoder->compute);
    memory_release(encoder->allocator, encoder, sizeof *encoder);
}

size_t gmr_encoder_width(const struct gmr_encoder *encoder)
{
    return encoder_width(encoder->inside);
}

bool gmr_encoder_has_vocabulary(const struct gmr_encoder *encoder)
{
    return encoder->inside->tokeniser != NULL;
}

const char *gmr_encoder_digest(const struct gmr_encoder *encoder)
{
    return encoder->inside->digest;
}

enum gmr_status gmr_encoder_texts(struct gmr_encoder *encoder, const char *const *texts,
                                  size_t count, float *vectors)
{
    return encoder_texts(encoder->inside, texts, count, vectors);
}

/* squares [PICTURES, side, side, 3] */
static enum gmr_status encode(struct encoder *e, const struct gmr_picture_bytes *pictures,
                              size_t count, uint8_t *squares, float *vectors)
{
    const size_t side = encoder_side(e);
    for (size_t done = 0; done < count;) {
        const size_t part = count - done < PICTURES ? count - done : PICTURES;
        for (size_t i = 0; i < part; i++) {
            const struct gmr_picture_bytes *picture = &pictures[done + i];
            TRY(encoder_square(e, picture->bytes, picture->size, picture->name,
                               squares + i * side * side * 3));
        }
        TRY(encoder_squares(e, squares, part, vectors + done * encoder_width(e)));
        done += part;
    }
    return GMR_OK;
}

enum gmr_status gmr_encoder_pictures(struct gmr_encoder *encoder,
                                     const struct gmr_picture_bytes *pictures, size_t count,
                                     float *vectors)
{
    const size_t side = encoder_side(encoder->inside);
    const size_t size = (count < PICTURES ? count : PICTURES) * side * side * 3;
    uint8_t *squares = memory_allocate(encoder->allocator, size);
    if (!squares)
        return GMR_ERR_NOMEM;
    const enum gmr_status status = encode(encoder->inside, pictures, count, squares, vectors);
    memory_release(encoder->allocator, squares, size);
    return status;
}

/* ---- catalogues ---- */

struct gmr_encode_options gmr_encode_options_default(void)
{
    return (struct gmr_encode_options){ .name = "clip" };
}

enum gmr_status gmr_encoder_encode(struct gmr_encoder *encoder, struct gmr_catalogue *catalogue,
                                   const struct gmr_encode_options *options,
                                   struct gmr_encode_report *report)
{
    const struct image_tower tower = encoder_tower(encoder->inside);
    return catalogue_encode(catalogue_inside(catalogue), &tower,
                            gmr_context_threads(encoder->context), context_logger(encoder->context),
                            options, report);
}
