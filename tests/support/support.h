/* What all tests share: an allocator that counts and fails on purpose, directories that vanish,
 * errors between arrays, arrays of reproducible numbers. Trouble with the test itself (no room in
 * $TMPDIR) ends the program with a message. Built for float and for double. */
#ifndef SUPPORT_SUPPORT_H
#define SUPPORT_SUPPORT_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/real.h"

/* An allocator for fault tests. Typical use, failing every allocation in turn:
 *
 *     for (size_t n = 1;; n++) {
 *         struct failing_allocator memory;
 *         failing_allocator_init(&memory, n);
 *         enum gmr_status status = work(&memory.allocator);
 *         assert_true(failing_allocator_is_clean(&memory));
 *         if (!failing_allocator_has_failed(&memory)) {
 *             assert_int_equal(status, GMR_OK);
 *             break;
 *         }
 *         assert_int_equal(status, GMR_ERR_NOMEM);
 *     }
 *
 * Threads may share one. It must not move after init. */
struct failing_allocator {
    struct gmr_allocator allocator; /* pass a pointer to this */
    size_t fail_at;                 /* number of the call that fails, from 1; 0: none */
    bool stays_failed;              /* true: all later calls fail too; set it after init */
    size_t calls;                   /* allocations asked for, failed ones included */
    size_t live_blocks, live_bytes; /* not yet released */
    size_t peak_bytes;              /* most bytes ever live at once */
    size_t bad_releases;            /* wrong size, twice, or a pointer that never was a block */
    pthread_mutex_t lock;
};

void failing_allocator_init(struct failing_allocator *memory, size_t fail_at);

/* True once the call to fail has come. */
bool failing_allocator_has_failed(struct failing_allocator *memory);

/* True when nothing is live and every release was right; else stderr says what is wrong. */
bool failing_allocator_is_clean(struct failing_allocator *memory);

/* A fresh directory under $TMPDIR (or /tmp). */
struct temporary_directory {
    char path[PATH_MAX];
};

void temporary_directory_create(struct temporary_directory *directory);

/* Removes it with all that is in it, write-protected folders too. */
void temporary_directory_remove(struct temporary_directory *directory);

/* "DIRECTORY/NAME" into the caller's buffer, which is returned. */
char *temporary_path(const struct temporary_directory *directory, const char *name,
                     char path[PATH_MAX]);

/* Writes a small file, without the library's help. */
void write_file(const char *path, const void *data, size_t size);

/* True when the file exists and holds exactly these bytes. */
bool file_holds(const char *path, const void *data, size_t size);

/* sqrt(sum (a - b)^2 / sum b^2), where b is the reference; of zeros, sqrt(sum a^2 / tiny). Not a
 * number when an element is none, so that `error < tolerance` is false. */
double normalised_error(const real *a, const real *b, size_t n);

/* max |a - b|; infinite when a difference is not a number. */
double max_abs_difference(const real *a, const real *b, size_t n);

/* Standard normal numbers, or uniform ones in [low, high); the same for the same seed. */
void fill_normal(real *values, size_t n, uint64_t seed);
void fill_uniform(real *values, size_t n, double low, double high, uint64_t seed);

#endif
