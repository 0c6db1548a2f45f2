/* Work done in a child process: without root's rights, with a disk that gets full. */
#ifndef SUPPORT_PROCESS_H
#define SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/* Runs `check` in a child that is not root, for whom permissions do not count; returns whether it
 * answered true. What it needs from libraries must be loaded by then. */
bool as_ordinary_user(bool (*check)(void));

/* Runs `check` in a child that cannot make any file longer than `size` bytes, which is how a full
 * disk looks; returns whether it answered true. */
bool with_full_disk(size_t size, bool (*check)(void));

#endif
