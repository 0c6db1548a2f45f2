#include "support/training.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/status.h"
#include "catalogue/generate/generate.h"
#include "support/scratch.h"

void training_catalogue(void)
{
    struct gmr_generate_options options = gmr_generate_options_default();
    struct gmr_import_report report;
    options.catalogue = in_scratch("shop");
    options.items = TRAINING_ITEMS;
    options.seed = 3;
    if (generate_run(NULL, 1, &options, &report) == GMR_OK)
        return;
    fprintf(stderr, "cannot draw a catalogue: %s\n", gmr_error_message());
    exit(1);
}

struct encoder_training_settings training_settings(void)
{
    struct encoder_training_settings s = encoder_training_settings_default();
    s.model.embed = 8;
    s.model.resolution = 32;
    s.model.image_width = 2;
    s.model.image_heads = 1;
    s.model.text_width = 16;
    s.model.text_layers = 1;
    s.model.text_heads = 1;
    s.model.context = 16;
    s.merges = 60;
    s.batch = 8;
    s.epochs = 2;
    s.warm_up = 2;
    s.threads = 1;
    return s;
}

enum gmr_status training_run(const struct gmr_allocator *allocator,
                             const struct encoder_training_settings *settings, const char *name,
                             const struct gmr_progress *progress,
                             struct encoder_training_result *result)
{
    char shop[PATH_MAX];
    struct compute *compute;
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    const struct encoder_training_source source = { shop, "train", "train" };
#ifdef GMR_REAL_DOUBLE
    TRY(compute_create_reference(allocator, &compute));
#else
    TRY(compute_create_cpu(allocator, 1, &compute));
#endif
    enum gmr_status status = encoder_training_run(compute, allocator, settings, &source, 1,
                                                  in_scratch(name), progress, result);
    compute_destroy(compute);
    return status;
}

static struct file_map map_scratch(const char *name)
{
    struct file_map map;
    if (file_map_open(&map, in_scratch(name)) != GMR_OK) {
        fprintf(stderr, "%s\n", gmr_error_message());
        exit(1);
    }
    return map;
}

bool training_same_file(const char *a, const char *b)
{
    struct file_map one = map_scratch(a), two = map_scratch(b);
    const bool same = one.size == two.size && memcmp(one.data, two.data, one.size) == 0;
    file_map_close(&one);
    file_map_close(&two);
    return same;
}

double training_logged(const char *name, size_t line, const char *key)
{
    struct file_map log = map_scratch(name);
    json_t *value;
    const uint8_t *at = log.data, *end;
    for (; line > 0; line--)
        at = (const uint8_t *)memchr(at, '\n', log.size - (size_t)(at - log.data)) + 1;
    end = memchr(at, '\n', log.size - (size_t)(at - log.data));
    if (json_parse(at, (size_t)(end - at), 2, name, &value) != GMR_OK) {
        fprintf(stderr, "%s\n", gmr_error_message());
        exit(1);
    }
    const double number = json_number_value(json_object_get(value, key));
    json_decref(value);
    file_map_close(&log);
    return number;
}
