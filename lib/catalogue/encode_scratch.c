/* The file of an encoding under way. */
#include "catalogue/encode_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { ENCODER_SIZE = 104, RECORD_ALIGNMENT = 8 };

struct header {
    char magic[16];
    uint64_t bytes;
    char encoder[ENCODER_SIZE];
};

struct record_head {
    int64_t id, stamp;
    uint32_t check, zero;
};

static enum gmr_status scratch_error(const struct encode_scratch *s, int error)
{
    return file_error(error, "write", s->path);
}

/* ---- records ---- */

/* Of a record's head, but for the check itself, and its data. */
static uint32_t check_of(const struct record_head *head, const void *data, size_t bytes)
{
    const int64_t numbers[] = { head->id, head->stamp };
    const uLong first = crc32_z(crc32(0, NULL, 0), (const void *)numbers, sizeof numbers);
    return (uint32_t)crc32_z(first, data, bytes);
}

static const uint8_t *record_at(const struct encode_scratch *s, size_t record)
{
    return s->map.data + sizeof(struct header) + record * s->record;
}

static bool is_sound(const struct encode_scratch *s, size_t record)
{
    const uint8_t *bytes = record_at(s, record);
    struct record_head head;
    memcpy(&head, bytes, sizeof head);
    return head.check == check_of(&head, bytes + sizeof head, s->bytes);
}

struct encode_record encode_scratch_at(const struct encode_scratch *s, size_t record)
{
    const uint8_t *bytes = record_at(s, record);
    struct record_head head;
    memcpy(&head, bytes, sizeof head);
    /* Aligned, as the header, the heads and whole records have sizes that are. */
    return (struct encode_record){ head.id, head.stamp, bytes + sizeof head };
}

enum gmr_status encode_scratch_append(struct encode_scratch *s, int64_t id, int64_t stamp,
                                      const void *data)
{
    struct record_head head = { .id = id, .stamp = stamp };
    head.check = check_of(&head, data, s->bytes);
    memcpy(s->buffer, &head, sizeof head);
    memcpy((uint8_t *)s->buffer + sizeof head, data, s->bytes);
    const int error = file_write_all(s->file, s->buffer, s->record);
    if (error != 0)
        return scratch_error(s, error);
    s->count++;
    return GMR_OK;
}

enum gmr_status encode_scratch_map(struct encode_scratch *s)
{
    file_map_close(&s->map);
    return file_map_open(&s->map, s->path);
}

enum gmr_status encode_scratch_flush(struct encode_scratch *s)
{
    const int error = file_flush(s->file);
    return error == 0 ? GMR_OK : scratch_error(s, error);
}

/* ---- opening ---- */

/* Whether `path` still names the open file: who had it before us may have removed it. */
static bool is_in_place(const struct encode_scratch *s)
{
    struct stat ours, theirs;
    return fstat(s->file, &ours) == 0 && lstat(s->path, &theirs) == 0 &&
           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* A catalogue may be from somebody else: links are not followed, and nothing but a file is written
 * to. */
static enum gmr_status open_locked(struct encode_scratch *s)
{
    const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    struct stat info;
    s->file = open(s->path, flags, 0666);
    if (s->file < 0 || fstat(s->file, &info) != 0)
        return scratch_error(s, errno);
    if (!S_ISREG(info.st_mode))
        return gmr_error(GMR_ERR_IO, "cannot write '%s': not a regular file", s->path);
    if (flock(s->file, LOCK_EX | LOCK_NB) == 0)
        return GMR_OK;
    if (errno != EWOULDBLOCK)
        return scratch_error(s, errno);
    return gmr_error(GMR_ERR_STATE, "cannot write '%s': another process is encoding into it",
                     s->path);
}

static enum gmr_status open_in_place(struct encode_scratch *s)
{
    TRY(open_locked(s));
    while (!is_in_place(s)) {
        close(s->file);
        TRY(open_locked(s));
    }
    return GMR_OK;
}

/* Leaves nothing behind the first `size` bytes. */
static enum gmr_status cut(struct encode_scratch *s, size_t size)
{
    return ftruncate(s->file, (off_t)size) == 0 ? GMR_OK : scratch_error(s, errno);
}

static enum gmr_status begin_anew(struct encode_scratch *s, const struct header *header)
{
    TRY(cut(s, 0));
    const int error = file_write_all(s->file, header, sizeof *header);
    return error == 0 ? encode_scratch_map(s) : scratch_error(s, error);
}

/* Finds out what of the file can be used, and leaves only that. */
static enum gmr_status recover(struct encode_scratch *s, const char *encoder, size_t batch)
{
    struct header header = { .magic = "gommir encoding", .bytes = s->bytes };
    snprintf(header.encoder, sizeof header.encoder, "%s", encoder);
    header.magic[sizeof header.magic - 1] = '\n';
    TRY(encode_scratch_map(s));
    if (s->map.size < sizeof header || memcmp(s->map.data, &header, sizeof header) != 0)
        return begin_anew(s, &header);
    const size_t whole = (s->map.size - sizeof header) / s->record;
    while (s->count < whole && is_sound(s, s->count))
        s->count++;
    s->count -= s->count % batch;
    const size_t size = sizeof header + s->count * s->record;
    if (size == s->map.size)
        return GMR_OK;
    file_map_close(&s->map); /* nobody may see what is cut off */
    TRY(cut(s, size));
    return encode_scratch_map(s);
}

static void release(struct encode_scratch *s, bool remove)
{
    if (s->file >= 0 && remove)
        unlink(s->path);
    if (s->file >= 0)
        close(s->file);
    s->file = -1;
    file_map_close(&s->map);
    memory_release(s->allocator, s->buffer, s->record);
    s->buffer = NULL;
}

enum gmr_status encode_scratch_open(struct encode_scratch *s, const struct gmr_allocator *allocator,
                                    const char *path, const char *encoder, size_t bytes,
                                    size_t batch)
{
    const size_t used = sizeof(struct record_head) + bytes;
    *s = (struct encode_scratch){ .allocator = allocator, .file = -1, .bytes = bytes };
    s->record = (used + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
    snprintf(s->path, sizeof s->path, "%s", path);
    s->buffer = memory_array(allocator, 1, s->record);
    enum gmr_status status = s->buffer ? open_in_place(s) : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = recover(s, encoder, batch);
    if (status != GMR_OK)
        release(s, false); /* whatever is in it may be somebody's */
    return status;
}

/* ---- closing ---- */

void encode_scratch_close(struct encode_scratch *s)
{
    release(s, s->count == 0);
}

void encode_scratch_remove(struct encode_scratch *s)
{
    release(s, true);
}
