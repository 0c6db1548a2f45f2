/* JSON from files that may be hostile: jansson behind a limit on depth. Values live on jansson's
 * own heap, not in an allocator: jansson knows only one allocator per process, and that is the
 * program's to choose. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/status.h"

/* Parses exactly `size` bytes of UTF-8 JSON (no NUL needed, nothing but white space may follow);
 * any kind of value. Repeated object keys, more than `max_depth` nested arrays and objects (2048 at
 * most), NUL characters, numbers out of range and invalid UTF-8 are errors. `name` is what messages
 * quote: "cannot parse 'NAME': line 1, column 2: ...". On success the caller calls
 * json_decref(*value), else *value is NULL. Errors: GMR_ERR_FORMAT, GMR_ERR_NOMEM (jansson reports
 * running out of memory inside a string as a bad token, so that is GMR_ERR_FORMAT). */
enum gmr_status json_parse(const void *text, size_t size, size_t max_depth, const char *name,
                           json_t **value);

/* Reads a non-negative integer that fits size_t; `value` NULL stands for a missing member.
 * GMR_ERR_FORMAT for anything else, with a message that says what was found. */
enum gmr_status json_get_size(const json_t *value, size_t *size);

#endif
