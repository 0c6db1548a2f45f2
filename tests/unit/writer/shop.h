/* Importing into the catalogue "shop" of the scratch directory, and looking at it. Items have keys
 * of one letter, so that a string names a list of items. What fails ends the test. */
#ifndef UNIT_WRITER_SHOP_H
#define UNIT_WRITER_SHOP_H

#include "catalogue/writer.h"

struct catalogue;

/* Two sources. */
extern const struct catalogue_source first, second;

/* Pictures, splits, captions. Returns how many tests failed. */
int test_groups(void);

/* ---- importing ---- */

struct catalogue_writer *open_writer(const struct catalogue_source *source);
void put(struct catalogue_writer *writer, const char *key, const char *title);
void add_to_split(struct catalogue_writer *writer, const char *split, const char *keys);

/* With the fingerprint "print". */
struct gmr_import_report finish(struct catalogue_writer *writer);

/* Imports items with the title "old", and some of them into a split. */
struct gmr_import_report import(const struct catalogue_source *source, const char *keys);
struct gmr_import_report import_split(const struct catalogue_source *source, const char *keys,
                                      const char *name, const char *members);

void assert_report(struct gmr_import_report report, size_t added, size_t changed, size_t removed,
                   size_t same);

/* ---- looking ---- */

/* A copy of one item's facts; name, value and number are those of its first attribute. */
struct facts {
    int64_t id;
    size_t attributes;
    char title[32], name[64], value[64];
    double number;
};

struct catalogue *open_catalogue(void); /* the caller closes it */
struct facts facts_of(const char *key);
int64_t count_rows(const char *sql);

/* The items in the order of positions. */
void assert_keys_of(struct catalogue *catalogue, const char *keys);
void assert_keys(const char *keys);

/* The split at this index, and its items in order. */
void assert_split(size_t index, const char *name, const char *keys);

#endif
