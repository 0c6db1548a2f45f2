/* Generating a catalogue of illustrated fashion: the inside of gmr_catalogue_generate, and the
 * pieces that tests look at.
 *
 * Item n of seed s is a pure function of (s, n): what it is (its attributes, drawn at random in
 * natural proportions), what it is called, and what it looks like, which is drawn with cairo from
 * the attributes and from chance that no attribute speaks of (proportions, tone, light, tilt,
 * background). */
#ifndef CATALOGUE_GENERATE_GENERATE_H
#define CATALOGUE_GENERATE_GENERATE_H

#include <gommir/catalogue.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/status.h"
#include "media/picture.h"

enum { GENERATE_WIDTH = 240, GENERATE_HEIGHT = 320 }; /* pixels of a picture */

/* The key of item n: "g000017". */
#define GENERATE_KEY "g%06zu"

/* What item n is; strings in the caller's arena. */
struct generated_item {
    const char *key;
    const char *title, *description;
    const struct gmr_attribute *attributes; /* "category" first */
    size_t attribute_count;
};

enum gmr_status generate_describe(uint64_t seed, size_t n, struct arena *arena,
                                  struct generated_item *item);

/* Its picture, GENERATE_WIDTH x GENERATE_HEIGHT; the caller releases it. */
enum gmr_status generate_draw(const struct gmr_allocator *allocator, uint64_t seed, size_t n,
                              struct picture *picture);

/* threads 0: all cores. */
enum gmr_status generate_run(const struct gmr_allocator *allocator, unsigned threads,
                             const struct gmr_generate_options *options,
                             struct gmr_import_report *report);

#endif
