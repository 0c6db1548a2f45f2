/* Validation: text to picture among blocks of items that were held out. */
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "encoder/clip_inference.h"
#include "learning/encoder_training_inside.h"

enum { BLOCK = 600 /* items to choose from */, AT_ONCE = 64 };

struct validation {
    struct encoder_training *run;
    struct clip_inference *fast;
    real *picture, *text; /* [count, embed] */
    uint8_t *square;
    real *pixels; /* [AT_ONCE, 3, resolution, resolution] */
    int64_t *ids, *end;
    size_t *ranks;
};

static const struct clip_settings *sizes(const struct validation *v)
{
    return &v->run->model.settings;
}

static size_t pixel_count(const struct validation *v)
{
    return 3 * sizes(v)->resolution * sizes(v)->resolution;
}

static enum gmr_status prepare(struct validation *v)
{
    const struct gmr_allocator *allocator = v->run->allocator;
    const size_t count = v->run->held_out.count, embed = sizes(v)->embed;
    v->picture = memory_array(allocator, count * embed, sizeof *v->picture);
    v->text = memory_array(allocator, count * embed, sizeof *v->text);
    v->square = memory_array(allocator, pixel_count(v), 1);
    v->pixels = memory_array(allocator, AT_ONCE * pixel_count(v), sizeof *v->pixels);
    v->ids = memory_array(allocator, AT_ONCE * sizes(v)->context, sizeof *v->ids);
    v->end = memory_array(allocator, AT_ONCE, sizeof *v->end);
    v->ranks = memory_array(allocator, count, sizeof *v->ranks);
    if (!v->picture || !v->text || !v->square || !v->pixels || !v->ids || !v->end || !v->ranks)
        return GMR_ERR_NOMEM;
    return clip_inference_create(&v->run->model, &v->fast);
}

static void release(struct validation *v)
{
    const struct gmr_allocator *allocator = v->run->allocator;
    const size_t count = v->run->held_out.count, embed = sizes(v)->embed;
    clip_inference_destroy(v->fast);
    memory_release(allocator, v->picture, count * embed * sizeof *v->picture);
    memory_release(allocator, v->text, count * embed * sizeof *v->text);
    memory_release(allocator, v->square, pixel_count(v));
    memory_release(allocator, v->pixels, AT_ONCE * pixel_count(v) * sizeof *v->pixels);
    memory_release(allocator, v->ids, AT_ONCE * sizes(v)->context * sizeof *v->ids);
    memory_release(allocator, v->end, AT_ONCE * sizeof *v->end);
    memory_release(allocator, v->ranks, count * sizeof *v->ranks);
}

/* Items first .. first + count - 1, which are of one catalogue. */
static enum gmr_status encode_pictures(struct validation *v, struct picture_loader *loader,
                                       size_t first, size_t count)
{
    for (size_t done = 0; done < count;) {
        const size_t part = count - done < AT_ONCE ? count - done : AT_ONCE;
        TRY(progress_check(v->run->progress, "validation"));
        for (size_t i = 0; i < part; i++) {
            bool broken;
            const char *reason;
            TRY(picture_loader_next(loader, v->square, &broken, &reason));
            const struct picture square = { .width = sizes(v)->resolution,
                                            .height = sizes(v)->resolution,
                                            .pixels = v->square };
            preprocess_normalise(&square, v->pixels + i * pixel_count(v));
        }
        TRY(clip_inference_images(v->fast, v->picture + (first + done) * sizes(v)->embed, v->pixels,
                                  part));
        done += part;
    }
    return GMR_OK;
}

static enum gmr_status encode_catalogue(struct validation *v, size_t first, size_t count)
{
    const struct corpus_item *item = &v->run->held_out.item[first];
    const struct gmr_allocator *allocator = v->run->allocator;
    struct picture_loader *loader = NULL;
    size_t *positions = memory_array(allocator, count, sizeof *positions);
    if (!positions)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        positions[i] = item[i].position;
    const struct picture_loader_options options = { .positions = positions,
                                                    .count = count,
                                                    .side = sizes(v)->resolution,
                                                    .fit = PREPROCESS_PAD,
                                                    .threads = v->run->settings->threads };
    enum gmr_status status =
        picture_loader_create(v->run->catalogue[item->catalogue], &options, &loader);
    if (status == GMR_OK)
        status = encode_pictures(v, loader, first, count);
    picture_loader_destroy(loader);
    memory_release(allocator, positions, count * sizeof *positions);
    return status;
}

static enum gmr_status encode_all_pictures(struct validation *v)
{
    const struct corpus *held_out = &v->run->held_out;
    for (size_t first = 0; first < held_out->count;) {
        size_t count = 1;
        while (first + count < held_out->count &&
               held_out->item[first + count].catalogue == held_out->item[first].catalogue)
            count++;
        TRY(encode_catalogue(v, first, count));
        first += count;
    }
    return GMR_OK;
}

static enum gmr_status encode_texts(struct validation *v, size_t first, size_t count)
{
    const size_t context = sizes(v)->context;
    for (size_t i = 0; i < count; i++) {
        char text[ITEM_TEXT_SIZE];
        size_t length;
        item_text_full(&v->run->held_out.item[first + i].item, text);
        TRY(tokeniser_encode(v->run->tokeniser, text, context, true, v->ids + i * context,
                             &length));
        v->end[i] = (int64_t)(i * context + length - 1);
    }
    const struct clip_words words = {
        .count = count, .length = context, .ids = v->ids, .end = v->end
    };
    return clip_inference_texts(v->fast, v->text + first * sizes(v)->embed, &words);
}

static enum gmr_status encode_all_texts(struct validation *v)
{
    const size_t count = v->run->held_out.count;
    for (size_t first = 0; first < count; first += AT_ONCE)
        TRY(encode_texts(v, first, count - first < AT_ONCE ? count - first : AT_ONCE));
    return GMR_OK;
}

enum gmr_status encoder_training_validate(struct encoder_training *run)
{
    struct validation v = { .run = run };
    size_t ranked = 0;
    enum gmr_status status = prepare(&v);
    if (status == GMR_OK)
        status = encode_all_pictures(&v);
    if (status == GMR_OK)
        status = encode_all_texts(&v);
    if (status == GMR_OK)
        status = retrieval_ranks(run->allocator, run->compute, v.text, v.picture,
                                 run->held_out.count, sizes(&v)->embed, BLOCK, v.ranks, &ranked);
    if (status == GMR_OK)
        status = retrieval_summarise(run->allocator, v.ranks, ranked, &run->validation);
    release(&v);
    return status;
}
