/* Importing: what all importers share. An importer reads its format and hands over records, splits
 * and captions; the job finds the pictures, decodes them on all cores, skips and lists what is
 * broken, and writes (catalogue/writer.h).
 *
 * Each importer is one file with one function; the table of them is in import.c. */
#ifndef CATALOGUE_IMPORT_IMPORT_H
#define CATALOGUE_IMPORT_IMPORT_H

#include <gommir/catalogue.h>

#include "base/memory.h"
#include "base/status.h"

/* Runs an import: the inside of gmr_catalogue_import. threads 0: all cores. */
enum gmr_status import_run(const struct gmr_allocator *allocator, const struct gmr_logger *logger,
                           unsigned threads, const struct gmr_import_options *options,
                           struct gmr_import_report *report);

#endif
