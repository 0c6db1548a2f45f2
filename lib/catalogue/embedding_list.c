/* The embeddings beside a catalogue. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "catalogue/embedding.h"

static const char suffix[] = ITEM_ROWS_SUFFIX;

/* The name in a file's name, into the arena; *name is NULL when the file is no embedding. */
static enum gmr_status name_of(const char *file, struct arena *arena, const char **name)
{
    const size_t length = strlen(file), tail = sizeof suffix - 1;
    *name = NULL;
    if (length <= tail || strcmp(file + length - tail, suffix) != 0)
        return GMR_OK;
    char *copy = arena_strndup(arena, file, length - tail);
    if (!copy)
        return GMR_ERR_NOMEM;
    if (embedding_name_is_valid(copy))
        *name = copy;
    return GMR_OK;
}

struct names {
    struct name_node {
        struct name_node *next;
        const char *name;
    } * first;
    size_t count;
};

static enum gmr_status add_name(struct names *names, const char *file, struct arena *arena)
{
    const char *name;
    TRY(name_of(file, arena, &name));
    if (!name)
        return GMR_OK;
    struct name_node *node = arena_alloc(arena, sizeof *node);
    if (!node)
        return GMR_ERR_NOMEM;
    *node = (struct name_node){ names->first, name };
    names->first = node;
    names->count++;
    return GMR_OK;
}

static enum gmr_status read_names(const char *path, struct arena *arena, struct names *names)
{
    enum gmr_status status = GMR_OK;
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? GMR_OK : file_error(errno, "read", path);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) {
            status = errno == 0 ? GMR_OK : file_error(errno, "read", path);
            break;
        }
        status = add_name(names, entry->d_name, arena);
        if (status != GMR_OK)
            break;
    }
    closedir(folder);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const struct gmr_embedding_summary *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* What is wrong with the file goes into the summary; only a lack of memory is an error here. */
static enum gmr_status summarise(struct catalogue *catalogue, struct arena *arena,
                                 struct gmr_embedding_summary *summary)
{
    struct embedding_file embedding;
    enum gmr_status status = embedding_file_open(catalogue, summary->name, &embedding);
    if (status == GMR_ERR_NOMEM)
        return status;
    summary->width = embedding.width;
    summary->items = embedding.current;
    summary->encoder = arena_strdup(arena, status == GMR_OK ? embedding.encoder : "");
    if (status != GMR_OK)
        summary->problem = arena_strdup(arena, gmr_error_message());
    embedding_file_close(&embedding);
    return summary->encoder && (status == GMR_OK || summary->problem) ? GMR_OK : GMR_ERR_NOMEM;
}

enum gmr_status embedding_list(struct catalogue *catalogue, struct arena *arena,
                               const struct gmr_embedding_summary **embeddings, size_t *count)
{
    struct names names = { 0 };
    *embeddings = NULL;
    *count = 0;
    const char *folder = arena_printf(arena, "%s/" CATALOGUE_EMBEDDINGS, catalogue_path(catalogue));
    if (!folder)
        return GMR_ERR_NOMEM;
    TRY(read_names(folder, arena, &names));
    struct gmr_embedding_summary *summary = arena_array(arena, names.count, sizeof *summary);
    if (!summary)
        return GMR_ERR_NOMEM;
    size_t found = 0;
    for (const struct name_node *node = names.first; node; node = node->next)
        summary[found++].name = node->name;
    qsort(summary, found, sizeof *summary, by_name);
    for (size_t i = 0; i < found; i++)
        TRY(summarise(catalogue, arena, &summary[i]));
    *embeddings = summary;
    *count = found;
    return GMR_OK;
}
