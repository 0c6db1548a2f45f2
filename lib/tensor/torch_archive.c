/* Zip archives of torch.save and of TorchScript: one folder of any name with data.pkl and the
 * storages data/KEY. A storage that is stored as it is, is used where it lies; others are unpacked,
 * once, however many tensors share them. Code, constants.pkl and what else TorchScript keeps are
 * not read. */
#include <string.h>

#include "base/archive.h"
#include "tensor/torch.h"

static const char PROGRAM[] = "data.pkl";

bool torch_archive_is(const uint8_t *bytes, size_t size)
{
    static const uint8_t start[] = { 'P', 'K', 3, 4 };
    return size >= sizeof start && memcmp(bytes, start, sizeof start) == 0;
}

/* ---- the folder ---- */

/* The length of "FOLDER/" when `name` is "FOLDER/data.pkl", else 0. */
static size_t folder_length(const char *name)
{
    const char *slash = strchr(name, '/');
    return slash && strcmp(slash + 1, PROGRAM) == 0 ? (size_t)(slash + 1 - name) : 0;
}

static enum gmr_status find_program(const struct archive *archive, size_t *program)
{
    size_t found = 0;
    for (size_t i = 0; i < archive_count(archive); i++)
        if (folder_length(archive_at(archive, i)->name) > 0) {
            *program = i;
            found++;
        }
    if (found == 1)
        return GMR_OK;
    return gmr_error(GMR_ERR_FORMAT, "%zu of its folders have a '%s', not one", found, PROGRAM);
}

/* Finds the bytes of an entry where they lie in the file, or unpacks them to the arena. */
static enum gmr_status read_entry(struct archive *archive, size_t index, size_t most,
                                  struct arena *arena, struct pickle_bytes *bytes)
{
    TRY(archive_check(archive, index, most));
    const size_t size = (size_t)archive_at(archive, index)->size;
    const void *stored = archive_stored(archive, index);
    if (stored) {
        *bytes = (struct pickle_bytes){ stored, size };
        return GMR_OK;
    }
    uint8_t *data = arena_alloc(arena, size);
    if (!data)
        return GMR_ERR_NOMEM;
    *bytes = (struct pickle_bytes){ data, size };
    return archive_read(archive, index, data);
}

/* Newer files say which end of a number comes first; there are no others than little-endian ones.
 */
static enum gmr_status check_byte_order(struct torch_file *file, struct archive *archive,
                                        const char *folder)
{
    enum { LONGEST = 16 };
    struct pickle_bytes order;
    size_t index;
    const char *name = arena_printf(file->pickle.arena, "%sbyteorder", folder);
    if (!name)
        return GMR_ERR_NOMEM;
    if (!archive_find(archive, name, &index))
        return GMR_OK;
    TRY(read_entry(archive, index, LONGEST, file->pickle.arena, &order));
    if (order.size != strlen("little") || memcmp(order.data, "little", order.size) != 0)
        return gmr_error(GMR_ERR_UNSUPPORTED, "its byte order is '%.*s'", (int)order.size,
                         (const char *)order.data);
    return GMR_OK;
}

/* ---- storages ---- */

/* `loaded` has a place for each entry of the archive. */
static enum gmr_status load_storage(struct torch_file *file, struct archive *archive,
                                    const char *folder, struct pickle_storage *storage,
                                    const uint8_t **loaded)
{
    const size_t size = storage->whole * dtype_size(storage->dtype);
    size_t index;
    struct pickle_bytes bytes;
    const char *name = arena_printf(file->pickle.arena, "%sdata/%.*s", folder,
                                    (int)storage->key.size, (const char *)storage->key.data);
    if (!name)
        return GMR_ERR_NOMEM;
    if (!archive_find(archive, name, &index))
        return gmr_error(GMR_ERR_FORMAT, "no entry '%s'", name);
    if (archive_at(archive, index)->size != size)
        return gmr_error(GMR_ERR_FORMAT, "entry '%s' has not the %zu bytes of %zu elements of %s",
                         name, size, storage->whole, dtype_name(storage->dtype));
    if (!loaded[index]) {
        TRY(read_entry(archive, index, size, file->kept, &bytes));
        loaded[index] = bytes.data;
        file->data_size += size;
    }
    storage->data = loaded[index];
    return GMR_OK;
}

static enum gmr_status load_storages(struct torch_file *file, struct archive *archive,
                                     const char *folder)
{
    enum { LONGEST_KEY = 256 };
    const uint8_t **loaded =
        arena_array(file->pickle.arena, archive_count(archive), sizeof *loaded);
    if (!loaded)
        return GMR_ERR_NOMEM;
    for (struct pickle_storage *s = file->pickle.storages; s; s = s->next) {
        if (s->key.size > LONGEST_KEY)
            return gmr_error(GMR_ERR_FORMAT, "the key of a storage has %zu bytes", s->key.size);
        TRY(load_storage(file, archive, folder, s, loaded));
    }
    return GMR_OK;
}

/* ---- the file ---- */

static enum gmr_status read_archive(struct torch_file *file, struct archive *archive)
{
    size_t program = 0, used;
    struct pickle_bytes bytes;
    TRY(find_program(archive, &program));
    const char *name = archive_at(archive, program)->name;
    const char *folder = arena_strndup(file->pickle.arena, name, folder_length(name));
    if (!folder)
        return GMR_ERR_NOMEM;
    TRY(check_byte_order(file, archive, folder));
    TRY(read_entry(archive, program, PICKLE_MAX_SIZE, file->pickle.arena, &bytes));
    TRY(pickle_run(&file->pickle, bytes.data, bytes.size, &used, &file->root));
    if (used != bytes.size)
        return gmr_error(GMR_ERR_FORMAT, "'%s' has %zu bytes after its pickle", name,
                         bytes.size - used);
    return load_storages(file, archive, folder);
}

enum gmr_status torch_archive_read(struct torch_file *file)
{
    struct archive *archive;
    TRY(archive_open_memory(file->kept->allocator, file->bytes, file->size, &archive));
    const enum gmr_status status = read_archive(file, archive);
    archive_close(archive);
    return status;
}
