/* The header of a safetensors file, parsed and checked: what safetensors_read.c reads from. */
#ifndef TENSOR_SAFETENSORS_HEADER_H
#define TENSOR_SAFETENSORS_HEADER_H

#include "base/json.h"
#include "tensor/safetensors.h"

enum { SAFETENSORS_LENGTH_SIZE = 8 }; /* the u64 before the header */

#define SAFETENSORS_METADATA "__metadata__"

/* Names, keys and values point into `json`, data into the bytes parsed. */
struct safetensors_header {
    const struct gmr_allocator *allocator;
    json_t *json;
    struct safetensors_entry *entry; /* in the order of their data */
    size_t count;
    struct safetensors_metadata *metadata; /* in the order of the file */
    size_t metadata_count;
};

/* Parses and checks the bytes of a whole file (errors: see safetensors_open), messages without the
 * file's name. Release the header also after an error. */
enum gmr_status safetensors_header_parse(struct safetensors_header *header,
                                         const struct gmr_allocator *allocator,
                                         const uint8_t *bytes, size_t size);
void safetensors_header_release(struct safetensors_header *header);

#endif
