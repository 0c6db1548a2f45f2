/* What FashionIQ and Shoes share: lists of picture names, and items that are known by them only.
 * The lists are held in memory. */
#ifndef CATALOGUE_IMPORT_LISTS_H
#define CATALOGUE_IMPORT_LISTS_H

#include <jansson.h>

#include "catalogue/import/job.h"

enum { LISTS_MAX_FILE = 512 * 1024 * 1024 }; /* bytes of a file */

/* Parses a file of the job's source into *value, which is NULL when there is no such file; the
 * caller calls json_decref. Errors: GMR_ERR_FORMAT (not a JSON array), GMR_ERR_IO, GMR_ERR_NOMEM.
 */
enum gmr_status lists_read(const struct import_job *job, const char *name, json_t **value);

/* The same for a list of names: a JSON array of strings or, when the name ends in ".txt", one a
 * line. Elements that are no names are dropped and listed. */
enum gmr_status lists_read_names(struct import_job *job, const char *name, json_t **value);

/* "A1.jpg" gives the key "A1". NULL when there is no memory. */
const char *lists_key(struct arena *arena, const char *name);

/* Items met so far: an object that maps keys, in the order of their first mention, to a number of
 * bits, of which `mark` is set for this one. */
enum gmr_status lists_note(json_t *known, struct arena *arena, const char *name, int mark);
enum gmr_status lists_note_all(json_t *known, struct arena *arena, const json_t *names, int mark);

/* Adds an item whose picture is named by its key. */
enum gmr_status lists_add_item(struct import_job *job, struct arena *arena,
                               struct import_item *item);

/* Appends the items of a list of names to a split. Everything must be flushed before. */
enum gmr_status lists_add_split(struct import_job *job, struct arena *arena, const char *split,
                                const json_t *names);

#endif
