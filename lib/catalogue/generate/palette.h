/* The named colours that garments are drawn in, and arithmetic on colours. Pure functions. */
#ifndef CATALOGUE_GENERATE_PALETTE_H
#define CATALOGUE_GENERATE_PALETTE_H

/* sRGB, 0 .. 1 */
struct rgb {
    double r, g, b;
};

/* In the order of the values of TRAIT_COLOUR and TRAIT_SECOND (traits.h). */
enum colour {
    COLOUR_NONE,
    COLOUR_BLACK,
    COLOUR_WHITE,
    COLOUR_GREY,
    COLOUR_RED,
    COLOUR_PINK,
    COLOUR_ORANGE,
    COLOUR_YELLOW,
    COLOUR_GREEN,
    COLOUR_OLIVE,
    COLOUR_TEAL,
    COLOUR_BLUE,
    COLOUR_NAVY,
    COLOUR_LIGHT_BLUE,
    COLOUR_PURPLE,
    COLOUR_LAVENDER,
    COLOUR_BROWN,
    COLOUR_BEIGE,
    COLOUR_BURGUNDY,
    COLOURS
};

/* What the name stands for; not COLOUR_NONE. */
struct rgb palette_rgb(enum colour colour);

/* (1 - t) a + t b */
struct rgb rgb_mix(struct rgb a, struct rgb b, double t);

/* Each channel times `factor`, at most 1. */
struct rgb rgb_scale(struct rgb a, double factor);

/* 0 black .. 1 white, as seen (the channels are not linear light, nor is the eye). */
double rgb_lightness(struct rgb a);

/* How different two colours look: Euclidean in CIE L*a*b*, 100 from black to white. */
double rgb_distance(struct rgb a, struct rgb b);

#endif
