/* The pipeline of an import. Messages belong to threads, so what goes wrong with a picture is
 * copied into its entry by the thread that met it, and dealt with in order. */
#include "catalogue/import/job.h"

#include <assert.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "media/picture.h"

#define JOB_NAME "importing"

enum { REASON_SIZE = 512 };

struct job_entry {
    struct import_item item;
    struct picture_place place;
    struct picture_bytes bytes; /* data NULL: nothing to decode */
    struct picture_file thumbnail;
    struct catalogue_picture picture;
    enum gmr_status status; /* of the picture */
    char reason[REASON_SIZE];
};

enum gmr_status job_init(struct import_job *job, const struct gmr_allocator *allocator,
                         unsigned threads)
{
    *job = (struct import_job){ .allocator = allocator };
    job->threads = threads > 0 ? threads : (unsigned)omp_get_max_threads();
    arena_init(&job->arena, allocator, 0);
    job->batch = memory_array(allocator, JOB_BATCH, sizeof *job->batch);
    return job->batch ? GMR_OK : GMR_ERR_NOMEM;
}

static void clear_batch(struct import_job *job)
{
    for (size_t i = 0; i < job->batch_count; i++) {
        picture_bytes_release(&job->batch[i].bytes);
        picture_file_release(&job->batch[i].thumbnail);
    }
    job->batch_count = 0;
    arena_clear(&job->arena);
}

void job_release(struct import_job *job)
{
    clear_batch(job);
    memory_release(job->allocator, job->batch, JOB_BATCH * sizeof *job->batch);
    arena_release(&job->arena);
    picture_roots_close(&job->roots);
}

/* ---- what is left out ---- */

/* "FILE:LINE" into the caller's buffer. */
static const char *place_text(const char *file, size_t line, char *buffer, size_t size)
{
    if (!file || line == 0)
        return file;
    snprintf(buffer, size, "%s:%zu", file, line);
    return buffer;
}

static enum gmr_status list_problem(struct import_job *job, const char *kind, const char *key,
                                    const char *file, size_t line, const char *reason)
{
    char place[PATH_MAX];
    const char *text = place_text(file, line, place, sizeof place);
    if (job->first_problem[0] == '\0')
        snprintf(job->first_problem, sizeof job->first_problem, "%.80s%s%.160s", text ? text : "",
                 text ? ": " : "", reason);
    return problems_add(&job->problems, kind, key, text, reason);
}

enum gmr_status job_skip(struct import_job *job, const char *key, const char *file, size_t line,
                         const char *reason)
{
    job->report->skipped++;
    job->records++;
    TRY(list_problem(job, "record", key, file, line, reason));
    return job->records % JOB_BATCH == 0 ? progress_check(&job->options->progress, JOB_NAME)
                                         : GMR_OK;
}

enum gmr_status job_skip_caption(struct import_job *job, const char *split, const char *key,
                                 const char *reason)
{
    job->report->skipped_captions++;
    return list_problem(job, "caption", key, split, 0, reason);
}

/* ---- taking items ---- */

static bool copy_text(struct arena *arena, const char **text)
{
    if (*text)
        *text = arena_strdup(arena, *text);
    return *text != NULL;
}

static bool copy_texts(struct arena *arena, const char *const **texts, size_t count)
{
    const char **copy = arena_array(arena, count, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        if (!(copy[i] = arena_strdup(arena, (*texts)[i])))
            return false;
    *texts = copy;
    return copy != NULL;
}

static bool copy_attributes(struct arena *arena, struct import_item *item)
{
    struct gmr_attribute *copy = arena_array(arena, item->attribute_count, sizeof *copy);
    for (size_t i = 0; copy && i < item->attribute_count; i++) {
        copy[i] = item->attributes[i];
        if (!copy_text(arena, &copy[i].name) || !copy_text(arena, &copy[i].value))
            return false;
    }
    item->attributes = copy;
    return copy != NULL;
}

static bool copy_item(struct arena *arena, struct import_item *item)
{
    item->title = item->title ? item->title : "";
    item->description = item->description ? item->description : "";
    item->file = item->file ? item->file : "";
    return copy_text(arena, &item->key) && copy_text(arena, &item->title) &&
           copy_text(arena, &item->description) && copy_text(arena, &item->file) &&
           copy_attributes(arena, item) && copy_texts(arena, &item->splits, item->split_count) &&
           copy_texts(arena, &item->pictures, item->picture_count);
}

/* ---- pictures ---- */

static void note_failure(struct job_entry *entry, enum gmr_status status)
{
    entry->status = status;
    snprintf(entry->reason, sizeof entry->reason, "%s", gmr_error_message());
}

/* Finds the picture of a new entry, and reads it unless the catalogue has it. */
static enum gmr_status load_picture(struct import_job *job, struct job_entry *entry)
{
    struct picture_place *place = &entry->place;
    TRY(picture_roots_find(&job->roots, &job->arena, entry->item.pictures,
                           entry->item.picture_count, place));
    const bool stored = !place->path || job->options->copy_pictures;
    entry->picture.stamp = place->stamp;
    entry->picture.path = stored ? NULL : place->path;
    if (catalogue_writer_has_picture(job->writer, entry->item.key, place->stamp, stored))
        return GMR_OK;
    return picture_bytes_read(&entry->bytes, job->allocator, place);
}

static enum gmr_status decode_picture(struct import_job *job, struct job_entry *entry)
{
    struct catalogue_picture *out = &entry->picture;
    struct picture picture;
    enum gmr_status status = GMR_OK;
    out->format = picture_recognise(entry->bytes.data, entry->bytes.size);
    if (out->format == GMR_PICTURE_NONE)
        return gmr_error(GMR_ERR_FORMAT, "'%s' is no JPEG, PNG or WebP", entry->place.name);
    TRY(picture_decode(job->allocator, entry->bytes.data, entry->bytes.size, GMR_THUMBNAIL_SIDE,
                       entry->place.name, &picture, &out->width, &out->height));
    if (out->width > GMR_THUMBNAIL_SIDE || out->height > GMR_THUMBNAIL_SIDE)
        status = picture_thumbnail(job->allocator, &picture, GMR_THUMBNAIL_SIDE, &entry->thumbnail);
    picture_release(&picture);
    if (!out->path) {
        out->bytes = entry->bytes.data;
        out->size = entry->bytes.size;
    }
    out->thumbnail = entry->thumbnail.bytes;
    out->thumbnail_size = entry->thumbnail.size;
    return status;
}

static bool has_work(const struct import_job *job)
{
    for (size_t i = 0; i < job->batch_count; i++)
        if (job->batch[i].bytes.data)
            return true;
    return false;
}

static void decode_batch(struct import_job *job)
{
    if (!has_work(job))
        return;
#pragma omp parallel for schedule(dynamic) num_threads((int)job->threads)
    for (size_t i = 0; i < job->batch_count; i++) {
        struct job_entry *entry = &job->batch[i];
        if (entry->status != GMR_OK || !entry->bytes.data)
            continue;
        const enum gmr_status status = decode_picture(job, entry);
        if (status != GMR_OK)
            note_failure(entry, status);
    }
}

/* Counts and lists a picture that is missing or broken; *keep: whether the item stays. */
static enum gmr_status judge_picture(struct import_job *job, struct job_entry *entry, bool *keep)
{
    const bool missing = entry->status == GMR_ERR_NOT_FOUND;
    *keep = true;
    if (entry->status == GMR_OK)
        return GMR_OK;
    if (entry->status == GMR_ERR_NOMEM)
        return gmr_error(GMR_ERR_NOMEM, "%s", entry->reason);
    *(missing ? &job->report->missing_pictures : &job->report->broken_pictures) += 1;
    *keep = job->keeps_without_picture;
    if (!*keep)
        job->report->skipped++;
    entry->picture = (struct catalogue_picture){ .format = GMR_PICTURE_NONE };
    return list_problem(job, "picture", entry->item.key, entry->item.file, entry->item.line,
                        entry->reason);
}

/* ---- batches ---- */

/* A split whose name cannot be one is listed; the item stays. */
static enum gmr_status put_split(struct import_job *job, const struct import_item *item,
                                 const char *split)
{
    const enum gmr_status status = catalogue_writer_split(job->writer, split, item->key);
    if (status != GMR_ERR_FORMAT)
        return status;
    return list_problem(job, "split", item->key, item->file, item->line, gmr_error_message());
}

static enum gmr_status put_item(struct import_job *job, const struct job_entry *entry)
{
    const struct import_item *item = &entry->item;
    const struct catalogue_record record = {
        item->key,        item->title,           item->description,
        item->attributes, item->attribute_count, entry->picture
    };
    const enum gmr_status status = catalogue_writer_put(job->writer, &record);
    if (status == GMR_ERR_FORMAT) {
        job->report->skipped++;
        return list_problem(job, "record", item->key, item->file, item->line, gmr_error_message());
    }
    TRY(status);
    job->items++;
    for (size_t i = 0; i < item->split_count; i++)
        TRY(put_split(job, item, item->splits[i]));
    return GMR_OK;
}

static enum gmr_status put_batch(struct import_job *job)
{
    for (size_t i = 0; i < job->batch_count; i++) {
        bool keep;
        TRY(judge_picture(job, &job->batch[i], &keep));
        if (keep)
            TRY(put_item(job, &job->batch[i]));
    }
    return GMR_OK;
}

enum gmr_status job_flush(struct import_job *job)
{
    enum gmr_status status = progress_check(&job->options->progress, JOB_NAME);
    if (status == GMR_OK && job->batch_count > 0) {
        decode_batch(job);
        status = put_batch(job);
        progress_report(&job->options->progress, JOB_NAME, "item", job->records,
                        job->total > job->records ? job->total : job->records, NULL);
    }
    clear_batch(job);
    return status;
}

/* Bytes that the batch holds; pictures that are mapped count as well. */
static size_t batch_bytes(const struct import_job *job)
{
    size_t bytes = job->arena.used;
    for (size_t i = 0; i < job->batch_count; i++)
        bytes += job->batch[i].bytes.size;
    return bytes;
}

enum gmr_status job_add(struct import_job *job, const struct import_item *item)
{
    struct job_entry *entry = &job->batch[job->batch_count];
    *entry = (struct job_entry){ .item = *item };
    job->records++;
    if (!item->key || item->key[0] == '\0') {
        job->records--;
        return job_skip(job, NULL, item->file, item->line, "no key");
    }
    if (!copy_item(&job->arena, &entry->item))
        return GMR_ERR_NOMEM;
    job->batch_count++;
    if (item->picture_count > 0) {
        const enum gmr_status status = load_picture(job, entry);
        if (status != GMR_OK)
            note_failure(entry, status);
    }
    if (job->batch_count == JOB_BATCH || batch_bytes(job) >= JOB_BATCH_BYTES)
        return job_flush(job);
    return GMR_OK;
}

/* ---- splits and captions ---- */

enum gmr_status job_split(struct import_job *job, const char *split, const char *key)
{
    assert(job->batch_count == 0);
    const enum gmr_status status = catalogue_writer_split(job->writer, split, key);
    return status == GMR_ERR_NOT_FOUND ? GMR_OK : status;
}

enum gmr_status job_caption(struct import_job *job, const char *split, size_t pair,
                            const char *target, const char *candidate, const char *text)
{
    assert(job->batch_count == 0);
    const enum gmr_status status =
        catalogue_writer_caption(job->writer, split, pair, target, candidate, text);
    if (status != GMR_ERR_NOT_FOUND && status != GMR_ERR_FORMAT)
        return status;
    return job_skip_caption(job, split, candidate, gmr_error_message());
}
