"""Checkpoints of two small CLIP models, in every container and under everyone's names (spec section
1.7), and the vectors that each should give.

    SCHEME_CONTAINER.pt, SCHEME.safetensors    a vision transformer
    resnet_...                                 a ModifiedResNet
    expected.safetensors                       squares, texts (metadata), vectors by precision
    vocabulary.txt                             the texts' vocabulary: a few merges

Vectors are computed in float64 from weights that were rounded as they are in the file. The model
under Hugging Face's names is computed a second time, as they compute theirs, from those names.
"""
import collections
import math

import torch
import torch.nn.functional as F
from torch import nn

import containers
from clip import CONTEXT, Clip, ModifiedResNet, VisionTransformer, ignore
from common import Draw, Kinks, require, require_close
from layers import later
from tokeniser import Vocabulary

MERGES = ["t h", "th e</w>", "l e", "e d</w>", "r ed</w>", "s l", "sl e", "m o"]
TEXTS = ["a red dress", "the sleeves", "is more formal &amp; has no sleeves at all", "",
         "caf\u00e9 <|endoftext|> the"]
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073], dtype=torch.float64)
DEVIATION = torch.tensor([0.26862954, 0.26130258, 0.27577711], dtype=torch.float64)
WIDTH, LAYERS = 4, 2


# ---- precisions ----

def is_matrix(name):
    """What OpenAI's files hold in half precision."""
    return not any(part in name for part in ("ln_", "bn", "downsample.1", "embedding", "logit_scale"))


PRECISIONS = {
    "single": lambda name: torch.float32,
    "half": lambda name: torch.float16,
    "brain": lambda name: torch.bfloat16,
    "double": lambda name: torch.float64,
    "mixed": lambda name: torch.float16 if is_matrix(name) else torch.float32,
}


def rounded(state, precision):
    return {name: value.to(PRECISIONS[precision](name)) if value.is_floating_point() else value
            for name, value in state.items()}


# ---- names ----

def scalars(vocabulary):
    return {"input_resolution": 12, "context_length": CONTEXT, "vocab_size": vocabulary}


def openai(state):
    numbers = scalars(len(state["token_embedding.weight"]))
    return {**state, **{name: torch.tensor(value) for name, value in numbers.items()}}


def open_clip(state):
    """A model of today's, the text tower in a part of its own."""
    named = {name if name.startswith("visual.") or name == "logit_scale" else "text." + name: value
             for name, value in state.items()}
    named["logit_scale"] = named["logit_scale"].reshape(1)
    named["text.attn_mask"] = later(CONTEXT).float().masked_fill(later(CONTEXT), -math.inf)
    return named


def open_clip_training(state):
    """What its training saves: an older model, wrapped for several devices, and more."""
    named = {"module." + name: value for name, value in state.items()}
    named["module.attn_mask"] = torch.zeros(CONTEXT, CONTEXT)
    moments = {0: {"step": 7, "exp_avg": torch.zeros(3)}}
    return {"epoch": 3, "name": "run", "state_dict": collections.OrderedDict(named),
            "optimizer": {"state": moments, "param_groups": [{"lr": 0.001, "params": [0]}]}}


def hugging_face_block(name):
    for own, theirs in (("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"),
                        ("mlp.c_proj", "mlp.fc2"), ("attn.out_proj", "self_attn.out_proj")):
        name = name.replace(own, theirs)
    return name


HUGGING_FACE = {
    "logit_scale": "logit_scale",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
}


def hugging_face(state):
    named = {"text_model.embeddings.position_ids": torch.arange(CONTEXT).reshape(1, -1),
             "vision_model.embeddings.position_ids": torch.arange(10).reshape(1, -1)}
    for name, value in state.items():
        visual = name.startswith("visual.transformer.")
        tower = "vision_model.encoder.layers." if visual else "text_model.encoder.layers."
        inside = name.partition("resblocks.")[2]
        if name == "text_projection":
            named["text_projection.weight"] = value.t().contiguous()
        elif name == "visual.proj":
            named["visual_projection.weight"] = value.t().contiguous()
        elif "in_proj_" in inside:
            before, kind = inside.split("attn.in_proj_")
            for letter, part in zip("qkv", value.chunk(3)):
                named[f"{tower}{before}self_attn.{letter}_proj.{kind}"] = part.clone()
        elif inside:
            named[tower + hugging_face_block(inside)] = value
        else:
            named[HUGGING_FACE[name]] = value
    return named


def hugging_face_tower(state, tower, x, mask):
    """Layer by layer, one head of scale width ** -0.5."""
    def linear(name, x):
        return F.linear(x, state[name + ".weight"], state[name + ".bias"])

    def norm(name, x):
        return F.layer_norm(x, x.shape[-1:], state[name + ".weight"], state[name + ".bias"])

    for i in range(LAYERS):
        layer = f"{tower}.encoder.layers.{i}."
        y = norm(layer + "layer_norm1", x)
        q, k, v = (linear(f"{layer}self_attn.{letter}_proj", y) for letter in "qkv")
        scores = (q * x.shape[-1] ** -0.5) @ k.transpose(1, 2) + mask
        x = x + linear(layer + "self_attn.out_proj", scores.softmax(-1) @ v)
        y = linear(layer + "mlp.fc1", norm(layer + "layer_norm2", x))
        x = x + linear(layer + "mlp.fc2", y * torch.sigmoid(1.702 * y))
    return x, norm


def hugging_face_vectors(state, pictures, ids):
    at = "vision_model.embeddings."
    x = F.conv2d(pictures, state[at + "patch_embedding.weight"], stride=4).flatten(2).transpose(1, 2)
    start = state[at + "class_embedding"].expand(len(x), 1, -1)
    x = torch.cat([start, x], 1) + state[at + "position_embedding.weight"]
    x = F.layer_norm(x, x.shape[-1:], state["vision_model.pre_layrnorm.weight"],
                     state["vision_model.pre_layrnorm.bias"])
    x, norm = hugging_face_tower(state, "vision_model", x, 0)
    image = F.linear(norm("vision_model.post_layernorm", x[:, 0]), state["visual_projection.weight"])
    at = "text_model.embeddings."
    x = state[at + "token_embedding.weight"][ids] + state[at + "position_embedding.weight"]
    mask = torch.zeros(CONTEXT, CONTEXT).masked_fill(later(CONTEXT), -math.inf)
    x, norm = hugging_face_tower(state, "text_model", x, mask)
    last = norm("text_model.final_layer_norm", x)[torch.arange(len(ids)), ids.argmax(-1)]
    return image, F.linear(last, state["text_projection.weight"])


# ---- containers ----

class Holder(nn.Module):
    """A module for its attributes."""

    def forward(self, x):
        return x


def as_module(named, numbers):
    """Modules whose parameters have these names."""
    root = Holder()
    for name, value in named.items():
        *path, last = name.split(".")
        at = root
        for part in path:
            if part not in at._modules:
                at.add_module(part, Holder())
            at = at._modules[part]
        if value.is_floating_point():
            at.register_parameter(last, nn.Parameter(value, requires_grad=False))
        else:
            at.register_buffer(last, value)
    for name, value in numbers.items():
        setattr(root, name, value)
    return root


def write_archive(path, named):
    with open(path, "wb") as file:  # a path would become part of the file
        torch.save(named, file)


def write_legacy(path, named):
    with open(path, "wb") as file:
        torch.save(named, file, _use_new_zipfile_serialization=False)


def write_script(path, named):
    """OpenAI's sizes are numbers of the module, no tensors."""
    numbers = {name: named[name].item() for name in scalars(0) if name in named}
    tensors = {name: value for name, value in named.items() if name not in numbers}
    containers.write_script(path, as_module(tensors, numbers))


# name: (model, naming, precision, writer)
FILES = {
    "openai_script.pt": ("vit", openai, "mixed", write_script),
    "openai_archive.pt": ("vit", openai, "single", write_archive),
    "openai_legacy.pt": ("vit", openai, "half", write_legacy),
    "openai.safetensors": ("vit", dict, "half", None),
    "open_clip_script.pt": ("vit", open_clip, "single", write_script),
    "open_clip_archive.pt": ("vit", open_clip_training, "single", write_archive),
    "open_clip_legacy.pt": ("vit", open_clip_training, "double", write_legacy),
    "open_clip.safetensors": ("vit", open_clip, "brain", containers.write_safetensors),
    "hugging_face_script.pt": ("vit", hugging_face, "brain", write_script),
    "hugging_face_archive.pt": ("vit", hugging_face, "half", write_archive),
    "hugging_face_legacy.pt": ("vit", hugging_face, "double", write_legacy),
    "hugging_face.safetensors": ("vit", hugging_face, "single", containers.write_safetensors),
    "resnet_openai_script.pt": ("resnet", openai, "mixed", write_script),
    "resnet_open_clip.safetensors": ("resnet", open_clip, "half", containers.write_safetensors),
}


# ---- models and vectors ----

def make(kind, vocabulary, activation=None):
    options = {"activation": activation} if activation else {}
    if kind == "vit":
        visual = VisionTransformer(WIDTH, 1, LAYERS, 4, 3, **options)
    else:
        visual = ModifiedResNet(2, (1, 2, 1, 1), 1, 1, Kinks())
    return Clip(visual, WIDTH, 1, vocabulary, **options).eval()


def pictures(squares):
    x = (squares.double() / 255 - MEAN) / DEVIATION
    return x.permute(0, 3, 1, 2)


def vectors(net, state, squares, ids):
    net.load_state_dict({name: value.double() if value.is_floating_point() else value
                         for name, value in state.items()})
    with torch.no_grad():
        return net.visual(pictures(squares), ignore), net.text(ids, ignore)


def token_ids(vocabulary):
    """Cut at the context, the last id that of the end; then zeros."""
    ids = torch.zeros(len(TEXTS), CONTEXT, dtype=torch.int64)
    for row, text in zip(ids, TEXTS):
        found = vocabulary.encode(text)
        if len(found) > CONTEXT:
            found = found[:CONTEXT - 1] + [vocabulary.end]
        row[:len(found)] = torch.tensor(found)
    return ids


def check_hugging_face(state, squares, ids, expected):
    named = {name: value.double() if value.is_floating_point() else value
             for name, value in hugging_face(state).items()}
    for got, wanted in zip(hugging_face_vectors(named, pictures(squares), ids), expected):
        require_close("Hugging Face's way", got, wanted, 1e-12)


def write(folder):
    """Writes all files to a folder."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["#version: 0.2", *MERGES]
    (folder / "vocabulary.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    vocabulary = Vocabulary(MERGES)
    size, ids = vocabulary.end + 1, token_ids(vocabulary)
    expected = {}
    for kind, side in (("vit", 12), ("resnet", 32)):
        draw = Draw(1301)
        states = draw.fill(make(kind, size)).state_dict()
        states = {name: value.float() if value.is_floating_point() else value
                  for name, value in states.items()}
        squares = draw.index(256, 3, side, side, 3).to(torch.uint8)
        expected[f"{kind}.squares"] = squares
        for precision in sorted({row[2] for row in FILES.values() if row[0] == kind}):
            state = rounded(states, precision)
            found = vectors(make(kind, size), state, squares, ids)
            if kind == "vit":
                check_hugging_face(state, squares, ids, found)
                exact = vectors(make(kind, size, nn.GELU), state, squares, ids)
                add_vectors(expected, f"{kind}.{precision}.gelu", exact)
            add_vectors(expected, f"{kind}.{precision}", found)
        for name, (model, naming, precision, writer) in FILES.items():
            if model == kind:
                write_file(folder / name, naming(rounded(states, precision)), writer, lines)
    containers.write_safetensors(folder / "expected.safetensors", expected,
                                 {"texts": "\n".join(TEXTS)})


def add_vectors(expected, name, found):
    for kind, value in zip(("image", "text"), found):
        require(f"{name}.{kind} is too small", float(value.abs().max()) > 0.05)
        expected[f"{name}.{kind}"] = value.float()


def write_file(path, named, writer, vocabulary):
    """Without a writer, as this project saves its own models."""
    if writer:
        writer(path, named)
        return
    containers.write_safetensors(path, named, {
        "model": "clip", "version": "1", "fit": "pad", "vocabulary": "\n".join(vocabulary) + "\n"})


def content_of(name):
    """How files of this name are compared: see containers.py."""
    if name.endswith("_legacy.pt"):
        return containers.legacy_content
    return containers.script_content if name.endswith("_script.pt") else lambda p: p.read_bytes()


def stale(new, folder):
    """The names of files in `folder` that are not what is now written to `new`."""
    write(new)
    return containers.differing(new, folder, content_of)
