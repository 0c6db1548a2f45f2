/* Contexts: what a program decides once. */
#include "api/context.h"

#include <sched.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/status.h"

/* The cores that this process may run on, which may be fewer than the machine has. */
static unsigned available_cores(void)
{
    cpu_set_t allowed;
    long cores = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        cores = CPU_COUNT(&allowed);
    else
        cores = sysconf(_SC_NPROCESSORS_ONLN); /* a machine too large for cpu_set_t */
    if (cores < 1)
        return 1;
    return cores > GMR_MAX_THREADS ? GMR_MAX_THREADS : (unsigned)cores;
}

struct gmr_context_options gmr_context_options_default(void)
{
    return (struct gmr_context_options){ .threads = 0 };
}

static enum gmr_status check_options(const struct gmr_context_options *options)
{
    if (options->threads > GMR_MAX_THREADS)
        return gmr_error(GMR_ERR_RANGE, "threads is %u, at most %d", options->threads,
                         GMR_MAX_THREADS);
    if (!options->allocator.allocate != !options->allocator.release)
        return gmr_error(GMR_ERR_RANGE, "the allocator has only one of its two functions");
    return GMR_OK;
}

enum gmr_status gmr_context_create(const struct gmr_context_options *options,
                                   struct gmr_context **context)
{
    const struct gmr_context_options defaults = gmr_context_options_default();
    if (!options)
        options = &defaults;
    *context = NULL;
    TRY(check_options(options));
    struct gmr_context *created = memory_allocate(&options->allocator, sizeof *created);
    if (!created)
        return GMR_ERR_NOMEM;
    *created = (struct gmr_context){
        .allocator = options->allocator,
        .logger = options->logger,
        .threads = options->threads > 0 ? options->threads : available_cores(),
    };
    *context = created;
    return GMR_OK;
}

void gmr_context_destroy(struct gmr_context *context)
{
    if (!context)
        return;
    const struct gmr_allocator allocator = context->allocator; /* outlives what it releases */
    memory_release(&allocator, context, sizeof *context);
}

unsigned gmr_context_threads(const struct gmr_context *context)
{
    return context->threads;
}

const struct gmr_allocator *context_allocator(const struct gmr_context *context)
{
    return &context->allocator;
}

const struct gmr_logger *context_logger(const struct gmr_context *context)
{
    return &context->logger;
}
