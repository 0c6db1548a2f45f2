#include "catalogue/generate/palette.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>

static const uint32_t COLOUR_HEX[COLOURS] = {
    [COLOUR_BLACK] = 0x232328,      [COLOUR_WHITE] = 0xf6f5f2,  [COLOUR_GREY] = 0x94979c,
    [COLOUR_RED] = 0xd3212f,        [COLOUR_PINK] = 0xf08db2,   [COLOUR_ORANGE] = 0xf17f2a,
    [COLOUR_YELLOW] = 0xf5cb3c,     [COLOUR_GREEN] = 0x2f9a58,  [COLOUR_OLIVE] = 0x74743a,
    [COLOUR_TEAL] = 0x128486,       [COLOUR_BLUE] = 0x2b63cf,   [COLOUR_NAVY] = 0x202e5c,
    [COLOUR_LIGHT_BLUE] = 0x9cc8ea, [COLOUR_PURPLE] = 0x76429f, [COLOUR_LAVENDER] = 0xbfaae3,
    [COLOUR_BROWN] = 0x7a4b2c,      [COLOUR_BEIGE] = 0xdcc5a2,  [COLOUR_BURGUNDY] = 0x741a33,
};

struct rgb palette_rgb(enum colour colour)
{
    assert(colour > COLOUR_NONE && colour < COLOURS);
    uint32_t hex = COLOUR_HEX[colour];
    return (struct rgb){ (hex >> 16 & 255) / 255.0, (hex >> 8 & 255) / 255.0, (hex & 255) / 255.0 };
}

struct rgb rgb_mix(struct rgb a, struct rgb b, double t)
{
    return (struct rgb){ a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b) };
}

struct rgb rgb_scale(struct rgb a, double factor)
{
    return (struct rgb){ fmin(1, a.r * factor), fmin(1, a.g * factor), fmin(1, a.b * factor) };
}

double rgb_lightness(struct rgb a)
{
    return 0.299 * a.r + 0.587 * a.g + 0.114 * a.b;
}

static double linear_light(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : pow((channel + 0.055) / 1.055, 2.4);
}

static double lab_response(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static void to_lab(struct rgb a, double lab[3])
{
    double r = linear_light(a.r), g = linear_light(a.g), b = linear_light(a.b);
    double x = lab_response((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    double y = lab_response(0.2126 * r + 0.7152 * g + 0.0722 * b);
    double z = lab_response((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

double rgb_distance(struct rgb a, struct rgb b)
{
    double p[3], q[3];
    to_lab(a, p);
    to_lab(b, q);
    return sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) +
                (p[2] - q[2]) * (p[2] - q[2]));
}
