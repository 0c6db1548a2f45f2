/* Embeddings: rows of one vector. */
#include "catalogue/embedding.h"

#include <string.h>

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

struct item_row_layout embedding_layout(size_t width)
{
    return (struct item_row_layout){ .dtype = DTYPE_F32,
                                     .tensors = 1,
                                     .tensor = { { EMBEDDING_VECTORS, 1, { width } } } };
}

/* ---- reading ---- */

static enum gmr_status find_vectors(struct embedding_file *e)
{
    const struct safetensors_entry *entry;
    TRY(item_rows_find(&e->all, EMBEDDING_VECTORS, DTYPE_F32, 2, &entry));
    if (entry->dim[1] < 1 || entry->dim[1] > MAX_WIDTH)
        return gmr_error(GMR_ERR_SHAPE, "cannot use '%s': vectors of %zu numbers",
                         safetensors_name(e->all.file), entry->dim[1]);
    e->width = entry->dim[1];
    e->vectors = entry->data;
    e->rows = e->all.rows;
    e->position = e->all.position;
    e->row = e->all.row;
    e->current = e->all.current;
    e->encoder = e->all.encoder;
    return GMR_OK;
}

enum gmr_status embedding_file_open(struct catalogue *catalogue, const char *name,
                                    struct embedding_file *embedding)
{
    *embedding = (struct embedding_file){ .width = 0 };
    TRY(embedding_check_name(name));
    TRY(item_rows_open(catalogue, CATALOGUE_EMBEDDINGS, name, &embedding->all));
    const enum gmr_status status = find_vectors(embedding);
    if (status != GMR_OK)
        embedding_file_close(embedding);
    return status;
}

void embedding_file_close(struct embedding_file *e)
{
    item_rows_close(&e->all);
    *e = (struct embedding_file){ .width = 0 };
}

/* ---- writing ---- */

/* Vectors that lie behind each other: they are asked for in their order. */
struct vectors {
    const float *next;
    size_t width;
};

static const void *next_vector(void *user, size_t tensor, size_t position)
{
    (void)tensor;
    (void)position;
    struct vectors *vectors = user;
    const float *vector = vectors->next;
    vectors->next += vectors->width;
    return vector;
}

enum gmr_status embedding_check_width(size_t width)
{
    if (width >= 1 && width <= MAX_WIDTH)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "vectors of %zu numbers, not 1 .. %d", width, MAX_WIDTH);
}

enum gmr_status embedding_write(struct catalogue *catalogue, const char *name, const char *encoder,
                                const float *vectors, size_t width, const size_t *positions,
                                size_t count)
{
    struct vectors all = { .next = vectors, .width = width };
    const struct item_row_layout layout = embedding_layout(width);
    TRY(embedding_check_width(width));
    TRY(embedding_check_name(name));
    return item_rows_write(catalogue, CATALOGUE_EMBEDDINGS, name, encoder, &layout, next_vector,
                           &all, positions, count);
}
