/* A small catalogue of known items, and what makes one:
 *
 *   item i        key "item-0007", title "Item 7", description "Text 7", "" when i is even
 *   price         5 i: "35"
 *   colour        red, green, blue in turn; items with i % 6 == 5 have "white" besides
 *   brand         "Acme", "Über Nike" in turn; items with i % 4 == 3 have none
 *   picture       PNG, 4 x 5, whose bytes are "picture 7" (no real picture); none when i % 5 == 4
 *   splits        "train", items with i % 3 != 2 in falling order; "test", the others in rising
 * order captions      for each even i but 0: pair i / 2, target i, candidate i - 1, text "is 14,
 * not 13", split "train"; then one of pair 0, secret target, candidate 0, without split
 */
#ifndef SUPPORT_CATALOGUE_H
#define SUPPORT_CATALOGUE_H

#include <stddef.h>

#include "catalogue/writer.h"

enum { SUPPORT_ATTRIBUTES = 4 };

/* A record and the texts it points to; it must not move. */
struct support_item {
    char key[32], title[32], description[32], price[32], picture[32];
    struct gmr_attribute attributes[SUPPORT_ATTRIBUTES];
    struct catalogue_record record;
};

void support_item_fill(struct support_item *item, size_t i);

/* Puts item i, and the splits and captions of items 0 .. items - 1 once these are put. */
void support_catalogue_put(struct catalogue_writer *writer, size_t i);
void support_catalogue_group(struct catalogue_writer *writer, size_t items);

/* Makes the catalogue in directory `path` (source "test", "somewhere", fingerprint "first"), or
 * imports into one that is there. Ends the program when that fails. */
void support_catalogue_create(const char *path, size_t items);

/* How many items and captions that gives in a split or in all. */
size_t support_train_items(size_t items);
size_t support_captions(size_t items);

#endif
