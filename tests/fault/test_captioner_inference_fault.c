/* Captioners that only infer when memory runs out: every allocation of a decoder and of both kinds
 * of inference fails in turn, and stays failed. Then nothing is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/captioner/inference.h"
#include "support/captioning.h"
#include "support/faults.h"

enum { PAIRS = 5, CHANNELS = 2 };

static enum gmr_status make_decoder(const struct gmr_allocator *allocator, const void *subject)
{
    const struct decoder_room room = { 3, 2, 4, CAPTIONING_WORDS + 1 };
    struct decoder *d = NULL;
    (void)subject;
    const enum gmr_status status = decoder_create(allocator, room, captioning_words, &d);
    assert_int_equal(status == GMR_OK, d != NULL);
    decoder_destroy(d);
    return status;
}

static enum gmr_status decode(const struct captioner *model)
{
    static const struct decoding_options beams = { .mode = DECODE_BEAM, .beam = 2 };
    struct captioner_inference *f = NULL;
    struct captioning data;
    int64_t ids[PAIRS * CAPTIONER_MAX_WORDS];
    enum gmr_status status = captioner_inference_create(model, 2, 2, &f);
    assert_int_equal(status == GMR_OK, f != NULL);
    captioning_init(&data, PAIRS, CHANNELS, model->settings.length, 3);
    if (status == GMR_OK)
        status = captioner_decode(f, &data.pictures, &beams, ids);
    captioning_release(&data);
    captioner_inference_destroy(f);
    return status;
}

static enum gmr_status make_inference(const struct gmr_allocator *allocator, const void *subject)
{
    const enum captioner_kind *kind = subject;
    struct compute *compute;
    struct captioner model;
    enum gmr_status status = compute_create_cpu(allocator, 1, &compute);
    if (status != GMR_OK)
        return status;
    status = captioner_init(&model, compute, allocator, captioning_settings(*kind, CHANNELS),
                            captioning_words);
    if (status == GMR_OK) {
        captioner_initialise(&model, 1);
        status = decode(&model);
        captioner_release(&model);
    }
    compute_destroy(compute);
    return status;
}

static void decoders(void **state)
{
    (void)state;
    for (int stays = 0; stays < 2; stays++)
        assert_true(fail_each_allocation(make_decoder, NULL, stays) >= 11);
}

static void inference(void **state)
{
    static const enum captioner_kind kinds[] = { CAPTIONER_SHOW_ATTEND_TELL,
                                                 CAPTIONER_TRANSFORMER };
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int stays = 0; stays < 2; stays++)
            assert_true(fail_each_allocation(make_inference, &kinds[i], stays) > 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(decoders), cmocka_unit_test(inference) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
