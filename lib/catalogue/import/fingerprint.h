/* What tells whether a source is as it was. */
#ifndef CATALOGUE_IMPORT_FINGERPRINT_H
#define CATALOGUE_IMPORT_FINGERPRINT_H

#include "base/digest.h"
#include "catalogue/import/job.h"

/* SHA-256 over the importer's version and tables, all options, and path, size and time of every
 * file of the source and of the places of its pictures; the catalogue itself does not count. ""
 * when there are more than FINGERPRINT_MAX_FILES files: then nobody can tell. `roots`: where
 * pictures are looked for. Errors: GMR_ERR_CANCELLED, GMR_ERR_NOMEM, those of reading the source.
 */
enum { FINGERPRINT_MAX_FILES = 250000 };
enum gmr_status fingerprint_source(const struct import_job *job, const char *const *roots,
                                   size_t root_count, char hex[DIGEST_HEX]);

#endif
