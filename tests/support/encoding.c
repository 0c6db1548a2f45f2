/* A tower that needs no network. */
#include "support/encoding.h"

#include <signal.h>

#include "support/scratch.h"

enum { NUMBERS = FAKE_SIDE * FAKE_SIDE * 3, THREADS = 2 };

static size_t width_of(const struct fake_tower *tower)
{
    return tower->width > 0 ? tower->width : FAKE_WIDTH;
}

void fake_vector(const struct fake_tower *tower, const uint8_t *square, float *vector)
{
    for (size_t j = 0; j < width_of(tower); j++) {
        double sum = 0;
        for (size_t i = 0; i < NUMBERS; i++)
            sum += (double)square[i] * (double)(i * (j + 3) % 17);
        vector[j] = (float)(sum / 1000 + tower->encoder[0]);
    }
}

static enum gmr_status encode(void *user, const uint8_t *squares, size_t count, real *y)
{
    struct fake_tower *tower = user;
    if (tower->end_after > 0 && tower->calls == tower->end_after)
        raise(SIGKILL);
    if (tower->fail_after > 0 && tower->calls == tower->fail_after)
        return gmr_error(GMR_ERR_NUMERIC, "the tower fails");
    tower->calls++;
    tower->squares += count;
    for (size_t n = 0; n < count; n++) {
        float vector[FAKE_MAX_WIDTH];
        fake_vector(tower, squares + n * NUMBERS, vector);
        for (size_t j = 0; j < width_of(tower); j++)
            *y++ = (real)vector[j];
    }
    return GMR_OK;
}

static bool is_cancelled(void *user)
{
    const struct fake_tower *tower = user;
    return tower->stop_after > 0 && tower->calls == tower->stop_after;
}

enum gmr_status fake_encode(const struct gmr_allocator *allocator, struct fake_tower *tower,
                            struct gmr_encode_report *report)
{
    const struct image_tower image = { .side = FAKE_SIDE,
                                       .fit = PREPROCESS_PAD,
                                       .width = width_of(tower),
                                       .encoder = tower->encoder,
                                       .encode = encode,
                                       .user = tower };
    const struct gmr_encode_options options = {
        .name = "clip", .progress = { .cancelled = is_cancelled, .user = tower }
    };
    struct catalogue *catalogue;
    TRY(catalogue_open(allocator, in_scratch("shop"), &catalogue));
    const enum gmr_status status =
        catalogue_encode(catalogue, &image, THREADS, NULL, &options, report);
    catalogue_close(catalogue);
    return status;
}
