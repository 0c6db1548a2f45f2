#include "input.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

enum { FIRST = 64 * 1024 };

const char *input_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static bool grow(char **bytes, size_t *room)
{
    const size_t wanted = *room ? 2 * *room : FIRST;
    char *grown = realloc(*bytes, wanted);
    if (!grown)
        return false;
    *bytes = grown;
    *room = wanted;
    return true;
}

/* Reads to the end; returns why that failed, or NULL. */
static const char *read_all(FILE *file, char **bytes, size_t *size)
{
    size_t room = 0, got;
    errno = 0;
    do {
        if (*size > INPUT_MOST)
            return "it has more than 256 MiB";
        if (*size == room && !grow(bytes, &room))
            return strerror(ENOMEM);
        got = fread(*bytes + *size, 1, room - *size, file);
        *size += got;
    } while (got > 0);
    return ferror(file) ? strerror(errno) : NULL;
}

enum exit_status input_file(const char *path, void **bytes, size_t *size)
{
    const bool standard = strcmp(path, "-") == 0;
    char *found = NULL;
    *bytes = NULL;
    *size = 0;
    FILE *file = standard ? stdin : fopen(path, "rb");
    const char *reason = file ? read_all(file, &found, size) : strerror(errno);
    if (file && !standard)
        fclose(file);
    if (!reason) {
        *bytes = found;
        return EXIT_DONE;
    }
    output_message("cannot read '%s': %s", input_name(path), reason);
    free(found);
    return EXIT_FAILED;
}
