#include "support/seeing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "simulator/captioner/checkpoint.h"
#include "support/captioning.h"
#include "support/clip_files.h"
#include "support/scratch.h"

void seeing_put_encoder(const char *name, char *digest)
{
    struct file_map map;
    uint8_t sum[DIGEST_SIZE];
    clip_file_write(in_scratch(name), CLIP_VIT, NULL, 0);
    assert_int_equal(file_map_open(&map, in_scratch(name)), GMR_OK);
    digest_sha256(map.data, map.size, sum);
    digest_hex(sum, digest);
    file_map_close(&map);
}

/* Weights are large, so that pictures make a difference. */
void seeing_put_captioner(const char *name, enum captioner_kind kind, size_t channels,
                          const char *digest)
{
    struct compute *compute;
    struct captioner model;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    assert_int_equal(captioner_init(&model, compute, NULL, captioning_settings(kind, channels),
                                    captioning_words),
                     GMR_OK);
    captioner_initialise(&model, 3);
    for (size_t i = 0; i < model.parameters.count; i++) {
        const struct parameter *e = &model.parameters.entry[i];
        size_t numel;
        shape_numel(e->dim, e->rank, &numel);
        for (size_t k = 0; e->kind == PARAMETER_TRAINED && e->rank > 1 && k < numel; k++)
            tensor_real(e->tensor)[e->offset + k] *= 4;
    }
    assert_int_equal(captioner_save(&model, in_scratch(name), digest, NULL, 0), GMR_OK);
    captioner_release(&model);
    compute_destroy(compute);
}
