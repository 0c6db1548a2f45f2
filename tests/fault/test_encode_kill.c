/* Encoding that is killed at any moment, again and again, ends with the same bytes as an unbroken
 * run, and makes no vector twice that it had. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rng.h"
#include "support/encoding.h"
#include "support/pictured.h"
#include "support/scratch.h"
#include "support/support.h"

enum { ITEMS = 300, ROUNDS = 20 };

#define EMBEDDING "shop/embedding/clip.safetensors"
#define PARTIAL   "shop/embedding/clip.partial"

static struct gmr_encode_report encode(void)
{
    struct fake_tower tower = { .encoder = "a" };
    struct gmr_encode_report report;
    if (fake_encode(NULL, &tower, &report) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return report;
}

/* Encodes in a child that kills itself after some calls of the tower (0: never). */
static pid_t start(size_t end_after)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fake_tower tower = { .encoder = "a", .end_after = end_after };
        struct gmr_encode_report report;
        _exit(fake_encode(NULL, &tower, &report) == GMR_OK ? 0 : 1);
    }
    return child;
}

static bool was_killed(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* The bytes of an unbroken run; the embedding is removed. */
static struct file_map encode_unbroken(void)
{
    struct file_map map;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    encode();
    assert_int_equal(file_map_open(&map, in_scratch(EMBEDDING)), GMR_OK);
    assert_int_equal(unlink(in_scratch(EMBEDDING)), 0);
    return map;
}

static void every_run_goes_on_where_the_last_was_killed(void **state)
{
    (void)state;
    struct file_map expected = encode_unbroken();
    size_t runs = 0;
    while (was_killed(start(1))) /* each makes a batch */
        runs++;
    assert_true(runs > 8);
    assert_true(file_holds(in_scratch(EMBEDDING), expected.data, expected.size));
    assert_int_not_equal(access(in_scratch(PARTIAL), F_OK), 0);
    file_map_close(&expected);
}

/* Delays reach a little beyond the end, so that some runs are killed while they write the
 * embedding, and some not at all. */
static void killed_at_any_time_it_ends_the_same(void **state)
{
    (void)state;
    struct file_map expected = encode_unbroken();
    struct mt19937 rng;
    size_t killed = 0, resumed = 0;
    const double begin = clock_seconds();
    was_killed(start(0));
    const double whole = clock_seconds() - begin;
    mt19937_seed(&rng, 1);
    for (size_t i = 0; i < ROUNDS; i++) {
        const double delay = mt19937_double(&rng) * 1.2 * whole;
        const struct timespec pause = { .tv_nsec = (long)(delay * 1e9) };
        unlink(in_scratch(EMBEDDING));
        const pid_t child = start(0);
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        killed += was_killed(child);
        if (access(in_scratch(EMBEDDING), F_OK) != 0)
            resumed += encode().resumed > 0;
        assert_true(file_holds(in_scratch(EMBEDDING), expected.data, expected.size));
    }
    assert_true(killed > 0);
    assert_true(resumed > 0);
    file_map_close(&expected);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_run_goes_on_where_the_last_was_killed),
        TEST(killed_at_any_time_it_ends_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
