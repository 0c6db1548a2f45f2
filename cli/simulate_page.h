/* A page about what a simulated user said: one file of HTML that holds all it shows. */
#ifndef CLI_SIMULATE_PAGE_H
#define CLI_SIMULATE_PAGE_H

#include <gommir/simulation.h>

#include "command.h"

struct simulate_page {
    const char *catalogue, *critic; /* what the page says they are */
    const struct gmr_pair *pairs;
    const struct gmr_critique *critiques;
    size_t count;
};

/* Writes the page, whole or not at all; says why when it cannot. */
enum exit_status simulate_page_write(struct gmr_catalogue *catalogue,
                                     const struct simulate_page *page, const char *path);

#endif
