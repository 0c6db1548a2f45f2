/* Other names of CLIP's tensors, as tables of what a name begins with. Whose names a file has is
 * told by the one tensor that all have, the table of tokens; what stands before its name there
 * stands before all of them. */
#include "encoder/clip_names.h"

#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "tensor/safetensors_handle.h"
#include "tensor/stretch.h"

const char *clip_naming_text(enum clip_naming naming)
{
    static const char *const text[] = { "OpenAI", "open_clip", "Hugging Face" };
    return text[naming];
}

/* A translation while it is made. */
struct names {
    const struct safetensors *file;
    enum clip_naming naming;
    size_t prefix;      /* bytes that stand before every name, */
    const char *before; /* those at the start of this one */
    struct arena arena; /* new names, data that changed */
    struct safetensors_entry *entry;
    size_t count;
};

static bool begins_with(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

/* Whether a name is `end`, or ends with a dot and that; then *before is what comes first. */
static bool ends_with(const char *name, const char *end, size_t *before)
{
    const size_t length = strlen(name), wanted = strlen(end);
    if (length < wanted || strcmp(name + length - wanted, end) != 0)
        return false;
    *before = length - wanted;
    return *before == 0 || name[*before - 1] == '.';
}

/* ---- whose names ---- */

static const char text_inside[] = "text.";

static const struct {
    const char *end;
    enum clip_naming naming;
} tokens[] = {
    { "text_model.embeddings.token_embedding.weight", CLIP_NAMES_HUGGING_FACE },
    { "text.token_embedding.weight", CLIP_NAMES_OPEN_CLIP },
    { "token_embedding.weight", CLIP_NAMES_OPENAI },
};

enum { NAMINGS = sizeof tokens / sizeof *tokens };

/* Sets whose names they are, and what stands before them; false: the file has no such tensor. */
static bool find_naming(struct names *n)
{
    for (size_t i = 0; i < safetensors_count(n->file); i++) {
        n->before = safetensors_at(n->file, i)->name;
        for (size_t k = 0; k < NAMINGS; k++)
            if (ends_with(n->before, tokens[k].end, &n->prefix)) {
                n->naming = tokens[k].naming;
                if (n->naming == CLIP_NAMES_OPENAI && n->prefix > 0)
                    n->naming = CLIP_NAMES_OPEN_CLIP;
                return true;
            }
    }
    return false;
}

bool clip_names_found(const struct safetensors *file)
{
    struct names n = { .file = file };
    return find_naming(&n);
}

/* ---- entries ---- */

/* The tensor whose name has these three parts. */
static enum gmr_status find_part(struct names *n, const char *layer, const char *inside,
                                 const char *rest, const struct safetensors_entry **part)
{
    const char *name =
        arena_printf(&n->arena, "%.*s%s%s%s", (int)n->prefix, n->before, layer, inside, rest);
    if (!name)
        return GMR_ERR_NOMEM;
    *part = safetensors_find(n->file, name);
    if (!*part)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': tensor '%s' is missing",
                         safetensors_name(n->file), name);
    return GMR_OK;
}

/* Adds a tensor under the name TO<rest>; *added is borrowed until the next one. */
static enum gmr_status add(struct names *n, const struct safetensors_entry *entry, const char *to,
                           const char *rest, struct safetensors_entry **added)
{
    struct safetensors_entry *out = &n->entry[n->count];
    *out = *entry;
    out->name = arena_printf(&n->arena, "%s%s", to, rest);
    if (!out->name)
        return GMR_ERR_NOMEM;
    n->count++;
    *added = out;
    return GMR_OK;
}

/* [a, b] -> [b, a]; what has other axes stays, and is found to be wrong when it is loaded. */
static enum gmr_status transpose(struct names *n, struct safetensors_entry *entry)
{
    const size_t rows = entry->dim[0], columns = entry->dim[1], each = dtype_size(entry->dtype);
    const char *from = entry->data;
    if (entry->rank != 2)
        return GMR_OK;
    char *to = arena_alloc(&n->arena, entry->size);
    if (!to)
        return GMR_ERR_NOMEM;
    entry->data = to;
    entry->dim[0] = columns;
    entry->dim[1] = rows;
    for (size_t i = 0; entry->size > 0 && i < columns; i++)
        for (size_t k = 0; k < rows; k++, to += each)
            memcpy(to, from + (k * columns + i) * each, each);
    return GMR_OK;
}

static enum gmr_status check_alike(const struct names *n, const struct safetensors_entry *a,
                                   const struct safetensors_entry *b)
{
    const char *file = safetensors_name(n->file);
    if (a->dtype != b->dtype)
        return gmr_error(GMR_ERR_TYPE, "cannot read '%s': '%s' and '%s' are of different types",
                         file, a->name, b->name);
    if (a->rank == 0 || a->rank != b->rank || memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) != 0)
        return gmr_error(GMR_ERR_SHAPE, "cannot read '%s': '%s' and '%s' have different shapes",
                         file, a->name, b->name);
    return GMR_OK;
}

/* ---- OpenAI and open_clip ---- */

/* Older converters kept counts of batches as real numbers. */
static bool is_no_counter(const struct safetensors_entry *entry, const char *name)
{
    size_t before;
    return ends_with(name, "num_batches_tracked", &before) &&
           (entry->dtype != DTYPE_I64 || entry->size != sizeof(int64_t));
}

/* Masks and sizes, of the model or of a part of it. */
static bool is_left_out(const struct safetensors_entry *entry, const char *name)
{
    static const char *const names[] = { "input_resolution", "context_length", "vocab_size",
                                         "attn_mask" };
    size_t before;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ends_with(name, names[i], &before))
            return true;
    return is_no_counter(entry, name);
}

static void make_single(struct safetensors_entry *entry)
{
    if (strcmp(entry->name, "logit_scale") == 0 && entry->rank == 1 && entry->dim[0] == 1)
        entry->rank = 0;
}

static enum gmr_status add_openai(struct names *n, const struct safetensors_entry *entry,
                                  const char *name)
{
    struct safetensors_entry *added;
    if (begins_with(name, text_inside))
        name += sizeof text_inside - 1;
    if (is_left_out(entry, name))
        return GMR_OK;
    TRY(add(n, entry, "", name, &added));
    make_single(added);
    return GMR_OK;
}

/* ---- Hugging Face ---- */

enum change { KEPT, TRANSPOSED, JOINED, PART_OF_JOINED };

/* A name that begins so, and has this and no more unless it ends in a dot. */
struct rule {
    const char *from, *to;
    enum change change;
};

static const struct rule whole_rules[] = {
    { "logit_scale", "logit_scale", KEPT },
    { "text_projection.weight", "text_projection", TRANSPOSED },
    { "visual_projection.weight", "visual.proj", TRANSPOSED },
    { "text_model.embeddings.token_embedding.", "token_embedding.", KEPT },
    { "text_model.embeddings.position_embedding.weight", "positional_embedding", KEPT },
    { "text_model.final_layer_norm.", "ln_final.", KEPT },
    { "vision_model.embeddings.class_embedding", "visual.class_embedding", KEPT },
    { "vision_model.embeddings.patch_embedding.", "visual.conv1.", KEPT },
    { "vision_model.embeddings.position_embedding.weight", "visual.positional_embedding", KEPT },
    { "vision_model.pre_layrnorm.", "visual.ln_pre.", KEPT }, /* as they spell it */
    { "vision_model.pre_layernorm.", "visual.ln_pre.", KEPT },
    { "vision_model.post_layernorm.", "visual.ln_post.", KEPT },
};

static const struct rule block_rules[] = {
    { ".layer_norm1.", ".ln_1.", KEPT },
    { ".layer_norm2.", ".ln_2.", KEPT },
    { ".mlp.fc1.", ".mlp.c_fc.", KEPT },
    { ".mlp.fc2.", ".mlp.c_proj.", KEPT },
    { ".self_attn.out_proj.", ".attn.out_proj.", KEPT },
    { ".self_attn.q_proj.", ".attn.in_proj_", JOINED },
    { ".self_attn.k_proj.", NULL, PART_OF_JOINED },
    { ".self_attn.v_proj.", NULL, PART_OF_JOINED },
};

static const struct {
    const char *from, *to;
} towers[] = { { "text_model.encoder.layers.", "transformer.resblocks." },
               { "vision_model.encoder.layers.", "visual.transformer.resblocks." } };

/* The rule for a name, or NULL; *rest is what follows what the rule names. */
static const struct rule *find_rule(const struct rule *rules, size_t count, const char *name,
                                    const char **rest)
{
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(rules[i].from);
        *rest = name + length;
        if (begins_with(name, rules[i].from) &&
            (rules[i].from[length - 1] == '.' || **rest == '\0'))
            return &rules[i];
    }
    return NULL;
}

/* Queries, which are in `joined`, then keys and values: tensors of the layer that the file calls
 * `layer`. */
static enum gmr_status join(struct names *n, const struct safetensors_entry *query,
                            const char *layer, const char *rest, struct safetensors_entry *joined)
{
    static const char *const others[] = { ".self_attn.k_proj.", ".self_attn.v_proj." };
    char *to = arena_alloc(&n->arena, 3 * query->size);
    if (!to)
        return GMR_ERR_NOMEM;
    memcpy(to, query->data, query->size);
    for (size_t i = 0; i < 2; i++) {
        const struct safetensors_entry *part;
        TRY(find_part(n, layer, others[i], rest, &part));
        TRY(check_alike(n, query, part));
        memcpy(to + (i + 1) * query->size, part->data, query->size);
    }
    joined->data = to;
    joined->dim[0] *= 3;
    joined->size *= 3;
    return GMR_OK;
}

/* A tensor of layer `number` of a tower; *known is set when it has a rule. */
static enum gmr_status add_block(struct names *n, const struct safetensors_entry *entry,
                                 const char *name, size_t tower, bool *known)
{
    const char *number = name + strlen(towers[tower].from), *rest;
    const size_t digits = strspn(number, "0123456789");
    const struct rule *rule =
        find_rule(block_rules, sizeof block_rules / sizeof *block_rules, number + digits, &rest);
    struct safetensors_entry *added;
    *known = digits > 0 && rule;
    if (!*known || rule->change == PART_OF_JOINED)
        return GMR_OK;
    const char *to =
        arena_printf(&n->arena, "%s%.*s%s", towers[tower].to, (int)digits, number, rule->to);
    const char *layer = arena_strndup(&n->arena, name, (size_t)(number + digits - name));
    if (!to || !layer)
        return GMR_ERR_NOMEM;
    TRY(add(n, entry, to, rest, &added));
    return rule->change == JOINED ? join(n, entry, layer, rest, added) : GMR_OK;
}

static enum gmr_status add_hugging_face(struct names *n, const struct safetensors_entry *entry,
                                        const char *name)
{
    struct safetensors_entry *added;
    size_t before;
    const char *rest;
    if (ends_with(name, "position_ids", &before))
        return GMR_OK;
    for (size_t tower = 0; tower < sizeof towers / sizeof *towers; tower++) {
        bool known = false;
        if (begins_with(name, towers[tower].from))
            TRY(add_block(n, entry, name, tower, &known));
        if (known)
            return GMR_OK;
    }
    const struct rule *rule =
        find_rule(whole_rules, sizeof whole_rules / sizeof *whole_rules, name, &rest);
    TRY(add(n, entry, rule ? rule->to : "", rule ? rest : name, &added));
    make_single(added);
    return rule && rule->change == TRANSPOSED ? transpose(n, added) : GMR_OK;
}

/* ---- all of them ---- */

/* What does not lie where the tokens lie is no part of the model: an optimiser, a counter. */
static enum gmr_status add_all(struct names *n)
{
    n->entry = memory_array(n->arena.allocator, safetensors_count(n->file), sizeof *n->entry);
    if (!n->entry)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < safetensors_count(n->file); i++) {
        const struct safetensors_entry *entry = safetensors_at(n->file, i);
        if (strncmp(entry->name, n->before, n->prefix) != 0)
            continue;
        const char *name = entry->name + n->prefix;
        TRY(n->naming == CLIP_NAMES_HUGGING_FACE ? add_hugging_face(n, entry, name)
                                                 : add_openai(n, entry, name));
    }
    return GMR_OK;
}

static enum gmr_status translate(struct names *n, struct safetensors **translated)
{
    const char *name = safetensors_name(n->file);
    if (!find_naming(n))
        return gmr_error(GMR_ERR_FORMAT, "'%s' is no CLIP model: it has no tensor '%s'", name,
                         tokens[NAMINGS - 1].end);
    TRY(stretch_check(n->arena.allocator, n->file));
    TRY(add_all(n));
    return safetensors_create(n->arena.allocator, name, n->entry, n->count, &n->arena, translated);
}

enum gmr_status clip_names_translate(const struct gmr_allocator *allocator,
                                     const struct safetensors *file,
                                     struct safetensors **translated, enum clip_naming *naming)
{
    struct names n = { .file = file };
    *translated = NULL;
    arena_init(&n.arena, allocator, 0);
    const enum gmr_status status = translate(&n, translated);
    *naming = n.naming;
    memory_release(allocator, n.entry, safetensors_count(file) * sizeof *n.entry);
    arena_release(&n.arena);
    return status;
}
