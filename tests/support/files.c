/* Temporary directories and small files, made with nothing but the C library: what is under test
 * must not check itself. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/support.h"

static void give_up(const char *what, const char *path)
{
    fprintf(stderr, "test: cannot %s '%s': %s\n", what, path, strerror(errno));
    abort();
}

void temporary_directory_create(struct temporary_directory *directory)
{
    const char *parent = getenv("TMPDIR");
    int length = snprintf(directory->path, sizeof directory->path, "%s/gommir-test.XXXXXX",
                          parent && *parent ? parent : "/tmp");
    if (length < 0 || (size_t)length >= sizeof directory->path)
        give_up("use", parent);
    if (!mkdtemp(directory->path))
        give_up("create", directory->path);
}

static int make_writable(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)where;
    if (type == FTW_D || type == FTW_DNR)
        chmod(path, 0700);
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)type, (void)where;
    if (remove(path) != 0)
        give_up("remove", path);
    return 0;
}

void temporary_directory_remove(struct temporary_directory *directory)
{
    nftw(directory->path, make_writable, 16, FTW_PHYS);
    if (nftw(directory->path, remove_one, 16, FTW_PHYS | FTW_DEPTH) != 0)
        give_up("remove", directory->path);
}

char *temporary_path(const struct temporary_directory *directory, const char *name,
                     char path[PATH_MAX])
{
    size_t length = strlen(directory->path), rest = strlen(name) + 1;
    errno = ENAMETOOLONG;
    if (length + 1 + rest > PATH_MAX)
        give_up("use", name);
    memcpy(path, directory->path, length);
    path[length] = '/';
    memcpy(path + length + 1, name, rest);
    return path;
}

void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        give_up("create", path);
    if (fwrite(data, 1, size, file) != size || fclose(file) != 0)
        give_up("write", path);
}

bool file_holds(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    const unsigned char *expected = data;
    size_t at = 0;
    int c;
    while ((c = getc(file)) != EOF && at < size && c == expected[at])
        at++;
    fclose(file);
    return c == EOF && at == size;
}
