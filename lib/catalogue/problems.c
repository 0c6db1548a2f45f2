/* The list of problems, streamed to a file that is renamed at the end. */
#include "catalogue/problems.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum gmr_status problems_init(struct problems *problems, const struct gmr_allocator *allocator,
                              const char *catalogue, const char *job, const char *name)
{
    *problems = (struct problems){ .allocator = allocator };
    const int length = snprintf(problems->path, sizeof problems->path, "%s/%s-problems-%s.tsv",
                                catalogue, job, name);
    if (length < 0 || (size_t)length >= sizeof problems->path)
        return gmr_error(GMR_ERR_RANGE, "'%s' is too long a path", catalogue);
    return GMR_OK;
}

static void write_field(struct file_writer *writer, const char *text, char end)
{
    while (text && *text) {
        const size_t length = strcspn(text, "\t\r\n");
        file_writer_write(writer, text, length);
        text += length;
        if (*text) {
            file_writer_write(writer, " ", 1);
            text++;
        }
    }
    file_writer_write(writer, &end, 1);
}

enum gmr_status problems_add(struct problems *problems, const char *kind, const char *key,
                             const char *file, const char *reason)
{
    if (!problems->writer) {
        TRY(file_writer_create(problems->allocator, problems->path, &problems->writer));
        file_writer_printf(problems->writer, "kind\tkey\tfile\treason\n");
    }
    write_field(problems->writer, kind, '\t');
    write_field(problems->writer, key, '\t');
    write_field(problems->writer, file, '\t');
    write_field(problems->writer, reason, '\n');
    return GMR_OK;
}

static enum gmr_status commit(struct problems *problems)
{
    struct file_writer *writer = problems->writer;
    problems->writer = NULL;
    if (writer)
        return file_writer_commit(writer);
    if (unlink(problems->path) != 0 && errno != ENOENT)
        return file_error(errno, "remove", problems->path);
    return GMR_OK;
}

void problems_place(struct problems *problems, const struct gmr_logger *logger, char *place,
                    size_t size)
{
    const bool any = problems->writer != NULL;
    place[0] = '\0';
    if (commit(problems) != GMR_OK)
        log_write(logger, GMR_LOG_WARNING, "the list of problems is missing: %s",
                  gmr_error_message());
    else if (any)
        snprintf(place, size, "%s", problems->path);
}

void problems_abort(struct problems *problems)
{
    file_writer_abort(problems->writer);
    problems->writer = NULL;
}
