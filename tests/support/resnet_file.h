/* The small ResNet of tests/golden/data/resnet.safetensors as a file of weights. */
#ifndef SUPPORT_RESNET_FILE_H
#define SUPPORT_RESNET_FILE_H

#include <stddef.h>

enum { RESNET_FILE_CHANNELS = 32 };

/* Writes it, under torchvision's names and without tensors whose names hold `without` (NULL: none).
 * Returns how many tensors it has. */
size_t resnet_file_write(const char *path, const char *without);

#endif
