#include "learning/encoder_features.h"

#include <stdio.h>

#include "base/log.h"
#include "base/status.h"
#include "catalogue/loader.h"

enum { PICTURES = 32, TEXTS = 128 /* at a time */ };

static const char PICTURE_JOB[] = "encoding pictures", TEXT_JOB[] = "encoding texts";

static const struct corpus_item *item_at(const struct corpus_part *part, size_t i)
{
    return &part->corpus->item[part->order[i]];
}

static size_t at_most(size_t count, size_t most)
{
    return count < most ? count : most;
}

/* ---- texts ---- */

static enum gmr_status encode_texts(struct encoder *encoder, const struct corpus_part *part,
                                    const struct gmr_progress *progress, real *y,
                                    char (*text)[ITEM_TEXT_SIZE])
{
    const char *texts[TEXTS];
    for (size_t done = 0; done < part->count;) {
        const size_t some = at_most(part->count - done, TEXTS);
        TRY(progress_check(progress, TEXT_JOB));
        for (size_t i = 0; i < some; i++) {
            item_text_full(&item_at(part, done + i)->item, text[i]);
            texts[i] = text[i];
        }
        TRY(encoder_texts(encoder, texts, some, y + done * encoder_width(encoder)));
        done += some;
        progress_report(progress, TEXT_JOB, "text", done, part->count, NULL);
    }
    return GMR_OK;
}

enum gmr_status encoder_features_texts(struct encoder *encoder, const struct corpus_part *part,
                                       const struct gmr_progress *progress, real *y)
{
    char(*text)[ITEM_TEXT_SIZE] = memory_array(encoder->allocator, TEXTS, sizeof *text);
    const enum gmr_status status =
        text ? encode_texts(encoder, part, progress, y, text) : GMR_ERR_NOMEM;
    memory_release(encoder->allocator, text, TEXTS * sizeof *text);
    return status;
}

/* ---- pictures ---- */

static enum gmr_status load(struct picture_loader *loader, uint8_t *square, size_t i,
                            struct features_report *report)
{
    const char *reason;
    TRY(picture_loader_next(loader, square, &report->broken[i], &reason));
    if (report->broken[i] && report->broken_count++ == 0)
        snprintf(report->reason, sizeof report->reason, "%s", reason);
    return GMR_OK;
}

static enum gmr_status encode_pictures(struct encoder *encoder, struct picture_loader *loader,
                                       size_t count, const struct gmr_progress *progress,
                                       uint8_t *squares, real *y, struct features_report *report)
{
    const size_t bytes = 3 * encoder_side(encoder) * encoder_side(encoder);
    for (size_t done = 0; done < count;) {
        const size_t some = at_most(count - done, PICTURES);
        TRY(progress_check(progress, PICTURE_JOB));
        for (size_t i = 0; i < some; i++)
            TRY(load(loader, squares + i * bytes, done + i, report));
        TRY(encoder_squares(encoder, squares, some, y + done * encoder_width(encoder)));
        done += some;
        progress_report(progress, PICTURE_JOB, "picture", done, count, NULL);
    }
    return GMR_OK;
}

static enum gmr_status start_loader(const struct encoder *encoder, struct catalogue *catalogue,
                                    const struct corpus_part *part, unsigned threads,
                                    size_t *positions, struct picture_loader **loader)
{
    const struct picture_loader_options options = { .positions = positions,
                                                    .count = part->count,
                                                    .side = encoder_side(encoder),
                                                    .fit = encoder->fit,
                                                    .threads = threads };
    for (size_t i = 0; i < part->count; i++)
        positions[i] = item_at(part, i)->position;
    return picture_loader_create(catalogue, &options, loader);
}

enum gmr_status encoder_features_pictures(struct encoder *encoder, struct catalogue *catalogue,
                                          const struct corpus_part *part, unsigned threads,
                                          const struct gmr_progress *progress, real *y,
                                          struct features_report *report)
{
    const size_t bytes = PICTURES * 3 * encoder_side(encoder) * encoder_side(encoder);
    size_t *positions = memory_array(encoder->allocator, part->count, sizeof *positions);
    uint8_t *squares = memory_allocate(encoder->allocator, bytes);
    struct picture_loader *loader = NULL;
    enum gmr_status status = positions && squares ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = start_loader(encoder, catalogue, part, threads, positions, &loader);
    if (status == GMR_OK)
        status = encode_pictures(encoder, loader, part->count, progress, squares, y, report);
    picture_loader_destroy(loader);
    memory_release(encoder->allocator, squares, bytes);
    memory_release(encoder->allocator, positions, part->count * sizeof *positions);
    return status;
}
