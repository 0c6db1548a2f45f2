#include "learning/contrastive.h"

#include <math.h>

static const real LEFT_OUT = (real)-1e4; /* exp of it is 0, and the sum stays finite */
static const double MOST_SCALE = 100;

void contrastive_mask(real *mask, const struct item_text *text,
                      const struct item_facts *const *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            const bool both = i != j && item_text_is_true(&text[j], facts[i]);
            mask[i * count + j] = both ? LEFT_OUT : 0;
        }
}

struct tensor *contrastive_loss(struct tape *t, const struct clip *model,
                                const struct contrastive_batch *batch)
{
    const size_t count = batch->words.count, side = model->settings.resolution;
    struct tensor *pictures = tape_input(t, (size_t[]){ count, 3, side, side }, 4, batch->pictures);
    struct tensor *image = op_l2_normalise(t, clip_image(t, model, pictures));
    struct tensor *text = op_l2_normalise(t, clip_text(t, model, &batch->words));
    struct tensor *cosine = op_matmul(t, image, text, false, true);
    struct tensor *logits = op_multiply(t, cosine, op_exp(t, model->logit_scale));
    if (batch->mask)
        logits = op_add(t, logits, tape_input(t, (size_t[]){ count, count }, 2, batch->mask));
    return op_contrastive(t, logits);
}

void contrastive_clamp(struct clip *model)
{
    const struct compute *c = model->parameters.compute;
    c->clamp(c, tensor_real(model->logit_scale), 0, (real)log(MOST_SCALE), 1);
}
