/* Looking into files of weights and features: safetensors, and what PyTorch writes (torch.save, old
 * and new, and TorchScript), of which the tensors and the numbers at the top are shown. And making
 * safetensors files of them.
 *
 *     struct gmr_weights *weights;
 *     if (gmr_weights_open(context, "model.safetensors", &weights) != GMR_OK) ...
 *     for (size_t i = 0; i < gmr_weights_count(weights); i++) {
 *         struct gmr_weights_tensor tensor = gmr_weights_tensor(weights, i);
 *         ...
 *     }
 *     gmr_weights_close(weights);
 *
 * A file is mapped, not read: opening is fast whatever its size. (Of an archive of PyTorch, the
 * bytes are compared with its checksums, and what is compressed goes to memory.) Nothing in a file
 * is ever executed. Threads: reading is safe from several. */
#ifndef GOMMIR_WEIGHTS_H
#define GOMMIR_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GMR_MAX_AXES = 6 };

/* Strings and data are borrowed from the open file. */
struct gmr_weights_tensor {
    const char *name;
    const char *type; /* "F32", "F64", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL" */
    size_t axes;
    size_t dim[GMR_MAX_AXES];
    const void *data; /* row-major, little-endian, perhaps unaligned */
    size_t bytes;
};

struct gmr_weights;

/* Opens a file; the caller closes it. Errors: GMR_ERR_NOT_FOUND, GMR_ERR_IO, GMR_ERR_FORMAT,
 * GMR_ERR_TYPE, GMR_ERR_UNSUPPORTED (a pickle that needs more than tensors and plain values, an
 * encrypted archive), GMR_ERR_NOMEM, naming the file and the reason. */
GMR_API enum gmr_status gmr_weights_open(struct gmr_context *context, const char *path,
                                         struct gmr_weights **weights);
GMR_API void gmr_weights_close(struct gmr_weights *weights); /* NULL is fine */

GMR_API size_t gmr_weights_count(const struct gmr_weights *weights);

/* index < count. */
GMR_API struct gmr_weights_tensor gmr_weights_tensor(const struct gmr_weights *weights,
                                                     size_t index);

/* Metadata: pairs of strings, which only safetensors files have; index < count. */
GMR_API size_t gmr_weights_metadata_count(const struct gmr_weights *weights);
GMR_API void gmr_weights_metadata(const struct gmr_weights *weights, size_t index, const char **key,
                                  const char **value);

/* ---- what a file holds ---- */

enum gmr_architecture_kind {
    GMR_ARCHITECTURE_UNKNOWN,
    GMR_ARCHITECTURE_CLIP_RESNET, /* CLIP with a ModifiedResNet for pictures */
    GMR_ARCHITECTURE_CLIP_VIT,    /* CLIP with a vision transformer */
    GMR_ARCHITECTURE_RECOMMENDER,
    GMR_ARCHITECTURE_CAPTIONER /* two pictures to the words that tell one from the other */
};

enum { GMR_IMAGE_STAGES = 4 };

/* A model, read off names and shapes; what a kind does not have is 0 or NULL. Strings are static.
 */
struct gmr_architecture {
    enum gmr_architecture_kind kind;
    const char *names; /* of CLIP: whose names the tensors have, "OpenAI", "open_clip", ... */
    size_t parameters; /* trained numbers; of a recommender all that are no integers */
    size_t width;      /* of its vectors; of a captioner inside */
    struct {
        size_t resolution, width, heads, patch;
        size_t layers[GMR_IMAGE_STAGES]; /* of each stage; a vision transformer has one */
    } image;
    struct {
        size_t width, layers, heads, context, vocabulary;
        bool vocabulary_inside; /* the file has it */
    } text;
    bool exact_gelu; /* in place of QuickGELU */
    bool pads;       /* pictures are padded to a square, not cut */
    /* Recommenders with such tensors: more than one when tensors do not tell. */
    const char *const *models;
    size_t model_count;
    size_t layers; /* of the tracker */
    /* Captioners; `text` has the number of words and, as context, the longest sentence. What only
     * the infos beside a published one tell is 0 or NULL. */
    struct {
        const char *form;  /* "show-attend-tell" or "transformer" */
        const char *input; /* how two pictures become one: "difference", "both" or "target" */
        size_t regions, channels; /* of a picture */
        size_t encoder_layers, decoder_layers, heads, hidden;
    } captioner;
};

/* Finds out what model an open file holds; `kind` is GMR_ARCHITECTURE_UNKNOWN, and no error, when
 * it is none that is known. Errors, then `kind` is that too: GMR_ERR_FORMAT, GMR_ERR_SHAPE,
 * GMR_ERR_TYPE, GMR_ERR_UNSUPPORTED (it looks like CLIP or a captioner, but tensors are missing,
 * unknown or of wrong shapes, or metadata wrong), GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_weights_architecture(const struct gmr_weights *weights,
                                                 struct gmr_architecture *architecture);

/* ---- converting ---- */

struct gmr_convert_options {
    const char *input;      /* a file of any kind that opens */
    const char *output;     /* may be the same */
    const char *model;      /* which recommender, where its tensors do not tell; "captioner" for one
                               of those; else NULL */
    const char *infos;      /* a published captioner: the pickle of its options and words; NULL:
                               infos_best.pkl, then infos.pkl, beside the input */
    const char *vocabulary; /* CLIP: a file of merges to put inside; NULL: none */
    bool half;              /* CLIP: tensors of two axes and more in half precision */
    bool exact_gelu;        /* CLIP: note that it was trained with exact GELU */
    struct gmr_progress progress;
};

/* Writes a model to a safetensors file with metadata that say which it is: CLIP under OpenAI's
 * names, recommenders and captioners under their own, types as they are. Atomic. Errors, then the
 * output is as it was: those of gmr_weights_open and gmr_weights_architecture, GMR_ERR_NOT_FOUND
 * (no infos), GMR_ERR_FORMAT (no model, or not the one named; infos that are damaged or of another
 * model), GMR_ERR_UNSUPPORTED (the tensors do not tell which model; an option for another kind),
 * GMR_ERR_SHAPE (the vocabulary is of another size), GMR_ERR_RANGE (too large for half precision),
 * GMR_ERR_CANCELLED, GMR_ERR_IO, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_weights_convert(struct gmr_context *context,
                                            const struct gmr_convert_options *options);

#ifdef __cplusplus
}
#endif
#endif
