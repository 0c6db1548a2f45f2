/* Fuzz entry of the WebP decoder; see support/picture_fuzz.h. */
#include "support/picture_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_picture(data, size, GMR_PICTURE_WEBP);
    return 0;
}
