/* Where in the picture an item is drawn: the box that a drawing takes up in its own units. */
#ifndef CATALOGUE_GENERATE_FRAME_H
#define CATALOGUE_GENERATE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct frame {
    double half;        /* from the middle to either side */
    double top, bottom; /* y */
    double most;        /* how much it may be enlarged: what is short stays smaller */
    bool stands;        /* on the floor; else it hangs before a wall or lies on a table */
    bool hangs;         /* may hang on a clothes hanger */
};

/* Of an item with these values of its traits. */
struct frame frame_find(const uint8_t *value);

#endif
