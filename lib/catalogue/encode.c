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
    const struct gmr_encode_options *options;
    const struct gmr_logger *logger;
    struct gmr_encode_report *report;
    unsigned threads;

    /* What there is. Item i has row old.row[i] of the old embedding, or record made[i] of the
     * scratch file, or neither (GMR_NO_ITEM). */
    size_t items;
    int64_t *ids, *stamps;     /* [items] */
    struct embedding_file old; /* empty when it cannot be used */
    bool has_old;
    size_t *made; /* [items] */
    struct encode_scratch scratch;
    struct problems problems;

    /* What is to be done. */
    size_t *todo; /* [items], of which todo_count: positions */
    size_t todo_count, total;
    struct picture_loader *loader;
    struct arena arena;
    uint8_t *squares;       /* [BATCH, side, side, 3] */
    real *y;                /* [BATCH, width] */
    float *vector;          /* [width] */
    size_t position[BATCH]; /* of the items in the batch */
    size_t done;            /* of `todo` */
    double flushed;         /* when */
};

/* ---- what is to be done ---- */

/* The embedding as it is, if this encoder made it. It is derived: whatever is wrong with it, it is
 * made again. */
static enum gmr_status open_old(struct encoding *e)
{
    const enum gmr_status status = embedding_file_open(e->catalogue, e->options->name, &e->old);
    e->has_old = status == GMR_OK && e->old.width == e->tower->width &&
                 strcmp(e->old.encoder, e->tower->encoder) == 0;
    if (status == GMR_ERR_SHAPE || status == GMR_ERR_TYPE || status == GMR_ERR_FORMAT)
        log_write(e->logger, GMR_LOG_WARNING, "%s; it is made again", gmr_error_message());
    else if (status != GMR_OK && status != GMR_ERR_NOT_FOUND)
        return status;
    if (!e->has_old)
        embedding_file_close(&e->old);
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
    embedding_file_close(&e->old);
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
                                                    .threads = e->threads };
    e->squares = memory_array(e->allocator, BATCH, e->tower->side * e->tower->side * CHANNELS);
    e->y = memory_array(e->allocator, BATCH * e->tower->width, sizeof *e->y);
    e->vector = memory_array(e->allocator, e->tower->width, sizeof *e->vector);
    if (!e->squares || !e->y || !e->vector)
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

/* The next squares that are pictures. */
static enum gmr_status fill_batch(struct encoding *e, size_t *count)
{
    const size_t square = e->tower->side * e->tower->side * CHANNELS;
    for (*count = 0; *count < BATCH && e->done < e->todo_count; e->done++) {
        bool broken;
        const char *reason;
        TRY(picture_loader_next(e->loader, e->squares + *count * square, &broken, &reason));
        if (broken)
            TRY(list_broken(e, e->todo[e->done], reason));
        else
            e->position[(*count)++] = e->todo[e->done];
    }
    return GMR_OK;
}

/* Decoders and tower each get all cores, one after the other. */
static enum gmr_status encode_batch(struct encoding *e, size_t count)
{
    if (count == 0)
        return GMR_OK;
    picture_loader_rest(e->loader, true);
    const enum gmr_status status = e->tower->encode(e->tower->user, e->squares, count, e->y);
    picture_loader_rest(e->loader, false);
    return status;
}

static enum gmr_status keep_vector(struct encoding *e, size_t position, const real *y)
{
    for (size_t i = 0; i < e->tower->width; i++)
        e->vector[i] = (float)y[i];
    e->made[position] = e->scratch.count;
    e->report->encoded++;
    return encode_scratch_append(&e->scratch, e->ids[position], e->stamps[position], e->vector);
}

static enum gmr_status run_batch(struct encoding *e)
{
    size_t count;
    TRY(progress_check(&e->options->progress, JOB_NAME));
    TRY(fill_batch(e, &count));
    TRY(encode_batch(e, count));
    for (size_t i = 0; i < count; i++)
        TRY(keep_vector(e, e->position[i], e->y + i * e->tower->width));
    if (clock_seconds() - e->flushed > FLUSH_SECONDS) {
        TRY(encode_scratch_flush(&e->scratch));
        e->flushed = clock_seconds();
    }
    progress_report(&e->options->progress, JOB_NAME, "picture", e->report->resumed + e->done,
                    e->total, NULL);
    return GMR_OK;
}

static enum gmr_status make_vectors(struct encoding *e)
{
    TRY(make_batch_arrays(e));
    e->flushed = clock_seconds();
    progress_report(&e->options->progress, JOB_NAME, "picture", e->report->resumed, e->total, NULL);
    while (e->done < e->todo_count)
        TRY(run_batch(e));
    return GMR_OK;
}

/* ---- putting them together ---- */

static const float *find_vector(void *user, size_t position)
{
    const struct encoding *e = user;
    if (has_row(e, position))
        return e->old.vectors + e->old.row[position] * e->tower->width;
    return encode_scratch_at(&e->scratch, e->made[position]).vector;
}

static enum gmr_status write_embedding(struct encoding *e)
{
    size_t count = 0;
    for (size_t i = 0; i < e->items; i++)
        if (has_row(e, i) || e->made[i] != GMR_NO_ITEM)
            e->todo[count++] = i;
    TRY(encode_scratch_map(&e->scratch));
    return embedding_write_from(e->catalogue, e->options->name, e->tower->encoder, find_vector, e,
                                e->tower->width, e->todo, count);
}

static enum gmr_status finish(struct encoding *e)
{
    picture_loader_destroy(e->loader);
    e->loader = NULL;
    if (!e->has_old || e->report->resumed + e->report->encoded > 0)
        TRY(write_embedding(e));
    problems_place(&e->problems, e->logger, e->report->problems, sizeof e->report->problems);
    encode_scratch_remove(&e->scratch);
    return GMR_OK;
}

/* ---- the whole ---- */

/* Takes the right to write, or says at once what would fail in the end. */
static enum gmr_status open_scratch(struct encoding *e)
{
    char path[PATH_MAX];
    struct file_writer *probe;
    TRY(embedding_place(e->catalogue, e->options->name, EMBEDDING_SUFFIX, path));
    TRY(file_writer_create(e->allocator, path, &probe));
    file_writer_abort(probe);
    TRY(embedding_place(e->catalogue, e->options->name, SCRATCH_SUFFIX, path));
    return encode_scratch_open(&e->scratch, e->allocator, path, e->tower->encoder, e->tower->width,
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
    TRY(embedding_check_name(e->options->name));
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
    TRY(problems_init(&e->problems, e->allocator, catalogue_path(e->catalogue), "encode",
                      e->options->name));
    TRY(catalogue_item_ids(e->catalogue, e->ids, e->stamps));
    TRY(plan(e));
    return run_planned(e);
}

static void encoding_release(struct encoding *e)
{
    const struct gmr_allocator *allocator = e->allocator;
    const size_t square = e->tower->side * e->tower->side * CHANNELS;
    picture_loader_destroy(e->loader);
    encode_scratch_close(&e->scratch);
    problems_abort(&e->problems);
    embedding_file_close(&e->old);
    arena_release(&e->arena);
    memory_release(allocator, e->squares, BATCH * square);
    memory_release(allocator, e->y, BATCH * e->tower->width * sizeof *e->y);
    memory_release(allocator, e->vector, e->tower->width * sizeof *e->vector);
    memory_release(allocator, e->ids, e->items * sizeof *e->ids);
    memory_release(allocator, e->stamps, e->items * sizeof *e->stamps);
    memory_release(allocator, e->made, e->items * sizeof *e->made);
    memory_release(allocator, e->todo, e->items * sizeof *e->todo);
}

enum gmr_status catalogue_encode(struct catalogue *catalogue, const struct image_tower *tower,
                                 unsigned threads, const struct gmr_logger *logger,
                                 const struct gmr_encode_options *options,
                                 struct gmr_encode_report *report)
{
    const double start = clock_seconds();
    struct encoding e = { .allocator = catalogue_allocator(catalogue),
                          .catalogue = catalogue,
                          .tower = tower,
                          .options = options,
                          .logger = logger,
                          .report = report,
                          .threads = threads,
                          .scratch = { .file = -1 } };
    *report = (struct gmr_encode_report){ .unchanged = false };
    e.old.allocator = e.scratch.allocator = e.allocator;
    arena_init(&e.arena, e.allocator, 4096);
    const enum gmr_status status = run(&e);
    encoding_release(&e);
    report->seconds = clock_seconds() - start;
    return status;
}
