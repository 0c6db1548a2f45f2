/* Dialogues as lines of CSV, one for each user and turn. */
#ifndef CLI_DIALOGUE_LINES_H
#define CLI_DIALOGUE_LINES_H

#include <stdio.h>

#include <gommir/evaluation.h>

#include "command.h"

/* Lines that wait for their file; set the first two only. */
struct dialogue_lines {
    struct gmr_catalogue *catalogue; /* whose items they are about */
    const char *model; /* whose dialogues come next, told in a first column; NULL: there is none */
    FILE *out;
    char *bytes;
    size_t size;
    enum gmr_status status;
    char problem[512]; /* why it is not GMR_OK */
};

/* False, and a message, when there is no memory. */
bool dialogue_lines_begin(struct dialogue_lines *lines);
void dialogue_lines_add(struct dialogue_lines *lines, const struct gmr_dialogue *dialogue);

/* Writes the file, whole or not at all, and says why when it cannot; path NULL: forgets all. */
enum exit_status dialogue_lines_end(struct dialogue_lines *lines, const char *path);

#endif
