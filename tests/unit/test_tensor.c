/* Element types by name, and shapes: counting, comparing, printing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tensor/tensor.h"

static struct tensor shaped(enum dtype dtype, size_t rank, const size_t *dim)
{
    struct tensor x = { .dtype = dtype, .rank = (uint32_t)rank };
    if (rank > 0)
        memcpy(x.dim, dim, rank * sizeof *dim);
    return x;
}

static void types_are_found_by_name(void **state)
{
    (void)state;
    static const size_t sizes[DTYPE_COUNT] = {
        [DTYPE_F32] = 4, [DTYPE_F64] = 8, [DTYPE_F16] = 2, [DTYPE_BF16] = 2, [DTYPE_I64] = 8,
        [DTYPE_U8] = 1,  [DTYPE_I32] = 4, [DTYPE_I16] = 2, [DTYPE_I8] = 1,   [DTYPE_BOOL] = 1
    };
    for (size_t i = 0; i < DTYPE_COUNT; i++) {
        enum dtype found = DTYPE_COUNT;
        assert_int_equal(dtype_parse(dtype_name((enum dtype)i), &found), GMR_OK);
        assert_int_equal(found, i);
        assert_int_equal(dtype_size((enum dtype)i), sizes[i]);
    }
    assert_string_equal(dtype_name(DTYPE_BF16), "BF16");
    assert_int_equal(dtype_size(DTYPE_REAL), sizeof(real));
}

static void other_types_are_unknown(void **state)
{
    (void)state;
    static const char *names[] = { "", "f32", "F3", "F32 ", "F8_E4M3", "BOOLEAN", "U32" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        enum dtype dtype = DTYPE_I64;
        assert_int_equal(dtype_parse(names[i], &dtype), GMR_ERR_TYPE);
        assert_int_equal(dtype, DTYPE_I64);
    }
    assert_string_equal(gmr_error_message(), "unknown element type 'U32'");
}

static void sizes_follow_from_the_shape(void **state)
{
    (void)state;
    struct tensor x = shaped(DTYPE_I64, 3, (const size_t[]){ 3, 5, 7 });
    assert_int_equal(tensor_numel(&x), 105);
    assert_int_equal(tensor_bytes(&x), 840);
    assert_int_equal(tensor_last(&x), 7);
    assert_int_equal(tensor_rows(&x), 15);

    struct tensor number = shaped(DTYPE_U8, 0, NULL);
    assert_int_equal(tensor_numel(&number), 1);
    assert_int_equal(tensor_bytes(&number), 1);
    assert_int_equal(tensor_last(&number), 1);
    assert_int_equal(tensor_rows(&number), 1);

    struct tensor empty = shaped(DTYPE_F64, 2, (const size_t[]){ 4, 0 });
    assert_int_equal(tensor_numel(&empty), 0);
    assert_int_equal(tensor_bytes(&empty), 0);
    assert_int_equal(tensor_rows(&empty), 4);
}

static void axes_count_from_both_ends(void **state)
{
    (void)state;
    struct tensor x = shaped(DTYPE_F32, 3, (const size_t[]){ 3, 5, 7 });
    static const size_t expected[] = { 1, 3, 5, 7, 3, 5, 7, 1 };
    for (int axis = -4; axis <= 3; axis++)
        assert_int_equal(tensor_dim(&x, axis), expected[axis + 4]);
    struct tensor number = shaped(DTYPE_F32, 0, NULL);
    assert_int_equal(tensor_dim(&number, 0), 1);
    assert_int_equal(tensor_dim(&number, -1), 1);
}

static void shapes_are_compared(void **state)
{
    (void)state;
    struct tensor a = shaped(DTYPE_F32, 2, (const size_t[]){ 3, 5 });
    struct tensor b = shaped(DTYPE_I64, 2, (const size_t[]){ 3, 5 });
    struct tensor c = shaped(DTYPE_F32, 2, (const size_t[]){ 5, 3 });
    struct tensor d = shaped(DTYPE_F32, 3, (const size_t[]){ 3, 5, 1 });
    assert_true(tensor_same_shape(&a, &b));
    assert_false(tensor_same_shape(&a, &c));
    assert_false(tensor_same_shape(&a, &d));
    a.dim[2] = 9; /* beyond the rank: means nothing */
    assert_true(tensor_same_shape(&a, &b));
}

static void values_are_those_given(void **state)
{
    (void)state;
    real number = 3;
    int64_t index = 4;
    struct tensor x = { .dtype = DTYPE_REAL, .data = &number };
    struct tensor i = { .dtype = DTYPE_I64, .data = &index };
    assert_ptr_equal(tensor_real(&x), &number);
    assert_ptr_equal(tensor_index(&i), &index);
}

static void overflow_is_noticed(void **state)
{
    (void)state;
    const size_t half = (size_t)1 << 32;
    size_t n = 0;
    assert_true(shape_numel(NULL, 0, &n));
    assert_int_equal(n, 1);
    assert_true(shape_numel((const size_t[]){ 1, SIZE_MAX, 1 }, 3, &n));
    assert_true(n == SIZE_MAX);
    assert_true(shape_numel((const size_t[]){ half, half - 1 }, 2, &n));
    assert_false(shape_numel((const size_t[]){ half, half }, 2, &n));
    assert_false(shape_numel((const size_t[]){ SIZE_MAX, 2 }, 2, &n));
    assert_true(shape_numel((const size_t[]){ 7, 0, 3 }, 3, &n));
    assert_int_equal(n, 0);
    /* empty, but the number of its rows would overflow; the order of axes makes no difference */
    assert_false(shape_numel((const size_t[]){ half, half, 0 }, 3, &n));
    assert_false(shape_numel((const size_t[]){ 0, half, half }, 3, &n));
}

static void shapes_are_printed(void **state)
{
    (void)state;
    char text[SHAPE_TEXT];
    size_t largest[TENSOR_MAX_RANK];
    struct tensor x = shaped(DTYPE_F32, 2, (const size_t[]){ 3, 5 });
    assert_ptr_equal(tensor_shape_text(&x, text), text);
    assert_string_equal(text, "[3, 5]");
    assert_string_equal(shape_text(NULL, 0, text), "[]");
    assert_string_equal(shape_text((const size_t[]){ 0 }, 1, text), "[0]");
    for (size_t i = 0; i < TENSOR_MAX_RANK; i++)
        largest[i] = SIZE_MAX;
    assert_string_equal(shape_text(largest, TENSOR_MAX_RANK, text),
                        "[18446744073709551615, 18446744073709551615, 18446744073709551615, "
                        "18446744073709551615, 18446744073709551615, 18446744073709551615]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found_by_name),     cmocka_unit_test(other_types_are_unknown),
        cmocka_unit_test(sizes_follow_from_the_shape), cmocka_unit_test(axes_count_from_both_ends),
        cmocka_unit_test(shapes_are_compared),         cmocka_unit_test(values_are_those_given),
        cmocka_unit_test(overflow_is_noticed),         cmocka_unit_test(shapes_are_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
