#include "support/resnet_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "tensor/safetensors.h"

#define UNDER "net."

enum { MOST_ENTRIES = 256 };

size_t resnet_file_write(const char *path, const char *without)
{
    static struct safetensors_entry entry[MOST_ENTRIES];
    struct safetensors *golden;
    size_t count = 0;
    if (safetensors_open(NULL, GMR_SOURCE_DIR "/tests/golden/data/resnet.safetensors", &golden))
        fail_msg("%s", gmr_error_message());
    for (size_t i = 0; i < safetensors_count(golden); i++) {
        const struct safetensors_entry *e = safetensors_at(golden, i);
        if (strncmp(e->name, UNDER, strlen(UNDER)) != 0 || (without && strstr(e->name, without)))
            continue;
        entry[count] = *e;
        entry[count++].name += strlen(UNDER);
    }
    assert_int_equal(safetensors_write(NULL, path, entry, count, NULL, 0), GMR_OK);
    safetensors_close(golden);
    return count;
}
