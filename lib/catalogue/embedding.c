/* Embeddings on disk: which row belongs to which item, found by the items' numbers. */
#include "catalogue/embedding.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tensor/safetensors.h"

#define VECTORS "image"
#define ITEMS   "item"
#define STAMPS  "picture"
#define ENCODER "encoder"
#define VERSION "1"

enum { NAME_MAX_LENGTH = 100, MAX_WIDTH = 1 << 16 };

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool embedding_name_is_valid(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > NAME_MAX_LENGTH || !is_letter_or_digit(name[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_letter_or_digit(name[i]) && !strchr("._-", name[i]))
            return false;
    return true;
}

enum gmr_status embedding_check_name(const char *name)
{
    if (embedding_name_is_valid(name))
        return GMR_OK;
    return gmr_error(GMR_ERR_FORMAT, "'%s' is no name for an embedding", name);
}

/* The file of an embedding, or with name NULL the folder of all. */
static enum gmr_status embedding_path(const struct catalogue *catalogue, const char *name,
                                      const char *suffix, char path[PATH_MAX])
{
    const char *top = catalogue_path(catalogue);
    if (name)
        TRY(embedding_check_name(name));
    int length = snprintf(path, PATH_MAX, "%s/" CATALOGUE_EMBEDDINGS "%s%s%s", top, name ? "/" : "",
                          name ? name : "", suffix);
    if (length < 0 || length >= PATH_MAX)
        return gmr_error(GMR_ERR_RANGE, "the path of '%s' is too long", top);
    return GMR_OK;
}

static enum gmr_status make_folder(const struct catalogue *catalogue)
{
    char path[PATH_MAX];
    TRY(embedding_path(catalogue, NULL, "", path));
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return file_error(errno, "create", path);
    return GMR_OK;
}

enum gmr_status embedding_place(const struct catalogue *catalogue, const char *name,
                                const char *suffix, char path[PATH_MAX])
{
    TRY(embedding_path(catalogue, name, suffix, path));
    return make_folder(catalogue);
}

/* ---- which item a row belongs to ---- */

struct known_item {
    int64_t id, stamp;
    size_t position;
};

/* The items of a catalogue, sorted by number. */
struct known_items {
    struct known_item *item;
    size_t count;
    const struct gmr_allocator *allocator;
};

static int by_id(const void *a, const void *b)
{
    const struct known_item *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static void known_items_release(struct known_items *known)
{
    memory_release(known->allocator, known->item, known->count * sizeof *known->item);
}

/* Items in the order of their positions. */
static enum gmr_status known_items_init(struct known_items *known, struct catalogue *catalogue)
{
    const struct gmr_allocator *allocator = catalogue_allocator(catalogue);
    const size_t count = catalogue_count(catalogue);
    *known = (struct known_items){ .count = count, .allocator = allocator };
    known->item = memory_array(allocator, count, sizeof *known->item);
    int64_t *ids = memory_array(allocator, count, sizeof *ids);
    int64_t *stamps = memory_array(allocator, count, sizeof *stamps);
    enum gmr_status status = known->item && ids && stamps ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = catalogue_item_ids(catalogue, ids, stamps);
    for (size_t i = 0; status == GMR_OK && i < count; i++)
        known->item[i] = (struct known_item){ ids[i], stamps[i], i };
    memory_release(allocator, ids, count * sizeof *ids);
    memory_release(allocator, stamps, count * sizeof *stamps);
    return status;
}

static const struct known_item *known_items_find(const struct known_items *known, int64_t id)
{
    const struct known_item wanted = { .id = id };
    return known->count == 0 ? NULL
                             : bsearch(&wanted, known->item, known->count, sizeof wanted, by_id);
}

static int64_t number_at(const void *numbers, size_t i)
{
    int64_t number; /* the file need not be aligned */
    memcpy(&number, (const char *)numbers + i * sizeof number, sizeof number);
    return number;
}

/* Fills position, row and current. */
static enum gmr_status match_rows(struct embedding_file *e, const struct known_items *known,
                                  const void *ids, const void *stamps)
{
    for (size_t i = 0; i < e->items; i++)
        e->row[i] = GMR_NO_ITEM;
    for (size_t r = 0; r < e->rows; r++) {
        const struct known_item *item = known_items_find(known, number_at(ids, r));
        e->position[r] = GMR_NO_ITEM;
        if (!item || item->stamp == 0 || item->stamp != number_at(stamps, r))
            continue;
        if (e->row[item->position] != GMR_NO_ITEM)
            return gmr_error(GMR_ERR_FORMAT, "cannot use '%s': two rows for item %" PRId64,
                             safetensors_name(e->file), item->id);
        e->position[r] = item->position;
        e->row[item->position] = r;
        e->current++;
    }
    return GMR_OK;
}

/* ---- reading ---- */

static enum gmr_status find_tensor(const struct safetensors *file, const char *name,
                                   enum dtype dtype, size_t rank,
                                   const struct safetensors_entry **entry)
{
    const char *path = safetensors_name(file);
    *entry = safetensors_find(file, name);
    if (!*entry)
        return gmr_error(GMR_ERR_FORMAT, "cannot use '%s': no tensor '%s'", path, name);
    if ((*entry)->dtype != dtype)
        return gmr_error(GMR_ERR_TYPE, "cannot use '%s': '%s' is %s, not %s", path, name,
                         dtype_name((*entry)->dtype), dtype_name(dtype));
    if ((*entry)->rank != rank)
        return gmr_error(GMR_ERR_SHAPE, "cannot use '%s': '%s' has %zu axes, not %zu", path, name,
                         (*entry)->rank, rank);
    return GMR_OK;
}

/* The tensor of one number a row. */
static enum gmr_status find_numbers(const struct embedding_file *e, const char *name,
                                    const void **numbers)
{
    const struct safetensors_entry *entry;
    TRY(find_tensor(e->file, name, DTYPE_I64, 1, &entry));
    if (entry->dim[0] != e->rows)
        return gmr_error(GMR_ERR_SHAPE, "cannot use '%s': %zu numbers in '%s' for %zu vectors",
                         safetensors_name(e->file), entry->dim[0], name, e->rows);
    *numbers = entry->data;
    return GMR_OK;
}

static enum gmr_status find_vectors(struct embedding_file *e)
{
    const struct safetensors_entry *entry;
    TRY(find_tensor(e->file, VECTORS, DTYPE_F32, 2, &entry));
    if (entry->dim[1] < 1 || entry->dim[1] > MAX_WIDTH)
        return gmr_error(GMR_ERR_SHAPE, "cannot use '%s': vectors of %zu numbers",
                         safetensors_name(e->file), entry->dim[1]);
    if ((uintptr_t)entry->data % _Alignof(float) != 0)
        return gmr_error(GMR_ERR_FORMAT, "cannot use '%s': its vectors are not aligned",
                         safetensors_name(e->file));
    e->rows = entry->dim[0];
    e->width = entry->dim[1];
    e->vectors = entry->data;
    const char *encoder = safetensors_metadata_find(e->file, ENCODER);
    e->encoder = encoder ? encoder : "";
    return GMR_OK;
}

static enum gmr_status read_rows(struct embedding_file *e, struct catalogue *catalogue)
{
    const void *ids, *stamps;
    TRY(find_vectors(e));
    TRY(find_numbers(e, ITEMS, &ids));
    TRY(find_numbers(e, STAMPS, &stamps));
    e->items = catalogue_count(catalogue);
    e->position = memory_array(e->allocator, e->rows, sizeof *e->position);
    e->row = memory_array(e->allocator, e->items, sizeof *e->row);
    if (!e->position || !e->row)
        return GMR_ERR_NOMEM;
    struct known_items known;
    enum gmr_status status = known_items_init(&known, catalogue);
    if (status == GMR_OK) {
        qsort(known.item, known.count, sizeof *known.item, by_id);
        status = match_rows(e, &known, ids, stamps);
    }
    known_items_release(&known);
    return status;
}

enum gmr_status embedding_file_open(struct catalogue *catalogue, const char *name,
                                    struct embedding_file *embedding)
{
    char path[PATH_MAX];
    *embedding = (struct embedding_file){ .allocator = catalogue_allocator(catalogue) };
    TRY(embedding_path(catalogue, name, EMBEDDING_SUFFIX, path));
    enum gmr_status status = safetensors_open(embedding->allocator, path, &embedding->file);
    if (status == GMR_OK)
        status = read_rows(embedding, catalogue);
    if (status != GMR_OK)
        embedding_file_close(embedding);
    return status;
}

void embedding_file_close(struct embedding_file *e)
{
    memory_release(e->allocator, e->position, e->rows * sizeof *e->position);
    memory_release(e->allocator, e->row, e->items * sizeof *e->row);
    safetensors_close(e->file);
    *e = (struct embedding_file){ .allocator = e->allocator };
}

/* ---- writing ---- */

/* What a file is made from. */
struct rows {
    embedding_vector *vector;
    void *user;
    size_t width, count;
    const size_t *positions; /* [count], as the next two */
    int64_t *ids, *stamps;
};

static void write_rows(struct safetensors_writer *writer, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        safetensors_writer_write(writer, rows->vector(rows->user, rows->positions[i]),
                                 rows->width * sizeof(float));
    safetensors_writer_write(writer, rows->ids, rows->count * sizeof *rows->ids);
    safetensors_writer_write(writer, rows->stamps, rows->count * sizeof *rows->stamps);
}

static enum gmr_status write_file(const struct gmr_allocator *allocator, const char *path,
                                  const char *encoder, const struct rows *rows)
{
    const size_t count = rows->count, numbers = count * sizeof(int64_t);
    const struct safetensors_metadata metadata[] = {
        { ENCODER, encoder },
        { "version", VERSION },
    };
    const struct safetensors_entry entry[] = {
        { .name = VECTORS,
          .dtype = DTYPE_F32,
          .rank = 2,
          .dim = { count, rows->width },
          .size = count * rows->width * sizeof(float) },
        { .name = ITEMS, .dtype = DTYPE_I64, .rank = 1, .dim = { count }, .size = numbers },
        { .name = STAMPS, .dtype = DTYPE_I64, .rank = 1, .dim = { count }, .size = numbers },
    };
    struct safetensors_writer *writer;
    TRY(safetensors_writer_create(allocator, path, entry, sizeof entry / sizeof *entry, metadata,
                                  sizeof metadata / sizeof *metadata, &writer));
    write_rows(writer, rows);
    return safetensors_writer_commit(writer);
}

/* Fills ids and stamps. */
static enum gmr_status look_up(struct catalogue *catalogue, const struct rows *rows)
{
    const size_t *positions = rows->positions;
    struct known_items known;
    enum gmr_status status = known_items_init(&known, catalogue);
    for (size_t i = 0; status == GMR_OK && i < rows->count; i++) {
        if (positions[i] >= known.count || (i > 0 && positions[i] <= positions[i - 1])) {
            status = gmr_error(GMR_ERR_RANGE, "vector %zu is of item %zu, which cannot be", i,
                               positions[i]);
            break;
        }
        rows->ids[i] = known.item[positions[i]].id;
        rows->stamps[i] = known.item[positions[i]].stamp;
    }
    known_items_release(&known);
    return status;
}

enum gmr_status embedding_write_from(struct catalogue *catalogue, const char *name,
                                     const char *encoder, embedding_vector *vector, void *user,
                                     size_t width, const size_t *positions, size_t count)
{
    const struct gmr_allocator *allocator = catalogue_allocator(catalogue);
    char path[PATH_MAX];
    if (width < 1 || width > MAX_WIDTH)
        return gmr_error(GMR_ERR_RANGE, "vectors of %zu numbers, not 1 .. %d", width, MAX_WIDTH);
    TRY(embedding_place(catalogue, name, EMBEDDING_SUFFIX, path));
    const struct rows rows = { .vector = vector,
                               .user = user,
                               .width = width,
                               .count = count,
                               .positions = positions,
                               .ids = memory_array(allocator, count, sizeof *rows.ids),
                               .stamps = memory_array(allocator, count, sizeof *rows.stamps) };
    enum gmr_status status = rows.ids && rows.stamps ? look_up(catalogue, &rows) : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = write_file(allocator, path, encoder, &rows);
    memory_release(allocator, rows.ids, count * sizeof *rows.ids);
    memory_release(allocator, rows.stamps, count * sizeof *rows.stamps);
    return status;
}

/* Vectors that lie behind each other: they are asked for in their order. */
struct vectors {
    const float *next;
    size_t width;
};

static const float *next_vector(void *user, size_t position)
{
    (void)position;
    struct vectors *vectors = user;
    const float *vector = vectors->next;
    vectors->next += vectors->width;
    return vector;
}

enum gmr_status embedding_write(struct catalogue *catalogue, const char *name, const char *encoder,
                                const float *vectors, size_t width, const size_t *positions,
                                size_t count)
{
    struct vectors all = { .next = vectors, .width = width };
    return embedding_write_from(catalogue, name, encoder, next_vector, &all, width, positions,
                                count);
}
