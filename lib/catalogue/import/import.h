/* Importing: brings a catalogue up to date with a source. The table of formats and the order of
 * events are here; each format is a file of its own (format_*.c) that hands over records, splits
 * and captions (formats.h); the job finds the pictures, decodes them on all cores, skips and lists
 * what is broken, and writes (job.h, catalogue/writer.h). */
#ifndef CATALOGUE_IMPORT_IMPORT_H
#define CATALOGUE_IMPORT_IMPORT_H

#include <gommir/catalogue.h>

#include "base/memory.h"
#include "base/status.h"

/* The inside of gmr_import_format_name and gmr_import_format_find: NULL, and GMR_IMPORT_FORMATS,
 * when there is no such format. */
const char *import_format_name(enum gmr_import_format format);
enum gmr_import_format import_format_find(const char *name);

/* Runs an import: the inside of gmr_catalogue_import. threads 0: all cores. The list of problems is
 * CATALOGUE/import-problems-FORMAT.tsv; it takes its place after the catalogue is written, and a
 * failure to write it is a warning. */
enum gmr_status import_run(const struct gmr_allocator *allocator, const struct gmr_logger *logger,
                           unsigned threads, const struct gmr_import_options *options,
                           struct gmr_import_report *report);

#endif
