/* Pictures when the n-th allocation fails, for every n. Memory that libjpeg and libwebp take for
 * themselves is the system's and not made to fail here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/faults.h"
#include "support/message.h"
#include "support/picture_files.h"
#include "support/support.h"

static void check(fault_job *work, const void *subject, size_t at_least)
{
    for (int stays_failed = 0; stays_failed < 2; stays_failed++)
        assert_in_range(fail_each_allocation(work, subject, stays_failed), at_least, 1000);
}

static enum gmr_status decode(const struct gmr_allocator *allocator, const void *subject)
{
    const struct made_file *file = subject;
    struct picture picture;
    enum gmr_status status =
        picture_decode(allocator, file->bytes, file->size, 0, "x", &picture, NULL, NULL);
    if (status != GMR_OK) {
        assert_null(picture.pixels);
        assert_message("cannot decode 'x': out of memory");
    }
    picture_release(&picture);
    return status;
}

static void decoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_KINDS; i++) {
        struct made_file file = made_of_kind(&made_kinds[i], 37, 21);
        check(decode, &file, made_kinds[i].format == GMR_PICTURE_PNG ? 5 : 1);
        made_file_release(&file);
    }
}

static void decoding_and_turning(void **state)
{
    (void)state;
    struct made_file file = made_jpeg((struct jpeg_kind){ .components = 4 }, 37, 21);
    add_orientation(&file, 6, true);
    check(decode, &file, 3);
    made_file_release(&file);
}

static enum gmr_status resize(const struct gmr_allocator *allocator, const void *subject)
{
    struct picture out;
    enum gmr_status status = picture_resize(allocator, subject, 300, 200, &out);
    assert_true((status == GMR_OK) == (out.pixels != NULL));
    picture_release(&out);
    return status;
}

static enum gmr_status encode(const struct gmr_allocator *allocator, const void *subject)
{
    struct picture_file file;
    enum gmr_status status = picture_encode_jpeg(allocator, subject, 100, &file);
    assert_true((status == GMR_OK) == (file.bytes != NULL));
    picture_file_release(&file);
    return status;
}

static enum gmr_status thumbnail(const struct gmr_allocator *allocator, const void *subject)
{
    struct picture_file file;
    enum gmr_status status = picture_thumbnail(allocator, subject, 20, &file);
    assert_true((status == GMR_OK) == (file.bytes != NULL));
    picture_file_release(&file);
    return status;
}

static void making_others(void **state)
{
    (void)state;
    struct picture picture = made_picture(320, 240);
    for (size_t i = 0; i < 3 * 320 * 240; i++)
        picture.pixels[i] = (uint8_t)(i * i >> 7); /* a file of more than one block */
    check(resize, &picture, 2);
    check(encode, &picture, 3);
    check(thumbnail, &picture, 3);
    picture_release(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding),
        cmocka_unit_test(decoding_and_turning),
        cmocka_unit_test(making_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
