/* safetensors files: u64 header length, JSON header, data (spec section 1.7). Files are mapped,
 * tensors are read in place. Nothing in a file is trusted: see safetensors_open. */
#ifndef TENSOR_SAFETENSORS_H
#define TENSOR_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"

enum { SAFETENSORS_HEADER_MAX = 32 * 1024 * 1024 }; /* bytes of JSON, in files read and written */

/* One tensor. In an open file, all it points to is borrowed from the file; `data` may be unaligned
 * for its type. */
struct safetensors_entry {
    const char *name; /* UTF-8, not empty */
    enum dtype dtype;
    size_t rank;
    size_t dim[TENSOR_MAX_RANK];
    const void *data;
    size_t size; /* bytes */
};

struct safetensors_metadata {
    const char *key, *value;
};

/* An open file; a handle. Reading from several threads is fine. */
struct safetensors;

/* Opens and checks a file; the caller closes it. Errors, then *file is NULL: those of file_map_open
 * (base/file.h), GMR_ERR_NOMEM, and with file and reason in the message GMR_ERR_TYPE for an unknown
 * element type, GMR_ERR_FORMAT for
 *   - a header longer than the file or SAFETENSORS_HEADER_MAX, or that does not begin with '{'
 *   - JSON that is invalid, nested deeper than a header needs, or with repeated names
 *   - a tensor without name, with a member missing, unknown or of the wrong kind
 *   - more than TENSOR_MAX_RANK axes, sizes that overflow or differ from the offsets
 *   - offsets outside the data, tensors that overlap, data that belongs to no tensor
 *   - metadata that is not strings
 * Tensors without elements are fine. */
enum gmr_status safetensors_open(const struct gmr_allocator *allocator, const char *path,
                                 struct safetensors **file);

/* The same for bytes in memory, which must outlive the handle; `name` is what messages quote. */
enum gmr_status safetensors_open_memory(const struct gmr_allocator *allocator, const void *bytes,
                                        size_t size, const char *name, struct safetensors **file);

/* Ends the life of the handle and of all borrowed from it. NULL is fine. */
void safetensors_close(struct safetensors *file);

/* What messages call the file: its path, or the name it was given. */
const char *safetensors_name(const struct safetensors *file);

/* Entries in the order of their data; entry < count. (Other kinds of files that tensor/weights.h
 * opens: in the order in which the file names them.) */
size_t safetensors_count(const struct safetensors *file);
const struct safetensors_entry *safetensors_at(const struct safetensors *file, size_t entry);

/* NULL when there is none of that name. */
const struct safetensors_entry *safetensors_find(const struct safetensors *file, const char *name);
const char *safetensors_metadata_find(const struct safetensors *file, const char *key);

/* Metadata in the order of the file; index < count. */
size_t safetensors_metadata_count(const struct safetensors *file);
struct safetensors_metadata safetensors_metadata_at(const struct safetensors *file, size_t index);

/* Finds `name`, checks its shape and converts its values to `out`, which has room for them. Errors,
 * file and tensor in the message: GMR_ERR_NOT_FOUND, GMR_ERR_SHAPE, GMR_ERR_TYPE (integers). */
enum gmr_status safetensors_read(const struct safetensors *file, const char *name,
                                 const size_t *dim, size_t rank, real *out);

/* What safetensors_read would return and say, without reading. */
enum gmr_status safetensors_check(const struct safetensors *file, const char *name,
                                  const size_t *dim, size_t rank);

/* Writes a file atomically (base/file.h): entries in the order given, without gaps, beginning at a
 * multiple of 64 bytes. Same input, same bytes; safetensors_open reads whatever this writes.
 * Errors, after which `path` is as it was: those of file_writer_create and _commit, and with path
 * and reason in the message
 *   - GMR_ERR_SHAPE: size and shape of an entry differ, or it has too many axes
 *   - GMR_ERR_FORMAT: a name twice, empty, not UTF-8 or "__metadata__"; a metadata key twice, or
 *     metadata that is not UTF-8
 *   - GMR_ERR_RANGE: a header above SAFETENSORS_HEADER_MAX */
enum gmr_status safetensors_write(const struct gmr_allocator *allocator, const char *path,
                                  const struct safetensors_entry *entry, size_t count,
                                  const struct safetensors_metadata *metadata,
                                  size_t metadata_count);

/* The same for tensors that are never in memory at once: entries without `data`, whose bytes then
 * come in pieces of any size, one tensor after the other. Errors of create are those above, then
 * *writer is NULL; the first error of a write is what commit reports. The caller commits, once all
 * bytes were written, or aborts. */
struct safetensors_writer;

enum gmr_status safetensors_writer_create(const struct gmr_allocator *allocator, const char *path,
                                          const struct safetensors_entry *entry, size_t count,
                                          const struct safetensors_metadata *metadata,
                                          size_t metadata_count,
                                          struct safetensors_writer **writer);
void safetensors_writer_write(struct safetensors_writer *writer, const void *data, size_t size);

/* Finishes and destroys the writer, whatever it returns. */
enum gmr_status safetensors_writer_commit(struct safetensors_writer *writer);

/* Leaves `path` as it was; NULL is fine. */
void safetensors_writer_abort(struct safetensors_writer *writer);

/* The same as a job that tells how far it is and can be cancelled, for files that take seconds:
 * GMR_ERR_CANCELLED, after which `path` is as it was. */
enum gmr_status safetensors_write_job(const struct gmr_allocator *allocator, const char *path,
                                      const struct safetensors_entry *entry, size_t count,
                                      const struct safetensors_metadata *metadata,
                                      size_t metadata_count, const struct gmr_progress *progress);

#endif
