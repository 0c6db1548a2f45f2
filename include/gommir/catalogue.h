/* A catalogue: the products that can be found, with their pictures, attributes, splits, relative
 * captions and embeddings, in one directory (catalogue.db, embedding/NAME.safetensors).
 *
 *     struct gmr_catalogue *catalogue;
 *     struct gmr_item item;
 *     if (gmr_catalogue_open(context, "shop", &catalogue) != GMR_OK) ...
 *     for (size_t i = 0; i < gmr_catalogue_count(catalogue); i++) {
 *         if (gmr_catalogue_item(catalogue, i, &item) != GMR_OK) ...
 *         printf("%s: %s\n", item.key, item.title);
 *     }
 *     gmr_catalogue_close(catalogue);
 *
 * An item has a key, which is the user's own name for it, and a position, 0 .. count - 1, by which
 * everything here counts. An open catalogue is a snapshot: it stays as it was when it was opened,
 * even while another process imports. Processes may read while one writes.
 *
 * Threads: a handle is for one thread at a time; open another one per thread, which is cheap. */
#ifndef GOMMIR_CATALOGUE_H
#define GOMMIR_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reading ---- */

/* One attribute of an item: "sleeve length" = "long sleeves", "price" = "895". Names and values are
 * UTF-8; an item may have several values of one name. */
struct gmr_attribute {
    const char *name, *value;
    double number; /* NaN when the value is not a number */
};

/* The pictures' formats; GMR_PICTURE_NONE: the item has no picture. */
enum gmr_picture_format { GMR_PICTURE_NONE, GMR_PICTURE_JPEG, GMR_PICTURE_PNG, GMR_PICTURE_WEBP };

struct gmr_item {
    int64_t id; /* stays the same for the life of the catalogue, whatever is imported */
    size_t position;
    const char *key, *title;
    const char *description; /* "" when there is none */
    const struct gmr_attribute *attributes;
    size_t attribute_count;
    enum gmr_picture_format picture_format;
    size_t picture_width, picture_height; /* pixels */
    const char *picture_path; /* absolute; NULL when the picture lies in the catalogue */
};

struct gmr_split {
    const char *name;
    size_t items;
};

/* What values an attribute takes in the whole catalogue. */
struct gmr_attribute_summary {
    const char *name;
    size_t items;     /* that have it */
    size_t values;    /* distinct ones */
    size_t numbers;   /* of those, how many are numbers */
    double low, high; /* the least and greatest number; NaN when there is none */
};

struct gmr_value_summary {
    const char *value;
    size_t items;
};

/* A relative caption: what the target has and the candidate lacks. */
struct gmr_caption {
    size_t target, candidate; /* positions; target is GMR_NO_ITEM where it was kept secret */
    size_t pair;              /* captions of the same number were written about one pair */
    const char *split, *text;
};

/* Vectors of all items, made by one encoder. */
struct gmr_embedding_summary {
    const char *name;
    const char *encoder; /* its sha256, "" when the file does not tell */
    size_t width;
    size_t items;        /* with a vector that is up to date */
    const char *problem; /* NULL; else why the file cannot be used */
};

enum gmr_picture_size { GMR_PICTURE_FULL, GMR_PICTURE_THUMBNAIL };

enum { GMR_THUMBNAIL_SIDE = 256 }; /* pixels of a thumbnail's longer side, at most */

#define GMR_NO_ITEM SIZE_MAX

struct gmr_catalogue;

/* Opens the catalogue in directory `path`; the caller closes it. Errors, then *catalogue is NULL:
 * GMR_ERR_NOT_FOUND (no such directory, or no catalogue in it), GMR_ERR_FORMAT (damaged),
 * GMR_ERR_UNSUPPORTED (written by a later version), GMR_ERR_IO, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_catalogue_open(struct gmr_context *context, const char *path,
                                           struct gmr_catalogue **catalogue);
GMR_API void gmr_catalogue_close(struct gmr_catalogue *catalogue); /* NULL is fine */

GMR_API const char *gmr_catalogue_path(const struct gmr_catalogue *catalogue);
GMR_API size_t gmr_catalogue_count(const struct gmr_catalogue *catalogue);

/* Reads one item. What it points to is valid until the next call with this catalogue that reads an
 * item. Errors: GMR_ERR_RANGE (position), GMR_ERR_IO, GMR_ERR_FORMAT, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_catalogue_item(struct gmr_catalogue *catalogue, size_t position,
                                           struct gmr_item *item);

/* The position of the item with this key. GMR_ERR_NOT_FOUND when there is none. */
GMR_API enum gmr_status gmr_catalogue_find(struct gmr_catalogue *catalogue, const char *key,
                                           size_t *position);

/* The bytes of an item's picture file, or of its thumbnail (a JPEG; the picture itself when that is
 * small). Valid until the next call with this catalogue that reads a picture. GMR_ERR_NOT_FOUND:
 * the item has none, or its file is gone. */
GMR_API enum gmr_status gmr_catalogue_picture(struct gmr_catalogue *catalogue, size_t position,
                                              enum gmr_picture_size size, const void **bytes,
                                              size_t *length);

/* Splits, in the order in which they were first imported: index < count. Strings and counts are
 * valid until the catalogue is closed. */
GMR_API enum gmr_status gmr_catalogue_splits(struct gmr_catalogue *catalogue,
                                             const struct gmr_split **splits, size_t *count);

/* Positions of a split's items in the split's own order, into the caller's array of `count`, which
 * must be the number of items of the split. GMR_ERR_NOT_FOUND, GMR_ERR_RANGE (count). */
GMR_API enum gmr_status gmr_catalogue_split_items(struct gmr_catalogue *catalogue, const char *name,
                                                  size_t *positions, size_t count);

/* Names of the splits that an item is in. Valid until the next call. */
GMR_API enum gmr_status gmr_catalogue_item_splits(struct gmr_catalogue *catalogue, size_t position,
                                                  const char *const **names, size_t *count);

/* Attributes by name; values of one of them, the commonest first. Valid until the same call is made
 * again with this catalogue. */
GMR_API enum gmr_status gmr_catalogue_attributes(struct gmr_catalogue *catalogue,
                                                 const struct gmr_attribute_summary **attributes,
                                                 size_t *count);
GMR_API enum gmr_status gmr_catalogue_values(struct gmr_catalogue *catalogue, const char *attribute,
                                             const struct gmr_value_summary **values,
                                             size_t *count);

/* Relative captions, in the order of their source: index < count. Valid until the next call. */
GMR_API size_t gmr_catalogue_caption_count(const struct gmr_catalogue *catalogue);
GMR_API enum gmr_status gmr_catalogue_caption(struct gmr_catalogue *catalogue, size_t index,
                                              struct gmr_caption *caption);

/* Embeddings found beside the catalogue, damaged ones included. Valid until the next call. */
GMR_API enum gmr_status gmr_catalogue_embeddings(struct gmr_catalogue *catalogue,
                                                 const struct gmr_embedding_summary **embeddings,
                                                 size_t *count);

/* An embedding in use: its file is mapped, not read. */
struct gmr_embedding;

/* Opens the embedding of that name; the caller closes it, before the catalogue. Errors, then
 * *embedding is NULL: GMR_ERR_NOT_FOUND, GMR_ERR_FORMAT, GMR_ERR_SHAPE, GMR_ERR_TYPE, GMR_ERR_IO,
 * GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_embedding_open(struct gmr_catalogue *catalogue, const char *name,
                                           struct gmr_embedding **embedding);
GMR_API void gmr_embedding_close(struct gmr_embedding *embedding); /* NULL is fine */

/* The vectors [rows, width]. Row r belongs to the item at positions[r], or, where that is
 * GMR_NO_ITEM, to one that is gone or has another picture by now. Borrowed from the embedding. */
GMR_API const float *gmr_embedding_vectors(const struct gmr_embedding *embedding, size_t *rows,
                                           size_t *width);
GMR_API const size_t *gmr_embedding_positions(const struct gmr_embedding *embedding);

/* Writes vectors [count, width] of the items at `positions`, which rise, as the embedding `name`
 * (letters, digits, '.', '_', '-'), in place of an earlier one. `encoder`: what made them, a sha256
 * or "". Atomic. Errors: GMR_ERR_FORMAT (name), GMR_ERR_RANGE (positions, width 1 .. 65536),
 * GMR_ERR_IO, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_embedding_write(struct gmr_catalogue *catalogue, const char *name,
                                            const char *encoder, const float *vectors, size_t width,
                                            const size_t *positions, size_t count);

/* Which items satisfy all predicates: allowed[count of items] gets 1 or 0. A predicate is
 * NAME OPERATOR VALUE, as in "price<80", "brand=Nike", "colour!=black":
 *
 *   =         one of the item's values of that attribute is VALUE
 *   !=        none is; an item without that attribute satisfies it
 *   < <= > >= one of its values is a number, and less, ... than VALUE
 *
 * Names and values are compared without regard to case; spaces around them do not count.
 * Errors: GMR_ERR_FORMAT (not a predicate, or no number where one is needed), GMR_ERR_NOT_FOUND (no
 * item has such an attribute), GMR_ERR_IO, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_catalogue_filter(struct gmr_catalogue *catalogue,
                                             const char *const *predicates, size_t count,
                                             uint8_t *allowed);

/* ---- importing, generating, exporting ---- */

enum gmr_import_format {
    GMR_IMPORT_FOLDER,           /* a folder of pictures, and a table of attributes if it has one */
    GMR_IMPORT_CSV,              /* a table, first line its column names */
    GMR_IMPORT_JSONL,            /* one JSON object a line */
    GMR_IMPORT_FASHION_PRODUCTS, /* "Fashion Product Images", both layouts */
    GMR_IMPORT_FASHIONIQ,        /* FashionIQ: captions, image_splits, filter_splits */
    GMR_IMPORT_SHOES,            /* Shoes: relative captions, captions, splits */
    GMR_IMPORT_FORMATS
};

/* The name used on the command line, "fashion-products", and back; GMR_IMPORT_FORMATS when no
 * format has that name. */
GMR_API const char *gmr_import_format_name(enum gmr_import_format format);
GMR_API enum gmr_import_format gmr_import_format_find(const char *name);

struct gmr_import_options {
    enum gmr_import_format format;
    const char *source;    /* a folder, or a table */
    const char *catalogue; /* a directory; made when there is none */
    /* Where pictures are looked for: folders or zip files, the first that has one wins. None: where
     * the format has them. */
    const char *const *pictures;
    size_t picture_count;
    /* csv and jsonl: "FIELD=COLUMN", FIELD one of key, title, description, picture, split, or
     * "NAME=COLUMN" for an attribute; "-COLUMN" leaves one out. folder: the same for its table. */
    const char *const *columns;
    size_t column_count;
    bool copy_pictures; /* pictures that are files are copied into the catalogue */
    struct gmr_progress progress;
};

/* What an import found. */
struct gmr_import_report {
    bool unchanged; /* the source is as it was: nothing was read, nothing was done */
    size_t added, changed, removed, same; /* items */
    size_t skipped;                       /* records that did not become items */
    size_t missing_pictures;              /* pictures named by a record, but not to be found */
    size_t broken_pictures;               /* pictures that could not be read */
    size_t captions, skipped_captions;
    size_t splits;
    double seconds;
    char problems[4096]; /* a file that lists each skipped record and picture with the reason; ""
                            when there is none */
};

GMR_API struct gmr_import_options gmr_import_options_default(void);

/* Brings the catalogue up to date with a source: adds what is new, replaces what changed, removes
 * what is gone. All or nothing: until it returns GMR_OK, and if the process is killed, the
 * catalogue stays as it was. Items of other sources are left alone. Damaged records and pictures
 * are skipped, counted and listed. Errors: GMR_ERR_NOT_FOUND, GMR_ERR_IO, GMR_ERR_FORMAT (the
 * source as a whole is not of that format, two records have one key), GMR_ERR_RANGE (options),
 * GMR_ERR_STATE (another process writes), GMR_ERR_CANCELLED, GMR_ERR_NOMEM. `report` is written in
 * every case. */
GMR_API enum gmr_status gmr_catalogue_import(struct gmr_context *context,
                                             const struct gmr_import_options *options,
                                             struct gmr_import_report *report);

struct gmr_generate_options {
    const char *catalogue; /* a directory; made when there is none */
    size_t items;          /* 1 .. GMR_GENERATE_MAX_ITEMS */
    uint64_t seed;
    struct gmr_progress progress;
};

enum { GMR_GENERATE_MAX_ITEMS = 1000000 };

GMR_API struct gmr_generate_options gmr_generate_options_default(void);

/* Draws a catalogue of illustrated fashion with exact attributes. Same seed and number of items:
 * same items, pictures to the byte; the first n items of a larger one are those of a smaller one.
 * All or nothing, as an import. Errors: as gmr_catalogue_import. */
GMR_API enum gmr_status gmr_catalogue_generate(struct gmr_context *context,
                                               const struct gmr_generate_options *options,
                                               struct gmr_import_report *report);

/* Receives exported lines: one JSON object each, newline included. Returns false to stop. */
struct gmr_line_writer {
    bool (*write)(void *user, const char *line, size_t length);
    void *user;
};

/* Writes every item as a line of JSON that GMR_IMPORT_JSONL reads again: key, title, description,
 * attributes, splits, picture. `pictures`: a folder, made when there is none, that gets the picture
 * files; NULL: only the paths of pictures that are files are told. GMR_ERR_CANCELLED when the
 * writer or the user stopped it. */
GMR_API enum gmr_status gmr_catalogue_export(struct gmr_catalogue *catalogue, const char *pictures,
                                             const struct gmr_line_writer *writer,
                                             const struct gmr_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
