/* Folders are read whole and sorted, one open level at a time: memory grows with the largest folder
 * and the depth, not with the tree. A folder sorts as its name and a slash, which makes the order
 * of folder by folder the order of whole paths. */
#include "catalogue/import/walk.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"

struct entry {
    const char *name; /* of a folder: with a slash */
    struct stat info;
    struct entry *next;
};

struct level {
    const struct level *parent;
    const struct stat *info; /* of the folder */
    size_t depth;
};

struct walker {
    const struct walk *walk;
    const struct gmr_allocator *allocator;
    struct stat except;
    bool has_except;
    char path[PATH_MAX]; /* TOP/... */
    size_t top;          /* length of "TOP/" */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_wanted(const struct walker *walker, const struct level *level,
                      const struct stat *info)
{
    if (S_ISREG(info->st_mode))
        return true;
    if (!S_ISDIR(info->st_mode) || (walker->has_except && same_file(info, &walker->except)))
        return false;
    for (; level; level = level->parent)
        if (same_file(info, level->info))
            return false;
    return true;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* Adds one name of the open folder to the list; what is neither file nor folder is left out. */
static enum gmr_status read_entry(const struct walker *walker, const struct level *level,
                                  DIR *folder, const char *name, struct arena *arena,
                                  struct entry **list)
{
    struct stat info;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        (name[0] == '.' && !walker->walk->hidden))
        return GMR_OK;
    if (fstatat(dirfd(folder), name, &info, 0) != 0 || !is_wanted(walker, level, &info))
        return GMR_OK;
    struct entry *entry = arena_alloc(arena, sizeof *entry);
    const char *copy = arena_printf(arena, "%s%s", name, S_ISDIR(info.st_mode) ? "/" : "");
    if (!entry || !copy)
        return GMR_ERR_NOMEM;
    *entry = (struct entry){ copy, info, *list };
    *list = entry;
    return GMR_OK;
}

/* All of the folder at walker->path, sorted. */
static enum gmr_status read_folder(const struct walker *walker, const struct level *level,
                                   struct arena *arena, struct entry ***entries, size_t *count)
{
    struct entry *list = NULL;
    enum gmr_status status = GMR_OK;
    DIR *folder = opendir(walker->path);
    *count = 0;
    if (!folder && walker->walk->tolerant)
        return GMR_OK;
    if (!folder)
        return file_error(errno, "read", walker->path);
    for (struct dirent *d; status == GMR_OK && (d = readdir(folder)) != NULL;)
        status = read_entry(walker, level, folder, d->d_name, arena, &list);
    closedir(folder);
    TRY(status);
    for (const struct entry *e = list; e; e = e->next)
        ++*count;
    *entries = arena_array(arena, *count, sizeof **entries);
    if (!*entries)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; list; list = list->next)
        (*entries)[i++] = list;
    qsort(*entries, *count, sizeof **entries, compare_entries);
    return GMR_OK;
}

static enum gmr_status walk_folder(struct walker *walker, const struct level *level);

static enum gmr_status visit_entry(struct walker *walker, const struct level *level,
                                   const struct entry *entry, size_t length)
{
    const size_t added = strlen(entry->name);
    if (length + added >= PATH_MAX)
        return gmr_error(GMR_ERR_RANGE, "'%s%s' is too long a path", walker->path, entry->name);
    memcpy(walker->path + length, entry->name, added + 1);
    if (!S_ISDIR(entry->info.st_mode))
        return walker->walk->visit(walker->walk->user, walker->path + walker->top, &entry->info);
    const struct level inner = { level, &entry->info, level->depth + 1 };
    return walk_folder(walker, &inner);
}

static enum gmr_status walk_folder(struct walker *walker, const struct level *level)
{
    const size_t length = strlen(walker->path);
    struct entry **entries = NULL;
    size_t count;
    struct arena arena;
    if (level->depth > WALK_MAX_DEPTH)
        return gmr_error(GMR_ERR_RANGE, "'%s' is too deep: more than %d folders", walker->path,
                         WALK_MAX_DEPTH);
    arena_init(&arena, walker->allocator, 0);
    enum gmr_status status = read_folder(walker, level, &arena, &entries, &count);
    for (size_t i = 0; status == GMR_OK && i < count; i++) {
        status = visit_entry(walker, level, entries[i], length);
        walker->path[length] = '\0';
    }
    arena_release(&arena);
    return status;
}

enum gmr_status walk_files(const struct gmr_allocator *allocator, const struct walk *walk)
{
    struct walker walker = { .walk = walk, .allocator = allocator };
    struct stat info;
    const size_t length = strlen(walk->top);
    if (length + 2 > PATH_MAX)
        return file_error(ENAMETOOLONG, "read", walk->top);
    if (stat(walk->top, &info) != 0)
        return file_error(errno, "read", walk->top);
    snprintf(walker.path, sizeof walker.path, "%s/", strcmp(walk->top, "/") == 0 ? "" : walk->top);
    walker.top = strlen(walker.path);
    walker.has_except = walk->except && stat(walk->except, &walker.except) == 0;
    const struct level level = { NULL, &info, 0 };
    return walk_folder(&walker, &level);
}
