/* One import at work. An importer hands over items, in the order that the catalogue shall have;
 * they are taken in batches: pictures are found and read one after the other, decoded and made
 * small on all cores, and the items written in order. What is broken is left out and listed.
 * Memory does not grow with the catalogue. One thread. */
#ifndef CATALOGUE_IMPORT_JOB_H
#define CATALOGUE_IMPORT_JOB_H

#include <gommir/catalogue.h>

#include "base/arena.h"
#include "catalogue/import/roots.h"
#include "catalogue/problems.h"
#include "catalogue/writer.h"

enum {
    JOB_BATCH = 256,                    /* items */
    JOB_BATCH_BYTES = 64 * 1024 * 1024, /* of pictures, beyond which a batch ends early */
};

/* What an importer hands over. Everything is copied. */
struct import_item {
    const char *key, *title, *description; /* title and description may be NULL */
    const struct gmr_attribute *attributes;
    size_t attribute_count;
    const char *const *pictures; /* names under which the picture may be found */
    size_t picture_count;        /* 0: the item has none */
    const char *const *splits;
    size_t split_count;
    const char *file; /* where the record stands, for the list of problems */
    size_t line;      /* 0: none */
};

struct job_entry;

struct import_job {
    const struct gmr_allocator *allocator;
    const struct gmr_import_options *options;
    struct gmr_import_report *report;
    unsigned threads;
    const char *source; /* absolute path */
    bool source_is_folder;
    bool keeps_without_picture; /* an item whose picture is missing or broken is still an item */
    struct picture_roots roots;
    struct catalogue_writer *writer;
    struct problems problems;
    size_t total;   /* items to come, for progress; 0: not known */
    size_t items;   /* written */
    size_t records; /* seen: written, waiting or skipped */
    char first_problem[256];
    struct arena arena; /* of the batch */
    struct job_entry *batch;
    size_t batch_count;
};

/* Fills `job` but for what import.c sets. The caller releases it, on error too. */
enum gmr_status job_init(struct import_job *job, const struct gmr_allocator *allocator,
                         unsigned threads);
void job_release(struct import_job *job);

/* Takes an item. Errors end the import: GMR_ERR_CANCELLED, GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status job_add(struct import_job *job, const struct import_item *item);

/* Lists a record that cannot become an item. `key` may be NULL; line 0: none. */
enum gmr_status job_skip(struct import_job *job, const char *key, const char *file, size_t line,
                         const char *reason);

/* Writes what waits. Items can be named only after that: */
enum gmr_status job_flush(struct import_job *job);

/* Appends an item that was added before to a split; one that was skipped is left out. */
enum gmr_status job_split(struct import_job *job, const char *split, const char *key);

/* Adds a relative caption, or lists it when its items are not there. `target` may be NULL. */
enum gmr_status job_caption(struct import_job *job, const char *split, size_t pair,
                            const char *target, const char *candidate, const char *text);
enum gmr_status job_skip_caption(struct import_job *job, const char *split, const char *key,
                                 const char *reason);

#endif
