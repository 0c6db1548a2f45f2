/* Files: read by mapping, written whole or not at all. Handles are for one thread at a time. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/status.h"

/* Reports that a system call failed: "cannot VERB 'PATH': TEXT OF ERRNO". Returns GMR_ERR_NOT_FOUND
 * for ENOENT and ENOTDIR, GMR_ERR_NOMEM for ENOMEM, GMR_ERR_IO otherwise. */
enum gmr_status file_error(int error, const char *verb, const char *path);

/* A file mapped for reading. The mapping outlives the closing or deleting of the file; truncation
 * by another process while it is mapped is not survived (SIGBUS), so files are replaced by rename,
 * never rewritten. */
struct file_map {
    const uint8_t *data; /* not NULL, even for an empty file */
    size_t size;
};

/* Maps a regular file. Errors: GMR_ERR_NOT_FOUND, GMR_ERR_NOMEM, GMR_ERR_IO (also for a directory
 * or a device), with the path in the message; then `map` is empty. */
enum gmr_status file_map_open(struct file_map *map, const char *path);

/* Ends the mapping. An empty or closed map is fine. */
void file_map_close(struct file_map *map);

/* For files that are written as they are: all bytes, and what was written to the disk, whatever
 * interrupts. Both return 0 or an errno. */
int file_write_all(int file, const void *data, size_t size);
int file_flush(int file);

/* Writes a file atomically: bytes go to a temporary file beside `path`; commit flushes it to disk
 * and renames it over `path`, then flushes the directory. Until then `path` is untouched; abort, or
 * a crash, leaves it as it was. The first error is remembered: later writes do nothing and commit
 * reports it, so that a writer is checked once. Permissions: those of the file replaced, else 0666
 * less the umask. A symbolic link stays, what it points to is replaced. */
struct file_writer;

/* Starts a file; the caller commits or aborts. Errors, then *writer is NULL: GMR_ERR_NOT_FOUND (no
 * such directory), GMR_ERR_NOMEM, GMR_ERR_IO (also when `path` is a directory or a device, or a
 * file protected against writing). */
enum gmr_status file_writer_create(const struct gmr_allocator *allocator, const char *path,
                                   struct file_writer **writer);
void file_writer_write(struct file_writer *writer, const void *data, size_t size);
void file_writer_printf(struct file_writer *writer, const char *format, ...) GMR_PRINTF(2, 3);

/* Finishes and destroys the writer, whatever it returns. Errors: GMR_ERR_NOMEM (in a printf),
 * GMR_ERR_IO; then `path` is as it was, unless only the last flush of the directory failed. */
enum gmr_status file_writer_commit(struct file_writer *writer);

/* Removes the temporary file and destroys the writer; NULL is fine. */
void file_writer_abort(struct file_writer *writer);

#endif
