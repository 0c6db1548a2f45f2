/* Pictures per second: a JPEG decoded, and decoded and resized to CLIP's input size (spec section
 * 1.6), on one thread. The pictures are smooth noise with some grain, so that they compress about
 * as photographs do. */
#include <stdbool.h>
#include <stdio.h>

#include "base/rng.h"
#include "bench.h"
#include "media/picture.h"

enum { INPUT_SIDE = 224, QUALITY = 85, CELL = 12, GRAIN = 12 };

struct job {
    struct picture_file file;
    size_t width, height;
    struct picture_part centre; /* of the picture resized to width x height */
    size_t at_least;
    bool resized, failed;
};

/* Noise on a grid, blown up by the resizer, plus grain. */
static enum gmr_status draw(size_t width, size_t height, struct picture *picture)
{
    struct picture grid;
    struct mt19937 rng;
    mt19937_seed(&rng, width);
    if (picture_init(&grid, NULL, width / CELL + 2, height / CELL + 2) != GMR_OK)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < 3 * grid.width * grid.height; i++)
        grid.pixels[i] = (uint8_t)(32 + mt19937_below(&rng, 192));
    enum gmr_status status = picture_resize(NULL, &grid, width, height, picture);
    picture_release(&grid);
    for (size_t i = 0; status == GMR_OK && i < 3 * width * height; i++) {
        int value = picture->pixels[i] + (int)mt19937_below(&rng, GRAIN) - GRAIN / 2;
        picture->pixels[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
    return status;
}

static enum gmr_status make_file(size_t width, size_t height, struct picture_file *file)
{
    struct picture picture;
    *file = (struct picture_file){ 0 };
    enum gmr_status status = draw(width, height, &picture);
    if (status == GMR_OK)
        status = picture_encode_jpeg(NULL, &picture, QUALITY, file);
    picture_release(&picture);
    return status;
}

static void run(void *state)
{
    struct job *j = state;
    struct picture picture, input = { 0 };
    enum gmr_status status = picture_decode(NULL, j->file.bytes, j->file.size, j->at_least,
                                            "benchmark", &picture, NULL, NULL);
    if (status == GMR_OK && j->resized)
        status = picture_resize_part(NULL, &picture, j->width, j->height, &j->centre, &input);
    j->failed |= status != GMR_OK;
    picture_release(&picture);
    picture_release(&input);
}

/* Per second, over a tenth of a second for each run asked for. */
static double rate(const struct bench *b, struct job *job)
{
    double start, seconds;
    size_t count = 0;
    run(job);
    start = bench_seconds();
    do {
        run(job);
        count++;
        seconds = bench_seconds() - start;
    } while (seconds < 0.1 * (double)b->runs);
    return (double)count / seconds;
}

static void measure(const struct bench *b, size_t width, size_t height)
{
    size_t shorter = width < height ? width : height;
    struct job job = { .width = width * INPUT_SIDE / shorter,
                       .height = height * INPUT_SIDE / shorter,
                       .centre = { .width = INPUT_SIDE, .height = INPUT_SIDE } };
    job.centre.left = (job.width - INPUT_SIDE) / 2;
    job.centre.top = (job.height - INPUT_SIDE) / 2;
    if (make_file(width, height, &job.file) == GMR_OK) {
        double decoded = rate(b, &job), resized, smaller;
        job.resized = true;
        resized = rate(b, &job);
        job.at_least = INPUT_SIDE;
        smaller = rate(b, &job);
        if (!job.failed)
            printf("{\"bench\":\"picture\",\"width\":%zu,\"height\":%zu,\"bytes\":%zu,"
                   "\"decoded_per_second\":%.0f,\"to_input_per_second\":%.0f,"
                   "\"shrunk_to_input_per_second\":%.0f}\n",
                   width, height, job.file.size, decoded, resized, smaller);
    }
    picture_file_release(&job.file);
}

void bench_picture(const struct bench *b)
{
    static const size_t sizes[][2] = { { 60, 80 }, { 280, 280 }, { 450, 600 }, { 1000, 1500 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        measure(b, sizes[i][0], sizes[i][1]);
}
