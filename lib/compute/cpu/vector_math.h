/* Functions for inner loops: no branches, no calls, so that a compiler turns a loop over them into
 * vector code. Errors against the exact result, in units of the last place: exp 1.0, tanh 1.3,
 * sigmoid 2.4; the GELUs 9 above -1 and 85 below, where they fall exponentially in an argument that
 * has been rounded (tests/parity/test_elementwise.c holds them to it). NaN stays NaN. */
#ifndef COMPUTE_CPU_VECTOR_MATH_H
#define COMPUTE_CPU_VECTOR_MATH_H

#include <math.h>

#include "compute/cpu/vector.h"

ALWAYS_INLINE uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

ALWAYS_INLINE float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* e^x = 2^n e^r with |r| <= ln 2 / 2; coefficients from Cephes' expf. Adding 1.5 * 2^23 rounds to
 * an integer and leaves it in the low bits. 2^n is applied in two halves, so that results below the
 * normal range come out rounded and those above as infinity. */
ALWAYS_INLINE float exp_of(float x)
{
    const float shift = 0x1.8p23f;
    x = x < -104.0f ? -104.0f : x;
    x = x > 89.0f ? 89.0f : x;
    float shifted = x * 1.44269504f + shift, n = shifted - shift;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1;
    uint32_t whole = bits_of(shifted) - bits_of(shift);
    uint32_t half = (uint32_t)((int32_t)whole >> 1);
    return p * float_of((half + 127) << 23) * float_of((whole - half + 127) << 23);
}

ALWAYS_INLINE float sigmoid_of(float x)
{
    return 1 / (1 + exp_of(-x));
}

/* Near 0 a polynomial (Cephes' tanhf), since 1 - 2 / (e^2x + 1) would lose its digits there. */
ALWAYS_INLINE float tanh_of(float x)
{
    float size = fabsf(x), z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    float near = x + x * z * p;
    float far = 1 - 2 / (exp_of(2 * size) + 1);
    far = x < 0 ? -far : far;
    return size < 0.625f ? near : far;
}

/* Phi(x), the distribution function of the standard normal, given e = e^(-x^2 / 2):
 * Phi(-u sqrt 2) = erfc(u) / 2, and erfc(u) e^(u^2) / t, t = 1 / (1 + 0.3 u), is a polynomial in t
 * to within 2.5e-8 (interpolated at Chebyshev points of 0 <= u <= 10). */
ALWAYS_INLINE float normal_below(float x, float e)
{
    float t = 1 / (1 + 0.212132034f * fabsf(x));
    float p = -0.13077087728454087f;
    p = p * t + 0.49193427064482975f;
    p = p * t - 0.5261516630285198f;
    p = p * t + 0.5645142424149171f;
    p = p * t - 0.10698336268409f;
    p = p * t + 0.22053916920565306f;
    p = p * t + 0.14679602215675405f;
    p = p * t + 0.17094911995288206f;
    p = p * t + 0.16917305765128648f;
    float tail = 0.5f * t * p * e;
    return x < 0 ? tail : 1 - tail;
}

ALWAYS_INLINE float gelu_of(float x)
{
    return x * normal_below(x, exp_of(-0.5f * x * x));
}

ALWAYS_INLINE float gelu_slope(float x)
{
    float e = exp_of(-0.5f * x * x);
    return normal_below(x, e) + 0.398942280f * x * e;
}

ALWAYS_INLINE float quick_gelu_of(float x)
{
    return x * sigmoid_of(1.702f * x);
}

ALWAYS_INLINE float quick_gelu_slope(float x)
{
    float s = sigmoid_of(1.702f * x);
    return s + 1.702f * x * s * (1 - s);
}

/* `kind` is a constant where these are called, so each call becomes one of the functions. */
ALWAYS_INLINE float activation_of(enum activation kind, float x)
{
    switch (kind) {
    case ACTIVATE_NONE: return x;
    case ACTIVATE_RELU: return x < 0 ? 0 : x;
    case ACTIVATE_TANH: return tanh_of(x);
    case ACTIVATE_SIGMOID: return sigmoid_of(x);
    case ACTIVATE_GELU: return gelu_of(x);
    case ACTIVATE_QUICK_GELU: return quick_gelu_of(x);
    case ACTIVATE_EXP: return exp_of(x);
    }
    return x;
}

/* The slope from the argument or the result, whichever the kind needs. */
ALWAYS_INLINE float activation_slope(enum activation kind, float at)
{
    switch (kind) {
    case ACTIVATE_NONE: return 1;
    case ACTIVATE_RELU: return at > 0 ? 1 : 0;
    case ACTIVATE_TANH: return 1 - at * at;
    case ACTIVATE_SIGMOID: return at * (1 - at);
    case ACTIVATE_GELU: return gelu_slope(at);
    case ACTIVATE_QUICK_GELU: return quick_gelu_slope(at);
    case ACTIVATE_EXP: return at;
    }
    return 1;
}

#endif
