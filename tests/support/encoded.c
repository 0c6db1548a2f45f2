#include "support/encoded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/rng.h"
#include "catalogue/embedding.h"
#include "support/clip_files.h"
#include "support/scratch.h"
#include "support/training.h"

_Static_assert((int)ENCODED_WIDTH == (int)CLIP_FILE_WIDTH, "of one encoder");

void encoded_prepare(char *digest)
{
    const struct safetensors_metadata vocabulary = { "vocabulary", clip_file_vocabulary };
    uint8_t sum[DIGEST_SIZE];
    struct file_map map;
    training_catalogue();
    clip_file_write(in_scratch("clip.safetensors"), CLIP_VIT, &vocabulary, 1);
    assert_int_equal(file_map_open(&map, in_scratch("clip.safetensors")), GMR_OK);
    digest_sha256(map.data, map.size, sum);
    digest_hex(sum, digest);
    file_map_close(&map);
}

void encoded_vector(size_t position, float *vector)
{
    for (size_t i = 0; i < ENCODED_WIDTH; i++)
        vector[i] = (float)(2 * rng_uniform_at(5, RNG_DATA, position * ENCODED_WIDTH + i) - 1);
}

void encoded_embed(const char *digest, size_t left_out)
{
    static float vectors[TRAINING_ITEMS * ENCODED_WIDTH];
    size_t positions[TRAINING_ITEMS];
    struct catalogue *catalogue;
    assert_true(left_out < TRAINING_ITEMS);
    for (size_t i = left_out; i < TRAINING_ITEMS; i++) {
        positions[i - left_out] = i;
        encoded_vector(i, vectors + (i - left_out) * ENCODED_WIDTH);
    }
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    assert_int_equal(embedding_write(catalogue, "clip", digest, vectors, ENCODED_WIDTH, positions,
                                     TRAINING_ITEMS - left_out),
                     GMR_OK);
    catalogue_close(catalogue);
}
