/* Files in which tensors share memory: a few views of one array are fine, any number is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/status.h"
#include "support/message.h"
#include "tensor/safetensors_handle.h"
#include "tensor/stretch.h"

enum { MEGABYTE = 1024 * 1024, SIZE = 2 * MEGABYTE, MOST = 16 };

static uint8_t bytes[SIZE];

/* `count` tensors of `size` bytes, each `step` after the one before. */
static enum gmr_status check(size_t count, size_t size, size_t step)
{
    struct safetensors_entry entry[MOST];
    char name[MOST][24];
    struct arena arena;
    struct safetensors *file;
    assert_true(count <= MOST && (count - 1) * step + size <= SIZE);
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        snprintf(name[i], sizeof name[i], "%zu", i);
        entry[i] = (struct safetensors_entry){
            .name = name[i], .dtype = DTYPE_U8, .rank = 1, .data = bytes + i * step, .size = size
        };
        entry[i].dim[0] = size;
    }
    assert_int_equal(safetensors_create(NULL, "f.pt", entry, count, &arena, &file), GMR_OK);
    const enum gmr_status status = stretch_check(NULL, file);
    safetensors_close(file);
    return status;
}

static void own_memory_is_fine(void **state)
{
    (void)state;
    assert_int_equal(check(1, SIZE, 0), GMR_OK);
    assert_int_equal(check(16, SIZE / 16, SIZE / 16), GMR_OK);
    assert_int_equal(check(16, 0, 0), GMR_OK);
}

static void some_sharing_is_fine(void **state)
{
    (void)state;
    assert_int_equal(check(4, SIZE, 0), GMR_OK);
    assert_int_equal(check(16, 65536, 0), GMR_OK); /* little in all */
    assert_int_equal(check(7, MEGABYTE, MEGABYTE / 6), GMR_OK);
}

static void much_sharing_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check(16, SIZE, 0), GMR_ERR_FORMAT);
    assert_message("'f.pt'");
    assert_message("33554432 bytes lie in 2097152");
    assert_int_equal(check(16, MEGABYTE, MEGABYTE / 16), GMR_ERR_FORMAT);
    assert_message("16777216 bytes lie in 2031616");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_memory_is_fine),
        cmocka_unit_test(some_sharing_is_fine),
        cmocka_unit_test(much_sharing_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
