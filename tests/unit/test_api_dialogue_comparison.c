/* gmr_dialogue_compare: each result is what the evaluation alone gives, and the chances are those
 * of tests on the values of the users that a watcher sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gommir/evaluation.h>

#include "base/digest.h"
#include "base/file.h"
#include "catalogue/catalogue.h"
#include "catalogue/embedding.h"
#include "learning/significance.h"
#include "support/clip_files.h"
#include "support/encoded.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

enum { TURNS = 4, SHOWN = 2, MODELS = 4, REFERENCE = 2 };

static const char *const rules[MODELS] = { "random", "text", "sum", "average-vector" };

static struct failing_allocator memory;
static struct gmr_context *context;
static struct gmr_dialogue_evaluation_options options[GMR_MAX_COMPARED + 1];
static struct gmr_dialogue_evaluation results[GMR_MAX_COMPARED + 1];
static struct gmr_dialogue_difference differences[GMR_MAX_COMPARED + 1];
static char shop[PATH_MAX], encoder[PATH_MAX], digest[DIGEST_HEX];

/* ---- fixtures ---- */

static int reset_options(void **state)
{
    (void)state;
    for (size_t i = 0; i <= GMR_MAX_COMPARED; i++) {
        options[i] = gmr_dialogue_evaluation_options_default();
        options[i].policy = rules[i % MODELS];
        options[i].catalogue = shop;
        options[i].split = "train";
        options[i].encoder = encoder;
        options[i].turns = TURNS;
        options[i].k = SHOWN;
    }
    return 0;
}

static int setup(void **state)
{
    struct gmr_context_options wanted = gmr_context_options_default();
    scratch_setup(state);
    failing_allocator_init(&memory, 0);
    wanted.allocator = memory.allocator;
    wanted.threads = 2;
    assert_int_equal(gmr_context_create(&wanted, &context), GMR_OK);
    encoded_prepare(digest);
    encoded_embed(digest, 0);
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    snprintf(encoder, sizeof encoder, "%s", in_scratch("clip.safetensors"));
    return 0;
}

static int teardown(void **state)
{
    gmr_context_destroy(context);
    assert_true(failing_allocator_is_clean(&memory));
    return scratch_teardown(state);
}

static void compare(size_t count, size_t reference)
{
    if (gmr_dialogue_compare(context, options, count, reference, NULL, results, differences) !=
        GMR_OK)
        fail_msg("%s", gmr_error_message());
}

/* ---- chances ---- */

/* What the users of one model got by the last turn. */
struct got {
    size_t users;
    double value[3][TRAINING_ITEMS]; /* success, NDCG@3, NDCG@10 */
};

static void look(void *user, const struct gmr_dialogue *d)
{
    struct got *got = user;
    size_t rank = d->rank[TURNS - 1];
    for (size_t turn = 0; turn + 1 < TURNS; turn++)
        if (d->rank[turn] < SHOWN)
            rank = 0;
    const double ndcg = 1 / log2((double)rank + 2);
    got->value[0][d->user] = rank < SHOWN;
    got->value[1][d->user] = rank < 3 ? ndcg : 0;
    got->value[2][d->user] = rank < 10 ? ndcg : 0;
    got->users++;
}

/* Holm, by its words: as many tests as there are at least as large ones, and never below a smaller.
 */
static double corrected(const double p[MODELS], size_t i)
{
    double most = 0;
    for (size_t j = 0; j < MODELS; j++) {
        size_t larger = 0;
        if (j == REFERENCE || p[j] > p[i])
            continue;
        for (size_t k = 0; k < MODELS; k++)
            larger += k != REFERENCE && p[k] >= p[j];
        most = fmax(most, fmin(1, (double)larger * p[j]));
    }
    return most;
}

static void chances_are_those_of_the_users(void **state)
{
    (void)state;
    static struct got got[MODELS];
    memset(got, 0, sizeof got);
    for (size_t i = 0; i < MODELS; i++) {
        options[i].watch = look;
        options[i].watch_user = &got[i];
    }
    compare(MODELS, REFERENCE);
    for (size_t measure = 0; measure < 3; measure++) {
        double p[MODELS];
        for (size_t i = 0; i < MODELS; i++)
            p[i] =
                paired_t_test(got[i].value[measure], got[REFERENCE].value[measure], got[i].users).p;
        for (size_t i = 0; i < MODELS; i++) {
            const struct gmr_dialogue_difference *d = &differences[i];
            const double found = measure == 0 ? d->sr : measure == 1 ? d->ndcg3 : d->ndcg10;
            assert_int_equal(got[i].users, results[i].users);
            if (i == REFERENCE)
                assert_true(isnan(found));
            else
                assert_true(fabs(found - corrected(p, i)) < 1e-12);
        }
    }
    assert_true(differences[0].sr < 1 || differences[1].sr < 1 || differences[3].sr < 1);
}

static void results_are_those_of_each_alone(void **state)
{
    (void)state;
    compare(MODELS, 0);
    for (size_t i = 0; i < MODELS; i++) {
        struct gmr_dialogue_evaluation alone;
        assert_int_equal(gmr_dialogue_evaluate(context, &options[i], &alone), GMR_OK);
        alone.seconds = results[i].seconds = 0;
        assert_memory_equal(&alone, &results[i], sizeof alone);
    }
}

static void what_is_the_same_does_not_differ(void **state)
{
    (void)state;
    options[1].policy = options[0].policy;
    compare(2, 1);
    assert_true(differences[0].sr == 1 && differences[0].ndcg3 == 1 && differences[0].ndcg10 == 1);
    assert_true(isnan(differences[1].sr));
    compare(1, 0);
    assert_true(isnan(differences[0].sr) && results[0].users > 0);
}

/* ---- what is refused ---- */

static void refuse(size_t count, size_t reference, enum gmr_status expected, const char *message)
{
    differences[0].sr = 0;
    assert_int_equal(
        gmr_dialogue_compare(context, options, count, reference, NULL, results, differences),
        expected);
    assert_message(message);
    if (count > 0)
        assert_true(isnan(differences[0].sr));
    reset_options(NULL);
}

static void what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    refuse(0, 0, GMR_ERR_RANGE, "0 models");
    refuse(GMR_MAX_COMPARED + 1, 0, GMR_ERR_RANGE, "65 models");
    refuse(MODELS, MODELS, GMR_ERR_RANGE, "model 4 of 4");
    options[1].seed = 43;
    refuse(2, 0, GMR_ERR_RANGE, "of the same kind");
    options[2].turns = TURNS + 1;
    refuse(3, 0, GMR_ERR_RANGE, "of the same kind");
    options[1].k = SHOWN + 1;
    refuse(2, 0, GMR_ERR_RANGE, "of the same kind");
    options[1].split = "test";
    refuse(2, 0, GMR_ERR_RANGE, "of the same kind");
    options[1].captioner = "captioner";
    refuse(2, 0, GMR_ERR_RANGE, "of the same kind");
    options[1].phrasing = GMR_PHRASING_TRAINING;
    refuse(2, 0, GMR_ERR_RANGE, "of the same kind");
    options[1].protocol = GMR_PROTOCOL_PAPER;
    refuse(2, 0, GMR_ERR_RANGE, "of the same kind");
    options[1].like_by_encoder = true;
    refuse(2, 0, GMR_ERR_RANGE, "of the same kind");
    options[1].policy = "psychic";
    refuse(2, 0, GMR_ERR_NOT_FOUND, "no policy 'psychic'");
}

/* ---- what is kept ---- */

static enum gmr_status compare_in(const char *directory, size_t count)
{
    return gmr_dialogue_compare(context, options, count, 0, in_scratch(directory), results,
                                differences);
}

static void same_results(const struct gmr_dialogue_evaluation *others, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        results[i].seconds = others[i].seconds;
        assert_memory_equal(&results[i], &others[i], sizeof results[i]);
    }
}

/* Record of a rule: its log. */
static void find_log(const char *directory, const char *rule, char path[PATH_MAX])
{
    glob_t found;
    char pattern[PATH_MAX];
    snprintf(pattern, sizeof pattern, "%s/%s-*/log.jsonl", in_scratch(directory), rule);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
    globfree(&found);
}

static void swap_logs(const char *directory, const char *one, const char *other)
{
    char a[PATH_MAX], b[PATH_MAX], between[PATH_MAX];
    find_log(directory, one, a);
    find_log(directory, other, b);
    snprintf(between, sizeof between, "%s", in_scratch("between"));
    assert_int_equal(rename(a, between), 0);
    assert_int_equal(rename(b, a), 0);
    assert_int_equal(rename(between, b), 0);
}

/* Results that follow what was put there were not played. */
static void what_is_kept_is_not_played_again(void **state)
{
    (void)state;
    struct gmr_dialogue_evaluation first[MODELS];
    compare(MODELS, 0);
    memcpy(first, results, sizeof first);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(compare_in("kept", MODELS), GMR_OK);
        same_results(first, MODELS);
    }
    swap_logs("kept", "text", "sum");
    assert_int_equal(compare_in("kept", MODELS), GMR_OK);
    assert_memory_equal(results[1].turn, first[2].turn, sizeof first[2].turn);
    assert_memory_equal(results[2].turn, first[1].turn, sizeof first[1].turn);
    assert_int_equal(results[1].users, first[1].users);
    assert_int_equal(results[1].in_first_list, first[1].in_first_list);
    assert_string_equal(results[1].name, "text");
}

static void watchers_see_what_is_kept(void **state)
{
    (void)state;
    static struct got got[2];
    memset(got, 0, sizeof got);
    for (size_t i = 0; i < 2; i++) {
        options[0].policy = "random";
        options[0].watch = look;
        options[0].watch_user = &got[i];
        assert_int_equal(compare_in("kept", 2), GMR_OK);
        assert_int_equal(got[i].users, results[0].users);
    }
    assert_memory_equal(&got[0], &got[1], sizeof got[0]);
}

static bool is_over(void *user)
{
    size_t *left = user;
    return (*left)-- == 0;
}

/* Further models, another order and another name of a model are no other comparison. */
static void stopped_comparisons_go_on(void **state)
{
    (void)state;
    struct gmr_dialogue_evaluation whole[MODELS];
    enum gmr_status status = GMR_ERR_CANCELLED;
    size_t stops = 0;
    compare(MODELS, 0);
    memcpy(whole, results, sizeof whole);
    for (; status == GMR_ERR_CANCELLED && stops < 20; stops++) {
        size_t left = 1;
        options[0].progress = (struct gmr_progress){ .cancelled = is_over, .user = &left };
        status = compare_in("parts", MODELS);
    }
    assert_int_equal(status, GMR_OK);
    assert_int_equal(stops, MODELS); /* one was played by each */
    same_results(whole, MODELS);
    reset_options(NULL);
    options[0].policy = "sum";
    options[1].policy = "text";
    assert_int_equal(compare_in("parts", 2), GMR_OK);
    whole[0] = whole[2];
    same_results(whole, 2);
}

static void refuse_in(const char *directory, enum gmr_status expected, const char *message)
{
    assert_int_equal(compare_in(directory, 2), expected);
    assert_message(message);
    reset_options(NULL);
}

static void set_all(void (*set)(struct gmr_dialogue_evaluation_options *o))
{
    set(&options[0]);
    set(&options[1]);
}

static void set_seed(struct gmr_dialogue_evaluation_options *o)
{
    o->seed = 43;
}

static void set_turns(struct gmr_dialogue_evaluation_options *o)
{
    o->turns++;
}

static void set_split(struct gmr_dialogue_evaluation_options *o)
{
    o->split = "test";
}

static void set_protocol(struct gmr_dialogue_evaluation_options *o)
{
    o->protocol = GMR_PROTOCOL_PAPER;
}

static void set_phrasing(struct gmr_dialogue_evaluation_options *o)
{
    o->phrasing = GMR_PHRASING_TRAINING;
}

static void directories_of_others_are_refused(void **state)
{
    (void)state;
    assert_int_equal(compare_in("kept", 2), GMR_OK);
    set_all(set_seed);
    refuse_in("kept", GMR_ERR_STATE, "seed was 42, now 43");
    set_all(set_turns);
    refuse_in("kept", GMR_ERR_STATE, "turns was 4, now 5");
    set_all(set_split);
    refuse_in("kept", GMR_ERR_STATE, "split was \"train\", now \"test\"");
    set_all(set_protocol);
    refuse_in("kept", GMR_ERR_STATE, "paper was false, now true");
    set_all(set_phrasing);
    refuse_in("kept", GMR_ERR_STATE, "phrasing was \"evaluation\", now \"training\"");
    refuse_in("shop", GMR_ERR_STATE, "no config.json");
    refuse_in("none/kept", GMR_ERR_NOT_FOUND, "none/kept'");
    options[1].model = "nowhere";
    options[1].policy = NULL;
    refuse_in("new", GMR_ERR_NOT_FOUND, "cannot read 'nowhere'");
    assert_int_not_equal(access(in_scratch("new"), F_OK), 0); /* before anything is made */
}

/* Each item looks as the next one did. */
static void embed_anew(void)
{
    static float vectors[TRAINING_ITEMS * ENCODED_WIDTH];
    size_t positions[TRAINING_ITEMS];
    struct catalogue *catalogue;
    for (size_t i = 0; i < TRAINING_ITEMS; i++) {
        positions[i] = i;
        encoded_vector((i + 1) % TRAINING_ITEMS, vectors + i * ENCODED_WIDTH);
    }
    assert_int_equal(catalogue_open(NULL, shop, &catalogue), GMR_OK);
    assert_int_equal(embedding_write(catalogue, "clip", digest, vectors, ENCODED_WIDTH, positions,
                                     TRAINING_ITEMS),
                     GMR_OK);
    catalogue_close(catalogue);
}

/* Other vectors of the same items make other dialogues; those that were are still there. */
static void what_has_changed_is_played_again(void **state)
{
    (void)state;
    struct gmr_dialogue_evaluation before[2], after[2];
    encoded_embed(digest, 0);
    assert_int_equal(compare_in("changed", 2), GMR_OK);
    memcpy(before, results, sizeof before);
    embed_anew();
    compare(2, 0);
    memcpy(after, results, sizeof after);
    assert_memory_not_equal(after[1].turn, before[1].turn, sizeof after[1].turn);
    assert_int_equal(compare_in("changed", 2), GMR_OK);
    same_results(after, 2);
    encoded_embed(digest, 0);
    assert_int_equal(compare_in("changed", 2), GMR_OK);
    same_results(before, 2);
}

/* ---- two encoders ---- */

/* Says that an encoder has seen all items but one. */
static void embed(const char *name, const char *by, size_t left_out)
{
    static float vectors[TRAINING_ITEMS * ENCODED_WIDTH];
    size_t positions[TRAINING_ITEMS], count = 0;
    struct catalogue *catalogue;
    for (size_t i = 0; i < TRAINING_ITEMS; i++)
        if (i != left_out) {
            encoded_vector(i, vectors + count * ENCODED_WIDTH);
            positions[count++] = i;
        }
    assert_int_equal(catalogue_open(NULL, shop, &catalogue), GMR_OK);
    assert_int_equal(embedding_write(catalogue, name, by, vectors, ENCODED_WIDTH, positions, count),
                     GMR_OK);
    catalogue_close(catalogue);
}

/* The same weights under another digest. */
static void write_other(char path[PATH_MAX], char other[DIGEST_HEX])
{
    const struct safetensors_metadata metadata[] = { { "vocabulary", clip_file_vocabulary },
                                                     { "note", "another" } };
    uint8_t sum[DIGEST_SIZE];
    struct file_map map;
    snprintf(path, PATH_MAX, "%s", in_scratch("other.safetensors"));
    clip_file_write(path, CLIP_VIT, metadata, 2);
    assert_int_equal(file_map_open(&map, path), GMR_OK);
    digest_sha256(map.data, map.size, sum);
    digest_hex(sum, other);
    file_map_close(&map);
}

/* The first and the last item of the split. */
static void find_ends(size_t *first, size_t *last)
{
    size_t positions[TRAINING_ITEMS];
    struct catalogue *catalogue;
    assert_int_equal(catalogue_open(NULL, shop, &catalogue), GMR_OK);
    assert_int_equal(catalogue_split_items(catalogue, "train", positions, results[0].users),
                     GMR_OK);
    catalogue_close(catalogue);
    *first = positions[0];
    *last = positions[results[0].users - 1];
}

static void users_must_be_the_same(void **state)
{
    (void)state;
    char path[PATH_MAX], other[DIGEST_HEX];
    size_t first, last;
    write_other(path, other);
    embed("other", other, TRAINING_ITEMS);
    options[1].encoder = path;
    compare(2, 0);
    assert_int_equal(results[1].users, results[0].users);
    find_ends(&first, &last);
    embed("other", other, last); /* one less */
    options[1].encoder = path;
    refuse(2, 0, GMR_ERR_STATE, "other.safetensors' have encoded different items of split 'train'");
    options[0].encoder = path; /* one more */
    refuse(2, 0, GMR_ERR_STATE, "have encoded different items");
    embed("clip", digest, first); /* as many */
    options[1].encoder = path;
    refuse(2, 0, GMR_ERR_STATE, "have encoded different items");
}

static bool is_cancelled(void *user)
{
    return ++*(size_t *)user > 3;
}

static void count_reports(void *user, const struct gmr_progress_report *report)
{
    (void)report;
    ++*(size_t *)user;
}

static void it_can_be_stopped(void **state)
{
    (void)state;
    size_t asked = 0, told = 0;
    options[0].progress = (struct gmr_progress){ .report = count_reports, .user = &told };
    compare(2, 0);
    assert_true(told >= 2);
    options[0].progress = (struct gmr_progress){ .cancelled = is_cancelled, .user = &asked };
    refuse(MODELS, 0, GMR_ERR_CANCELLED, "evaluation");
}

#define TEST(name) cmocka_unit_test_setup(name, reset_options)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chances_are_those_of_the_users),   TEST(results_are_those_of_each_alone),
        TEST(what_is_the_same_does_not_differ), TEST(what_cannot_be_compared_is_refused),
        TEST(users_must_be_the_same),           TEST(it_can_be_stopped),
        TEST(what_is_kept_is_not_played_again), TEST(watchers_see_what_is_kept),
        TEST(stopped_comparisons_go_on),        TEST(directories_of_others_are_refused),
        TEST(what_has_changed_is_played_again),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
