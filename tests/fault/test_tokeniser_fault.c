/* The tokeniser when memory runs out: every allocation fails in turn, once alone and once with all
 * that follow. Each job must then say so and hold nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "media/tokeniser.h"
#include "support/faults.h"
#include "support/support.h"

static char compressed[256];
static size_t compressed_size;

static int compress_vocabulary(void **state)
{
    static char text[] = "#version: 0.2\nl o\nlo w</w>\n";
    z_stream stream = { .next_in = (Bytef *)text, .avail_in = sizeof text - 1 };
    (void)state;
    stream.next_out = (Bytef *)compressed;
    stream.avail_out = sizeof compressed;
    if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&stream, Z_FINISH) != Z_STREAM_END)
        return -1;
    compressed_size = sizeof compressed - stream.avail_out;
    return deflateEnd(&stream);
}

/* A word longer than the merger begins with, marks to put in order, an error on the way. */
static enum gmr_status use(struct tokeniser *tokeniser)
{
    static const char text[] =
        "low &amp; lowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlow"
        "lowlowlowlowlowlowlow a\u0301\u0316";
    int64_t ids[100];
    size_t length, size;
    char words[400];
    const char *written;
    TRY(tokeniser_encode(tokeniser, text, 100, false, ids, &length));
    TRY(tokeniser_decode(tokeniser, ids, length, words, sizeof words));
    return tokeniser_text(tokeniser, &written, &size);
}

static enum gmr_status read_and_use(const struct gmr_allocator *allocator, const void *subject)
{
    (void)subject;
    struct tokeniser *tokeniser;
    TRY(tokeniser_parse(allocator, compressed, compressed_size, "test", &tokeniser));
    enum gmr_status status = use(tokeniser);
    tokeniser_destroy(tokeniser);
    return status;
}

static enum gmr_status learn(const struct gmr_allocator *allocator, const void *subject)
{
    (void)subject;
    static const char text[] =
        "the quick brown fox jumps over the lazy dog, and the dog jumps over "
        "the quick fox; the lazy brown dog jumps over the brown quick fox";
    struct tokeniser_trainer *trainer;
    struct tokeniser *tokeniser = NULL;
    TRY(tokeniser_trainer_create(allocator, &trainer));
    enum gmr_status status = tokeniser_trainer_add(trainer, text);
    if (status == GMR_OK)
        status = tokeniser_trainer_finish(trainer, 100, &tokeniser);
    tokeniser_trainer_destroy(trainer);
    assert_true(status == GMR_OK || !tokeniser);
    tokeniser_destroy(tokeniser);
    return status;
}

static void reading_survives(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(read_and_use, NULL, false) > 15);
    assert_true(fail_each_allocation(read_and_use, NULL, true) > 15);
}

static void learning_survives(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(learn, NULL, false) > 20);
    assert_true(fail_each_allocation(learn, NULL, true) > 20);
}

/* A trainer that could not count a text counts the next one. */
static void trainer_goes_on(void **state)
{
    (void)state;
    for (size_t n = 2;; n++) {
        struct failing_allocator memory;
        struct tokeniser_trainer *trainer;
        struct tokeniser *tokeniser;
        failing_allocator_init(&memory, n);
        assert_int_equal(tokeniser_trainer_create(&memory.allocator, &trainer), GMR_OK);
        enum gmr_status status = tokeniser_trainer_add(trainer, "one");
        memory.fail_at = 0;
        assert_int_equal(tokeniser_trainer_add(trainer, "two two"), GMR_OK);
        assert_int_equal(tokeniser_trainer_finish(trainer, 1, &tokeniser), GMR_OK);
        assert_int_equal(tokeniser_size(tokeniser), 515);
        tokeniser_destroy(tokeniser);
        tokeniser_trainer_destroy(trainer);
        assert_true(failing_allocator_is_clean(&memory));
        if (status == GMR_OK)
            break;
        assert_int_equal(status, GMR_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_survives),
        cmocka_unit_test(learning_survives),
        cmocka_unit_test(trainer_goes_on),
    };

    return cmocka_run_group_tests(tests, compress_vocabulary, NULL);
}
