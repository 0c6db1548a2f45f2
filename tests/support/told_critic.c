#include "support/told_critic.h"

#include <stdio.h>

void told_text(const struct told_critic *critic, struct critic_pair pair, char text[CRITIC_TEXT])
{
    text[0] = '\0';
    if (pair.target != pair.candidate)
        snprintf(text, CRITIC_TEXT, "%zu %zu %s", pair.target, pair.candidate, critic->critic.name);
}

static enum gmr_status critiques(struct critic *critic, const struct critic_pair *pairs,
                                 struct critic_memory *memory, size_t count,
                                 char (*texts)[CRITIC_TEXT])
{
    struct told_critic *told = (struct told_critic *)critic;
    told->calls++;
    told->pairs += count;
    told->had_memory = memory != NULL;
    if (told->failure != GMR_OK)
        return gmr_error(told->failure, "the critic fails");
    for (size_t i = 0; i < count; i++)
        told_text(told, pairs[i], texts[i]);
    return GMR_OK;
}

void told_critic_init(struct told_critic *critic, const char *name, bool pure)
{
    *critic =
        (struct told_critic){ .critic = { .name = name, .pure = pure, .critiques = critiques } };
    snprintf(critic->critic.digest, sizeof critic->critic.digest, "%s", name);
}
