/* The cache of critiques when something goes wrong: memory runs out, the disk gets full, nothing
 * may be written, the process is killed. Answers are right all the same, or the call says what is
 * missing. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <string.h>

#include "simulator/critique_cache.h"
#include "support/faults.h"
#include "support/pictured.h"
#include "support/process.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/told_critic.h"

enum { ITEMS = 40, PAIRS = ITEMS * ITEMS, FEW = 5 };

#define DATABASE "shop/critiques.db"

static struct critic_pair pairs[PAIRS];
static char texts[PAIRS][CRITIC_TEXT];

static int setup(void **state)
{
    scratch_setup(state);
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (struct critic_pair){ i / ITEMS, i % ITEMS };
    return 0;
}

static bool are_right(const struct told_critic *critic, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[CRITIC_TEXT];
        told_text(critic, pairs[i], text);
        if (strcmp(text, texts[i]) != 0)
            return false;
    }
    return true;
}

/* Asks about the first pairs with a cache of its own; *asked: what the critic was asked. */
static enum gmr_status ask(const struct gmr_allocator *allocator, size_t count, size_t *asked)
{
    struct told_critic critic;
    struct catalogue *catalogue;
    struct critique_cache *cache;
    told_critic_init(&critic, "told", true);
    TRY(catalogue_open(NULL, in_scratch("shop"), &catalogue));
    enum gmr_status status = critique_cache_open(allocator, catalogue, NULL, &cache);
    if (status == GMR_OK)
        status = critique_cache_texts(cache, &critic.critic, pairs, NULL, count, texts);
    if (status == GMR_OK && !are_right(&critic, count))
        fail_msg("wrong texts");
    critique_cache_close(cache);
    catalogue_close(catalogue);
    *asked = critic.pairs;
    return status;
}

static size_t must_ask(size_t count)
{
    size_t asked;
    if (ask(NULL, count, &asked) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return asked;
}

/* ---- out of memory ---- */

static enum gmr_status ask_few(const struct gmr_allocator *allocator, const void *anew)
{
    size_t asked;
    if (anew)
        unlink(in_scratch(DATABASE));
    return ask(allocator, FEW, &asked);
}

static void out_of_memory(void **state)
{
    (void)state;
    for (int stays_failed = 0; stays_failed < 2; stays_failed++) {
        assert_true(fail_each_allocation(ask_few, "anew", stays_failed) > 8);
        assert_true(fail_each_allocation(ask_few, NULL, stays_failed) > 8);
    }
    assert_int_equal(must_ask(FEW), 0);
}

/* ---- the disk ---- */

static bool is_right_without_disk(void)
{
    size_t asked;
    return ask(NULL, PAIRS, &asked) == GMR_OK;
}

static void a_full_disk_costs_only_time(void **state)
{
    (void)state;
    static const size_t room[] = { 34000, 40000, 60000, 90000 };
    for (size_t i = 0; i < sizeof room / sizeof *room; i++) {
        assert_true(with_full_disk(room[i], is_right_without_disk));
        assert_int_equal(must_ask(PAIRS), PAIRS);
        assert_int_equal(must_ask(PAIRS), 0);
        assert_int_equal(unlink(in_scratch(DATABASE)), 0);
    }
}

static bool knows_some(void)
{
    size_t asked;
    return ask(NULL, PAIRS, &asked) == GMR_OK && asked == PAIRS - FEW;
}

static void what_is_there_serves_on_a_full_disk(void **state)
{
    (void)state;
    assert_int_equal(must_ask(FEW), FEW);
    assert_true(with_full_disk(40000, knows_some));
    assert_int_equal(must_ask(FEW), 0);
}

static void nothing_needs_to_be_written(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_scratch("."), 0755), 0);
    assert_int_equal(chmod(in_scratch("shop"), 0555), 0);
    assert_true(as_ordinary_user(is_right_without_disk));
    assert_int_equal(chmod(in_scratch("shop"), 0755), 0);
}

static void a_folder_in_its_place_is_no_cache(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_scratch(DATABASE), 0777), 0);
    assert_int_equal(must_ask(FEW), FEW);
    assert_int_equal(must_ask(FEW), FEW);
}

/* ---- killed ---- */

/* Asks in many calls until it is killed. */
static pid_t start(void)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    struct told_critic critic;
    struct catalogue *catalogue;
    struct critique_cache *cache;
    told_critic_init(&critic, "told", true);
    if (catalogue_open(NULL, in_scratch("shop"), &catalogue) != GMR_OK ||
        critique_cache_open(NULL, catalogue, NULL, &cache) != GMR_OK)
        _exit(1);
    for (size_t i = 0; i < PAIRS; i += 100)
        if (critique_cache_texts(cache, &critic.critic, pairs + i, NULL, 100, texts) != GMR_OK)
            _exit(1);
    raise(SIGKILL);
    _exit(1);
}

/* Of 1600 rows the first 1000 were written at once. */
static void a_killed_process_leaves_what_it_wrote(void **state)
{
    (void)state;
    int status;
    const pid_t child = start();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    const size_t asked = must_ask(PAIRS);
    assert_true(asked < PAIRS / 2);
    assert_int_equal(must_ask(PAIRS), 0);
}

/* Several processes begin at once on nothing. */
static void processes_share_one_file(void **state)
{
    (void)state;
    enum { PROCESSES = 6 };
    pid_t child[PROCESSES];
    for (size_t i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0)
            _exit(is_right_without_disk() ? 0 : 1);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(must_ask(PAIRS), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(out_of_memory),
        TEST(a_full_disk_costs_only_time),
        TEST(what_is_there_serves_on_a_full_disk),
        TEST(nothing_needs_to_be_written),
        TEST(a_folder_in_its_place_is_no_cache),
        TEST(a_killed_process_leaves_what_it_wrote),
        TEST(processes_share_one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
