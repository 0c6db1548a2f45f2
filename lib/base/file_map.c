/* Files mapped for reading, and the message of a failed system call. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum gmr_status file_error(int error, const char *verb, const char *path)
{
    enum gmr_status code = error == ENOENT || error == ENOTDIR ? GMR_ERR_NOT_FOUND
                           : error == ENOMEM                   ? GMR_ERR_NOMEM
                                                               : GMR_ERR_IO;
    return gmr_error(code, "cannot %s '%s': %s", verb, path, strerror(error));
}

static enum gmr_status map_descriptor(struct file_map *map, int file, const char *path)
{
    static const uint8_t nothing[1]; /* mmap refuses a length of 0 */
    struct stat info;
    if (fstat(file, &info) < 0)
        return file_error(errno, "read", path);
    if (S_ISDIR(info.st_mode))
        return file_error(EISDIR, "read", path);
    if (!S_ISREG(info.st_mode))
        return gmr_error(GMR_ERR_IO, "cannot read '%s': not a regular file", path);
    if ((uintmax_t)info.st_size > PTRDIFF_MAX)
        return file_error(EFBIG, "read", path);

    size_t size = (size_t)info.st_size;
    void *data = NULL;
    if (size > 0 && (data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0)) == MAP_FAILED)
        return file_error(errno, "read", path);
    *map = (struct file_map){ .data = size > 0 ? data : nothing, .size = size };
    return GMR_OK;
}

enum gmr_status file_map_open(struct file_map *map, const char *path)
{
    *map = (struct file_map){ .data = NULL, .size = 0 };
    /* O_NONBLOCK: opening a named pipe must fail below, not wait for somebody to write. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return file_error(errno, "read", path);
    enum gmr_status status = map_descriptor(map, file, path);
    close(file);
    return status;
}

void file_map_close(struct file_map *map)
{
    if (map->size > 0)
        munmap((void *)(uintptr_t)map->data, map->size);
    *map = (struct file_map){ .data = NULL, .size = 0 };
}
