/* The directory of a run: what was asked for, what happened, where it stands.
 *
 *     config.json    every setting; the run goes on only with the same ones
 *     log.jsonl      a line of JSON for each batch and each epoch
 *     metrics.json   results, written at the end
 *
 * and the weights that the run itself writes. One process at a time has a run open. Files but the
 * log are written whole or not at all; the log is cut back to where the weights stand when a run
 * goes on, so that nothing is told twice. */
#ifndef LEARNING_RUN_DIRECTORY_H
#define LEARNING_RUN_DIRECTORY_H

#include <limits.h>
#include <stdio.h>

#include "base/json.h"
#include "base/memory.h"

/* A member of a config that may differ when the run goes on: where things were. The version of
 * gommir that began the run is told there, too. */
#define RUN_ABOUT "about"

#define RUN_LOG "log.jsonl"

struct run_directory {
    const struct gmr_allocator *allocator;
    char path[PATH_MAX];
    bool goes_on; /* the run had been begun before */
    int lock;     /* descriptor of config.json */
    FILE *log;
    uint64_t lines; /* of the log */
};

/* Makes the directory with its config.json, or opens one whose config.json says the same. Takes
 * the reference to the config (NULL: GMR_ERR_NOMEM). The caller closes it. Errors, then it is
 * closed: GMR_ERR_STATE (another process has it open, it was begun with other settings, or the
 * directory holds something else), GMR_ERR_FORMAT (a damaged config.json), GMR_ERR_IO,
 * GMR_ERR_NOMEM. */
enum gmr_status run_directory_open(struct run_directory *run, const struct gmr_allocator *allocator,
                                   const char *path, json_t *config);
void run_directory_close(struct run_directory *run);

/* "RUN/NAME" into path[PATH_MAX]. GMR_ERR_RANGE when it does not fit. */
enum gmr_status run_directory_file(const struct run_directory *run, const char *name, char *path);

/* Writes a value, whose reference it takes (NULL: GMR_ERR_NOMEM), as a file of its own. */
enum gmr_status run_directory_write(const struct run_directory *run, const char *name,
                                    json_t *value);

/* Opens the log for what follows, cut to its first lines; GMR_ERR_FORMAT when it has fewer. */
enum gmr_status run_log_open(struct run_directory *run, uint64_t lines);

/* Appends a line, whose reference it takes (NULL: GMR_ERR_NOMEM). */
enum gmr_status run_log_write(struct run_directory *run, json_t *line);

/* Makes sure that all lines are on disk: run->lines of them. */
enum gmr_status run_log_sync(struct run_directory *run);

#endif
