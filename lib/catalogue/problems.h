/* The list of what a job - an import, encoding - left out: one line each, kind, key, file and
 * reason, separated by tabs. It is written beside the catalogue, and takes its place when the job
 * is done. */
#ifndef CATALOGUE_PROBLEMS_H
#define CATALOGUE_PROBLEMS_H

#include <limits.h>

#include "base/file.h"

struct problems {
    const struct gmr_allocator *allocator;
    char path[PATH_MAX];
    struct file_writer *writer; /* NULL before the first problem */
};

/* The list will be CATALOGUE/JOB-problems-NAME.tsv; `catalogue` is the directory. GMR_ERR_RANGE:
 * its path is too long. */
enum gmr_status problems_init(struct problems *problems, const struct gmr_allocator *allocator,
                              const char *catalogue, const char *job, const char *name);

/* Any of the strings may be NULL. Tabs and ends of line become spaces. */
enum gmr_status problems_add(struct problems *problems, const char *kind, const char *key,
                             const char *file, const char *reason);

/* Puts the list in its place, or removes an old one when there was no problem. `place` gets its
 * path, "" when there is none. The job was done before, so a list that cannot be written is only
 * told to the logger. */
void problems_place(struct problems *problems, const struct gmr_logger *logger, char *place,
                    size_t size);

/* Leaves the old list. Once the new one is in its place, nothing. */
void problems_abort(struct problems *problems);

#endif
