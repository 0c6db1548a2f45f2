/* What an encoding under way has made so far: a file beside the embedding, to which vectors are
 * appended, so that a run that was stopped or killed goes on where it was.
 *
 *   header    128 bytes: "gommir encoding\n", u64 bytes of the data of a record, the encoder's
 *             sha256, zeros
 *   records   i64 item's id, i64 picture's stamp, u32 CRC-32 of both and the data, u32 zero,
 *             the data (f32 vector, for embeddings), zeros up to a multiple of 8 bytes
 *
 * in the byte order of the machine. What comes after the first record that is torn or damaged is
 * cut off when the file is opened, and what is left is cut to whole batches: so the batches of a
 * run that goes on are those of an unbroken one, and its vectors the same to the bit, even if the
 * last digit of one should depend on its batch. A file of another encoder or size begins anew.
 * Who has it open holds a lock, so one process encodes at a time. */
#ifndef CATALOGUE_ENCODE_SCRATCH_H
#define CATALOGUE_ENCODE_SCRATCH_H

#include <limits.h>
#include <stdint.h>

#include "base/file.h"

struct encode_scratch {
    const struct gmr_allocator *allocator;
    char path[PATH_MAX];
    int file;             /* -1: not open */
    size_t bytes, record; /* of the data, and of a record with it */
    size_t count;         /* records */
    struct file_map map;  /* of those that encode_scratch_map has seen */
    void *buffer;         /* a record */
};

/* One record; the data are borrowed from the map, aligned to 8 bytes. */
struct encode_record {
    int64_t id, stamp;
    const void *data;
};

/* Opens or makes the file and maps it; the caller closes it. `batch`: records of one. Errors, then
 * it is closed: GMR_ERR_STATE (another process has it), GMR_ERR_IO, GMR_ERR_NOT_FOUND (no such
 * folder), GMR_ERR_NOMEM. */
enum gmr_status encode_scratch_open(struct encode_scratch *scratch,
                                    const struct gmr_allocator *allocator, const char *path,
                                    const char *encoder, size_t bytes, size_t batch);

/* A record that is mapped. */
struct encode_record encode_scratch_at(const struct encode_scratch *scratch, size_t record);

/* Appends a record; `data` does not lie in the map. GMR_ERR_IO. */
enum gmr_status encode_scratch_append(struct encode_scratch *scratch, int64_t id, int64_t stamp,
                                      const void *data);

/* Maps all records, also those appended since. What was borrowed from the map ends. */
enum gmr_status encode_scratch_map(struct encode_scratch *scratch);

/* What was appended survives even a loss of power from here on. GMR_ERR_IO. */
enum gmr_status encode_scratch_flush(struct encode_scratch *scratch);

/* Gives up the lock and leaves the file for the next run, unless it holds nothing. A closed one is
 * fine. */
void encode_scratch_close(struct encode_scratch *scratch);

/* Removes the file, which is no longer needed, and closes. */
void encode_scratch_remove(struct encode_scratch *scratch);

#endif
