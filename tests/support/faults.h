/* Failing every allocation of a piece of work in turn. */
#ifndef SUPPORT_FAULTS_H
#define SUPPORT_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/status.h"

typedef enum gmr_status fault_job(const struct gmr_allocator *allocator, const void *subject);

/* Runs `job` with its first, second, ... allocation failing (stays_failed: and all later ones)
 * until it succeeds, and returns how many allocations it makes. Each time before that it must
 * return GMR_ERR_NOMEM, say "out of memory", and hold nothing. `subject` may be NULL. */
size_t fail_each_allocation(fault_job *job, const void *subject, bool stays_failed);

#endif
