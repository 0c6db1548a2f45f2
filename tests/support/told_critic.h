/* A critic that needs no model and counts what it is asked: "3 4 name" of target 3 and candidate 4,
 * and nothing where the two are the same. */
#ifndef SUPPORT_TOLD_CRITIC_H
#define SUPPORT_TOLD_CRITIC_H

#include "simulator/critic.h"

struct told_critic {
    struct critic critic;
    size_t calls, pairs;     /* so far */
    enum gmr_status failure; /* what the next call returns, if it is one */
    bool had_memory;         /* the last call was given one */
};

/* `name` stands in the texts and is the digest. */
void told_critic_init(struct told_critic *critic, const char *name, bool pure);

/* What it says. */
void told_text(const struct told_critic *critic, struct critic_pair pair, char text[CRITIC_TEXT]);

#endif
