/* Fuzz entry of zip files as places of pictures: the file is opened, pictures that the seeds have
 * are looked for, and read within the size they claim. No fault, whatever the bytes. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "catalogue/import/roots.h"
#include "media/picture.h"

static const char *const names[] = { "a.jpg", "images/1.jpg", "b.jpg", "../a.jpg", "" };

static void look(const struct picture_roots *roots, const char *name)
{
    struct arena arena;
    struct picture_place place;
    struct picture_bytes bytes;
    arena_init(&arena, NULL, 0);
    if (picture_roots_find(roots, &arena, &name, 1, &place) == GMR_OK) {
        assert(place.size <= PICTURE_MAX_BYTES && place.stamp != 0 && !place.path);
        if (picture_bytes_read(&bytes, NULL, &place) == GMR_OK) {
            assert(bytes.size == place.size && bytes.data);
            picture_recognise(bytes.data, bytes.size);
            picture_bytes_release(&bytes);
        }
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/gommir-fuzz-XXXXXX";
    const char *paths[] = { path };
    struct picture_roots roots;
    const int file = mkstemp(path);
    assert(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
    if (picture_roots_open(&roots, NULL, paths, 1) == GMR_OK)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            look(&roots, names[i]);
    picture_roots_close(&roots);
    unlink(path);
    return 0;
}
