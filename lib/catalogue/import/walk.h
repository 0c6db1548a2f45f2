/* Walking a folder: all files below it, in the order of the bytes of their paths. */
#ifndef CATALOGUE_IMPORT_WALK_H
#define CATALOGUE_IMPORT_WALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/status.h"

enum { WALK_MAX_DEPTH = 64 }; /* of folders in folders */

struct walk {
    const char *top;
    const char *except; /* a folder that is passed over, or NULL; need not exist */
    bool hidden;        /* names that begin with a dot, too */
    bool tolerant;      /* folders that cannot be read are passed over, else an error */
    /* Called for each regular file, with its path below `top`; an error ends the walk. */
    enum gmr_status (*visit)(void *user, const char *path, const struct stat *info);
    void *user;
};

/* Follows symbolic links, but into no folder that it is in. Errors: those of `visit`,
 * GMR_ERR_NOT_FOUND, GMR_ERR_IO, GMR_ERR_RANGE (too deep), GMR_ERR_NOMEM. */
enum gmr_status walk_files(const struct gmr_allocator *allocator, const struct walk *walk);

#endif
