/* Records of dialogues when memory or the disk runs out: it is said, nothing is held, and what was
 * written before is of use. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/status.h"
#include "learning/dialogue_record.h"
#include "support/faults.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/training.h"

enum { USERS = 20, TURNS = 3, SHOWN = 2, BATCH = 4 };

static enum gmr_status open_record(struct dialogue_record *record,
                                   const struct gmr_allocator *allocator, const char *name)
{
    return dialogue_record_open(record, allocator, in_scratch(name),
                                json_pack("{s:s}", "job", "test"),
                                (struct dialogue_record_size){ USERS, TURNS, SHOWN, BATCH });
}

/* Long words, so that a few kilobytes are too few. */
static enum gmr_status add(struct dialogue_record *record, size_t user)
{
    static const size_t list[(TURNS + 1) * SHOWN] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    static const size_t liked[TURNS] = { 1, 4, 5 }, rank[TURNS] = { 9, 7, 0 };
    char words[TURNS][CRITIC_TEXT];
    for (size_t turn = 0; turn < TURNS; turn++)
        snprintf(words[turn], CRITIC_TEXT, "%0200zu", user * TURNS + turn);
    const struct policy_dialogue d = { .target = user,
                                       .turns = TURNS,
                                       .shown = SHOWN,
                                       .list = list,
                                       .liked = liked,
                                       .words = words,
                                       .rank = rank };
    return dialogue_record_add(record, &d);
}

static enum gmr_status read_and_add(struct dialogue_record *record, size_t *known)
{
    size_t ranks[USERS * TURNS];
    *known = record->known;
    TRY(dialogue_record_read(record, ranks, NULL, NULL));
    for (size_t user = 0; user < record->known; user++)
        assert_int_equal(ranks[user * TURNS], 9);
    for (size_t user = record->known; user < USERS; user++)
        TRY(add(record, user));
    return GMR_OK;
}

/* All that is not there yet; *known: what was. */
static enum gmr_status go_on(const struct gmr_allocator *allocator, const char *name, size_t *known)
{
    struct dialogue_record record;
    TRY(open_record(&record, allocator, name));
    const enum gmr_status status = read_and_add(&record, known);
    dialogue_record_close(&record);
    return status;
}

static enum gmr_status record_anew(const struct gmr_allocator *allocator, const void *subject)
{
    static size_t count;
    size_t known;
    char name[32];
    (void)subject;
    snprintf(name, sizeof name, "run-%zu", count++);
    return go_on(allocator, name, &known);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int stays = 0; stays < 2; stays++)
        assert_true(fail_each_allocation(record_anew, NULL, stays) >= 4);
}

static enum gmr_status on_a_small_disk(const char *name, rlim_t bytes)
{
    struct rlimit before, small;
    size_t known;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = bytes;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum gmr_status status = go_on(NULL, name, &known);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    return status;
}

static void the_disk_may_be_full(void **state)
{
    (void)state;
    size_t known;
    assert_int_equal(go_on(NULL, "whole", &known), GMR_OK);
    assert_int_equal(on_a_small_disk("parts", 5000), GMR_ERR_IO);
    assert_message("parts/log.jsonl'");
    assert_int_equal(go_on(NULL, "parts", &known), GMR_OK);
    assert_int_equal(known, BATCH);
    assert_true(training_same_file("whole/" RUN_LOG, "parts/" RUN_LOG));
}

/* Not even its settings find room: nothing is begun. */
static void a_disk_may_be_full_from_the_beginning(void **state)
{
    (void)state;
    size_t known;
    assert_int_equal(on_a_small_disk("none", 4), GMR_ERR_IO);
    assert_message("none/config.json'");
    assert_int_equal(go_on(NULL, "none", &known), GMR_OK);
    assert_int_equal(known, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_allocation_may_fail),
        TEST(the_disk_may_be_full),
        TEST(a_disk_may_be_full_from_the_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
