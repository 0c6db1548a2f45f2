/* Inside of a context, for the other files of api/. */
#ifndef API_CONTEXT_H
#define API_CONTEXT_H

#include <gommir/context.h>

struct gmr_context {
    struct gmr_allocator allocator; /* all zero: the system's, as base/memory.h takes it */
    struct gmr_logger logger;
    unsigned threads; /* 1 .. GMR_MAX_THREADS */
};

/* Borrowed from the context. */
const struct gmr_allocator *context_allocator(const struct gmr_context *context);
const struct gmr_logger *context_logger(const struct gmr_context *context);

#endif
