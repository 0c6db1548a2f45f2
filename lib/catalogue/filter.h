/* Predicates on items' attributes: "price<80", "colour != black". The parser works without a
 * catalogue; catalogue_filter (catalogue/catalogue.h) applies predicates to one. */
#ifndef CATALOGUE_FILTER_H
#define CATALOGUE_FILTER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

enum predicate_relation {
    PREDICATE_EQUAL,
    PREDICATE_UNEQUAL,
    PREDICATE_LESS,
    PREDICATE_AT_MOST,
    PREDICATE_GREATER,
    PREDICATE_AT_LEAST
};

enum { PREDICATE_MAX = 4096 }; /* bytes of one, at most */

struct predicate {
    enum predicate_relation relation;
    const char *name;   /* as written, without the spaces around it */
    const char *folded; /* the same, as filter_fold gives it */
    const char *value;  /* folded */
    double number;      /* for the operators that order */
};

/* Parses a predicate; its strings go to the arena. Two operators in a row are an error, since they
 * are a slip ("a==b"); a space between them makes the second one part of the value. Errors:
 * GMR_ERR_FORMAT, GMR_ERR_NOMEM. */
enum gmr_status predicate_parse(const char *text, struct arena *arena, struct predicate *predicate);

/* Whether a value, with its number (NaN: it is none), satisfies `predicate`; for PREDICATE_UNEQUAL,
 * whether it is the value that must not be. `arena` is for what is needed meanwhile. */
enum gmr_status predicate_matches(const struct predicate *predicate, const char *value,
                                  double number, struct arena *arena, bool *matches);

/* What names and values are compared by: spaces at both ends cut off, case folded, composed
 * (Unicode normal form C). Copied to the arena. GMR_ERR_FORMAT: not UTF-8. */
enum gmr_status filter_fold(const char *text, struct arena *arena, const char **folded);

#endif
