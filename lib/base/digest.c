/* SHA-1 and SHA-256 (nettle). */
#include "base/digest.h"

#include <nettle/sha1.h>
#include <string.h>

#include "base/file.h"

void digest_sha1(const void *data, size_t size, uint8_t digest[DIGEST_SHA1_SIZE])
{
    struct sha1_ctx state;
    sha1_init(&state);
    sha1_update(&state, size, data);
    sha1_digest(&state, DIGEST_SHA1_SIZE, digest);
}

void digest_sha256(const void *data, size_t size, uint8_t digest[DIGEST_SIZE])
{
    struct digest whole;
    digest_init(&whole);
    digest_add(&whole, data, size);
    digest_finish(&whole, digest);
}

void digest_init(struct digest *digest)
{
    sha256_init(&digest->state);
}

void digest_add(struct digest *digest, const void *data, size_t size)
{
    sha256_update(&digest->state, size, data);
}

void digest_add_text(struct digest *digest, const char *text)
{
    uint64_t length = text ? strlen(text) : UINT64_MAX;
    digest_add(digest, &length, sizeof length);
    if (text)
        digest_add(digest, text, (size_t)length);
}

void digest_finish(struct digest *digest, uint8_t result[DIGEST_SIZE])
{
    sha256_digest(&digest->state, DIGEST_SIZE, result);
}

const char *digest_hex(const uint8_t digest[DIGEST_SIZE], char hex[DIGEST_HEX])
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        hex[2 * i] = digit[digest[i] >> 4];
        hex[2 * i + 1] = digit[digest[i] & 15];
    }
    hex[DIGEST_HEX - 1] = '\0';
    return hex;
}

enum gmr_status digest_file(const char *path, char hex[DIGEST_HEX])
{
    uint8_t digest[DIGEST_SIZE];
    struct file_map map;
    TRY(file_map_open(&map, path));
    digest_sha256(map.data, map.size, digest);
    file_map_close(&map);
    digest_hex(digest, hex);
    return GMR_OK;
}
