/* Random numbers: CPython's generator number by number, Philox against its published answers, and
 * the shape of the distributions.
 *
 * The numbers called Python's below were printed by CPython 3.11. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/rng.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct mt19937 seeded(uint64_t seed)
{
    struct mt19937 rng;
    mt19937_seed(&rng, seed);
    return rng;
}

/* The first three words and, after 1000 more, one from the next refill. */
static void seeds_give_the_words_of_python(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        uint32_t word[4];
    } cases[] = {
        { 0, { 3626764237U, 1654615998U, 3255389356U, 764107585U } },
        { 1, { 577090037U, 2444712010U, 3639700191U, 3258205999U } },
        { 42, { 2746317213U, 478163327U, 107420369U, 3895229819U } },
        { UINT64_C(4294967295), { 2728839433U, 2661025012U, 872737089U, 3973226809U } },
        { UINT64_C(4294967296), { 485306839U, 1508871100U, 1794561286U, 2326303146U } },
        { UINT64_C(4294967301), { 675479763U, 2085189291U, 1213270837U, 1381656196U } },
        { UINT64_MAX, { 93740670U, 1068495656U, 1452108352U, 2578416322U } },
        { UINT64_C(12345678901234567), { 416727885U, 2561263422U, 4242510269U, 3438286990U } },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mt19937 rng = seeded(cases[i].seed);
        for (int n = 0; n < 3; n++)
            assert_int_equal(mt19937_next(&rng), cases[i].word[n]);
        for (int n = 0; n < 1000; n++)
            mt19937_next(&rng);
        assert_int_equal(mt19937_next(&rng), cases[i].word[3]);
    }
}

static void bits_are_those_of_getrandbits(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        uint64_t value;
    } cases[] = {
        { 1, 1 },
        { 2, 0 },
        { 7, 3 },
        { 16, 48598 },
        { 31, 590620971 },
        { 32, 1051802512 },
        { 33, 958682846 },
        { 40, UINT64_C(114832269481) },
        { 53, UINT64_C(6671341247540589) },
        { 63, UINT64_C(5030118478018109776) },
        { 64, UINT64_C(10892664235628797826) },
    };
    struct mt19937 rng = seeded(42);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(mt19937_bits(&rng, cases[i].bits) == cases[i].value);
}

static void doubles_are_those_of_random(void **state)
{
    (void)state;
    static const double expected[] = { 0x1.4762f307200c5p-1, 0x1.99c6b5eeb2060p-6,
                                       0x1.19a1491f589dcp-2, 0x1.c922b623b8c1cp-3 };
    struct mt19937 rng = seeded(42);
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_true(mt19937_double(&rng) == expected[i]);
}

static void below_is_randrange(void **state)
{
    (void)state;
    static const struct {
        uint64_t n, value;
    } cases[] = {
        { 1, 0 },
        { 2, 0 },
        { 3, 1 },
        { 64, 6 },
        { 65, 9 },
        { 1000, 840 },
        { UINT64_C(4294967295), 2301595691 },
        { UINT64_C(4294967296), 404285457 },
        { UINT64_C(4294967297), 2503055453 },
        { UINT64_C(1099511627779), UINT64_C(82526500300) },
        { UINT64_C(9223372036854775808), UINT64_C(7999350999753991002) },
        { UINT64_MAX, UINT64_C(1288605153985647771) },
    };
    struct mt19937 rng = seeded(7);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(mt19937_below(&rng, cases[i].n) == cases[i].value);
    assert_int_equal(mt19937_next(&rng), 1033639716);
}

static void range_is_randint(void **state)
{
    (void)state;
    static const struct {
        int64_t low, high, value;
    } cases[] = {
        { 0, 9, 5 },
        { -5, 5, -3 },
        { 3, 3, 3 },
        { INT64_MIN, INT64_MAX - 1, INT64_C(-8332644676416592816) },
        { INT64_C(4611686018427387904), INT64_MAX, INT64_C(5479882426613207083) },
    };
    struct mt19937 rng = seeded(7);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(mt19937_range(&rng, cases[i].low, cases[i].high) == cases[i].value);
}

/* A sample in scratch of exactly the stated size, so that a sanitizer sees more being used. */
static void sample(struct mt19937 *rng, uint64_t n, size_t k, uint64_t *pick)
{
    size_t size = mt19937_sample_scratch(n, k) * sizeof(uint64_t);
    uint64_t *scratch = memory_allocate(NULL, size);
    assert_non_null(scratch);
    mt19937_sample(rng, n, k, pick, scratch);
    memory_release(NULL, scratch, size);
}

static void assert_sample(struct mt19937 *rng, uint64_t n, size_t k, const uint64_t *expected)
{
    uint64_t pick[16];
    sample(rng, n, k, pick);
    for (size_t i = 0; i < k; i++)
        assert_true(pick[i] == expected[i]);
}

/* Spec section 0, and the two methods by hand. */
static void samples_of_the_spec(void **state)
{
    (void)state;
    static const uint64_t of_4657[][3] = { { 912, 204, 2253 },
                                           { 2006, 1828, 1143 },
                                           { 839, 4467, 712 } };
    static const uint64_t of_2453[][3] = { { 456, 102, 1126 },
                                           { 1003, 914, 571 },
                                           { 419, 2233, 356 } };
    static const uint64_t of_12[] = { 10, 1, 0, 4, 3, 11, 6, 9 };
    static const uint64_t of_1000[] = { 692, 758, 913, 558, 89, 604, 432 };
    struct mt19937 a = seeded(42), b = seeded(42), c = seeded(42);
    for (size_t i = 0; i < 3; i++) {
        assert_sample(&a, 4657, 3, of_4657[i]);
        assert_sample(&b, 2453, 3, of_2453[i]);
    }
    assert_sample(&c, 12, 8, of_12);
    assert_sample(&c, 1000, 7, of_1000);
}

/* A sample is compared by a hash of its numbers in order, and by the word drawn after it. Seeds of
 * the first block are such that a list and a set give different samples: they show that the
 * methods change where Python changes them. */
static void samples_are_those_of_python(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, n;
        size_t k;
        uint64_t hash;
        uint32_t next;
    } cases[] = {
        { 58, 21, 3, UINT64_C(18000114000199), 3171038279U },          /* list */
        { 59, 22, 3, UINT64_C(7000044000089), 4061937861U },           /* set */
        { 45, 21, 5, UINT64_C(14350213200722864620), 1302200215U },    /* list */
        { 45, 22, 5, UINT64_C(14350213200704864573), 1454849278U },    /* set */
        { 46, 85, 6, UINT64_C(723537240093993384), 2725271287U },      /* list */
        { 43, 86, 6, UINT64_C(8101461733452798155), 2999771047U },     /* set */
        { 42, 85, 21, UINT64_C(13179616383589574782), 1929338154U },   /* list */
        { 42, 86, 21, UINT64_C(2586593586563130688), 946785248U },     /* set */
        { 43, 277, 22, UINT64_C(13384283156904985124), 2200871560U },  /* list */
        { 43, 278, 22, UINT64_C(13384283156715984737), 3584187394U },  /* set */
        { 42, 277, 85, UINT64_C(11925572956490826025), 2616197747U },  /* list */
        { 42, 278, 85, UINT64_C(626223743236072870), 2559321289U },    /* set */
        { 42, 1045, 86, UINT64_C(6884160863937493829), 2935814872U },  /* list */
        { 42, 1046, 86, UINT64_C(11110927794016172950), 3246059658U }, /* set */

        { 42, 21, 21, UINT64_C(4882135345431281426), 3075280817U },
        { 42, 1, 1, 0, 107420369U },
        { 42, 8, 0, 0, 2746317213U },
        { 42, 100, 0, 0, 2746317213U },
        { 42, 1000000, 60, UINT64_C(8246493154686481488), 186618211U },
        { 42, UINT64_C(4611686018427387904), 4, UINT64_C(10231311128719567265), 2906402157U },
        { 42, INT64_MAX, 7, UINT64_C(659370440183881457), 373399426U },
        { 42, 5000, 3000, UINT64_C(15455684357571337091), 1059096258U },
        { 42, 20000, 1000, UINT64_C(16836764238843469034), 1760844750U },
    };
    static uint64_t pick[3000];
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mt19937 rng = seeded(cases[i].seed);
        uint64_t hash = 0;
        sample(&rng, cases[i].n, cases[i].k, pick);
        for (size_t j = 0; j < cases[i].k; j++)
            hash = hash * 1000003 + pick[j];
        assert_true(hash == cases[i].hash);
        assert_int_equal(mt19937_next(&rng), cases[i].next);
    }
}

static void sample_scratch_depends_on_k(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2000; k++)
        for (uint64_t n = k; n <= UINT64_MAX / 4; n = 2 * n + 1)
            assert_true(mt19937_sample_scratch(n, k) <= 21 + 12 * k);
}

static void shuffle_is_that_of_python(void **state)
{
    (void)state;
    static const uint64_t expected[] = { 7, 3, 2, 8, 5, 6, 9, 4, 0, 1 };
    uint64_t values[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct mt19937 rng = seeded(42);
    mt19937_shuffle(&rng, values, COUNT(values));
    assert_memory_equal(values, expected, sizeof values);
    mt19937_shuffle(&rng, values, 1); /* these draw nothing */
    mt19937_shuffle(&rng, values, 0);
    assert_int_equal(mt19937_next(&rng), 2536146025U);
}

static void copy_of_the_state_goes_on_alike(void **state)
{
    (void)state;
    struct mt19937 rng = seeded(5);
    for (int i = 0; i < 700; i++)
        mt19937_next(&rng);
    struct mt19937 copy = rng;
    for (int i = 0; i < 2000; i++)
        assert_int_equal(mt19937_next(&rng), mt19937_next(&copy));
}

/* kat_vectors of Random123. */
static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    static const struct {
        uint64_t counter, stream, key;
        uint32_t word[4];
    } cases[] = {
        { 0, 0, 0, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { UINT64_MAX, UINT64_MAX, UINT64_MAX, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { UINT64_C(0x85a308d3243f6a88),
          UINT64_C(0x0370734413198a2e),
          UINT64_C(0x299f31d0a4093822),
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t word[4];
        rng_block(cases[i].key, cases[i].stream, cases[i].counter, word);
        assert_memory_equal(word, cases[i].word, sizeof word);
    }
}

static void elements_are_the_words_of_blocks(void **state)
{
    (void)state;
    for (uint64_t index = 0; index < 40; index++) {
        uint32_t word[4];
        rng_block(9, RNG_DROPOUT, index / 4, word);
        assert_true(rng_uniform_at(9, RNG_DROPOUT, index) == word[index % 4] / 4294967296.0);
    }
}

static void streams_and_seeds_differ(void **state)
{
    (void)state;
    enum { DRAWS = 64 };
    uint64_t same = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double base = rng_uniform_at(1, RNG_WEIGHTS, i);
        same += base == rng_uniform_at(2, RNG_WEIGHTS, i);
        same += base == rng_uniform_at(1, RNG_DROPOUT, i);
        same += base == rng_uniform_at(UINT64_C(1) << 32 | 1, RNG_WEIGHTS, i);
        same += base == rng_uniform_at(1, UINT64_C(1) << 32 | RNG_WEIGHTS, i);
        same += base == rng_uniform_at(1, RNG_WEIGHTS, i + (UINT64_C(1) << 40));
    }
    assert_int_equal(same, 0);
}

static void stream_goes_on_from_its_counter(void **state)
{
    (void)state;
    struct rng_stream rng, late;
    rng_stream_init(&rng, 3, RNG_DATA);
    rng_stream_init(&late, 3, RNG_DATA);
    late.counter = 2;
    rng_normal(&rng);
    rng_uniform(&rng);
    assert_int_equal(rng.counter, 2);
    assert_true(rng_uniform(&rng) == rng_uniform(&late));
}

struct moments {
    double mean, variance, skewness, kurtosis, lowest, highest;
};

static struct moments measure(double (*draw)(struct rng_stream *), double center, int n)
{
    struct rng_stream rng;
    struct moments m = { .lowest = INFINITY, .highest = -INFINITY };
    double power[5] = { 0 };
    rng_stream_init(&rng, 2024, RNG_WEIGHTS);
    for (int i = 0; i < n; i++) {
        double x = draw(&rng), c = x - center, p = 1;
        for (int k = 1; k <= 4; k++)
            power[k] += p *= c;
        m.lowest = fmin(m.lowest, x);
        m.highest = fmax(m.highest, x);
    }
    m.mean = center + power[1] / n;
    m.variance = power[2] / n;
    m.skewness = power[3] / n / pow(m.variance, 1.5);
    m.kurtosis = power[4] / n / (m.variance * m.variance);
    return m;
}

#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) < (tolerance))

/* Tolerances are about five standard deviations of each estimate. */
static void uniform_numbers_are_uniform(void **state)
{
    (void)state;
    enum { DRAWS = 400000, BINS = 100 };
    struct moments m = measure(rng_uniform, 0.5, DRAWS);
    assert_near(m.mean, 0.5, 5 * sqrt(1.0 / 12 / DRAWS));
    assert_near(m.variance, 1.0 / 12, 5 * sqrt(1.0 / 180 / DRAWS));
    assert_near(m.skewness, 0, 0.02);
    assert_near(m.kurtosis, 1.8, 0.02);
    assert_true(m.lowest >= 0 && m.lowest < 1e-4 && m.highest < 1 && m.highest > 1 - 1e-4);

    int bin[BINS] = { 0 };
    for (uint64_t i = 0; i < DRAWS; i++)
        bin[(int)(rng_uniform_at(77, RNG_DROPOUT, i) * BINS)]++;
    double chi2 = 0, expected = (double)DRAWS / BINS;
    for (int i = 0; i < BINS; i++)
        chi2 += (bin[i] - expected) * (bin[i] - expected) / expected;
    assert_near(chi2, BINS - 1, 5 * sqrt(2.0 * (BINS - 1)));
}

static void normal_numbers_are_normal(void **state)
{
    (void)state;
    enum { DRAWS = 400000 };
    struct moments m = measure(rng_normal, 0, DRAWS);
    assert_near(m.mean, 0, 5 * sqrt(1.0 / DRAWS));
    assert_near(m.variance, 1, 5 * sqrt(2.0 / DRAWS));
    assert_near(m.skewness, 0, 5 * sqrt(6.0 / DRAWS));
    assert_near(m.kurtosis, 3, 5 * sqrt(24.0 / DRAWS));
    assert_true(m.lowest < -4 && m.lowest > -6.5 && m.highest > 4 && m.highest < 6.5);
}

/* Neighbours in a stream, and the same place in neighbouring streams, know nothing of each other.
 */
static void numbers_are_uncorrelated(void **state)
{
    (void)state;
    enum { DRAWS = 200000 };
    double along = 0, across = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double x = rng_uniform_at(5, 10, i) - 0.5;
        along += x * (rng_uniform_at(5, 10, i + 1) - 0.5);
        across += x * (rng_uniform_at(5, 11, i) - 0.5);
    }
    assert_near(along * 12 / DRAWS, 0, 5 / sqrt(DRAWS));
    assert_near(across * 12 / DRAWS, 0, 5 / sqrt(DRAWS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_give_the_words_of_python),
        cmocka_unit_test(bits_are_those_of_getrandbits),
        cmocka_unit_test(doubles_are_those_of_random),
        cmocka_unit_test(below_is_randrange),
        cmocka_unit_test(range_is_randint),
        cmocka_unit_test(samples_of_the_spec),
        cmocka_unit_test(samples_are_those_of_python),
        cmocka_unit_test(sample_scratch_depends_on_k),
        cmocka_unit_test(shuffle_is_that_of_python),
        cmocka_unit_test(copy_of_the_state_goes_on_alike),
        cmocka_unit_test(philox_gives_the_published_answers),
        cmocka_unit_test(elements_are_the_words_of_blocks),
        cmocka_unit_test(streams_and_seeds_differ),
        cmocka_unit_test(stream_goes_on_from_its_counter),
        cmocka_unit_test(uniform_numbers_are_uniform),
        cmocka_unit_test(normal_numbers_are_normal),
        cmocka_unit_test(numbers_are_uncorrelated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
