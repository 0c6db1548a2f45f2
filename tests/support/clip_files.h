/* Files of small CLIP models, for tests of what opens them. */
#ifndef SUPPORT_CLIP_FILES_H
#define SUPPORT_CLIP_FILES_H

#include "encoder/clip.h"

enum { CLIP_FILE_WIDTH = 6 /* of its vectors */, CLIP_FILE_CONTEXT = 9, CLIP_FILE_TOKENS = 516 };

/* A vocabulary of that size: two merges. "ab" is one token, "cd" another at the end of a word. */
extern const char clip_file_vocabulary[];

/* Sizes of such a model; they are what clip_settings_infer finds. */
struct clip_settings clip_file_settings(enum clip_image_kind kind);

/* A model with reproducible values, all parameters different; the caller releases it. */
void clip_file_model(struct clip *model, struct compute *compute, enum clip_image_kind kind);

/* Writes one to a safetensors file. */
void clip_file_write(const char *path, enum clip_image_kind kind,
                     const struct safetensors_metadata *metadata, size_t count);

#endif
