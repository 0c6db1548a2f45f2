/* Status codes and the error message that goes with them.
 *
 * Every call that can fail returns an `enum gmr_status`. Whoever detects the error leaves a
 * sentence in a buffer of the calling thread; gmr_error_message() reads it:
 *
 *     if (gmr_demo_run(context, &options, &result) != GMR_OK)
 *         fprintf(stderr, "%s\n", gmr_error_message());
 *
 * Threads: the message belongs to the thread in which the call failed. */
#ifndef GOMMIR_STATUS_H
#define GOMMIR_STATUS_H

#include <gommir/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, text). Values are part of the ABI: append only. */
#define GMR_STATUS_LIST(X)                                              \
    X(OK, 0, "done")                                                    \
    X(ERR_NOMEM, 1, "out of memory")                                    \
    X(ERR_IO, 2, "cannot read or write")                                \
    X(ERR_FORMAT, 3, "a file is damaged or not of the expected format") \
    X(ERR_SHAPE, 4, "shapes do not fit together")                       \
    X(ERR_TYPE, 5, "wrong element type")                                \
    X(ERR_RANGE, 6, "a value is out of range")                          \
    X(ERR_STATE, 7, "not possible in this state")                       \
    X(ERR_NOT_FOUND, 8, "not found")                                    \
    X(ERR_UNSUPPORTED, 9, "not supported")                              \
    X(ERR_CANCELLED, 10, "cancelled")                                   \
    X(ERR_NUMERIC, 11, "a number is not finite")

enum gmr_status {
#define GMR_STATUS_ENUM(name, value, text) GMR_##name = (value),
    GMR_STATUS_LIST(GMR_STATUS_ENUM)
#undef GMR_STATUS_ENUM
};

/* The text of a code, "unknown status" for a number that is none. Static; never NULL. */
GMR_API const char *gmr_status_text(enum gmr_status status);

/* The last error message of this thread, "" before the first error. Never NULL; valid until the
 * next failing call in this thread. A call that succeeds leaves the message alone. */
GMR_API const char *gmr_error_message(void);

#ifdef __cplusplus
}
#endif
#endif
