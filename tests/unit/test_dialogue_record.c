/* Dialogues that are kept while they are played: what is read is what was told, what was stopped
 * goes on with nothing played twice, and what is damaged is played again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"
#include "learning/dialogue_record.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

enum { ITEMS = 170, WIDTH = 5, TURNS = 3, SHOWN = 2, BATCH = 64, BATCHES = 3 };

static struct compute *compute;
static real pictures[ITEMS * WIDTH];
static size_t ranks[ITEMS * TURNS], other_ranks[ITEMS * TURNS];
static size_t calls; /* of the critic, one a batch and turn */

/* ---- dialogues ---- */

static enum gmr_status critiques(void *user, const uint64_t *target, const uint64_t *liked,
                                 struct critic_memory *memory, size_t count, real *text,
                                 char (*words)[CRITIC_TEXT])
{
    (void)user, (void)memory;
    for (size_t u = 0; u < count; u++) {
        for (size_t i = 0; i < WIDTH; i++)
            text[u * WIDTH + i] = pictures[target[u] * WIDTH + i] - pictures[liked[u] * WIDTH + i];
        snprintf(words[u], CRITIC_TEXT, "\"%zu\", not %zu\xC3\xA9", (size_t)target[u],
                 (size_t)liked[u]);
    }
    calls++;
    return GMR_OK;
}

static struct dialogue_source source(void)
{
    return (struct dialogue_source){
        .items = ITEMS, .features = WIDTH, .image = pictures, .critiques = critiques
    };
}

static struct dialogue_record_size size_of(size_t batch)
{
    return (struct dialogue_record_size){ ITEMS, TURNS, SHOWN, batch };
}

static enum gmr_status open_record(struct dialogue_record *record, const char *name, size_t batch)
{
    return dialogue_record_open(record, NULL, in_scratch(name), json_pack("{s:s}", "job", "test"),
                                size_of(batch));
}

static enum gmr_status keep(void *user, const struct policy_dialogue *d)
{
    return dialogue_record_add(user, d);
}

/* Asks for the end after so many questions. */
static bool stop_after(void *user)
{
    size_t *left = user;
    return (*left)-- == 0;
}

static enum gmr_status play(struct dialogue_record *record, size_t batches, size_t *to)
{
    const struct gmr_progress progress = { .cancelled = stop_after, .user = &batches };
    const struct dialogue_source from = source();
    const struct policy_evaluation_settings settings = { .batch = BATCH,
                                                         .turns = TURNS,
                                                         .shown = SHOWN,
                                                         .seed = 42,
                                                         .known = record->known,
                                                         .watch = keep,
                                                         .user = record };
    struct policy_evaluation result = { .ranks = to };
    struct policy *policy;
    assert_int_equal(policy_create(NULL, "sum", BATCH, &from, 42, &policy), GMR_OK);
    const enum gmr_status status =
        policy_evaluation_run(policy, compute, NULL, &from, &settings, &progress, &result);
    policy->destroy(policy);
    return status;
}

/* Reads what is known and plays so many batches of what is not. */
static enum gmr_status go_on(const char *name, size_t batches, size_t *to)
{
    struct dialogue_record record;
    assert_int_equal(open_record(&record, name, BATCH), GMR_OK);
    assert_int_equal(dialogue_record_read(&record, to, NULL, NULL), GMR_OK);
    const enum gmr_status status = play(&record, batches, to);
    dialogue_record_close(&record);
    return status;
}

static int setup(void **state)
{
    fill_normal(pictures, ITEMS * WIDTH, 8);
    calls = 0;
    scratch_setup(state);
    assert_int_equal(compute_create_cpu(NULL, 1, &compute), GMR_OK);
    assert_int_equal(go_on("whole", SIZE_MAX, other_ranks), GMR_OK);
    assert_int_equal(calls, BATCHES * TURNS);
    return 0;
}

static int teardown(void **state)
{
    compute_destroy(compute);
    return scratch_teardown(state);
}

static void same_as_whole(const char *name)
{
    char log[64];
    snprintf(log, sizeof log, "%s/" RUN_LOG, name);
    assert_memory_equal(ranks, other_ranks, sizeof ranks);
    assert_true(training_same_file("whole/" RUN_LOG, log));
}

/* ---- what is kept ---- */

struct told {
    size_t count;
    size_t list[ITEMS][(TURNS + 1) * SHOWN], liked[ITEMS][TURNS], rank[ITEMS][TURNS];
    char words[ITEMS][TURNS][CRITIC_TEXT];
};

static enum gmr_status take(void *user, const struct policy_dialogue *d)
{
    struct told *told = user;
    assert_int_equal(d->target, told->count++);
    assert_int_equal(d->turns, TURNS);
    assert_int_equal(d->shown, SHOWN);
    memcpy(told->list[d->target], d->list, sizeof told->list[0]);
    memcpy(told->liked[d->target], d->liked, sizeof told->liked[0]);
    memcpy(told->rank[d->target], d->rank, sizeof told->rank[0]);
    for (size_t turn = 0; turn < TURNS; turn++)
        strcpy(told->words[d->target][turn], d->words[turn]);
    return GMR_OK;
}

static void what_is_read_is_what_was_told(void **state)
{
    (void)state;
    static struct told first, second;
    const struct dialogue_source from = source();
    struct policy_evaluation_settings settings = {
        .batch = BATCH, .turns = TURNS, .shown = SHOWN, .seed = 42, .watch = take, .user = &first
    };
    struct policy_evaluation result = { .ranks = ranks };
    struct dialogue_record record;
    struct policy *policy;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    assert_int_equal(policy_create(NULL, "sum", BATCH, &from, 42, &policy), GMR_OK);
    assert_int_equal(policy_evaluation_run(policy, compute, NULL, &from, &settings, NULL, &result),
                     GMR_OK);
    policy->destroy(policy);
    assert_int_equal(open_record(&record, "whole", BATCH), GMR_OK);
    assert_int_equal(record.known, ITEMS);
    memset(ranks, 0, sizeof ranks);
    assert_int_equal(dialogue_record_read(&record, ranks, take, &second), GMR_OK);
    dialogue_record_close(&record);
    dialogue_record_close(&record); /* a closed one is fine */
    assert_memory_equal(&first, &second, sizeof first);
    assert_memory_equal(ranks, other_ranks, sizeof ranks);
}

static void nothing_is_played_twice(void **state)
{
    (void)state;
    calls = 0;
    assert_int_equal(go_on("parts", 0, ranks), GMR_ERR_CANCELLED);
    for (size_t batches = 1; batches < BATCHES; batches++) {
        assert_int_equal(go_on("parts", 1, ranks), GMR_ERR_CANCELLED);
        assert_int_equal(calls, batches * TURNS);
    }
    for (int again = 0; again < 2; again++) {
        assert_int_equal(go_on("parts", SIZE_MAX, ranks), GMR_OK);
        assert_int_equal(calls, BATCHES * TURNS);
        same_as_whole("parts");
    }
}

/* Of one who draws, some dialogues are worth nothing. */
static void all_or_none_may_be_known(void **state)
{
    (void)state;
    struct dialogue_record record;
    assert_int_equal(go_on("parts", 2, ranks), GMR_ERR_CANCELLED);
    assert_int_equal(open_record(&record, "parts", BATCH), GMR_OK);
    assert_int_equal(record.known, 2 * BATCH);
    dialogue_record_close(&record);
    assert_int_equal(open_record(&record, "parts", ITEMS), GMR_OK);
    assert_int_equal(record.known, 0);
    dialogue_record_close(&record);
    assert_int_equal(open_record(&record, "whole", ITEMS), GMR_OK);
    assert_int_equal(record.known, ITEMS);
    dialogue_record_close(&record);
}

/* ---- damage ---- */

static char *read_whole(size_t *size)
{
    struct file_map map;
    assert_int_equal(file_map_open(&map, in_scratch("whole/" RUN_LOG)), GMR_OK);
    char *text = malloc(map.size + 1);
    assert_non_null(text);
    memcpy(text, map.data, map.size);
    text[map.size] = '\0';
    *size = map.size;
    file_map_close(&map);
    return text;
}

static size_t line_at(const char *text, size_t line)
{
    const char *at = text;
    for (; line > 0; line--)
        at = strchr(at, '\n') + 1;
    return (size_t)(at - text);
}

/* What was written before the damage and is whole stays, the rest is played again. */
static void check_damaged(const char *text, size_t size, size_t known)
{
    struct dialogue_record record;
    assert_int_equal(open_record(&record, "damaged", BATCH), GMR_OK);
    dialogue_record_close(&record);
    write_file(in_scratch("damaged/" RUN_LOG), text, size);
    assert_int_equal(open_record(&record, "damaged", BATCH), GMR_OK);
    assert_int_equal(record.known, known);
    dialogue_record_close(&record);
    calls = 0;
    memset(ranks, 0, sizeof ranks);
    assert_int_equal(go_on("damaged", SIZE_MAX, ranks), GMR_OK);
    assert_int_equal(calls, (BATCHES - known / BATCH) * TURNS);
    same_as_whole("damaged");
}

static void torn_lines_are_cut(void **state)
{
    (void)state;
    size_t size;
    char *text = read_whole(&size);
    const size_t third = line_at(text, 2 * BATCH);
    check_damaged(text, 0, 0);
    check_damaged(text, 1, 0);
    check_damaged(text, size - 1, 2 * BATCH);
    check_damaged(text, third, 2 * BATCH);
    check_damaged(text, third - 1, BATCH);
    check_damaged(text, third + 20, 2 * BATCH);
    memset(text + third - 40, 0, 80); /* a page that did not reach the disk */
    check_damaged(text, size, BATCH);
    free(text);
}

/* Puts other text of the same length into the line of the last user of the first batch. */
static void check_changed(const char *from, const char *to)
{
    size_t size;
    char *text = read_whole(&size);
    char *at = strstr(text + line_at(text, BATCH - 1), from);
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    check_damaged(text, size, 0);
    free(text);
}

static void lines_must_make_sense(void **state)
{
    (void)state;
    check_changed("\"target\":63", "\"target\":64");
    check_changed("\"target\":63", "\"tarred\":63");
    check_changed("\"shown\":[[", "\"shown\":[]");
    check_changed("\"shown\":[[", "\"shower\":[");
    check_changed("],[", ",[[");
    check_changed("],[", "] [");
    check_changed("\"rank\":[", "\"rank\":9");
    check_changed("\"liked\":[", "\"liked\":{");
    check_changed("\"critique\":[\"", "\"critique\":[1");
    check_changed("\xC3\xA9", "\xC3\xC3");
    check_changed("not ", "\xFF\xFF\xFF\xFF");
}

/* Numbers are of items that are there. */
static void numbers_have_limits(void **state)
{
    (void)state;
    static const char *const members[] = { "\"shown\":[[", "\"liked\":[", "\"rank\":[" };
    for (size_t i = 0; i < 3; i++) {
        size_t size;
        char *text = read_whole(&size), *longer = malloc(size + 8);
        const size_t at = (size_t)(strstr(text + line_at(text, 2 * BATCH), members[i]) - text) +
                          strlen(members[i]);
        const size_t digits = strspn(text + at, "0123456789");
        assert_non_null(longer);
        memcpy(longer, text, at);
        memcpy(longer + at, "170", 3);
        memcpy(longer + at + 3, text + at + digits, size - at - digits);
        check_damaged(longer, size + 3 - digits, 2 * BATCH);
        memcpy(longer + at, "-10", 3);
        check_damaged(longer, size + 3 - digits, 2 * BATCH);
        free(longer);
        free(text);
    }
}

static void a_file_that_changes_meanwhile_is_told(void **state)
{
    (void)state;
    struct dialogue_record record;
    assert_int_equal(go_on("parts", 2, ranks), GMR_ERR_CANCELLED);
    assert_int_equal(open_record(&record, "parts", BATCH), GMR_OK);
    write_file(in_scratch("parts/" RUN_LOG), "{}\n", 3);
    assert_int_equal(dialogue_record_read(&record, ranks, NULL, NULL), GMR_ERR_FORMAT);
    assert_message("line 1 is no dialogue");
    dialogue_record_close(&record);
}

static enum gmr_status refuse(void *user, const struct policy_dialogue *d)
{
    ++*(size_t *)user;
    return d->target < 2 ? GMR_OK : gmr_error(GMR_ERR_IO, "no more");
}

static void who_looks_may_end_it(void **state)
{
    (void)state;
    struct dialogue_record record;
    size_t seen = 0;
    assert_int_equal(open_record(&record, "whole", BATCH), GMR_OK);
    assert_int_equal(dialogue_record_read(&record, ranks, refuse, &seen), GMR_ERR_IO);
    assert_int_equal(seen, 3);
    dialogue_record_close(&record);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_what_was_told), TEST(nothing_is_played_twice),
        TEST(all_or_none_may_be_known),      TEST(torn_lines_are_cut),
        TEST(lines_must_make_sense),         TEST(numbers_have_limits),
        TEST(who_looks_may_end_it),          TEST(a_file_that_changes_meanwhile_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
