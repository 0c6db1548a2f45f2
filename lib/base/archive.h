/* Zip files, read only (libzip). Nothing in one is trusted: see archive_open and archive_read.
 *
 * A handle is for one thread at a time. Messages of the functions that get an open archive name the
 * entry; which archive it is, the caller knows and says. */
#ifndef BASE_ARCHIVE_H
#define BASE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/status.h"

/* One entry, as the central directory tells of it. */
struct archive_entry {
    const char *name; /* UTF-8, not empty, in no other entry; of a folder, it ends in '/' */
    uint64_t size;    /* bytes unpacked */
    uint64_t packed;  /* bytes in the archive */
    uint32_t crc;     /* 0 when encrypted */
    bool encrypted;
};

struct archive;

/* Opens an archive; the caller closes it. Errors, then *archive is NULL: those of file_map_open
 * (base/file.h), GMR_ERR_NOMEM, and with the path in the message GMR_ERR_FORMAT for what is no zip
 * file, a name that two entries have or one has not, entries that together are larger than the
 * archive (they overlap). */
enum gmr_status archive_open(const struct gmr_allocator *allocator, const char *path,
                             struct archive **archive);

/* The same for bytes in memory, which must outlive the handle; messages have no path. */
enum gmr_status archive_open_memory(const struct gmr_allocator *allocator, const void *bytes,
                                    size_t size, struct archive **archive);
void archive_close(struct archive *archive); /* NULL is fine */

/* Entries in the order of the central directory; index < count. Borrowed. */
size_t archive_count(const struct archive *archive);
const struct archive_entry *archive_at(const struct archive *archive, size_t index);

/* False when there is no entry of that name. */
bool archive_find(const struct archive *archive, const char *name, size_t *index);

/* Whether an entry may be unpacked by a caller who expects at most `most` bytes. Errors:
 * GMR_ERR_UNSUPPORTED (it is encrypted, or larger), GMR_ERR_FORMAT (it claims to shrink more than
 * any sound data). */
enum gmr_status archive_check(const struct archive *archive, size_t index, size_t most);

/* Unpacks an entry that archive_check accepts to `out`, which has room for its size. Errors:
 * GMR_ERR_FORMAT (it is damaged: size or CRC differ), GMR_ERR_UNSUPPORTED (a way of packing that
 * libzip does not know), GMR_ERR_NOMEM. */
enum gmr_status archive_read(struct archive *archive, size_t index, void *out);

/* The bytes of an entry where they lie in the archive, which go with the archive's bytes, not with
 * the handle. NULL when it is encrypted, packed or damaged: archive_read unpacks it, or says what
 * is wrong. */
const void *archive_stored(const struct archive *archive, size_t index);

#endif
