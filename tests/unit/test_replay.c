/* Replaying recorded dialogues: what goes in may be of any floating type, what comes out of a
 * dialogue does not depend on those beside it, and a recording that is none leaves no states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gommir/recommender.h>

#include "base/status.h"
#include "model/recommender_file.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

enum { DIALOGUES = 19, TURNS = 3, FEATURES = 6, WIDTH = 8, MOST = 22, OUT = DIALOGUES * TURNS };

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct gmr_context *context;
static float image[DIALOGUES * MOST * FEATURES], text[DIALOGUES * MOST * FEATURES];

/* "model": one of ours with two heads, which knows its encoder. */
static void write_model(const char *name)
{
    const struct recommender_settings settings = {
        .features = FEATURES, .width = WIDTH, .layers = 2, .heads = 2, .hidden = 10
    };
    const struct recommender_facts facts = { .shown = 3, .encoder = DIGEST };
    struct compute *compute;
    struct recommender m;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    assert_int_equal(recommender_init(&m, compute, NULL, recommender_find(name), settings, 5),
                     GMR_OK);
    assert_int_equal(recommender_save(&m, in_scratch("model"), &facts, NULL, 0), GMR_OK);
    recommender_release(&m);
    compute_destroy(compute);
}

static int setup(void **state)
{
    const struct gmr_context_options options = { .threads = 2 };
    assert_int_equal(gmr_context_create(&options, &context), GMR_OK);
    scratch_setup(state);
    write_model("gommir");
    for (size_t i = 0; i < sizeof image / sizeof *image; i++) {
        image[i] = (float)((int)(i * 37 % 101) - 50) / 32;
        text[i] = (float)((int)(i * 53 % 97) - 48) / 32;
    }
    return 0;
}

static int teardown(void **state)
{
    gmr_context_destroy(context);
    return scratch_teardown(state);
}

/* ---- recordings ---- */

static struct safetensors_entry entry(const char *name, const void *data, size_t dialogues,
                                      size_t turns, size_t features)
{
    return (struct safetensors_entry){ .name = name,
                                       .dtype = DTYPE_F32,
                                       .rank = 3,
                                       .dim = { dialogues, turns, features },
                                       .data = data,
                                       .size = dialogues * turns * features * 4 };
}

static void write_entries(const struct safetensors_entry *entries, size_t count)
{
    assert_int_equal(safetensors_write(NULL, in_scratch("dialogues"), entries, count, NULL, 0),
                     GMR_OK);
}

/* Dialogues first .. first + count - 1 of those above. */
static void record(size_t first, size_t count, size_t turns)
{
    const size_t at = first * turns * FEATURES;
    write_entries((struct safetensors_entry[]){ entry("text", text + at, count, turns, FEATURES),
                                                entry("image", image + at, count, turns, FEATURES),
                                                entry("other", image, 1, 1, 1) },
                  3);
}

static enum gmr_status replay(const char *input, struct gmr_replay_result *result)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch(input));
    const struct gmr_replay_options options = { .model = in_scratch("model"),
                                                .input = path,
                                                .output = in_scratch("states") };
    return gmr_replay(context, &options, result);
}

static void read_states(const char *part, size_t count, size_t turns, real *values)
{
    struct safetensors *file;
    assert_int_equal(safetensors_open(NULL, in_scratch("states"), &file), GMR_OK);
    assert_int_equal(safetensors_read(file, part, (size_t[]){ count, turns, WIDTH }, 3, values),
                     GMR_OK);
    safetensors_close(file);
}

/* ---- what comes out ---- */

static void what_is_written_says_what_it_is(void **state)
{
    (void)state;
    struct gmr_replay_result result;
    struct safetensors *file;
    record(0, DIALOGUES, TURNS);
    assert_int_equal(replay("dialogues", &result), GMR_OK);
    assert_string_equal(result.model, "gommir");
    assert_int_equal(result.dialogues, DIALOGUES);
    assert_int_equal(result.turns, TURNS);
    assert_int_equal(result.width, WIDTH);
    assert_true(result.composed && result.seconds > 0);
    assert_int_equal(safetensors_open(NULL, in_scratch("states"), &file), GMR_OK);
    assert_int_equal(safetensors_count(file), 3);
    assert_string_equal(safetensors_metadata_find(file, "model"), "gommir");
    assert_string_equal(safetensors_metadata_find(file, "version"), "1");
    assert_string_equal(safetensors_metadata_find(file, "encoder"), DIGEST);
    safetensors_close(file);
}

/* The seventeenth alone, and as one of all. */
static void dialogues_do_not_depend_on_others(void **state)
{
    (void)state;
    static const char *const parts[] = { "state", "composed", "embedded" };
    real all[OUT * WIDTH], alone[TURNS * WIDTH];
    struct gmr_replay_result result;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        record(0, DIALOGUES, TURNS);
        assert_int_equal(replay("dialogues", &result), GMR_OK);
        read_states(parts[i], DIALOGUES, TURNS, all);
        record(16, 1, TURNS);
        assert_int_equal(replay("dialogues", &result), GMR_OK);
        read_states(parts[i], 1, TURNS, alone);
        assert_true(normalised_error(alone, all + (size_t)16 * TURNS * WIDTH, TURNS * WIDTH) <
                    1e-6);
        assert_true(max_abs_difference(alone, all, TURNS * WIDTH) > 0.01);
    }
}

/* States of later turns know of earlier ones; those before know nothing of what comes. */
static void a_turn_depends_on_those_before(void **state)
{
    (void)state;
    real before[TURNS * WIDTH], after[TURNS * WIDTH];
    struct gmr_replay_result result;
    record(0, 1, TURNS);
    assert_int_equal(replay("dialogues", &result), GMR_OK);
    read_states("state", 1, TURNS, before);
    text[FEATURES] += 1; /* of the second turn */
    record(0, 1, TURNS);
    assert_int_equal(replay("dialogues", &result), GMR_OK);
    read_states("state", 1, TURNS, after);
    assert_memory_equal(before, after, WIDTH * sizeof *before);
    assert_true(max_abs_difference(before + WIDTH, after + WIDTH, WIDTH) > 1e-3);
    assert_true(max_abs_difference(before + 2 * WIDTH, after + 2 * WIDTH, WIDTH) > 1e-3);
}

/* All numbers above are exact in half precision. */
static void types_make_no_difference(void **state)
{
    (void)state;
    enum { NUMBERS = TURNS * FEATURES };
    real wanted[TURNS * WIDTH], found[TURNS * WIDTH];
    struct safetensors_entry entries[] = { entry("image", NULL, 1, TURNS, FEATURES),
                                           entry("text", NULL, 1, TURNS, FEATURES) };
    struct gmr_replay_result result;
    uint16_t halves[NUMBERS];
    double doubles[NUMBERS];
    record(0, 1, TURNS);
    assert_int_equal(replay("dialogues", &result), GMR_OK);
    read_states("state", 1, TURNS, wanted);
    for (size_t i = 0; i < NUMBERS; i++) {
        halves[i] = f16_from_float(image[i]);
        doubles[i] = (double)text[i];
    }
    entries[0].dtype = DTYPE_F16;
    entries[0].data = halves;
    entries[0].size = sizeof halves;
    entries[1].dtype = DTYPE_F64;
    entries[1].data = doubles;
    entries[1].size = sizeof doubles;
    write_entries(entries, 2);
    assert_int_equal(replay("dialogues", &result), GMR_OK);
    read_states("state", 1, TURNS, found);
    assert_memory_equal(found, wanted, sizeof wanted);
}

static void the_output_may_be_the_input(void **state)
{
    (void)state;
    struct gmr_replay_result result;
    real wanted[OUT * WIDTH], found[OUT * WIDTH];
    record(0, DIALOGUES, TURNS);
    assert_int_equal(replay("dialogues", &result), GMR_OK);
    read_states("state", DIALOGUES, TURNS, wanted);
    assert_int_equal(rename(in_scratch("dialogues"), in_scratch("states")), 0);
    assert_int_equal(replay("states", &result), GMR_OK);
    read_states("state", DIALOGUES, TURNS, found);
    assert_memory_equal(found, wanted, sizeof wanted);
}

/* ---- what is no recording ---- */

static void assert_refused(enum gmr_status expected, const char *message)
{
    struct gmr_replay_result result;
    put_scratch("states", "before");
    assert_int_equal(replay("dialogues", &result), expected);
    assert_message(message);
    assert_message("dialogues'");
    assert_true(scratch_holds("states", "before"));
    assert_int_equal(count_scratch_entries(), 3);
}

static void tensors_are_checked(void **state)
{
    (void)state;
    const struct safetensors_entry good[] = { entry("image", image, 4, TURNS, FEATURES),
                                              entry("text", text, 4, TURNS, FEATURES) };
    const struct {
        struct safetensors_entry image, text;
        enum gmr_status status;
        const char *message;
    } cases[] = {
        { entry("picture", image, 4, TURNS, FEATURES), good[1], GMR_ERR_FORMAT,
          "tensor 'image' is missing" },
        { good[0], entry("words", image, 4, TURNS, FEATURES), GMR_ERR_FORMAT,
          "tensor 'text' is missing" },
        { good[0], entry("text", image, 4, 2, FEATURES), GMR_ERR_SHAPE,
          "tensor 'text': shape [4, 2, 6], expected [4, 3, 6]" },
        { good[0], entry("text", image, 3, TURNS, FEATURES), GMR_ERR_SHAPE,
          "tensor 'text': shape [3, 3, 6], expected [4, 3, 6]" },
        { entry("image", image, 4, TURNS, 5), entry("text", text, 4, TURNS, 5), GMR_ERR_SHAPE,
          "it has 5 features, 'gommir' expects 6" },
        { entry("image", image, 0, TURNS, FEATURES), entry("text", text, 0, TURNS, FEATURES),
          GMR_ERR_FORMAT, "it holds no dialogues" },
        { entry("image", image, 4, 0, FEATURES), entry("text", text, 4, 0, FEATURES),
          GMR_ERR_FORMAT, "it holds no dialogues" },
        { entry("image", image, 1, MOST, FEATURES), entry("text", text, 1, MOST, FEATURES),
          GMR_ERR_RANGE, "its dialogues have 22 turns, 'gommir' takes at most 21" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_entries((struct safetensors_entry[]){ cases[i].image, cases[i].text }, 2);
        assert_refused(cases[i].status, cases[i].message);
    }
}

static void axes_and_types_are_checked(void **state)
{
    (void)state;
    struct safetensors_entry entries[] = { entry("image", image, 4, TURNS, FEATURES),
                                           entry("text", text, 4, TURNS, FEATURES) };
    entries[0].rank = 2;
    entries[0].dim[1] = (size_t)TURNS * FEATURES;
    write_entries(entries, 2);
    assert_refused(GMR_ERR_SHAPE, "'image' has 2 axes, not dialogues, turns, features");
    entries[0] = entry("image", image, 4, TURNS, FEATURES);
    for (size_t i = 0; i < 2; i++) {
        entries[i].dtype = DTYPE_I32;
        write_entries(entries, 2);
        assert_refused(GMR_ERR_TYPE, i == 0 ? "tensor 'image'" : "tensor 'text'");
        entries[i].dtype = DTYPE_F32;
    }
}

static void what_is_not_finite_is_found(void **state)
{
    (void)state;
    const float kept = text[(17 * TURNS + 1) * FEATURES];
    text[(17 * TURNS + 1) * FEATURES] = NAN;
    record(0, DIALOGUES, TURNS);
    assert_refused(GMR_ERR_NUMERIC, "'state' of dialogue 17, turn 1 is not finite");
    text[(17 * TURNS + 1) * FEATURES] = kept;
}

static void files_that_are_none(void **state)
{
    (void)state;
    struct gmr_replay_result result;
    char start[300] = { 0 };
    FILE *file;
    assert_int_equal(replay("nowhere", &result), GMR_ERR_NOT_FOUND);
    assert_message("nowhere'");
    record(0, DIALOGUES, TURNS);
    file = fopen(in_scratch("dialogues"), "rb");
    assert_int_equal(fread(start, 1, sizeof start, file), sizeof start);
    fclose(file);
    write_file(in_scratch("dialogues"), start, sizeof start);
    assert_refused(GMR_ERR_FORMAT, "cannot read '");
    assert_int_equal(rename(in_scratch("dialogues"), in_scratch("model")), 0);
    assert_int_equal(replay("dialogues", &result), GMR_ERR_FORMAT);
    assert_message("model'");
}

static void a_model_needs_its_name(void **state)
{
    (void)state;
    struct gmr_replay_options options = { .input = "x", .output = "y" };
    struct gmr_replay_result result;
    assert_int_equal(gmr_replay(context, &options, &result), GMR_ERR_RANGE);
    assert_message("a replay needs a model");
    options.model = in_scratch("model");
    options.name = "gommir-no";
    assert_int_equal(gmr_replay(context, &options, &result), GMR_ERR_NOT_FOUND);
    assert_message("'gommir-no'");
    options.name = "gommir-no-gate";
    assert_int_equal(gmr_replay(context, &options, &result), GMR_ERR_FORMAT);
    assert_message("model'");
    options.name = NULL;
    options.output = NULL;
    assert_int_equal(gmr_replay(context, &options, &result), GMR_ERR_RANGE);
    assert_message("a replay needs an output");
}

static bool is_cancelled(void *user)
{
    return ++*(size_t *)user > 2;
}

static void it_can_be_stopped(void **state)
{
    (void)state;
    size_t asked = 0;
    struct gmr_replay_result result;
    char input[PATH_MAX], output[PATH_MAX];
    record(0, DIALOGUES, TURNS);
    snprintf(input, sizeof input, "%s", in_scratch("dialogues"));
    snprintf(output, sizeof output, "%s", in_scratch("states"));
    put_scratch("states", "before");
    const struct gmr_replay_options options = { .model = in_scratch("model"),
                                                .input = input,
                                                .output = output,
                                                .progress = { .cancelled = is_cancelled,
                                                              .user = &asked } };
    assert_int_equal(gmr_replay(context, &options, &result), GMR_ERR_CANCELLED);
    assert_true(scratch_holds("states", "before"));
    assert_int_equal(count_scratch_entries(), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_says_what_it_is),
        TEST(dialogues_do_not_depend_on_others),
        TEST(a_turn_depends_on_those_before),
        TEST(types_make_no_difference),
        TEST(the_output_may_be_the_input),
        TEST(tensors_are_checked),
        TEST(axes_and_types_are_checked),
        TEST(what_is_not_finite_is_found),
        TEST(files_that_are_none),
        TEST(a_model_needs_its_name),
        TEST(it_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
