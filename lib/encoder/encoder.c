/* An encoder: opening what it is made of, and running it on texts and squares chunk by chunk. */
#include "encoder/encoder.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"
#include "encoder/encoder_vocabulary.h"
#include "tensor/weights.h"

enum { CHANNELS = 3, TEXTS = 256, SQUARES = 16 /* at a time */ };

/* ---- opening ---- */

static enum gmr_status load(struct encoder *e, struct compute *compute,
                            const struct encoder_options *options,
                            const struct clip_checkpoint *checkpoint)
{
    struct clip_checkpoint wanted = *checkpoint;
    if (options->exact_gelu)
        wanted.settings.activation = ACTIVATE_GELU;
    e->is_overruled = wanted.settings.activation != checkpoint->settings.activation;
    e->fit = checkpoint->fit;
    TRY(encoder_vocabulary_open(&wanted, options->vocabulary, e->allocator, &e->tokeniser));
    TRY(clip_checkpoint_load(&wanted, compute, e->allocator, &e->model));
    e->has_model = true;
    return clip_inference_create(&e->model, &e->inference);
}

static enum gmr_status read_weights(struct encoder *e, struct compute *compute,
                                    const struct encoder_options *options,
                                    const struct safetensors *file)
{
    struct clip_checkpoint checkpoint;
    TRY(clip_checkpoint_init(&checkpoint, e->allocator, file));
    enum gmr_status status = load(e, compute, options, &checkpoint);
    clip_checkpoint_release(&checkpoint);
    return status;
}

/* An option that changes the model makes it another one. */
static void take_digest(struct encoder *e, const struct file_map *map)
{
    uint8_t result[DIGEST_SIZE];
    struct digest digest;
    digest_init(&digest);
    digest_add(&digest, map->data, map->size);
    if (e->is_overruled)
        digest_add_text(&digest, "gelu");
    digest_finish(&digest, result);
    digest_hex(result, e->digest);
}

/* One mapping for all, so that the digest is that of the bytes that were read. */
static enum gmr_status read_file(struct encoder *e, struct compute *compute,
                                 const struct encoder_options *options)
{
    struct file_map map;
    struct safetensors *file;
    TRY(file_map_open(&map, e->name));
    enum gmr_status status = weights_open_memory(e->allocator, map.data, map.size, e->name, &file);
    if (status == GMR_OK)
        status = read_weights(e, compute, options, file);
    if (status == GMR_OK)
        take_digest(e, &map);
    safetensors_close(file);
    file_map_close(&map);
    return status;
}

enum gmr_status encoder_open(struct compute *compute, const struct gmr_allocator *allocator,
                             const struct encoder_options *options, struct encoder **encoder)
{
    *encoder = NULL;
    struct encoder *e = memory_array(allocator, 1, sizeof *e);
    if (!e)
        return GMR_ERR_NOMEM;
    e->allocator = allocator;
    e->name = memory_allocate(allocator, strlen(options->weights) + 1);
    enum gmr_status status = GMR_ERR_NOMEM;
    if (e->name) {
        strcpy(e->name, options->weights);
        status = read_file(e, compute, options);
    }
    if (status == GMR_OK)
        *encoder = e;
    else
        encoder_close(e);
    return status;
}

void encoder_close(struct encoder *encoder)
{
    if (!encoder)
        return;
    const struct gmr_allocator *allocator = encoder->allocator;
    clip_inference_destroy(encoder->inference);
    if (encoder->has_model)
        clip_release(&encoder->model);
    tokeniser_destroy(encoder->tokeniser);
    if (encoder->name)
        memory_release(allocator, encoder->name, strlen(encoder->name) + 1);
    memory_release(allocator, encoder, sizeof *encoder);
}

size_t encoder_width(const struct encoder *encoder)
{
    return encoder->model.settings.embed;
}

size_t encoder_side(const struct encoder *encoder)
{
    return encoder->model.settings.resolution;
}

/* Numbers that are none come from weights that are none, or too large. */
static enum gmr_status check_finite(const struct encoder *e, const real *y, size_t numel)
{
    for (size_t i = 0; i < numel; i++)
        if (!isfinite(y[i]))
            return gmr_error(GMR_ERR_NUMERIC, "the encoder '%s' gives a vector that is not finite",
                             e->name);
    return GMR_OK;
}

/* ---- texts ---- */

/* One text -> ids [context] and the place of the first end token, as in CLIP: a text may hold one.
 */
static enum gmr_status tokenise(const struct encoder *e, const char *text, int64_t *ids,
                                size_t *end)
{
    const int64_t last = (int64_t)tokeniser_size(e->tokeniser) - 1;
    size_t length;
    TRY(tokeniser_encode(e->tokeniser, text, e->model.settings.context, true, ids, &length));
    for (*end = 0; ids[*end] != last; (*end)++)
        ;
    return GMR_OK;
}

/* ids [TEXTS, context], end [TEXTS]. */
static enum gmr_status encode_texts(struct encoder *e, const char *const *texts, size_t count,
                                    int64_t *ids, int64_t *end, real *y)
{
    const size_t context = e->model.settings.context;
    for (size_t done = 0; done < count;) {
        struct clip_words words = { .length = context, .ids = ids, .end = end };
        for (; words.count < TEXTS && done + words.count < count; words.count++) {
            const size_t row = words.count * context;
            size_t place;
            TRY(tokenise(e, texts[done + words.count], ids + row, &place));
            end[words.count] = (int64_t)(row + place);
        }
        TRY(clip_inference_texts(e->inference, y + done * encoder_width(e), &words));
        done += words.count;
    }
    return check_finite(e, y, count * encoder_width(e));
}

enum gmr_status encoder_texts(struct encoder *encoder, const char *const *texts, size_t count,
                              real *y)
{
    const size_t context = encoder->model.settings.context;
    if (!encoder->tokeniser)
        return gmr_error(GMR_ERR_NOT_FOUND,
                         "no vocabulary for '%s': none is inside it or beside it", encoder->name);
    int64_t *ids = memory_array(encoder->allocator, TEXTS * (context + 1), sizeof *ids);
    if (!ids)
        return GMR_ERR_NOMEM;
    enum gmr_status status = encode_texts(encoder, texts, count, ids, ids + TEXTS * context, y);
    memory_release(encoder->allocator, ids, TEXTS * (context + 1) * sizeof *ids);
    return status;
}

/* ---- pictures ---- */

/* What a tower makes of normalised pictures: `out` numbers of each. */
typedef enum gmr_status run_tower(struct clip_inference *inference, real *y, const real *pictures,
                                  size_t count);

/* x [SQUARES, 3, side, side] */
static enum gmr_status encode_squares(struct encoder *e, run_tower *run, size_t out,
                                      const uint8_t *squares, size_t count, real *x, real *y)
{
    const size_t side = encoder_side(e), values = CHANNELS * side * side;
    for (size_t done = 0; done < count;) {
        const size_t part = count - done < SQUARES ? count - done : SQUARES;
        for (size_t i = 0; i < part; i++) {
            const struct picture square = { side, side,
                                            (uint8_t *)(uintptr_t)(squares + (done + i) * values),
                                            NULL };
            preprocess_normalise(&square, x + i * values);
        }
        TRY(run(e->inference, y + done * out, x, part));
        done += part;
    }
    return check_finite(e, y, count * out);
}

static enum gmr_status run_squares(struct encoder *encoder, run_tower *run, size_t out,
                                   const uint8_t *squares, size_t count, real *y)
{
    const size_t side = encoder_side(encoder);
    const size_t values = (count < SQUARES ? count : SQUARES) * CHANNELS * side * side;
    const struct device *device = &encoder->model.parameters.compute->device;
    real *x = device->allocate(device, values * sizeof *x);
    if (!x)
        return GMR_ERR_NOMEM;
    enum gmr_status status = encode_squares(encoder, run, out, squares, count, x, y);
    device->release(device, x, values * sizeof *x);
    return status;
}

enum gmr_status encoder_squares(struct encoder *encoder, const uint8_t *squares, size_t count,
                                real *y)
{
    return run_squares(encoder, clip_inference_images, encoder_width(encoder), squares, count, y);
}

enum gmr_status encoder_regions(struct encoder *encoder, const uint8_t *squares, size_t count,
                                real *y)
{
    const struct clip_settings *settings = &encoder->model.settings;
    const size_t grid = clip_image_grid(settings), channels = clip_image_channels(settings);
    return run_squares(encoder, clip_inference_regions, grid * grid * channels, squares, count, y);
}

enum gmr_status encoder_square(const struct encoder *encoder, const void *bytes, size_t size,
                               const char *name, uint8_t *square)
{
    const size_t side = encoder_side(encoder);
    struct picture picture, fitted;
    TRY(picture_decode(encoder->allocator, bytes, size, 0, name, &picture, NULL, NULL));
    enum gmr_status status =
        preprocess_square(encoder->allocator, &picture, encoder->fit, side, &fitted);
    picture_release(&picture);
    if (status != GMR_OK)
        return status;
    memcpy(square, fitted.pixels, CHANNELS * side * side);
    picture_release(&fitted);
    return GMR_OK;
}
