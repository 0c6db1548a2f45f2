/* A page about dialogues with simulated users, as Figure 8 of the paper: what was shown, liked and
 * said, until what was wanted is found. */
#ifndef CLI_DIALOGUE_PAGE_H
#define CLI_DIALOGUE_PAGE_H

#include <gommir/evaluation.h>

#include "command.h"

struct kept_dialogue;

/* Set all but `kept` and `dialogues`. */
struct dialogue_page {
    const char *catalogue, *policy, *critic, *split; /* what the page says they are */
    size_t wanted;                                   /* users, spread over all there are */
    size_t kept;
    struct kept_dialogue *dialogues;
};

/* False, and a message, when there is no memory. */
bool dialogue_page_begin(struct dialogue_page *page);
void dialogue_page_add(struct dialogue_page *page, const struct gmr_dialogue *dialogue);

/* Writes the page, whole or not at all; says why when it cannot. */
enum exit_status dialogue_page_write(struct gmr_catalogue *catalogue,
                                     const struct dialogue_page *page, const char *path);
void dialogue_page_end(struct dialogue_page *page);

#endif
