/* Zip files: a mapping, libzip on top of it, and a table of what the central directory says.
 *
 * A zip bomb needs one of two things: an entry that shrinks as no sound data does, or many entries
 * that share their packed bytes. Both show in the central directory, before anything is unpacked.
 */
#include "base/archive.h"

#include <assert.h>
#include <inttypes.h>
#include <zip.h>
#include <zlib.h>

#include "base/archive_inside.h"
#include "base/file.h"

enum {
    END_RECORD = 22,          /* bytes of the smallest zip file */
    MAX_RATIO = 200,          /* what shrinks more than this is no data that anyone needs, */
    RATIO_FROM = 1024 * 1024, /* once it has that many bytes */
};

struct archive {
    const struct gmr_allocator *allocator;
    struct file_map map; /* empty for bytes that the caller holds */
    zip_t *zip;
    struct archive_entry *entry;
    const uint8_t **place; /* of each entry that is stored; else NULL */
    size_t count;
};

/* ---- opening ---- */

static enum gmr_status open_zip(struct archive *archive, const void *bytes, size_t size)
{
    if (size < END_RECORD) /* libzip takes an empty file for an empty archive */
        return gmr_error(GMR_ERR_FORMAT, "not a zip file: %zu bytes", size);
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &error);
    if (source)
        archive->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    enum gmr_status status = GMR_OK;
    if (!archive->zip) {
        zip_source_free(source);
        status =
            gmr_error(zip_error_code_zip(&error) == ZIP_ER_MEMORY ? GMR_ERR_NOMEM : GMR_ERR_FORMAT,
                      "not a zip file: %s", zip_error_strerror(&error));
    }
    zip_error_fini(&error);
    return status;
}

/* An entry with newer encryption has no CRC; it is never read. */
static bool tells_enough(const zip_stat_t *stat, bool encrypted)
{
    const zip_uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | (encrypted ? 0 : ZIP_STAT_CRC);
    return (stat->valid & needed) == needed && stat->name[0] != '\0';
}

static enum gmr_status read_entry(struct archive *archive, size_t index)
{
    zip_stat_t stat;
    if (zip_stat_index(archive->zip, index, 0, &stat) != 0)
        return gmr_error(GMR_ERR_FORMAT, "entry %zu: %s", index, zip_strerror(archive->zip));
    const bool encrypted =
        stat.valid & ZIP_STAT_ENCRYPTION_METHOD && stat.encryption_method != ZIP_EM_NONE;
    if (!tells_enough(&stat, encrypted))
        return gmr_error(GMR_ERR_FORMAT, "entry %zu does not tell its name and size", index);
    if (zip_name_locate(archive->zip, stat.name, 0) != (zip_int64_t)index)
        return gmr_error(GMR_ERR_FORMAT, "two entries are called '%s'", stat.name);
    archive->entry[index] = (struct archive_entry){
        .name = stat.name,
        .size = stat.size,
        .packed = stat.comp_size,
        .crc = encrypted ? 0 : stat.crc,
        .encrypted = encrypted,
    };
    return GMR_OK;
}

static enum gmr_status make_tables(struct archive *archive)
{
    const size_t count = (size_t)zip_get_num_entries(archive->zip, 0);
    archive->count = count;
    archive->entry = memory_array(archive->allocator, count, sizeof *archive->entry);
    if (!archive->entry)
        return GMR_ERR_NOMEM;
    archive->place = memory_array(archive->allocator, count, sizeof *archive->place);
    return archive->place ? GMR_OK : GMR_ERR_NOMEM;
}

static enum gmr_status read_directory(struct archive *archive, const void *bytes, size_t size)
{
    TRY(make_tables(archive));
    archive_places(bytes, size, archive->place, archive->count);
    uint64_t left = size;
    for (size_t i = 0; i < archive->count; i++) {
        TRY(read_entry(archive, i));
        if (archive->entry[i].packed > left)
            return gmr_error(GMR_ERR_FORMAT, "its entries are larger than its %zu bytes", size);
        left -= archive->entry[i].packed;
    }
    return GMR_OK;
}

enum gmr_status archive_open_memory(const struct gmr_allocator *allocator, const void *bytes,
                                    size_t size, struct archive **out)
{
    *out = NULL;
    struct archive *archive = memory_array(allocator, 1, sizeof *archive);
    if (!archive)
        return GMR_ERR_NOMEM;
    archive->allocator = allocator;
    enum gmr_status status = open_zip(archive, bytes, size);
    if (status == GMR_OK)
        status = read_directory(archive, bytes, size);
    if (status == GMR_OK)
        *out = archive;
    else
        archive_close(archive);
    return status;
}

enum gmr_status archive_open(const struct gmr_allocator *allocator, const char *path,
                             struct archive **archive)
{
    struct file_map map;
    *archive = NULL;
    TRY(file_map_open(&map, path));
    enum gmr_status status = archive_open_memory(allocator, map.data, map.size, archive);
    if (status == GMR_OK) {
        (*archive)->map = map;
        return GMR_OK;
    }
    file_map_close(&map);
    return gmr_error(status, "cannot read '%s': %s", path, gmr_error_message());
}

void archive_close(struct archive *archive)
{
    if (!archive)
        return;
    if (archive->zip)
        zip_discard(archive->zip);
    memory_release(archive->allocator, archive->entry, archive->count * sizeof *archive->entry);
    memory_release(archive->allocator, archive->place, archive->count * sizeof *archive->place);
    file_map_close(&archive->map);
    memory_release(archive->allocator, archive, sizeof *archive);
}

/* ---- entries ---- */

size_t archive_count(const struct archive *archive)
{
    return archive->count;
}

const struct archive_entry *archive_at(const struct archive *archive, size_t index)
{
    assert(index < archive->count);
    return &archive->entry[index];
}

bool archive_find(const struct archive *archive, const char *name, size_t *index)
{
    const zip_int64_t found = zip_name_locate(archive->zip, name, 0);
    if (found < 0)
        return false;
    *index = (size_t)found;
    return true;
}

enum gmr_status archive_check(const struct archive *archive, size_t index, size_t most)
{
    const struct archive_entry *entry = archive_at(archive, index);
    if (entry->encrypted)
        return gmr_error(GMR_ERR_UNSUPPORTED, "entry '%s' is encrypted", entry->name);
    if (entry->size > most)
        return gmr_error(GMR_ERR_UNSUPPORTED,
                         "entry '%s' has %" PRIu64 " bytes, at most %zu are expected", entry->name,
                         entry->size, most);
    if (entry->size > RATIO_FROM && entry->size / MAX_RATIO > entry->packed)
        return gmr_error(GMR_ERR_FORMAT, "entry '%s' claims to hold %" PRIu64 " bytes in %" PRIu64,
                         entry->name, entry->size, entry->packed);
    return GMR_OK;
}

/* ---- reading ---- */

static enum gmr_status zip_status(const struct archive_entry *entry, zip_error_t *error)
{
    enum gmr_status status = GMR_ERR_FORMAT;
    switch (zip_error_code_zip(error)) {
    case ZIP_ER_MEMORY: status = GMR_ERR_NOMEM; break;
    case ZIP_ER_COMPNOTSUPP:
    case ZIP_ER_ENCRNOTSUPP:
    case ZIP_ER_NOPASSWD: status = GMR_ERR_UNSUPPORTED; break;
    default: break;
    }
    return gmr_error(status, "entry '%s': %s", entry->name, zip_error_strerror(error));
}

/* Exactly the announced bytes, and then the end, where libzip compares the CRC. */
static enum gmr_status unpack(zip_file_t *file, const struct archive_entry *entry, char *out)
{
    char more;
    uint64_t size = 0;
    while (size < entry->size) {
        const zip_int64_t n = zip_fread(file, out + size, entry->size - size);
        if (n < 0)
            return zip_status(entry, zip_file_get_error(file));
        if (n == 0)
            return gmr_error(GMR_ERR_FORMAT, "entry '%s' ends early", entry->name);
        size += (uint64_t)n;
    }
    const zip_int64_t rest = zip_fread(file, &more, 1);
    if (rest < 0)
        return zip_status(entry, zip_file_get_error(file));
    return rest == 0
               ? GMR_OK
               : gmr_error(GMR_ERR_FORMAT, "entry '%s' is longer than announced", entry->name);
}

enum gmr_status archive_read(struct archive *archive, size_t index, void *out)
{
    const struct archive_entry *entry = archive_at(archive, index);
    zip_file_t *file = zip_fopen_index(archive->zip, index, 0);
    if (!file)
        return zip_status(entry, zip_get_error(archive->zip));
    const enum gmr_status status = unpack(file, entry, out);
    zip_fclose(file);
    return status;
}

const void *archive_stored(const struct archive *archive, size_t index)
{
    const struct archive_entry *entry = archive_at(archive, index);
    const uint8_t *place = archive->place[index];
    if (!place || entry->encrypted || entry->size != entry->packed)
        return NULL;
    return crc32_z(crc32(0, NULL, 0), place, (size_t)entry->size) == entry->crc ? place : NULL;
}
