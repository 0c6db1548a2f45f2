/* What the reading of a grammar keeps while it goes from line to line: shared by the files that
 * read (grammar_read.c: lines; read_phrase.c: phrases; read_value.c: values). */
#ifndef SIMULATOR_GRAMMAR_READER_H
#define SIMULATOR_GRAMMAR_READER_H

#include "simulator/grammar/grammar.h"

/* A link as it is written: names are resolved when all is read. */
struct named_link {
    uint32_t value; /* what the line is about */
    const char *to; /* NULL: the other way, `from` is a kind of `value` */
    const char *from;
    uint8_t topic;
    const char *file;
    unsigned line;
};

struct reader {
    struct grammar *grammar;
    const char *file;
    unsigned line;
    int topic, group; /* what lines belong to; -1: none */
    uint32_t value;   /* GRAMMAR_OTHER: none */
    uint32_t groups;
    struct phrase *shared; /* of groups: topic is the number of the group */
    size_t shared_count, shared_room;
    struct named_link *named;
    size_t named_count, named_room;
};

/* GMR_ERR_FORMAT with the place in front: "FILE:LINE: ...". */
enum gmr_status reader_fail(const struct reader *reader, const char *format, ...) GMR_PRINTF(2, 3);

/* Takes the next word off the rest of a line: "" at the end. */
char *reader_word(char **rest);

/* Takes the text up to a character, without spaces around it: NULL at the end. */
char *reader_item(char **rest, char end);

/* A number from 0 to 1e6. */
enum gmr_status reader_number(const struct reader *reader, const char *text, float *number);

/* "t" or "e". */
enum gmr_status reader_set(const struct reader *reader, const char *text, uint8_t *set);

/* The number of a word, which is new or known. GMR_ERR_NOMEM. */
enum gmr_status grammar_token(struct grammar *grammar, const char *text, size_t length,
                              uint32_t *token);

/* Cuts text into words that become known. GMR_ERR_RANGE: more than `most`; GMR_ERR_NOMEM. */
enum gmr_status grammar_intern(struct grammar *grammar, const char *text, uint32_t *token,
                               size_t most, size_t *count);

/* ---- lines, one function a keyword; `rest` is what follows it, and is cut up ---- */

typedef enum gmr_status read_line(struct reader *reader, char *rest);

read_line read_say, read_tail, read_use;
read_line read_value, read_silent, read_plain, read_one, read_many, read_spell, read_kinds,
    read_maybe, read_order, read_is, read_has, read_no, read_hear;

/* Makes links of what the lines named. */
enum gmr_status reader_link(struct reader *reader);

/* A new value of a topic, known by its name. GMR_ERR_FORMAT: it is there. */
enum gmr_status reader_new_value(struct reader *reader, size_t topic, const char *name,
                                 uint32_t *value);

enum gmr_status grammar_new_value(struct grammar *grammar, size_t topic, const char *name,
                                  uint32_t *value);
enum gmr_status grammar_add_form(struct grammar *grammar, uint32_t value, enum form_kind kind,
                                 const char *text);

#endif
