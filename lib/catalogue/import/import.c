/* The order of an import: check the options, open the catalogue for writing, compare fingerprints,
 * run the importer of the format, commit, put the list of problems in its place. */
#include "catalogue/import/import.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "catalogue/import/fingerprint.h"
#include "catalogue/import/formats.h"

enum source_kind { A_FOLDER, A_FILE };

static const struct import_format {
    const char *name;
    enum source_kind source;
    bool takes_pictures; /* may be told where they are */
    bool takes_columns;
    bool keeps_without_picture; /* texts and splits are worth having alone */
    /* Where pictures are, the first that exists: names in the folder of the source. */
    const char *pictures[3];
    const char *expected; /* for the message when there is no item */
    enum gmr_status (*run)(struct import_job *job);
} formats[GMR_IMPORT_FORMATS] = {
    [GMR_IMPORT_FOLDER] = { "folder",
                            A_FOLDER,
                            false,
                            true,
                            false,
                            { "." },
                            "JPEG, PNG or WebP pictures",
                            import_folder },
    [GMR_IMPORT_CSV] = { "csv",
                         A_FILE,
                         true,
                         true,
                         false,
                         { "." },
                         "a first line of column names and a record a line",
                         import_table },
    [GMR_IMPORT_JSONL] = { "jsonl",
                           A_FILE,
                           true,
                           true,
                           false,
                           { "." },
                           "one JSON object a line",
                           import_table },
    [GMR_IMPORT_FASHION_PRODUCTS] = { "fashion-products",
                                      A_FOLDER,
                                      true,
                                      false,
                                      false,
                                      { "images.zip", "images", "." },
                                      "styles.jsonl, or styles.csv with styles/ID.json, and "
                                      "images.zip or images/ID.jpg",
                                      import_fashion_products },
    [GMR_IMPORT_FASHIONIQ] = { "fashioniq",
                               A_FOLDER,
                               true,
                               false,
                               true,
                               { "images", "." },
                               "captions/cap.T.S.json and image_splits/split.T.S.json",
                               import_fashioniq },
    [GMR_IMPORT_SHOES] = { "shoes",
                           A_FOLDER,
                           true,
                           false,
                           true,
                           { "images", "." },
                           "relative_captions_shoes.json, captions_shoes.json, "
                           "train_im_names.txt and eval_im_names.txt",
                           import_shoes },
};

const char *import_format_name(enum gmr_import_format format)
{
    return format < GMR_IMPORT_FORMATS ? formats[format].name : NULL;
}

enum gmr_import_format import_format_find(const char *name)
{
    for (enum gmr_import_format f = 0; f < GMR_IMPORT_FORMATS; f++)
        if (strcmp(formats[f].name, name) == 0)
            return f;
    return GMR_IMPORT_FORMATS;
}

/* ---- before ---- */

static enum gmr_status check_options(const struct gmr_import_options *options)
{
    if (options->format >= GMR_IMPORT_FORMATS)
        return gmr_error(GMR_ERR_RANGE, "%d is no import format", (int)options->format);
    const struct import_format *format = &formats[options->format];
    if (!options->source || options->source[0] == '\0')
        return gmr_error(GMR_ERR_RANGE, "importing needs a source");
    if (!options->catalogue || options->catalogue[0] == '\0')
        return gmr_error(GMR_ERR_RANGE, "importing needs a catalogue");
    if (options->picture_count > 0 && !format->takes_pictures)
        return gmr_error(GMR_ERR_RANGE, "a %s has its pictures in itself", format->name);
    if (options->column_count > 0 && !format->takes_columns)
        return gmr_error(GMR_ERR_RANGE, "the columns of %s cannot be chosen", format->name);
    return GMR_OK;
}

/* What an import holds while it runs. */
struct import {
    struct import_job job;
    const struct import_format *format;
    const struct gmr_logger *logger;
    char source[PATH_MAX];   /* absolute */
    char (*roots)[PATH_MAX]; /* absolute; options->picture_count, or 1 */
    const char **root_names; /* the same, as pointers */
    size_t root_count;
    char fingerprint[DIGEST_HEX];
};

static enum gmr_status find_source(struct import *import)
{
    const char *source = import->job.options->source;
    struct stat info;
    if (!realpath(source, import->source) || stat(import->source, &info) != 0)
        return file_error(errno, "read", source);
    const bool folder = S_ISDIR(info.st_mode);
    if (folder != (import->format->source == A_FOLDER) || !(folder || S_ISREG(info.st_mode)))
        return gmr_error(GMR_ERR_FORMAT, "'%s' is %s; the format %s is read from %s", source,
                         folder ? "a folder" : "no folder", import->format->name,
                         import->format->source == A_FOLDER ? "a folder" : "a file");
    import->job.source = import->source;
    import->job.source_is_folder = folder;
    return GMR_OK;
}

/* The folder of the source, in place. */
static void cut_to_folder(const struct import *import, char path[PATH_MAX])
{
    memcpy(path, import->source, strlen(import->source) + 1);
    char *slash = strrchr(path, '/');
    if (!import->job.source_is_folder && slash)
        slash[slash == path] = '\0';
}

static enum gmr_status find_default_root(struct import *import, char root[PATH_MAX])
{
    char folder[PATH_MAX], path[2 * PATH_MAX];
    cut_to_folder(import, folder);
    for (size_t i = 0; i < 3 && import->format->pictures[i]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, import->format->pictures[i]);
        if (realpath(path, root))
            return GMR_OK;
    }
    return file_error(errno, "read", folder);
}

static enum gmr_status find_roots(struct import *import)
{
    const struct gmr_import_options *options = import->job.options;
    import->root_count = options->picture_count > 0 ? options->picture_count : 1;
    import->roots = memory_array(import->job.allocator, import->root_count, PATH_MAX);
    import->root_names =
        memory_array(import->job.allocator, import->root_count, sizeof *import->root_names);
    if (!import->roots || !import->root_names)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < import->root_count; i++)
        import->root_names[i] = import->roots[i];
    if (options->picture_count == 0)
        return find_default_root(import, import->roots[0]);
    for (size_t i = 0; i < import->root_count; i++)
        if (!realpath(options->pictures[i], import->roots[i]))
            return file_error(errno, "read", options->pictures[i]);
    return GMR_OK;
}

/* ---- the import ---- */

static enum gmr_status run_format(struct import *import)
{
    struct import_job *job = &import->job;
    TRY(picture_roots_open(&job->roots, job->allocator, import->root_names, import->root_count));
    TRY(import->format->run(job));
    TRY(job_flush(job));
    if (job->items > 0)
        return GMR_OK;
    return gmr_error(GMR_ERR_FORMAT,
                     "'%s' has no usable item: expected are %s; %zu records were "
                     "skipped%s%s",
                     job->options->source, import->format->expected, job->report->skipped,
                     job->first_problem[0] ? ", the first because " : "", job->first_problem);
}

/* With the catalogue open; closes it. */
static enum gmr_status run_open(struct import *import)
{
    struct import_job *job = &import->job;
    enum gmr_status status =
        fingerprint_source(job, import->root_names, import->root_count, import->fingerprint);
    const bool current = status == GMR_OK && import->fingerprint[0] != '\0' &&
                         catalogue_writer_is_current(job->writer, import->fingerprint);
    if (current) {
        job->report->unchanged = true;
        job->report->same = catalogue_writer_count(job->writer);
    } else if (status == GMR_OK) {
        status = run_format(import);
    }
    if (current || status != GMR_OK) {
        problems_abort(&job->problems);
        catalogue_writer_abort(job->writer);
        return status;
    }
    status = catalogue_writer_finish(job->writer, import->fingerprint, job->report);
    if (status == GMR_OK)
        problems_place(&job->problems, import->logger, job->report->problems,
                       sizeof job->report->problems);
    problems_abort(&job->problems);
    return status;
}

static enum gmr_status run(struct import *import)
{
    struct import_job *job = &import->job;
    const struct catalogue_source source = { import->format->name, import->source };
    TRY(find_source(import));
    TRY(find_roots(import));
    TRY(problems_init(&job->problems, job->allocator, job->options->catalogue, "import",
                      import->format->name));
    TRY(catalogue_writer_open(job->allocator, job->options->catalogue, &source, &job->writer));
    return run_open(import);
}

static void import_release(struct import *import)
{
    const struct gmr_allocator *allocator = import->job.allocator;
    memory_release(allocator, import->root_names, import->root_count * sizeof *import->root_names);
    memory_release(allocator, import->roots, import->root_count * PATH_MAX);
    job_release(&import->job);
    memory_release(allocator, import, sizeof *import);
}

enum gmr_status import_run(const struct gmr_allocator *allocator, const struct gmr_logger *logger,
                           unsigned threads, const struct gmr_import_options *options,
                           struct gmr_import_report *report)
{
    const double start = clock_seconds();
    *report = (struct gmr_import_report){ 0 };
    TRY(check_options(options));
    struct import *import = memory_array(allocator, 1, sizeof *import);
    if (!import)
        return GMR_ERR_NOMEM;
    enum gmr_status status = job_init(&import->job, allocator, threads);
    import->format = &formats[options->format];
    import->logger = logger;
    import->job.options = options;
    import->job.report = report;
    import->job.keeps_without_picture = import->format->keeps_without_picture;
    if (status == GMR_OK)
        status = run(import);
    import_release(import);
    report->seconds = clock_seconds() - start;
    return status;
}
