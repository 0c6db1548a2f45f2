/* What else was shown, for models that want to know: read of every dialogue and turn, checked, and
 * missed where it is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include <limits.h>
#include <string.h>

#include "base/status.h"
#include "model/replay.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

enum { DIALOGUES = 19, TURNS = 3, OTHERS = 2, FEATURES = 6, WIDTH = 8 };
enum { NUMBERS = DIALOGUES * TURNS * FEATURES, STATES = DIALOGUES * TURNS * WIDTH };

static struct compute *compute;
static struct recommender model;
static float image[NUMBERS], text[NUMBERS], dislike[NUMBERS * OTHERS];

static void make_model(const char *name)
{
    const struct recommender_settings settings = {
        .features = FEATURES, .width = WIDTH, .layers = 1, .heads = 2, .hidden = 10
    };
    assert_int_equal(recommender_init(&model, compute, NULL, recommender_find(name), settings, 5),
                     GMR_OK);
}

static int setup(void **state)
{
    scratch_setup(state);
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    make_model("gommir-dislikes");
    for (size_t i = 0; i < NUMBERS; i++) {
        image[i] = (float)((int)(i * 37 % 101) - 50) / 32;
        text[i] = (float)((int)(i * 53 % 97) - 48) / 32;
    }
    for (size_t i = 0; i < NUMBERS * OTHERS; i++)
        dislike[i] = (float)((int)(i * 29 % 89) - 44) / 32;
    return 0;
}

static int teardown(void **state)
{
    recommender_release(&model);
    compute_destroy(compute);
    return scratch_teardown(state);
}

/* ---- recordings ---- */

static void record(const struct safetensors_entry *last)
{
    const struct safetensors_entry entries[] = {
        { "image", DTYPE_F32, 3, { DIALOGUES, TURNS, FEATURES }, image, sizeof image },
        { "text", DTYPE_F32, 3, { DIALOGUES, TURNS, FEATURES }, text, sizeof text },
        last ? *last : (struct safetensors_entry){ 0 },
    };
    assert_int_equal(
        safetensors_write(NULL, in_scratch("dialogues"), entries, last ? 3 : 2, NULL, 0), GMR_OK);
}

static struct safetensors_entry dislikes(void)
{
    return (struct safetensors_entry){ "dislike", DTYPE_F32,
                                       4,         { DIALOGUES, TURNS, OTHERS, FEATURES },
                                       dislike,   sizeof dislike };
}

static enum gmr_status replay_it(void)
{
    char input[PATH_MAX];
    snprintf(input, sizeof input, "%s", in_scratch("dialogues"));
    const struct replay_options options = { .input = input,
                                            .output = in_scratch("states"),
                                            .encoder = "" };
    struct replay_result result;
    return replay_run(&model, compute, NULL, &options, &result);
}

static void read_states(real values[STATES])
{
    struct safetensors *file;
    if (replay_it() != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_int_equal(safetensors_open(NULL, in_scratch("states"), &file), GMR_OK);
    assert_int_equal(
        safetensors_read(file, "state", (size_t[]){ DIALOGUES, TURNS, WIDTH }, 3, values), GMR_OK);
    safetensors_close(file);
}

/* ---- what is read ---- */

/* What one dialogue dislikes at one turn counts for that dialogue, from that turn on. */
static void dislikes_reach_the_model(void **state)
{
    (void)state;
    enum { DIALOGUE = 17, TURN = 1 };
    static real states[STATES], others[STATES];
    const struct safetensors_entry entry = dislikes();
    record(&entry);
    read_states(states);
    dislike[((DIALOGUE * TURNS + TURN) * OTHERS + 1) * FEATURES] += 1;
    record(&entry);
    read_states(others);
    for (size_t i = 0; i < (size_t)DIALOGUES * TURNS; i++) {
        const bool counts = i / TURNS == DIALOGUE && i % TURNS >= TURN;
        const double moved = max_abs_difference(states + i * WIDTH, others + i * WIDTH, WIDTH);
        assert_true(counts ? moved > 1e-4 : moved < 1e-6);
    }
}

static void their_type_makes_no_difference(void **state)
{
    (void)state;
    static real states[STATES], again[STATES];
    static double wide[NUMBERS * OTHERS];
    struct safetensors_entry entry = dislikes();
    record(&entry);
    read_states(states);
    for (size_t i = 0; i < NUMBERS * OTHERS; i++)
        wide[i] = dislike[i];
    entry.dtype = DTYPE_F64;
    entry.data = wide;
    entry.size = sizeof wide;
    record(&entry);
    read_states(again);
    assert_memory_equal(states, again, sizeof states);
}

/* Lists may be of any length: what counts is their middle. */
static void one_dislike_is_enough(void **state)
{
    (void)state;
    static real states[STATES], middles[STATES];
    static float middle[NUMBERS];
    struct safetensors_entry entry = dislikes();
    record(&entry);
    read_states(states);
    for (size_t i = 0; i < NUMBERS; i++) {
        const float *first = dislike + i / FEATURES * OTHERS * FEATURES + i % FEATURES;
        middle[i] = (first[0] + first[FEATURES]) / 2;
    }
    entry.dim[2] = 1;
    entry.data = middle;
    entry.size = sizeof middle;
    record(&entry);
    read_states(middles);
    assert_true(normalised_error(states, middles, STATES) < 1e-5);
}

/* ---- what is refused ---- */

static void assert_refused(const struct safetensors_entry *entry, enum gmr_status status,
                           const char *message)
{
    record(entry);
    put_scratch("states", "before");
    assert_int_equal(replay_it(), status);
    assert_message(message);
    assert_message("dialogues'");
    assert_true(scratch_holds("states", "before"));
    assert_int_equal(count_scratch_entries(), 2);
}

static void dislikes_are_checked(void **state)
{
    (void)state;
    struct safetensors_entry entry = dislikes();
    assert_refused(NULL, GMR_ERR_FORMAT, "tensor 'dislike' is missing");
    entry.name = "dislikes";
    assert_refused(&entry, GMR_ERR_FORMAT, "tensor 'dislike' is missing");
    entry = dislikes();
    entry.dtype = DTYPE_I32;
    assert_refused(&entry, GMR_ERR_TYPE, "'dislike'");
    entry = dislikes();
    entry.rank = 3;
    entry.dim[2] = (size_t)OTHERS * FEATURES;
    assert_refused(&entry, GMR_ERR_SHAPE, "'dislike'");
}

/* One axis after the other does not fit; no dislikes are none. */
static void their_axes_are_checked(void **state)
{
    (void)state;
    for (size_t axis = 0; axis < 4; axis++) {
        struct safetensors_entry entry = dislikes();
        entry.size -= entry.size / entry.dim[axis] * (axis == 2 ? OTHERS : 1);
        entry.dim[axis] -= axis == 2 ? OTHERS : 1;
        assert_refused(&entry, GMR_ERR_SHAPE, "'dislike'");
    }
}

/* Models that do not want them do not look at them. */
static void others_are_not_asked(void **state)
{
    (void)state;
    static real without[STATES], with[STATES];
    struct safetensors_entry entry = dislikes();
    recommender_release(&model);
    make_model("gommir");
    record(NULL);
    read_states(without);
    entry.dtype = DTYPE_I32;
    record(&entry);
    read_states(with);
    assert_memory_equal(without, with, sizeof without);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dislikes_reach_the_model), TEST(their_type_makes_no_difference),
        TEST(one_dislike_is_enough),    TEST(dislikes_are_checked),
        TEST(their_axes_are_checked),   TEST(others_are_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
