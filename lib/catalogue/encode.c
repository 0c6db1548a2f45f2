/* Encoding a catalogue: what is to be done, doing it in batches, and putting it together. */
#include "catalogue/encode.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "catalogue/embedding.h"
#include "catalogue/encode_scratch.h"
#include "catalogue/inside.h"
#include "catalogue/loader.h"
#include "catalogue/problems.h"

#define JOB_NAME       "encoding"
#define SCRATCH_SUFFIX ".partial"

enum {
    BATCH = 16, /* squares: few enough that stopping takes no time, enough for a tower */
    CHANNELS = 3,
    FLUSH_SECONDS = 10, /* of work that a loss of power may cost; a kill costs a batch */
};

struct encoding {
    const struct gmr_allocator *allocator;
    struct catalogue *catalogue;
    const struct image_tower *tower;
    const struct encode_target *target;
    const struct gmr_progress *progress;
    const struct gmr_logger *logger;
    struct gmr_encode_report *report;
    unsigned threads;

    /* What there is. Item i has row old.row[i] of the old embedding, or record made[i] of the
     * scratch file, or neither (GMR_NO_ITEM). */
    size_t items;
    int64_t *ids, *stamps; /* [items] */
    struct item_rows old;  /* empty when it cannot be used */
    const uint8_t *data[ITEM_ROW_TENSORS];
    bool has_old;
    size_t *made; /* [items] */
    struct encode_scratch scratch;
    struct problems problems;

    /* What is to be done. */
    size_t *todo; /* [items], of which todo_count: positions */
    size_t todo_count, total;
    struct picture_loader *loader;
    struct arena arena;
    uint8_t *squares;              /* [BATCH, side, side, 3] */
    struct picture picture[BATCH]; /* as they are */
    real *y;                       /* [BATCH, width] */
    size_t row_bytes;
    void *row_data;         /* [row_bytes] */
    size_t position[BATCH]; /* of the items in the batch */
    size_t done;            /* of `todo` */
    double flushed;         /* when */
};

/* ---- what is to be done ---- */

/* The embedding as it is, if this encoder made it. It is derived: whatever is wrong with it, it is
 * made again. */
static enum gmr_status open_old(struct encoding *e)
{
    const struct encode_target *target = e->target;
    const enum gmr_status status =
        item_rows_open(e->catalogue, target->folder, target->name, &e->old);
    e->has_old =
        status == GMR_OK && item_rows_have(&e->old, &target->layout, e->tower->encoder, e->data);
    if (status == GMR_ERR_SHAPE || status == GMR_ERR_TYPE || status == GMR_ERR_FORMAT)
        log_write(e->logger, GMR_LOG_WARNING, "%s; it is made again", gmr_error_message());
    else if (status != GMR_OK && status != GMR_ERR_NOT_FOUND)
        return status;
    if (!e->has_old)
        item_rows_close(&e->old);
    return GMR_OK;
}

static bool has_row(const struct encoding *e, size_t position)
{
    return e->has_old && e->old.row[position] != GMR_NO_ITEM;
}

/* Items in the order of their positions. */
static void find_todo(struct encoding *e)
{
    struct gmr_encode_report *report = e->report;
    report->kept = report->without_picture = report->resumed = 0;
    e->todo_count = e->total = 0;
    for (size_t i = 0; i < e->items; i++) {
        if (has_row(e, i)) {
            report->kept++;
        } else if (e->stamps[i] == 0) {
            report->without_picture++;
        } else {
            e->total++;
            if (e->made[i] == GMR_NO_ITEM)
                e->todo[e->todo_count++] = i;
        }
    }
    report->resumed = e->total - e->todo_count;
}

static enum gmr_status plan(struct encoding *e)
{
    item_rows_close(&e->old);
    TRY(open_old(e));
    find_todo(e);
    return GMR_OK;
}

/* Records of the scratch file that are of items as they are now. */
static enum gmr_status find_made(struct encoding *e)
{
    for (size_t r = 0; r < e->scratch.count; r++) {
        const struct encode_record record = encode_scratch_at(&e->scratch, r);
        size_t position;
        const enum gmr_status status = catalogue_place(e->catalogue, record.id, &position);
        if (status == GMR_OK && e->stamps[position] == record.stamp)
            e->made[position] = r;
        else if (status != GMR_OK && status != GMR_ERR_FORMAT) /* the latter: it is gone */
            return status;
    }
    return GMR_OK;
}

/* ---- making vectors ---- */

static enum gmr_status make_batch_arrays(struct encoding *e)
{
    const struct picture_loader_options options = { .positions = e->todo,
                                                    .count = e->todo_count,
                                                    .side = e->tower->side,
                                                    .fit = e->tower->fit,
                                                    .as_they_are = e->tower->side == 0,
                                                    .least_side = e->tower->least_side,
                                                    .most_pixels = e->tower->most_pixels,
                                                    .threads = e->threads };
    e->squares = memory_array(e->allocator, BATCH, e->tower->side * e->tower->side * CHANNELS);
    e->y = memory_array(e->allocator, BATCH * e->tower->width, sizeof *e->y);
    e->row_data = memory_array(e->allocator, 1, e->row_bytes);
    if (!e->squares || !e->y || !e->row_data)
        return GMR_ERR_NOMEM;
    return picture_loader_create(e->catalogue, &options, &e->loader);
}

/* A list that cannot be written is no reason to stop. */
static enum gmr_status list_broken(struct encoding *e, size_t position, const char *reason)
{
    struct gmr_item item;
    e->report->broken_pictures++;
    arena_clear(&e->arena);
    TRY(picture_loader_item(e->loader, position, &e->arena, &item));
    const enum gmr_status status =
        problems_add(&e->problems, "picture", item.key, item.picture_path, reason);
    return status == GMR_ERR_NOMEM ? status : GMR_OK;
}

/* To place `to` of the batch. */
static enum gmr_status next_picture(struct encoding *e, size_t to, bool *broken,
                                    const char **reason)
{
    const size_t square = e->tower->side * e->tower->side * CHANNELS;
    if (square == 0)
        return picture_loader_next_picture(e->loader, &e->picture[to], broken, reason);
    return picture_loader_next(e->loader, e->squares + to * square, broken, reason);
}

/* The next ones that are pictures. */
static enum gmr_status fill_batch(struct encoding *e, size_t *count)
{
    for (*count = 0; *count < BATCH && e->done < e->todo_count; e->done++) {
        bool broken;
        const char *reason;
        TRY(next_picture(e, *count, &broken, &reason));
        if (broken)
            TRY(list_broken(e, e->todo[e->done], reason));
        else
            e->position[(*count)++] = e->todo[e->done];
    }
    return GMR_OK;
}

static void release_pictures(struct encoding *e)
{
    for (size_t i = 0; i < BATCH; i++)
        picture_release(&e->picture[i]);
}

/* Decoders and tower each get all cores, one after the other. */
static enum gmr_status encode_batch(struct encoding *e, size_t count)
{
    const struct image_tower *tower = e->tower;
    if (count == 0)
        return GMR_OK;
    picture_loader_rest(e->loader, true);
    const enum gmr_status status =
        tower->side == 0 ? tower->encode_pictures(tower->user, e->picture, count, e->y)
                         : tower->encode(tower->user, e->squares, count, e->y);
    picture_loader_rest(e->loader, false);
    release_pictures(e);
    return status;
}

static enum gmr_status keep_vector(struct encoding *e, size_t position, const real *y)
{
    TRY(dtype_from_real(e->row_data, e->target->layout.dtype, y, e->tower->width));
    e->made[position] = e->scratch.count;
    e->report->encoded++;
    return encode_scratch_append(&e->scratch, e->ids[position], e->stamps[position], e->row_data);
}

static enum gmr_status run_batch(struct encoding *e)
{
    size_t count;
    TRY(progress_check(e->progress, JOB_NAME));
    TRY(fill_batch(e, &count));
    TRY(encode_batch(e, count));
    for (size_t i = 0; i < count; i++)
        TRY(keep_vector(e, e->position[i], e->y + i * e->tower->width));
    if (clock_seconds() - e->flushed > FLUSH_SECONDS) {
        TRY(encode_scratch_flush(&e->scratch));
        e->flushed = clock_seconds();
    }
    progress_report(e->progress, JOB_NAME, "picture", e->report->resumed + e->done, e->total, NULL);
    return GMR_OK;
}

static enum gmr_status make_vectors(struct encoding *e)
{
    TRY(make_batch_arrays(e));
    e->flushed = clock_seconds();
    progress_report(e->progress, JOB_NAME, "picture", e->report->resumed, e->total, NULL);
    while (e->done < e->todo_count)
        TRY(run_batch(e));
    return GMR_OK;
}

/* ---- putting them together ---- */

static const void *find_row(void *user, size_t tensor, size_t position)
{
    const struct encoding *e = user;
    const struct item_row_layout *layout = &e->target->layout;
    const size_t bytes = item_row_numel(&layout->tensor[tensor]) * dtype_size(layout->dtype);
    if (has_row(e, position))
        return e->data[tensor] + e->old.row[position] * bytes;
    const uint8_t *made = encode_scratch_at(&e->scratch, e->made[position]).data;
    for (size_t i = 0; i < tensor; i++)
        made += item_row_numel(&layout->tensor[i]) * dtype_size(layout->dtype);
    return made;
}

static enum gmr_status write_all(struct encoding *e)
{
    size_t count = 0;
    for (size_t i = 0; i < e->items; i++)
        if (has_row(e, i) || e->made[i] != GMR_NO_ITEM)
            e->todo[count++] = i;
    TRY(encode_scratch_map(&e->scratch));
    return item_rows_write(e->catalogue, e->target->folder, e->target->name, e->tower->encoder,
                           &e->target->layout, find_row, e, e->todo, count);
}

static enum gmr_status finish(struct encoding *e)
{
    picture_loader_destroy(e->loader);
    e->loader = NULL;
    if (!e->has_old || e->report->resumed + e->report->encoded > 0)
        TRY(write_all(e));
    problems_place(&e->problems, e->logger, e->report->problems, sizeof e->report->problems);
    encode_scratch_remove(&e->scratch);
    return GMR_OK;
}

/* ---- the whole ---- */

/* Takes the right to write, or says at once what would fail in the end. */
static enum gmr_status open_scratch(struct encoding *e)
{
    const struct encode_target *target = e->target;
    char path[PATH_MAX];
    struct file_writer *probe;
    TRY(item_rows_place(e->catalogue, target->folder, target->name, ITEM_ROWS_SUFFIX, path));
    TRY(file_writer_create(e->allocator, path, &probe));
    file_writer_abort(probe);
    TRY(item_rows_place(e->catalogue, target->folder, target->name, SCRATCH_SUFFIX, path));
    return encode_scratch_open(&e->scratch, e->allocator, path, e->tower->encoder, e->row_bytes,
                               BATCH);
}

static enum gmr_status run_planned(struct encoding *e)
{
    if (e->has_old && e->total == 0) {
        e->report->unchanged = true;
        return GMR_OK;
    }
    TRY(open_scratch(e));
    TRY(find_made(e));
    TRY(plan(e)); /* again: a process that had the lock until now may have finished */
    TRY(make_vectors(e));
    return finish(e);
}

static enum gmr_status run(struct encoding *e)
{
    e->items = catalogue_count(e->catalogue);
    e->report->items = e->items;
    e->ids = memory_array(e->allocator, e->items, sizeof *e->ids);
    e->stamps = memory_array(e->allocator, e->items, sizeof *e->stamps);
    e->made = memory_array(e->allocator, e->items, sizeof *e->made);
    e->todo = memory_array(e->allocator, e->items, sizeof *e->todo);
    if (!e->ids || !e->stamps || !e->made || !e->todo)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < e->items; i++)
        e->made[i] = GMR_NO_ITEM;
    TRY(problems_init(&e->problems, e->allocator, catalogue_path(e->catalogue), e->target->problems,
                      e->target->name));
    TRY(catalogue_item_ids(e->catalogue, e->ids, e->stamps));
    TRY(plan(e));
    return run_planned(e);
}

static void encoding_release(struct encoding *e)
{
    const struct gmr_allocator *allocator = e->allocator;
    const size_t square = e->tower->side * e->tower->side * CHANNELS;
    picture_loader_destroy(e->loader);
    release_pictures(e);
    encode_scratch_close(&e->scratch);
    problems_abort(&e->problems);
    item_rows_close(&e->old);
    arena_release(&e->arena);
    memory_release(allocator, e->squares, BATCH * square);
    memory_release(allocator, e->y, BATCH * e->tower->width * sizeof *e->y);
    memory_release(allocator, e->row_data, e->row_bytes);
    memory_release(allocator, e->ids, e->items * sizeof *e->ids);
    memory_release(allocator, e->stamps, e->items * sizeof *e->stamps);
    memory_release(allocator, e->made, e->items * sizeof *e->made);
    memory_release(allocator, e->todo, e->items * sizeof *e->todo);
}

enum gmr_status catalogue_encode_rows(struct catalogue *catalogue, const struct image_tower *tower,
                                      unsigned threads, const struct gmr_logger *logger,
                                      const struct encode_target *target,
                                      const struct gmr_progress *progress,
                                      struct gmr_encode_report *report)
{
    const double start = clock_seconds();
    struct encoding e = { .allocator = catalogue_allocator(catalogue),
                          .catalogue = catalogue,
                          .tower = tower,
                          .target = target,
                          .progress = progress,
                          .logger = logger,
                          .report = report,
                          .threads = threads,
                          .row_bytes = item_row_bytes(&target->layout),
                          .scratch = { .file = -1 } };
    *report = (struct gmr_encode_report){ .unchanged = false };
    e.old.allocator = e.scratch.allocator = e.allocator;
    arena_init(&e.arena, e.allocator, 4096);
    const enum gmr_status status = run(&e);
    encoding_release(&e);
    report->seconds = clock_seconds() - start;
    return status;
}

enum gmr_status catalogue_encode(struct catalogue *catalogue, const struct image_tower *tower,
                                 unsigned threads, const struct gmr_logger *logger,
                                 const struct gmr_encode_options *options,
                                 struct gmr_encode_report *report)
{
    const struct encode_target target = { .folder = CATALOGUE_EMBEDDINGS,
                                          .name = options->name,
                                          .problems = "encode",
                                          .layout = embedding_layout(tower->width) };
    *report = (struct gmr_encode_report){ .unchanged = false };
    TRY(embedding_check_name(options->name));
    TRY(embedding_check_width(tower->width));
    return catalogue_encode_rows(catalogue, tower, threads, logger, &target, &options->progress,
                                 report);
}
