/* Reading a catalogue. The inside of <gommir/catalogue.h>, which tells what each call does; here is
 * what the library's own code needs beyond that.
 *
 * A catalogue holds one read transaction from open to close: that is the snapshot. What is large
 * (items, pictures, captions) is read when asked for; what is small (splits, names of attributes)
 * is read once and kept. One thread at a time. */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include <gommir/catalogue.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/status.h"

/* Name of the database in a catalogue's directory, and of the folder of embeddings. */
#define CATALOGUE_DATABASE   "catalogue.db"
#define CATALOGUE_EMBEDDINGS "embedding"

struct catalogue;

enum gmr_status catalogue_open(const struct gmr_allocator *allocator, const char *path,
                               struct catalogue **catalogue);
void catalogue_close(struct catalogue *catalogue);

const struct gmr_allocator *catalogue_allocator(const struct catalogue *catalogue);
const char *catalogue_path(const struct catalogue *catalogue);
size_t catalogue_count(const struct catalogue *catalogue);

/* Reads one item; its strings go to the caller's arena. */
enum gmr_status catalogue_item(struct catalogue *catalogue, size_t position, struct arena *arena,
                               struct gmr_item *item);
enum gmr_status catalogue_find(struct catalogue *catalogue, const char *key, size_t *position);

/* The bytes go to the caller's arena. */
enum gmr_status catalogue_picture(struct catalogue *catalogue, size_t position,
                                  enum gmr_picture_size size, struct arena *arena,
                                  const void **bytes, size_t *length);

/* The same in two steps, for readers that share a handle: only the first needs it. */
struct picture_source {
    const char *name;  /* what messages call it: the path of its file, else the item's key */
    const void *bytes; /* NULL: still in its file */
    size_t size;
};

/* Strings and bytes go to the caller's arena. */
enum gmr_status catalogue_picture_find(struct catalogue *catalogue, size_t position,
                                       struct arena *arena, struct picture_source *source);
enum gmr_status picture_source_read(struct picture_source *source, struct arena *arena);

enum gmr_status catalogue_splits(struct catalogue *catalogue, const struct gmr_split **splits,
                                 size_t *count);
enum gmr_status catalogue_split_items(struct catalogue *catalogue, const char *name,
                                      size_t *positions, size_t count);

/* Names of the splits that an item is in, into the caller's arena. */
enum gmr_status catalogue_item_splits(struct catalogue *catalogue, size_t position,
                                      struct arena *arena, const char *const **names,
                                      size_t *count);

enum gmr_status catalogue_attributes(struct catalogue *catalogue, struct arena *arena,
                                     const struct gmr_attribute_summary **attributes,
                                     size_t *count);
enum gmr_status catalogue_values(struct catalogue *catalogue, const char *attribute,
                                 struct arena *arena, const struct gmr_value_summary **values,
                                 size_t *count);

size_t catalogue_caption_count(const struct catalogue *catalogue);
enum gmr_status catalogue_caption(struct catalogue *catalogue, size_t index, struct arena *arena,
                                  struct gmr_caption *caption);

/* ids[count of items], and stamps[count of items]: what tells a picture from another version of
 * it, 0 for items without picture. In the order of positions. */
enum gmr_status catalogue_item_ids(struct catalogue *catalogue, int64_t *ids, int64_t *stamps);

enum gmr_status catalogue_filter(struct catalogue *catalogue, const char *const *predicates,
                                 size_t count, uint8_t *allowed);

#endif
