/* The three places of a vocabulary. */
#include "encoder/encoder_vocabulary.h"

#include <string.h>

#include "base/arena.h"
#include "base/status.h"

static enum gmr_status open_inside(const struct clip_checkpoint *checkpoint, struct arena *arena,
                                   const char **name, struct tokeniser **tokeniser)
{
    const char *text = checkpoint->vocabulary;
    *name = arena_printf(arena, "the vocabulary in %s", safetensors_name(checkpoint->file));
    if (!*name)
        return GMR_ERR_NOMEM;
    return tokeniser_parse(arena->allocator, text, strlen(text), *name, tokeniser);
}

/* The first file that is there; *tokeniser stays NULL without one. */
static enum gmr_status open_beside(const struct clip_checkpoint *checkpoint, struct arena *arena,
                                   const char **name, struct tokeniser **tokeniser)
{
    static const char *const names[] = { "bpe_simple_vocab_16e6.txt.gz",
                                         "bpe_simple_vocab_16e6.txt", "merges.txt",
                                         "vocabulary.txt" };
    const char *weights = safetensors_name(checkpoint->file), *slash = strrchr(weights, '/');
    const int folder = slash ? (int)(slash + 1 - weights) : 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *name = arena_printf(arena, "%.*s%s", folder, weights, names[i]);
        if (!*name)
            return GMR_ERR_NOMEM;
        enum gmr_status status = tokeniser_open(arena->allocator, *name, tokeniser);
        if (status != GMR_ERR_NOT_FOUND)
            return status;
    }
    return GMR_OK;
}

static enum gmr_status check_size(const struct clip_checkpoint *checkpoint, const char *name,
                                  const struct tokeniser *tokeniser)
{
    const size_t wanted = checkpoint->settings.vocabulary;
    if (!tokeniser || tokeniser_size(tokeniser) == wanted)
        return GMR_OK;
    return gmr_error(GMR_ERR_SHAPE,
                     "'%s' is no vocabulary of '%s': it has %zu tokens, the model %zu", name,
                     safetensors_name(checkpoint->file), tokeniser_size(tokeniser), wanted);
}

static enum gmr_status find(const struct clip_checkpoint *checkpoint, const char *path,
                            struct arena *arena, const char **name, struct tokeniser **tokeniser)
{
    *name = path;
    if (path)
        return tokeniser_open(arena->allocator, path, tokeniser);
    if (checkpoint->vocabulary)
        return open_inside(checkpoint, arena, name, tokeniser);
    return open_beside(checkpoint, arena, name, tokeniser);
}

enum gmr_status encoder_vocabulary_open(const struct clip_checkpoint *checkpoint, const char *path,
                                        const struct gmr_allocator *allocator,
                                        struct tokeniser **tokeniser)
{
    struct arena arena;
    const char *name;
    arena_init(&arena, allocator, 0);
    *tokeniser = NULL;
    enum gmr_status status = find(checkpoint, path, &arena, &name, tokeniser);
    if (status == GMR_OK)
        status = check_size(checkpoint, name, *tokeniser);
    if (status != GMR_OK) {
        tokeniser_destroy(*tokeniser);
        *tokeniser = NULL;
    }
    arena_release(&arena);
    return status;
}
