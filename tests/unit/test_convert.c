/* Half precision against its definition, for every value there is and between every two of them;
 * whole arrays at any address. Compiled for float and, from tests/gradient, for double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tensor/dtype.h"

/* One of the two formats, by its definition. */
struct format {
    float (*to_float)(uint16_t half);
    uint16_t (*from_float)(float value);
    int fraction_bits, bias;
};

static const struct format formats[] = {
    { f16_to_float, f16_from_float, 10, 15 },
    { bf16_to_float, bf16_from_float, 7, 127 },
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* Bits of infinity, without sign. */
static unsigned infinity_of(const struct format *format)
{
    return 0x7FFFu >> format->fraction_bits << format->fraction_bits;
}

/* The value of a finite half; the bits of infinity give the next power of two instead. */
static double defined_value(const struct format *format, unsigned half)
{
    unsigned rest = half & 0x7FFFu;
    int exponent = (int)(rest >> format->fraction_bits);
    double fraction = (double)(rest & ((1u << format->fraction_bits) - 1));
    if (exponent > 0)
        fraction += (double)(1u << format->fraction_bits);
    double value =
        ldexp(fraction, (exponent > 0 ? exponent : 1) - format->bias - format->fraction_bits);
    return half & 0x8000u ? -value : value;
}

static void every_half_has_its_value_and_comes_back(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMATS; f++)
        for (unsigned half = 0; half <= 0xFFFFu; half++) {
            const struct format *format = &formats[f];
            unsigned infinite = infinity_of(format), rest = half & 0x7FFFu;
            float value = format->to_float((uint16_t)half);
            unsigned back = format->from_float(value);
            assert_int_equal(signbit(value) != 0, half >> 15);
            if (rest > infinite) {
                assert_true(isnan(value));
                assert_true((back & 0x7FFFu) > infinite);
                assert_int_equal(back >> 15, half >> 15);
                continue;
            }
            if (rest == infinite)
                assert_true(isinf(value));
            else
                assert_true((double)value == defined_value(format, half));
            assert_int_equal(back, half);
        }
}

/* Between neighbours: the nearer one, in the middle the even one. The last pair is the largest
 * finite value and infinity. */
static void rounding_is_to_nearest_and_ties_to_even(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMATS; f++)
        for (unsigned low = 0; low < infinity_of(&formats[f]); low++) {
            const struct format *format = &formats[f];
            double a = defined_value(format, low), b = defined_value(format, low + 1);
            float middle = (float)((a + b) / 2);
            assert_true((double)middle == (a + b) / 2);
            unsigned even = low + (low & 1);
            assert_int_equal(format->from_float(middle), even);
            assert_int_equal(format->from_float(-middle), even | 0x8000u);
            assert_int_equal(format->from_float(nextafterf(middle, 0)), low);
            assert_int_equal(format->from_float(nextafterf(middle, INFINITY)), low + 1);
            assert_int_equal(format->from_float((float)(a + (b - a) / 4)), low);
            assert_int_equal(format->from_float(-(float)(b - (b - a) / 4)), (low + 1) | 0x8000u);
        }
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void large_values_become_infinite(void **state)
{
    (void)state;
    assert_int_equal(f16_from_float(65504), 0x7BFF);
    assert_int_equal(f16_from_float(nextafterf(65520, 0)), 0x7BFF);
    assert_int_equal(f16_from_float(65520), 0x7C00);
    assert_int_equal(f16_from_float(-65536), 0xFC00);
    assert_int_equal(f16_from_float(3e38f), 0x7C00);
    assert_int_equal(f16_from_float(INFINITY), 0x7C00);
    assert_int_equal(bf16_from_float(float_of(0x7F7F7FFFu)), 0x7F7F);
    assert_int_equal(bf16_from_float(float_of(0x7F7F8000u)), 0x7F80);
    assert_int_equal(bf16_from_float(-INFINITY), 0xFF80);
}

static void small_values_become_zero_with_their_sign(void **state)
{
    (void)state;
    assert_int_equal(f16_from_float(0x1p-24f), 0x0001);
    assert_int_equal(f16_from_float(0x1.8p-25f), 0x0001);
    assert_int_equal(f16_from_float(0x1p-25f), 0x0000);
    assert_int_equal(f16_from_float(-0x1p-26f), 0x8000);
    assert_int_equal(f16_from_float(float_of(1)), 0x0000);
    assert_int_equal(f16_from_float(-0.0f), 0x8000);
    assert_int_equal(bf16_from_float(float_of(0x00008000u)), 0x0000);
    assert_int_equal(bf16_from_float(float_of(0x80018000u)), 0x8002);
}

/* A NaN whose payload lies in the bits that are dropped must not turn into infinity. */
static void any_nan_stays_one(void **state)
{
    (void)state;
    static const uint32_t nans[] = { 0x7F800001u, 0xFF800001u, 0x7F801000u, 0x7FFFFFFFu,
                                     0x7FC00000u, 0xFFC00000u, 0x7F80FFFFu };
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t i = 0; i < sizeof nans / sizeof *nans; i++) {
            unsigned half = formats[f].from_float(float_of(nans[i]));
            assert_true((half & 0x7FFFu) > infinity_of(&formats[f]));
            assert_int_equal(half >> 15, nans[i] >> 31);
        }
}

/* Every value is exact in every type. */
static const real values[] = { 0, 1, -2, (real)0.5, (real)-0.0625, 96, (real)1.5 };
enum { VALUES = sizeof values / sizeof *values };

static void arrays_are_converted_at_any_address(void **state)
{
    (void)state;
    static const enum dtype types[] = { DTYPE_F32, DTYPE_F64, DTYPE_F16, DTYPE_BF16 };
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t shift = 0; shift < 8; shift++) {
            unsigned char bytes[8 * VALUES + 9];
            real back[VALUES + 1];
            size_t size = VALUES * dtype_size(types[t]);
            memset(bytes, 0xEE, sizeof bytes);
            assert_int_equal(dtype_from_real(bytes + shift, types[t], values, VALUES), GMR_OK);
            assert_int_equal(bytes[shift + size], 0xEE);
            back[VALUES] = 77;
            assert_int_equal(dtype_to_real(back, bytes + shift, types[t], VALUES), GMR_OK);
            assert_memory_equal(back, values, sizeof values);
            assert_true(back[VALUES] == 77);
        }
}

static void bytes_are_those_of_ieee(void **state)
{
    (void)state;
    const real value = (real)-1.5;
    unsigned char bytes[8];
    dtype_from_real(bytes, DTYPE_F32, &value, 1);
    assert_memory_equal(bytes, "\x00\x00\xC0\xBF", 4);
    dtype_from_real(bytes, DTYPE_F64, &value, 1);
    assert_memory_equal(bytes, "\x00\x00\x00\x00\x00\x00\xF8\xBF", 8);
    dtype_from_real(bytes, DTYPE_F16, &value, 1);
    assert_memory_equal(bytes, "\x00\xBE", 2);
    dtype_from_real(bytes, DTYPE_BF16, &value, 1);
    assert_memory_equal(bytes, "\xC0\xBF", 2);
}

static void wider_types_are_rounded_once(void **state)
{
    (void)state;
    const double wide = 0.1;
    const float narrow = 0.1f;
    real x;
    dtype_to_real(&x, &wide, DTYPE_F64, 1);
    assert_true(x == (real)0.1);
    dtype_to_real(&x, &narrow, DTYPE_F32, 1);
    assert_true(x == (real)0.1f);
}

static void integers_are_refused(void **state)
{
    (void)state;
    real x = 1;
    int64_t integer = 1;
    assert_int_equal(dtype_to_real(&x, &integer, DTYPE_I64, 1), GMR_ERR_TYPE);
    assert_string_equal(gmr_error_message(), "elements of type I64 are not floating point");
    assert_int_equal(dtype_from_real(&integer, DTYPE_U8, &x, 1), GMR_ERR_TYPE);
    assert_string_equal(gmr_error_message(), "elements of type U8 are not floating point");
    assert_int_equal(integer, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_has_its_value_and_comes_back),
        cmocka_unit_test(rounding_is_to_nearest_and_ties_to_even),
        cmocka_unit_test(large_values_become_infinite),
        cmocka_unit_test(small_values_become_zero_with_their_sign),
        cmocka_unit_test(any_nan_stays_one),
        cmocka_unit_test(arrays_are_converted_at_any_address),
        cmocka_unit_test(bytes_are_those_of_ieee),
        cmocka_unit_test(wider_types_are_rounded_once),
        cmocka_unit_test(integers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
