#include "learning/run_directory.h"

#include <gommir/version.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/status.h"

#define CONFIG "config.json"

enum { CONFIG_DEPTH = 16 };

enum gmr_status run_directory_file(const struct run_directory *run, const char *name, char *path)
{
    const int length = snprintf(path, PATH_MAX, "%s/%s", run->path, name);
    if (length > 0 && length < PATH_MAX)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "the path '%s/%s' is too long", run->path, name);
}

static enum gmr_status write_text(const struct run_directory *run, const char *name,
                                  const json_t *value)
{
    char path[PATH_MAX];
    struct file_writer *writer;
    TRY(run_directory_file(run, name, path));
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (!text)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    enum gmr_status status = file_writer_create(run->allocator, path, &writer);
    if (status == GMR_OK) {
        file_writer_printf(writer, "%s\n", text);
        status = file_writer_commit(writer);
    }
    free(text);
    return status;
}

/* ---- opening ---- */

/* Names the first setting that differs. */
static enum gmr_status compare(const char *path, json_t *before, json_t *now)
{
    const char *key;
    json_t *value;
    json_object_foreach(now, key, value)
    {
        json_t *old = json_object_get(before, key);
        if ((old && json_equal(old, value)) || strcmp(key, RUN_ABOUT) == 0)
            continue;
        char *was = old ? json_dumps(old, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
        char *is = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        enum gmr_status status = gmr_error(
            GMR_ERR_STATE, "run '%s' was begun with other settings: %s was %.200s, now %.200s",
            path, key, was ? was : "not set", is ? is : "?");
        free(was);
        free(is);
        return status;
    }
    return GMR_OK;
}

static enum gmr_status check_config(const char *file, const char *path, json_t *config)
{
    struct file_map map;
    json_t *before = NULL;
    TRY(file_map_open(&map, file));
    enum gmr_status status = json_parse(map.data, map.size, CONFIG_DEPTH, file, &before);
    file_map_close(&map);
    if (status == GMR_OK)
        status = compare(path, before, config);
    json_decref(before);
    return status;
}

/* config.json is the lock too: it is there as long as the run is. */
static enum gmr_status take_lock(struct run_directory *run, const char *file)
{
    run->lock = open(file, O_RDONLY | O_CLOEXEC);
    if (run->lock < 0)
        return file_error(errno, "open", file);
    if (flock(run->lock, LOCK_EX | LOCK_NB) != 0)
        return gmr_error(GMR_ERR_STATE, "run '%s' is open in another process", run->path);
    return GMR_OK;
}

/* Which version has begun the run, among what may differ. */
static enum gmr_status tell_version(json_t *config)
{
    json_t *about = json_object_get(config, RUN_ABOUT);
    if (!about) {
        about = json_object();
        if (json_object_set_new(config, RUN_ABOUT, about) != 0)
            return gmr_error(GMR_ERR_NOMEM, "out of memory");
    }
    if (json_object_set_new(about, "gommir", json_string(GMR_VERSION_STRING)) != 0)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    return GMR_OK;
}

static enum gmr_status begin(struct run_directory *run, const char *file, json_t *config)
{
    TRY(tell_version(config));
    if (mkdir(run->path, 0777) != 0) {
        if (errno != EEXIST)
            return file_error(errno, "create", run->path);
        if (rmdir(run->path) != 0)
            return gmr_error(GMR_ERR_STATE, "'%s' is there, but is no run: it has no %s", run->path,
                             CONFIG);
        if (mkdir(run->path, 0777) != 0)
            return file_error(errno, "create", run->path);
    }
    TRY(write_text(run, CONFIG, config));
    return take_lock(run, file);
}

static enum gmr_status open_or_begin(struct run_directory *run, json_t *config)
{
    char file[PATH_MAX];
    TRY(run_directory_file(run, CONFIG, file));
    run->goes_on = access(file, F_OK) == 0;
    if (!run->goes_on)
        return begin(run, file, config);
    TRY(take_lock(run, file));
    return check_config(file, run->path, config);
}

static enum gmr_status open_at(struct run_directory *run, const char *path, json_t *config)
{
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof run->path)
        return gmr_error(GMR_ERR_RANGE, "'%.100s' cannot be the path of a run", path);
    memcpy(run->path, path, length + 1);
    return open_or_begin(run, config);
}

enum gmr_status run_directory_open(struct run_directory *run, const struct gmr_allocator *allocator,
                                   const char *path, json_t *config)
{
    *run = (struct run_directory){ .allocator = allocator, .lock = -1 };
    if (!config)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    const enum gmr_status status = open_at(run, path, config);
    json_decref(config);
    if (status != GMR_OK)
        run_directory_close(run);
    return status;
}

void run_directory_close(struct run_directory *run)
{
    if (run->log)
        fclose(run->log);
    if (run->lock >= 0)
        close(run->lock);
    run->log = NULL;
    run->lock = -1;
}

enum gmr_status run_directory_write(const struct run_directory *run, const char *name,
                                    json_t *value)
{
    if (!value)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    const enum gmr_status status = write_text(run, name, value);
    json_decref(value);
    return status;
}

/* ---- the log ---- */

/* Where the first `lines` lines end; SIZE_MAX when there are fewer. */
static size_t end_of_lines(const struct file_map *map, uint64_t lines)
{
    size_t at = 0;
    for (; lines > 0; lines--) {
        const uint8_t *end = memchr(map->data + at, '\n', map->size - at);
        if (!end)
            return SIZE_MAX;
        at = (size_t)(end - map->data) + 1;
    }
    return at;
}

enum gmr_status run_log_open(struct run_directory *run, uint64_t lines)
{
    char path[PATH_MAX];
    struct file_map map;
    TRY(run_directory_file(run, RUN_LOG, path));
    run->log = fopen(path, "ae");
    if (!run->log)
        return file_error(errno, "write", path);
    TRY(file_map_open(&map, path));
    const size_t end = end_of_lines(&map, lines);
    file_map_close(&map);
    if (end == SIZE_MAX)
        return gmr_error(GMR_ERR_FORMAT, "'%s' has fewer than %" PRIu64 " lines", path, lines);
    if (ftruncate(fileno(run->log), (off_t)end) != 0)
        return file_error(errno, "cut", path);
    run->lines = lines;
    return GMR_OK;
}

static enum gmr_status log_error(const struct run_directory *run)
{
    char path[PATH_MAX];
    const int error = errno;
    TRY(run_directory_file(run, RUN_LOG, path));
    return file_error(error, "write", path);
}

enum gmr_status run_log_write(struct run_directory *run, json_t *line)
{
    char *text =
        line ? json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(line);
    if (!text)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    const bool written = fprintf(run->log, "%s\n", text) > 0;
    free(text);
    run->lines += written;
    return written ? GMR_OK : log_error(run);
}

enum gmr_status run_log_sync(struct run_directory *run)
{
    if (fflush(run->log) != 0 || fsync(fileno(run->log)) != 0)
        return log_error(run);
    return GMR_OK;
}
