/* Places of pictures. What an entry of a zip file is, is told by its central directory, so that an
 * unchanged picture is not read at all; entries are read whole, in sizes that were checked before.
 */
#include "catalogue/import/roots.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/archive.h"
#include "media/picture.h"

struct picture_root {
    char path[PATH_MAX];     /* absolute */
    struct archive *archive; /* NULL: a folder */
};

/* ---- opening ---- */

static enum gmr_status open_root(struct picture_root *root, const struct gmr_allocator *allocator,
                                 const char *path)
{
    struct stat info;
    if (!realpath(path, root->path) || stat(root->path, &info) != 0)
        return file_error(errno, "read", path);
    if (S_ISDIR(info.st_mode))
        return GMR_OK;
    if (!S_ISREG(info.st_mode))
        return gmr_error(GMR_ERR_FORMAT, "'%s' is neither a folder nor a zip file", path);
    return archive_open(allocator, root->path, &root->archive);
}

enum gmr_status picture_roots_open(struct picture_roots *roots,
                                   const struct gmr_allocator *allocator, const char *const *paths,
                                   size_t count)
{
    *roots = (struct picture_roots){ .allocator = allocator };
    roots->roots = memory_array(allocator, count, sizeof *roots->roots);
    if (!roots->roots)
        return GMR_ERR_NOMEM;
    roots->count = count;
    for (size_t i = 0; i < count; i++)
        TRY(open_root(&roots->roots[i], allocator, paths[i]));
    return GMR_OK;
}

void picture_roots_close(struct picture_roots *roots)
{
    for (size_t i = 0; i < roots->count; i++)
        archive_close(roots->roots[i].archive);
    memory_release(roots->allocator, roots->roots, roots->count * sizeof *roots->roots);
    *roots = (struct picture_roots){ 0 };
}

/* ---- finding ---- */

/* True when one of the parts between slashes is "..". */
static bool climbs(const char *name)
{
    while (*name) {
        const size_t length = strcspn(name, "/");
        if (length == 2 && memcmp(name, "..", 2) == 0)
            return true;
        name += length + (name[length] == '/');
    }
    return false;
}

/* A stamp from two numbers: 64 bits well mixed (splitmix64's finish), never 0. */
static int64_t make_stamp(uint64_t a, uint64_t b)
{
    uint64_t z = a + 0x9E3779B97F4A7C15U * (b + 1);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    z ^= z >> 31;
    z &= INT64_MAX;
    return z ? (int64_t)z : 1;
}

/* The name as seen from a folder: an absolute name must lie in it. NULL: it does not. */
static const char *name_below(const struct picture_root *root, const char *name)
{
    const size_t length = strcmp(root->path, "/") == 0 ? 0 : strlen(root->path);
    if (name[0] != '/')
        return name;
    if (strncmp(name, root->path, length) != 0 || name[length] != '/')
        return NULL;
    return name + length + 1;
}

static enum gmr_status find_file(const struct picture_root *root, struct arena *arena,
                                 const char *name, struct picture_place *place)
{
    struct stat info;
    const char *below = name_below(root, name);
    if (!below)
        return GMR_ERR_NOT_FOUND;
    const char *path =
        arena_printf(arena, "%s/%s", strcmp(root->path, "/") == 0 ? "" : root->path, below);
    if (!path)
        return GMR_ERR_NOMEM;
    if (stat(path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR ? GMR_ERR_NOT_FOUND
                                                   : file_error(errno, "read", path);
    if (!S_ISREG(info.st_mode))
        return GMR_ERR_NOT_FOUND;
    if ((uintmax_t)info.st_size > PICTURE_MAX_BYTES)
        return gmr_error(GMR_ERR_UNSUPPORTED, "'%s' has %jd bytes, a picture at most %d", path,
                         (intmax_t)info.st_size, PICTURE_MAX_BYTES);
    const uint64_t size = (uint64_t)info.st_size;
    const uint64_t time =
        (uint64_t)info.st_mtim.tv_sec * 1000000000U + (uint64_t)info.st_mtim.tv_nsec;
    *place = (struct picture_place){ root, path, path, 0, (size_t)size, make_stamp(size, time) };
    return GMR_OK;
}

/* What went wrong with an entry, and where that is. */
static enum gmr_status name_archive(const struct picture_root *root, enum gmr_status status)
{
    if (status == GMR_OK || status == GMR_ERR_NOMEM)
        return status;
    return gmr_error(status, "cannot read '%s': %s", root->path, gmr_error_message());
}

static enum gmr_status find_entry(const struct picture_root *root, struct arena *arena,
                                  const char *name, struct picture_place *place)
{
    size_t index;
    while (strncmp(name, "./", 2) == 0)
        name += 2;
    if (!archive_find(root->archive, name, &index))
        return GMR_ERR_NOT_FOUND;
    TRY(name_archive(root, archive_check(root->archive, index, PICTURE_MAX_BYTES)));
    const struct archive_entry *entry = archive_at(root->archive, index);
    *place = (struct picture_place){ .root = root,
                                     .name = arena_strdup(arena, name),
                                     .entry = index,
                                     .size = (size_t)entry->size,
                                     .stamp = make_stamp(entry->size, entry->crc) };
    return place->name ? GMR_OK : GMR_ERR_NOMEM;
}

enum gmr_status picture_roots_find(const struct picture_roots *roots, struct arena *arena,
                                   const char *const *names, size_t count,
                                   struct picture_place *place)
{
    for (size_t n = 0; n < count; n++) {
        if (climbs(names[n]) || strlen(names[n]) >= PATH_MAX)
            return gmr_error(GMR_ERR_FORMAT, "'%s' leads out of the folder of pictures", names[n]);
    }
    for (size_t i = 0; i < roots->count; i++) {
        for (size_t n = 0; n < count; n++) {
            const struct picture_root *root = &roots->roots[i];
            const enum gmr_status status = root->archive ? find_entry(root, arena, names[n], place)
                                                         : find_file(root, arena, names[n], place);
            if (status != GMR_ERR_NOT_FOUND)
                return status;
        }
    }
    return gmr_error(GMR_ERR_NOT_FOUND, "no picture '%s'", count > 0 ? names[0] : "");
}

/* ---- reading ---- */

static enum gmr_status read_from_archive(struct picture_bytes *bytes,
                                         const struct picture_place *place)
{
    bytes->memory = memory_allocate(bytes->allocator, place->size);
    if (!bytes->memory)
        return GMR_ERR_NOMEM;
    bytes->data = bytes->memory;
    bytes->size = place->size;
    return name_archive(place->root,
                        archive_read(place->root->archive, place->entry, bytes->memory));
}

static enum gmr_status read_from_file(struct picture_bytes *bytes,
                                      const struct picture_place *place)
{
    TRY(file_map_open(&bytes->map, place->path));
    bytes->data = bytes->map.data;
    bytes->size = bytes->map.size;
    return GMR_OK;
}

enum gmr_status picture_bytes_read(struct picture_bytes *bytes,
                                   const struct gmr_allocator *allocator,
                                   const struct picture_place *place)
{
    *bytes = (struct picture_bytes){ .allocator = allocator };
    const enum gmr_status status =
        place->path ? read_from_file(bytes, place) : read_from_archive(bytes, place);
    if (status != GMR_OK)
        picture_bytes_release(bytes);
    return status;
}

void picture_bytes_release(struct picture_bytes *bytes)
{
    file_map_close(&bytes->map);
    memory_release(bytes->allocator, bytes->memory, bytes->size);
    *bytes = (struct picture_bytes){ 0 };
}
