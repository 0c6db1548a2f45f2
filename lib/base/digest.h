/* SHA-1 and SHA-256 (nettle). */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { DIGEST_SHA1_SIZE = 20, DIGEST_SIZE = 32, DIGEST_HEX = 2 * DIGEST_SIZE + 1 };

void digest_sha1(const void *data, size_t size, uint8_t digest[DIGEST_SHA1_SIZE]);
void digest_sha256(const void *data, size_t size, uint8_t digest[DIGEST_SIZE]);

/* SHA-256 of data that comes in pieces. */
struct digest {
    struct sha256_ctx state;
};

void digest_init(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t size);

/* The length, then the text, so that "ab" + "c" and "a" + "bc" differ. NULL differs from "". */
void digest_add_text(struct digest *digest, const char *text);
void digest_finish(struct digest *digest, uint8_t result[DIGEST_SIZE]);

/* SHA-256 of what a file holds, as digest_hex. Errors: those of file_map_open. */
enum gmr_status digest_file(const char *path, char hex[DIGEST_HEX]);

/* Lower-case hexadecimal, NUL-terminated; returns `hex`. */
const char *digest_hex(const uint8_t digest[DIGEST_SIZE], char hex[DIGEST_HEX]);

#endif
