/* Conversions between `real` and the floating types at rest.
 *
 * Half precision is done with integers and ordinary float arithmetic: no special instructions and
 * no tables; whether the processor flushes subnormal floats to zero makes no difference. Where
 * `real` is double, it passes through float on its way to a half, which rounds twice; only tests
 * compute in double. */
#include "tensor/dtype.h"

#include <string.h>

static const uint32_t SIGN = 0x80000000u, INFINITE = 0x7F800000u;

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

float f16_to_float(uint16_t half)
{
    uint32_t sign = (half & 0x8000u) << 16, rest = half & 0x7FFFu;
    if (rest >= 0x7C00u)
        return float_of(sign | INFINITE | (rest & 0x3FFu) << 13);
    if (rest >= 0x0400u)
        return float_of(sign |
                        ((rest << 13) + (112u << 23))); /* exponents are biased by 127 - 15 */
    float small = (float)rest * 0x1p-24f;
    return sign ? -small : small;
}

uint16_t f16_from_float(float value)
{
    uint32_t bits = bits_of(value), sign = (bits & SIGN) >> 16, rest = bits & ~SIGN, half;
    if (rest > INFINITE)
        half = 0x7E00u | ((rest >> 13) & 0x3FFu);
    else if (rest >= 0x47800000u) /* 2^16 */
        half = 0x7C00u;
    else if (rest >= 0x38800000u) /* 2^-14: half of the last place is 2^12; a carry may give inf */
        half = (rest - (112u << 23) + 0xFFFu + (rest >> 13 & 1u)) >> 13;
    else /* the last place of 0.5 is that of subnormal halves, so the addition rounds */
        half = bits_of(float_of(rest) + 0.5f) - bits_of(0.5f);
    return (uint16_t)(sign | half);
}

float bf16_to_float(uint16_t half)
{
    return float_of((uint32_t)half << 16);
}

uint16_t bf16_from_float(float value)
{
    uint32_t bits = bits_of(value);
    if ((bits & ~SIGN) > INFINITE)
        return (uint16_t)(bits >> 16 | 0x40u); /* quiet: the payload may be all in the lost half */
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

/* Loops over elements that may lie at any address. */
#define CONVERT_TO_REAL(type, expression)                        \
    for (size_t i = 0; i < n; i++) {                             \
        type x;                                                  \
        memcpy(&x, (const char *)data + i * sizeof x, sizeof x); \
        out[i] = (real)(expression);                             \
    }                                                            \
    return GMR_OK
#define CONVERT_FROM_REAL(type, expression)               \
    for (size_t i = 0; i < n; i++) {                      \
        type x = (type)(expression);                      \
        memcpy((char *)out + i * sizeof x, &x, sizeof x); \
    }                                                     \
    return GMR_OK

static enum gmr_status not_floating(enum dtype dtype)
{
    return gmr_error(GMR_ERR_TYPE, "elements of type %s are not floating point", dtype_name(dtype));
}

enum gmr_status dtype_to_real(real *out, const void *data, enum dtype dtype, size_t n)
{
    switch (dtype) {
    case DTYPE_F32: CONVERT_TO_REAL(float, x);
    case DTYPE_F64: CONVERT_TO_REAL(double, x);
    case DTYPE_F16: CONVERT_TO_REAL(uint16_t, f16_to_float(x));
    case DTYPE_BF16: CONVERT_TO_REAL(uint16_t, bf16_to_float(x));
    default: return not_floating(dtype);
    }
}

enum gmr_status dtype_from_real(void *out, enum dtype dtype, const real *data, size_t n)
{
    switch (dtype) {
    case DTYPE_F32: CONVERT_FROM_REAL(float, data[i]);
    case DTYPE_F64: CONVERT_FROM_REAL(double, data[i]);
    case DTYPE_F16: CONVERT_FROM_REAL(uint16_t, f16_from_float((float)data[i]));
    case DTYPE_BF16: CONVERT_FROM_REAL(uint16_t, bf16_from_float((float)data[i]));
    default: return not_floating(dtype);
    }
}
