/* The table that turns what a data set says into words of a person: names of attributes, and values
 * under them. What the rows mean stands at the head of the table (data/NAME.tsv). */
#ifndef CATALOGUE_IMPORT_VOCABULARY_H
#define CATALOGUE_IMPORT_VOCABULARY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

struct vocabulary_rule {
    const char *kind, *subject, *from; /* what it is found by: from in lower case */
    const char *to, *other;            /* NULL: not there */
};

struct vocabulary {
    struct arena arena;
    struct vocabulary_rule *rules; /* sorted */
    size_t count;
    struct vocabulary_rule *fields; /* "field" and "else", in the order of the table */
    size_t field_count;
};

/* Reads an embedded table; `name` as base/embedded.h has it. The caller releases the vocabulary, on
 * error too. Errors: GMR_ERR_NOMEM, GMR_ERR_FORMAT (a row that is none). */
enum gmr_status vocabulary_init(struct vocabulary *vocabulary,
                                const struct gmr_allocator *allocator, const char *name);
void vocabulary_release(struct vocabulary *vocabulary);

/* The rules of one kind, and of one subject unless that is NULL: `count` of them. */
const struct vocabulary_rule *vocabulary_rules(const struct vocabulary *vocabulary,
                                               const char *kind, const char *subject,
                                               size_t *count);

/* The attribute that a name stands for, in *attribute: NULL when it is to be dropped. */
enum gmr_status vocabulary_name(const struct vocabulary *vocabulary, struct arena *arena,
                                const char *name, const char **attribute);

/* Brings a value of *attribute into its words, and *attribute to where it belongs. *words is NULL
 * when the value is to be dropped. */
enum gmr_status vocabulary_value(const struct vocabulary *vocabulary, struct arena *arena,
                                 const char *value, const char **attribute, const char **words);

#endif
