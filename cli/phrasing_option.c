#include "phrasing_option.h"

#include "common.h"

enum gmr_phrasing phrasing_option_read(const struct argp_state *state, const char *argument)
{
    const char *words[GMR_PHRASINGS + 1] = { NULL };
    for (int i = 0; i < GMR_PHRASINGS; i++)
        words[i] = gmr_phrasing_name((enum gmr_phrasing)i);
    return (enum gmr_phrasing)word_option_read(state, "phrasing", argument, words);
}
