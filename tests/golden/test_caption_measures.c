/* BLEU, ROUGE-L and CIDEr-D against a second implementation (scripts/golden/caption_measures.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "base/file.h"
#include "base/json.h"
#include "learning/caption_measures.h"

#define GOLDEN GMR_SOURCE_DIR "/tests/golden/data/caption_measures.json"

enum { MOST = 64, REFERENCES = 8 };

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-9))
        fail_msg("%.12g is not %.12g", found, expected);
}

static double number(const json_t *corpus, const char *name, size_t i)
{
    const json_t *value = json_array_get(json_object_get(corpus, name), i);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static size_t read_cases(const json_t *corpus, struct caption_case *cases,
                         const char *references[MOST][REFERENCES])
{
    size_t i, r;
    json_t *row, *text;
    json_array_foreach(json_object_get(corpus, "cases"), i, row)
    {
        assert_true(i < MOST);
        cases[i] = (struct caption_case){
            .candidate = json_string_value(json_object_get(row, "candidate")),
            .references = references[i],
        };
        json_array_foreach(json_object_get(row, "references"), r, text)
        {
            assert_true(r < REFERENCES);
            references[i][r] = json_string_value(text);
            cases[i].count++;
        }
    }
    return i;
}

static void check(const json_t *corpus)
{
    static struct caption_case cases[MOST];
    static const char *references[MOST][REFERENCES];
    struct caption_score score[MOST];
    double bleu[CAPTION_NGRAM];
    const size_t count = read_cases(corpus, cases, references);
    assert_true(count > 0);
    assert_int_equal(caption_measure(NULL, cases, count, score), GMR_OK);
    caption_bleu(score, NULL, count, bleu);
    for (size_t n = 0; n < CAPTION_NGRAM; n++)
        assert_near(bleu[n], number(corpus, "bleu", n));
    for (size_t i = 0; i < count; i++) {
        assert_near(score[i].rouge, number(corpus, "rouge", i));
        assert_near(score[i].cider, number(corpus, "cider", i));
    }
}

static void agrees_with_the_script(void **state)
{
    (void)state;
    struct file_map map;
    json_t *corpora;
    size_t i;
    const json_t *corpus;
    assert_int_equal(file_map_open(&map, GOLDEN), GMR_OK);
    assert_int_equal(json_parse(map.data, map.size, 8, GOLDEN, &corpora), GMR_OK);
    file_map_close(&map);
    assert_int_equal(json_array_size(corpora), 4);
    json_array_foreach(corpora, i, corpus)
    {
        check(corpus);
    }
    json_decref(corpora);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(agrees_with_the_script) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
