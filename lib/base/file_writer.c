/* Files written whole or not at all: a temporary file, then a rename.
 *
 * All names are used relative to a descriptor of the directory, so a chdir between create and
 * commit does no harm. A symbolic link is followed and stays a link: what it points to is replaced,
 * as an editor of that file would do. A crash leaves a file `.NAME.xxxxxx` behind, nothing else.
 * The owner of a replaced file is not kept, only its permissions. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum {
    BUFFER_SIZE = 64 * 1024,
    MAX_LINKS = 40,      /* as the kernel follows */
    NAME_ATTEMPTS = 100, /* 36^6 names: even two collisions are a sign of trouble */
    SUFFIX_LENGTH = 6,   /* of a temporary name */
    TEMPORARY_EXTRA = 2 + SUFFIX_LENGTH,
    NOT_REGULAR = -1, /* stands among errno values */
};

struct file_writer {
    const struct gmr_allocator *allocator;
    int directory, file; /* -1: not open */
    int error;           /* errno of the first failure, or NOT_REGULAR; 0 before */
    size_t fill;         /* bytes in `buffer` */
    char path[PATH_MAX]; /* as given, for messages */
    char name[NAME_MAX + 1], temporary[NAME_MAX + 1];
    unsigned char buffer[BUFFER_SIZE];
};

/* Replaces the link at `path` by what it says, in place. Returns an errno, EINVAL for no link. */
static int follow_link(char path[PATH_MAX])
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0)
        return errno;
    const char *slash = strrchr(path, '/');
    size_t kept = target[0] != '/' && slash ? (size_t)(slash - path) + 1 : 0;
    if (kept + (size_t)length >= PATH_MAX)
        return ENAMETOOLONG;
    memcpy(path + kept, target, (size_t)length);
    path[kept + (size_t)length] = '\0';
    return 0;
}

/* Follows links until `path` names a file, or a place where one can be made. */
static int follow_links(char path[PATH_MAX])
{
    for (int i = 0; i < MAX_LINKS; i++) {
        int error = follow_link(path);
        if (error != 0)
            return error == EINVAL || error == ENOENT ? 0 : error;
    }
    return ELOOP;
}

/* Opens the directory of `path` and takes the last part as the file's name. */
static int open_directory(struct file_writer *writer, char *path)
{
    char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (strlen(name) > NAME_MAX)
        return ENAMETOOLONG;
    memcpy(writer->name, name, strlen(name) + 1);
    if (name[0] == '\0')
        return slash ? EISDIR : ENOENT;
    if (slash)
        slash[slash == path] = '\0'; /* "/name" is in "/" */
    writer->directory = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return writer->directory < 0 ? errno : 0;
}

/* The permissions of the file that will be replaced; *exists false when there is none. */
static int old_mode(const struct file_writer *writer, mode_t *mode, bool *exists)
{
    struct stat info;
    *exists = fstatat(writer->directory, writer->name, &info, 0) == 0;
    *mode = 0666;
    if (!*exists)
        return errno == ENOENT ? 0 : errno;
    if (!S_ISREG(info.st_mode))
        return S_ISDIR(info.st_mode) ? EISDIR : NOT_REGULAR;
    *mode = info.st_mode & 0777;
    /* A rename would pass over a write protection that opening the file would respect. */
    return faccessat(writer->directory, writer->name, W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* Sets writer->temporary to a random name; a long name is cut to make room. */
static int choose_name(struct file_writer *writer)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    const int room = NAME_MAX - TEMPORARY_EXTRA;
    uint64_t random;
    char suffix[SUFFIX_LENGTH + 1] = "";
    if (getentropy(&random, sizeof random) < 0)
        return errno;
    for (int i = 0; i < SUFFIX_LENGTH; i++, random /= 36)
        suffix[i] = digits[random % 36];
    snprintf(writer->temporary, sizeof writer->temporary, ".%.*s.%s", room, writer->name, suffix);
    return 0;
}

static int create_temporary(struct file_writer *writer, mode_t mode)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int error = EEXIST;
    for (int i = 0; i < NAME_ATTEMPTS && error == EEXIST; i++) {
        if ((error = choose_name(writer)) != 0)
            break;
        writer->file = openat(writer->directory, writer->temporary, flags, mode & 0666);
        error = writer->file < 0 ? errno : 0;
    }
    if (error != 0)
        writer->temporary[0] = '\0';
    return error;
}

static int writer_open(struct file_writer *writer)
{
    char path[PATH_MAX];
    mode_t mode;
    bool exists;
    int error;
    memcpy(path, writer->path, strlen(writer->path) + 1);
    if ((error = follow_links(path)) != 0 || (error = open_directory(writer, path)) != 0 ||
        (error = old_mode(writer, &mode, &exists)) != 0 ||
        (error = create_temporary(writer, mode)) != 0)
        return error;
    return exists && fchmod(writer->file, mode) < 0 ? errno : 0;
}

enum gmr_status file_writer_create(const struct gmr_allocator *allocator, const char *path,
                                   struct file_writer **out)
{
    size_t length = strlen(path);
    *out = NULL;
    if (length >= PATH_MAX)
        return file_error(ENAMETOOLONG, "write", path);
    struct file_writer *writer = memory_allocate(allocator, sizeof *writer);
    if (!writer)
        return GMR_ERR_NOMEM;
    writer->allocator = allocator;
    writer->directory = writer->file = -1;
    writer->fill = 0;
    writer->temporary[0] = '\0';
    memcpy(writer->path, path, length + 1);
    writer->error = writer_open(writer);
    if (writer->error != 0)
        return file_writer_commit(writer); /* reports the error, and cleans up */
    *out = writer;
    return GMR_OK;
}

int file_write_all(int file, const void *data, size_t size)
{
    const unsigned char *byte = data;
    while (size > 0) {
        ssize_t written = write(file, byte, size);
        if (written >= 0) {
            byte += written;
            size -= (size_t)written;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int file_flush(int file)
{
    int result;
    do
        result = fsync(file);
    while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

static void write_through(struct file_writer *writer, const void *data, size_t size)
{
    if (writer->error == 0)
        writer->error = file_write_all(writer->file, data, size);
}

static void flush(struct file_writer *writer)
{
    write_through(writer, writer->buffer, writer->fill);
    writer->fill = 0;
}

void file_writer_write(struct file_writer *writer, const void *data, size_t size)
{
    if (size > BUFFER_SIZE - writer->fill)
        flush(writer);
    if (writer->error != 0 || size == 0)
        return;
    if (size > BUFFER_SIZE) {
        write_through(writer, data, size);
        return;
    }
    memcpy(writer->buffer + writer->fill, data, size);
    writer->fill += size;
}

/* For a text that no buffer of ours holds. `size` counts the final NUL. */
static void print_long(struct file_writer *writer, size_t size, const char *format, va_list values)
{
    char *text = memory_allocate(writer->allocator, size);
    if (!text) {
        writer->error = ENOMEM;
        return;
    }
    vsnprintf(text, size, format, values);
    file_writer_write(writer, text, size - 1);
    memory_release(writer->allocator, text, size);
}

void file_writer_printf(struct file_writer *writer, const char *format, ...)
{
    char text[512];
    va_list values, again;
    if (writer->error != 0)
        return;
    va_start(values, format);
    va_copy(again, values);
    int length = vsnprintf(text, sizeof text, format, values);
    if (length < 0)
        writer->error = errno;
    else if ((size_t)length < sizeof text)
        file_writer_write(writer, text, (size_t)length);
    else
        print_long(writer, (size_t)length + 1, format, again);
    va_end(again);
    va_end(values);
}

/* A descriptor is gone after close, even when EINTR was the answer. */
static int close_descriptor(int *file)
{
    int result = *file < 0 ? 0 : close(*file);
    *file = -1;
    return result < 0 && errno != EINTR ? errno : 0;
}

static int rename_temporary(struct file_writer *writer)
{
    if (renameat(writer->directory, writer->temporary, writer->directory, writer->name) < 0)
        return errno;
    writer->temporary[0] = '\0';
    int error = file_flush(writer->directory);
    return error == EINVAL ? 0 : error; /* a file system that cannot flush a directory */
}

/* The order matters: data on disk before the new name, the new name on disk before success. */
static void finish(struct file_writer *writer)
{
    flush(writer);
    if (writer->error == 0)
        writer->error = file_flush(writer->file);
    if (writer->error == 0)
        writer->error = close_descriptor(&writer->file);
    if (writer->error == 0)
        writer->error = rename_temporary(writer);
}

static enum gmr_status writer_status(const struct file_writer *writer)
{
    if (writer->error == 0)
        return GMR_OK;
    if (writer->error == NOT_REGULAR)
        return gmr_error(GMR_ERR_IO, "cannot write '%s': not a regular file", writer->path);
    return file_error(writer->error, "write", writer->path);
}

enum gmr_status file_writer_commit(struct file_writer *writer)
{
    if (writer->error == 0)
        finish(writer);
    enum gmr_status status = writer_status(writer);
    file_writer_abort(writer);
    return status;
}

void file_writer_abort(struct file_writer *writer)
{
    if (!writer)
        return;
    close_descriptor(&writer->file);
    if (writer->temporary[0] != '\0')
        unlinkat(writer->directory, writer->temporary, 0);
    close_descriptor(&writer->directory);
    memory_release(writer->allocator, writer, sizeof *writer);
}
