/* Runs a fuzz entry over files instead of under libFuzzer, so that every input that once broke a
 * parser is tried again by each test run, with any compiler.
 *
 * Arguments are files and folders; of a folder, every regular file in it (not below it). Each input
 * is copied to a heap block of exactly its size, so that a sanitizer sees one byte read too far.
 * Exits 1 when something cannot be read or there was no input at all; a fault of the entry ends
 * the process, after the name of the input that caused it. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file's bytes in a block that the caller frees; NULL when it cannot be read. */
static uint8_t *read_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (data != NULL && fread(data, 1, size, file) != size) {
        free(data);
        data = NULL;
    }
    fclose(file);
    return data;
}

/* Runs one input; false when it cannot be read. */
static int run_file(const char *path, size_t size)
{
    uint8_t *data = read_file(path, size);
    if (data == NULL) {
        fprintf(stderr, "cannot read '%s'\n", path);
        return 0;
    }
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_path(const char *path, int inside_folder, size_t *count);

static int run_folder(const char *path, size_t *count)
{
    struct dirent **entries;
    int n = scandir(path, &entries, visible, alphasort), ok = n >= 0;
    if (n < 0)
        fprintf(stderr, "cannot read '%s': %s\n", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char *name;
        if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
            abort();
        ok &= run_path(name, 1, count);
        free(name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

/* Runs a file, or what is in a folder; false when something cannot be read. */
static int run_path(const char *path, int inside_folder, size_t *count)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        fprintf(stderr, "cannot read '%s': %s\n", path, strerror(errno));
        return 0;
    }
    if (S_ISDIR(status.st_mode))
        return inside_folder || run_folder(path, count);
    *count += 1;
    return run_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int ok = 1;
    for (int i = 1; i < argc; i++)
        ok &= run_path(argv[i], 0, &count);
    printf("%zu inputs\n", count);
    if (count == 0)
        fprintf(stderr, "no input: name files, or folders that hold some\n");
    return ok && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
