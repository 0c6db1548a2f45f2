/* Text files that the library carries. */
#include "base/embedded.h"

#include <string.h>

const struct embedded_text *embedded_find(const char *name)
{
    for (const struct embedded_text *text = embedded_texts; text->name; text++)
        if (strcmp(text->name, name) == 0)
            return text;
    return NULL;
}

const struct embedded_text *embedded_first(const char *prefix)
{
    for (const struct embedded_text *text = embedded_texts; text->name; text++)
        if (strncmp(text->name, prefix, strlen(prefix)) == 0)
            return text;
    return NULL;
}
