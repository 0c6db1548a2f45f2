/* Errors inside the library: the code travels up, the message is written once, where the error is
 * found. See <gommir/status.h> for the public side. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <gommir/status.h>

/* Stores a message for this thread and returns `code`, so that a caller can write
 * `return gmr_error(GMR_ERR_RANGE, "k is %zu, at most %d", k, GMR_MAX_K)`. A message that does not
 * fit is cut, what is not printable UTF-8 becomes '?' (base/text.h). An argument may be
 * gmr_error_message() itself, to say more about it. */
enum gmr_status gmr_error(enum gmr_status code, const char *format, ...) GMR_PRINTF(2, 3);

/* Returns from the calling function when `call` fails; for places that hold nothing. */
#define TRY(call)                             \
    do {                                      \
        enum gmr_status try_status_ = (call); \
        if (try_status_ != GMR_OK)            \
            return try_status_;               \
    } while (0)

#endif
