/* One temporary directory per test. */
#include "support/scratch.h"

#include <dirent.h>
#include <string.h>

#include "base/file.h"
#include "support/support.h"

static struct temporary_directory directory;

int scratch_setup(void **state)
{
    (void)state;
    temporary_directory_create(&directory);
    return 0;
}

int scratch_teardown(void **state)
{
    (void)state;
    temporary_directory_remove(&directory);
    return 0;
}

const char *in_scratch(const char *name)
{
    static char paths[2][PATH_MAX];
    static unsigned turn;
    return temporary_path(&directory, name, paths[turn++ % 2]);
}

void put_scratch(const char *name, const char *text)
{
    write_file(in_scratch(name), text, strlen(text));
}

enum gmr_status scratch_write(const char *name, const char *text)
{
    struct file_writer *writer;
    TRY(file_writer_create(NULL, in_scratch(name), &writer));
    file_writer_write(writer, text, strlen(text));
    return file_writer_commit(writer);
}

bool scratch_holds(const char *name, const char *text)
{
    return file_holds(in_scratch(name), text, strlen(text));
}

int count_scratch_entries(void)
{
    DIR *entries = opendir(directory.path);
    int count = -2; /* . and .. */
    if (!entries)
        return -1;
    while (readdir(entries))
        count++;
    closedir(entries);
    return count;
}
