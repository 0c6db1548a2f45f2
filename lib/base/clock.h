/* Time that passes. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds since some moment, the same for all calls; setting the clock does not move it. */
double clock_seconds(void);

#endif
