#include "data_file.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The folder of this program; false when the system does not tell. */
static bool program_folder(char path[PATH_MAX])
{
    const ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}

const char *data_file(const char *name)
{
    static const char *const places[] = { "../share/gommir", "../../models" };
    static char path[PATH_MAX];
    char folder[PATH_MAX];
    if (!program_folder(folder))
        return NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const int length = snprintf(path, sizeof path, "%s/%s/%s", folder, places[i], name);
        if (length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}
