/* The fingerprint of a source: a digest over what `stat` tells of its files. */
#include "catalogue/import/fingerprint.h"

#include <errno.h>
#include <string.h>

#include "base/embedded.h"
#include "base/log.h"
#include "catalogue/import/walk.h"

/* Rises when an importer comes to read the same source otherwise. */
#define IMPORT_VERSION "1"

enum { CHECK_EVERY = 1024 }; /* files between two questions whether to stop */

struct fingerprint {
    struct digest digest;
    const struct gmr_progress *progress;
    size_t files;
};

static void add_number(struct fingerprint *f, int64_t number)
{
    digest_add(&f->digest, &number, sizeof number);
}

/* GMR_ERR_RANGE: more files than are looked at. */
static enum gmr_status add_file(void *user, const char *path, const struct stat *info)
{
    struct fingerprint *f = user;
    if (++f->files > FINGERPRINT_MAX_FILES)
        return gmr_error(GMR_ERR_RANGE, "more than %d files", FINGERPRINT_MAX_FILES);
    digest_add_text(&f->digest, path);
    add_number(f, info->st_size);
    add_number(f, info->st_mtim.tv_sec);
    add_number(f, info->st_mtim.tv_nsec);
    return f->files % CHECK_EVERY == 0 ? progress_check(f->progress, "importing") : GMR_OK;
}

static enum gmr_status add_place(struct fingerprint *f, const struct import_job *job,
                                 const char *path, bool tolerant)
{
    struct stat info;
    const struct walk walk = { path, job->options->catalogue, true, tolerant, add_file, f };
    digest_add_text(&f->digest, path);
    if (stat(path, &info) != 0)
        return file_error(errno, "read", path);
    return S_ISDIR(info.st_mode) ? walk_files(job->allocator, &walk) : add_file(f, path, &info);
}

static void add_options(struct fingerprint *f, const struct import_job *job)
{
    const struct gmr_import_options *options = job->options;
    digest_add_text(&f->digest, IMPORT_VERSION);
    for (const struct embedded_text *t = embedded_first("catalogue/import/data/");
         t && t->name && strncmp(t->name, "catalogue/import/data/", 22) == 0; t++)
        digest_add(&f->digest, t->text, t->size);
    add_number(f, options->format);
    add_number(f, options->copy_pictures);
    add_number(f, (int64_t)options->column_count);
    for (size_t i = 0; i < options->column_count; i++)
        digest_add_text(&f->digest, options->columns[i]);
}

/* True when the folder of the source holds `path`, which then was looked at with it. */
static bool lies_in_source(const struct import_job *job, const char *path)
{
    const size_t length = strlen(job->source);
    return job->source_is_folder && strncmp(path, job->source, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

static enum gmr_status add_places(struct fingerprint *f, const struct import_job *job,
                                  const char *const *roots, size_t root_count)
{
    TRY(add_place(f, job, job->source, false));
    add_number(f, (int64_t)root_count);
    for (size_t i = 0; i < root_count; i++) {
        if (lies_in_source(job, roots[i]))
            digest_add_text(&f->digest, roots[i]);
        else
            TRY(add_place(f, job, roots[i], true));
    }
    return GMR_OK;
}

enum gmr_status fingerprint_source(const struct import_job *job, const char *const *roots,
                                   size_t root_count, char hex[DIGEST_HEX])
{
    struct fingerprint f = { .progress = &job->options->progress };
    uint8_t digest[DIGEST_SIZE];
    hex[0] = '\0';
    digest_init(&f.digest);
    add_options(&f, job);
    const enum gmr_status status = add_places(&f, job, roots, root_count);
    if (status != GMR_OK)
        return f.files > FINGERPRINT_MAX_FILES ? GMR_OK : status;
    digest_finish(&f.digest, digest);
    digest_hex(digest, hex);
    return GMR_OK;
}
