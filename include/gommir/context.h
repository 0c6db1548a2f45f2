/* A context holds what a program decides once: who allocates, who hears log lines, how many
 * threads work. Every other handle is made from a context and borrows it.
 *
 *     struct gmr_context_options options = gmr_context_options_default();
 *     struct gmr_context *context;
 *     options.threads = 2;
 *     if (gmr_context_create(&options, &context) != GMR_OK) ...
 *     ...
 *     gmr_context_destroy(context);
 *
 * Threads: a context may be shared by threads; its callbacks must then be thread-safe. */
#ifndef GOMMIR_CONTEXT_H
#define GOMMIR_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gommir/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory. `allocate` returns memory aligned to `alignment` (a power of two) or NULL; `size` is
 * never 0. `release` gets the size that was asked for, and is never called with NULL. */
struct gmr_allocator {
    void *(*allocate)(void *user, size_t size, size_t alignment);
    void (*release)(void *user, void *memory, size_t size);
    void *user;
};

enum gmr_log_level { GMR_LOG_DEBUG, GMR_LOG_INFO, GMR_LOG_WARNING };

/* Log lines: one sentence each, UTF-8, without newline. */
struct gmr_logger {
    void (*write)(void *user, enum gmr_log_level level, const char *message); /* NULL: silent */
    void *user;
};

/* One report of a long job. `note` is a short text such as "loss 0.0312", or "". */
struct gmr_progress_report {
    const char *job;  /* what is being done: "training" */
    const char *unit; /* what is counted: "batch" */
    uint64_t done;
    uint64_t total; /* 0: not known */
    const char *note;
};

/* Progress and cancelling. Both functions may be NULL. `cancelled` is asked often, from the
 * thread that runs the job; once it answers true the job stops with GMR_ERR_CANCELLED, after
 * leaving its files as if it had never been asked to do the rest. */
struct gmr_progress {
    void (*report)(void *user, const struct gmr_progress_report *report);
    bool (*cancelled)(void *user);
    void *user;
};

struct gmr_context_options {
    struct gmr_allocator allocator; /* all zero: the system's */
    struct gmr_logger logger;
    unsigned threads; /* 0: all cores this process may use; at most GMR_MAX_THREADS */
};

enum { GMR_MAX_THREADS = 1024 };

struct gmr_context;

/* The system's allocator, silent, all cores. */
GMR_API struct gmr_context_options gmr_context_options_default(void);

/* Creates a context; the caller destroys it. `options` may be NULL for the defaults; it is copied,
 * what its `user` pointers point to must outlive the context.
 * Errors, then *context is NULL: GMR_ERR_NOMEM, GMR_ERR_RANGE (threads above GMR_MAX_THREADS, or an
 * allocator with only one of its two functions). */
GMR_API enum gmr_status gmr_context_create(const struct gmr_context_options *options,
                                           struct gmr_context **context);

/* Destroys a context made by gmr_context_create; NULL is fine. Nothing made from it may live. */
GMR_API void gmr_context_destroy(struct gmr_context *context);

/* How many threads this context's jobs use. */
GMR_API unsigned gmr_context_threads(const struct gmr_context *context);

#ifdef __cplusplus
}
#endif
#endif
