/* Measuring an encoder: what comes out is what one finds by encoding item by item and counting; the
 * number of threads does not matter; what is wrong is said. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <gommir/gommir.h>

#include "base/rng.h"
#include "catalogue/catalogue.h"
#include "catalogue/item_text.h"
#include "encoder/encoder.h"
#include "support/clip_files.h"
#include "support/labelled.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

enum { ITEMS = 40, WIDTH = CLIP_FILE_WIDTH, SIDE = 12, SOUND = 32 /* 5 are bare, 3 broken */ };

static char model[PATH_MAX], vocabulary[PATH_MAX], shop[PATH_MAX];

static int set_up(void **state)
{
    const int failed = scratch_setup(state);
    snprintf(model, sizeof model, "%s", in_scratch("model.safetensors"));
    snprintf(vocabulary, sizeof vocabulary, "%s", in_scratch("words.txt"));
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    clip_file_write(model, CLIP_VIT, NULL, 0);
    put_scratch("words.txt", clip_file_vocabulary);
    labelled_create(ITEMS);
    return failed;
}

static struct gmr_encoder_evaluation_options options_for(const char *split)
{
    struct gmr_encoder_evaluation_options options = gmr_encoder_evaluation_options_default();
    options.model = model;
    options.vocabulary = vocabulary;
    options.catalogue = shop;
    options.split = split;
    return options;
}

static enum gmr_status evaluate(const struct gmr_encoder_evaluation_options *options,
                                unsigned threads, struct gmr_encoder_evaluation *result)
{
    struct gmr_context *context;
    struct gmr_context_options wanted = gmr_context_options_default();
    wanted.threads = threads;
    assert_int_equal(gmr_context_create(&wanted, &context), GMR_OK);
    const enum gmr_status status = gmr_encoder_evaluate(context, options, result);
    gmr_context_destroy(context);
    return status;
}

static struct gmr_encoder_evaluation measured(const struct gmr_encoder_evaluation_options *options)
{
    struct gmr_encoder_evaluation result;
    if (evaluate(options, 2, &result) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return result;
}

/* ---- another way ---- */

struct known {
    struct compute *compute;
    struct encoder *encoder;
    struct catalogue *catalogue;
    struct arena arena;
    size_t count; /* sound items of the split, in the order in which they are measured */
    struct gmr_item item[ITEMS];
    double picture[ITEMS][WIDTH], words[ITEMS][WIDTH]; /* of length 1 */
};

static void normalise(double *y, const real *x)
{
    double squares = 0;
    for (size_t i = 0; i < WIDTH; i++)
        squares += (double)x[i] * (double)x[i];
    for (size_t i = 0; i < WIDTH; i++)
        y[i] = (double)x[i] / sqrt(squares);
}

static void encode_words(const struct known *k, const char *text, double *y)
{
    real vector[WIDTH];
    assert_int_equal(encoder_texts(k->encoder, &text, 1, vector), GMR_OK);
    normalise(y, vector);
}

static bool encode_picture(struct known *k, size_t position, double *y)
{
    const void *bytes;
    size_t size;
    uint8_t square[SIDE * SIDE * 3];
    real vector[WIDTH];
    assert_int_equal(
        catalogue_picture(k->catalogue, position, GMR_PICTURE_FULL, &k->arena, &bytes, &size),
        GMR_OK);
    if (encoder_square(k->encoder, bytes, size, "picture", square) != GMR_OK)
        return false;
    assert_int_equal(encoder_squares(k->encoder, square, 1, vector), GMR_OK);
    normalise(y, vector);
    return true;
}

/* Those with a picture are shuffled, then those with a broken one left out. */
static size_t draw_order(struct known *k, const char *split, size_t items, uint64_t seed,
                         uint64_t *order)
{
    size_t positions[ITEMS], count = 0;
    struct mt19937 rng;
    assert_int_equal(catalogue_split_items(k->catalogue, split, positions, items), GMR_OK);
    for (size_t i = 0; i < items; i++)
        if (positions[i] % 8 != 4)
            order[count++] = positions[i];
    mt19937_seed(&rng, seed);
    mt19937_shuffle(&rng, order, count);
    return count;
}

static void know(struct known *k, const char *split, size_t items, uint64_t seed)
{
    const struct encoder_options options = { .weights = model, .vocabulary = vocabulary };
    uint64_t order[ITEMS];
    memset(k, 0, sizeof *k);
    arena_init(&k->arena, NULL, 0);
    assert_int_equal(compute_create_cpu(NULL, 1, &k->compute), GMR_OK);
    assert_int_equal(encoder_open(k->compute, NULL, &options, &k->encoder), GMR_OK);
    assert_int_equal(catalogue_open(NULL, shop, &k->catalogue), GMR_OK);
    const size_t count = draw_order(k, split, items, seed, order);
    for (size_t i = 0; i < count; i++) {
        char text[ITEM_TEXT_SIZE];
        struct gmr_item *item = &k->item[k->count];
        if (!encode_picture(k, order[i], k->picture[k->count]))
            continue;
        assert_int_equal(catalogue_item(k->catalogue, order[i], &k->arena, item), GMR_OK);
        item_text_full(item, text);
        encode_words(k, text, k->words[k->count++]);
    }
}

static void forget(struct known *k)
{
    catalogue_close(k->catalogue);
    encoder_close(k->encoder);
    compute_destroy(k->compute);
    arena_release(&k->arena);
}

static double product(const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < WIDTH; i++)
        sum += a[i] * b[i];
    return sum;
}

static void assert_recall(const struct known *k, size_t block, bool forth, size_t ranked,
                          const struct gmr_retrieval *found)
{
    size_t first = 0, five = 0, ten = 0;
    double reciprocal = 0;
    for (size_t i = 0; i < ranked; i++) {
        const double *query = forth ? k->words[i] : k->picture[i];
        const double(*candidate)[WIDTH] = forth ? k->picture : k->words;
        size_t nearer = 0;
        for (size_t j = i / block * block; j < (i / block + 1) * block; j++)
            nearer += product(query, candidate[j]) > product(query, candidate[i]) + 1e-9;
        first += nearer < 1;
        five += nearer < 5;
        ten += nearer < 10;
        reciprocal += 1 / (double)(nearer + 1);
    }
    assert_true(fabs(found->recall_1.value - (double)first / (double)ranked) < 1e-12);
    assert_true(fabs(found->recall_5.value - (double)five / (double)ranked) < 1e-12);
    assert_true(fabs(found->recall_10.value - (double)ten / (double)ranked) < 1e-12);
    assert_true(fabs(found->mean_reciprocal.value - reciprocal / (double)ranked) < 1e-12);
    assert_true(found->recall_5.low <= found->recall_5.value);
    assert_true(found->recall_5.high >= found->recall_5.value);
}

/* The vector of a class: the mean of those of the ways to say it. */
static void encode_class(const struct known *k, const char *attribute, const char *value, double *y)
{
    memset(y, 0, WIDTH * sizeof *y);
    for (size_t v = 0; v < ITEM_TEXT_VARIANTS; v++) {
        char text[ITEM_TEXT_SIZE];
        double one[WIDTH];
        item_text_phrase(attribute, value, v, text);
        encode_words(k, text, one);
        for (size_t i = 0; i < WIDTH; i++)
            y[i] += one[i];
    }
    const double length = sqrt(product(y, y));
    for (size_t i = 0; i < WIDTH; i++)
        y[i] /= length;
}

static const char *only_colour(const struct gmr_item *item)
{
    const char *colour = NULL;
    for (size_t i = 0; i < item->attribute_count; i++)
        if (strcmp(item->attributes[i].name, "colour") == 0) {
            if (colour)
                return NULL;
            colour = item->attributes[i].value;
        }
    return colour;
}

static void assert_colours(const struct known *k, const struct gmr_zero_shot *found)
{
    static const char *const colours[] = { "red", "green", "blue" };
    double class[3][WIDTH];
    size_t asked[3] = { 0 }, right[3] = { 0 }, counted = 0, correct = 0, most = 0;
    double balanced = 0;
    for (size_t c = 0; c < 3; c++)
        encode_class(k, "colour", colours[c], class[c]);
    for (size_t i = 0; i < k->count; i++) {
        const char *colour = only_colour(&k->item[i]);
        size_t best = 0, own = 0;
        if (!colour || strcmp(colour, "white") == 0)
            continue;
        for (size_t c = 0; c < 3; c++) {
            own = strcmp(colours[c], colour) == 0 ? c : own;
            if (product(k->picture[i], class[c]) > product(k->picture[i], class[best]))
                best = c;
        }
        asked[own]++;
        right[own] += best == own;
    }
    for (size_t c = 0; c < 3; c++) {
        counted += asked[c];
        correct += right[c];
        most = asked[c] > most ? asked[c] : most;
        balanced += (double)right[c] / (double)asked[c] / 3;
    }
    assert_string_equal(found->attribute, "colour");
    assert_int_equal(found->classes, 3);
    assert_int_equal(found->items, counted);
    assert_true(fabs(found->accuracy.value - (double)correct / (double)counted) < 1e-12);
    assert_true(fabs(found->balanced.value - balanced) < 1e-12);
    assert_true(fabs(found->majority - (double)most / (double)counted) < 1e-12);
}

static void results_are_those_of_counting(void **state)
{
    const struct gmr_zero_shot_wanted colour = { "colour", 3 };
    struct gmr_encoder_evaluation_options options = options_for("all");
    static struct known k;
    (void)state;
    options.zero_shot = &colour;
    options.zero_shot_count = 1;
    know(&k, "all", ITEMS, options.seed);
    assert_int_equal(k.count, SOUND);
    for (size_t block = 0; block <= 50; block += 10) {
        options.block = block;
        const struct gmr_encoder_evaluation r = measured(&options);
        const bool whole = block == 0 || block > SOUND;
        assert_int_equal(r.items, SOUND);
        assert_int_equal(r.ranked, whole ? SOUND : SOUND / block * block);
        assert_recall(&k, whole ? SOUND : block, true, r.ranked, &r.text_to_picture);
        assert_recall(&k, whole ? SOUND : block, false, r.ranked, &r.picture_to_text);
        assert_int_equal(r.zero_shot_count, 1);
        assert_colours(&k, &r.zero_shot[0]);
    }
    forget(&k);
}

static void only_the_split_counts(void **state)
{
    struct gmr_encoder_evaluation_options options = options_for("odd");
    static struct known k;
    (void)state;
    options.seed = 7;
    options.block = 6;
    know(&k, "odd", ITEMS / 2, options.seed);
    const struct gmr_encoder_evaluation r = measured(&options);
    assert_int_equal(r.items, k.count);
    assert_int_equal(r.items, 17);
    assert_recall(&k, 6, true, 12, &r.text_to_picture);
    assert_recall(&k, 6, false, 12, &r.picture_to_text);
    forget(&k);
}

/* ---- the whole ---- */

static void items_are_accounted_for(void **state)
{
    struct gmr_encoder_evaluation_options options = options_for("all");
    const struct gmr_encoder_evaluation r = measured(&options);
    (void)state;
    assert_int_equal(r.items, SOUND);
    assert_int_equal(r.without_picture, 5);
    assert_int_equal(r.broken_pictures, 3);
    assert_non_null(strstr(r.problem, "item-00"));
    assert_true(r.seconds > 0);
    /* of the usual attributes, the catalogue has but one */
    assert_int_equal(r.zero_shot_count, 1);
    assert_string_equal(r.zero_shot[0].attribute, "colour");
    assert_true(r.zero_shot[0].classes >= 3);
}

static void threads_do_not_matter(void **state)
{
    struct gmr_encoder_evaluation_options options = options_for("all");
    struct gmr_encoder_evaluation one, three;
    (void)state;
    options.block = 11;
    assert_int_equal(evaluate(&options, 1, &one), GMR_OK);
    assert_int_equal(evaluate(&options, 3, &three), GMR_OK);
    one.seconds = three.seconds = 0;
    assert_memory_equal(&one, &three, sizeof one);
}

static void nothing_need_be_classified(void **state)
{
    struct gmr_encoder_evaluation_options options = options_for("all");
    const struct gmr_zero_shot_wanted unused = { "maker", 2 };
    (void)state;
    options.zero_shot = &unused;
    assert_int_equal(measured(&options).zero_shot_count, 0);
}

/* ---- what is wrong ---- */

static void refuse(const struct gmr_encoder_evaluation_options *options, enum gmr_status expected,
                   const char *message)
{
    struct gmr_encoder_evaluation result;
    memset(&result, 0x77, sizeof result);
    assert_int_equal(evaluate(options, 2, &result), expected);
    assert_message(message);
    assert_true(result.ranked == 0 && result.zero_shot_count <= GMR_MAX_ZERO_SHOT);
}

static void bad_options_are_refused(void **state)
{
    struct gmr_encoder_evaluation_options options = options_for("all");
    struct gmr_zero_shot_wanted many[GMR_MAX_ZERO_SHOT + 1];
    (void)state;
    for (size_t i = 0; i < GMR_MAX_ZERO_SHOT + 1; i++)
        many[i] = (struct gmr_zero_shot_wanted){ "colour", 2 };
    options.zero_shot = many;
    options.zero_shot_count = GMR_MAX_ZERO_SHOT + 1;
    refuse(&options, GMR_ERR_RANGE, "17 classifications");
    options.zero_shot_count = 2;
    many[1].classes = 1;
    refuse(&options, GMR_ERR_RANGE, "1 classes of 'colour'");
    many[1].classes = 1001;
    refuse(&options, GMR_ERR_RANGE, "1001 classes of 'colour'");
    many[1] = (struct gmr_zero_shot_wanted){ "maker", 2 };
    refuse(&options, GMR_ERR_NOT_FOUND, "'maker'");
    many[1] = (struct gmr_zero_shot_wanted){ "size", 2 };
    refuse(&options, GMR_ERR_NOT_FOUND, "'size'");
    options = options_for("all");
    options.model = NULL;
    refuse(&options, GMR_ERR_RANGE, "needs a model");
    options = options_for("all");
    options.catalogue = NULL;
    refuse(&options, GMR_ERR_RANGE, "needs a catalogue");
    options = options_for(NULL);
    refuse(&options, GMR_ERR_RANGE, "needs a split");
}

static void what_is_missing_is_named(void **state)
{
    struct gmr_encoder_evaluation_options options = options_for("none");
    (void)state;
    refuse(&options, GMR_ERR_NOT_FOUND, "'none'");
    options = options_for("bare");
    refuse(&options, GMR_ERR_NOT_FOUND, "split 'bare'");
    options = options_for("broken");
    refuse(&options, GMR_ERR_NOT_FOUND, "split 'broken'");
    options = options_for("all");
    options.model = "missing.safetensors";
    refuse(&options, GMR_ERR_NOT_FOUND, "missing.safetensors");
    options = options_for("all");
    options.model = vocabulary;
    refuse(&options, GMR_ERR_FORMAT, vocabulary);
    options = options_for("all");
    options.catalogue = "missing";
    refuse(&options, GMR_ERR_NOT_FOUND, "missing");
}

/* Without a vocabulary this is said before any picture is touched. */
static void words_need_a_vocabulary(void **state)
{
    struct gmr_encoder_evaluation_options options = options_for("all");
    struct gmr_encoder_evaluation result;
    (void)state;
    options.vocabulary = NULL;
    assert_int_equal(evaluate(&options, 2, &result), GMR_ERR_NOT_FOUND);
    assert_message("no vocabulary");
    assert_int_equal(result.items + result.broken_pictures, 0);
}

struct patience {
    size_t left, reports;
};

static bool lose_patience(void *user)
{
    struct patience *p = user;
    return p->left-- == 0;
}

static void count_report(void *user, const struct gmr_progress_report *report)
{
    struct patience *p = user;
    assert_true(report->done <= report->total);
    p->reports++;
}

static void a_user_who_wants_to_stop_is_obeyed(void **state)
{
    struct gmr_encoder_evaluation_options options = options_for("all");
    struct patience patience;
    struct gmr_encoder_evaluation result;
    size_t asked = 0;
    enum gmr_status status;
    (void)state;
    options.progress = (struct gmr_progress){ count_report, lose_patience, &patience };
    do {
        patience = (struct patience){ .left = asked++ };
        status = evaluate(&options, 2, &result);
        assert_true(status == GMR_OK || status == GMR_ERR_CANCELLED);
    } while (status != GMR_OK);
    assert_true(asked > 6); /* items, texts, pictures, both ways, and each class */
    assert_true(patience.reports >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_those_of_counting),
        cmocka_unit_test(only_the_split_counts),
        cmocka_unit_test(items_are_accounted_for),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(nothing_need_be_classified),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(words_need_a_vocabulary),
        cmocka_unit_test(a_user_who_wants_to_stop_is_obeyed),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_teardown);
}
