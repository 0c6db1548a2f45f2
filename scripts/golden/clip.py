"""CLIP: both image towers, the text tower, and the contrastive loss (spec sections 1.2-1.4)."""
import numpy
import torch
import torch.nn.functional as F
from torch import nn

from clip_block import Block, QuickGELU
from common import (Draw, Golden, Kinks, gradients, require, require_close, running_statistics,
                    values)
from convolution import Bottleneck as FirstBottleneck
from layers import later

EMBED, VOCABULARY, CONTEXT = 6, 16, 9
TEXT_WIDTH, TEXT_HEADS, TEXT_LAYERS = 12, 2, 2
START, END = VOCABULARY - 2, VOCABULARY - 1
WORDS = [[START, 3, 7, 7, END], [START, 1, 12, 5, 0, 2, 9, 4, END], [START, 10, END]]


class Bottleneck(FirstBottleneck):
    """The same in any place: without a stride, the shortcut may be the input itself."""

    def __init__(self, channels, planes, stride, kinks):
        super().__init__(channels, planes, stride, kinks)
        if stride == 1 and channels == 4 * planes:
            del self.downsample

    def forward(self, x):
        if hasattr(self, "downsample"):
            return super().forward(x)
        y = self.kinks.relu(self.bn1(self.conv1(x)))
        y = self.kinks.relu(self.bn2(self.conv2(y)))
        return self.kinks.relu(self.bn3(self.conv3(y)) + x)


class AttentionPool(nn.Module):
    def __init__(self, tokens, width, heads, embed):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.zeros(tokens + 1, width))
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, embed)
        self.heads = heads

    def forward(self, tokens):
        x = torch.cat([tokens.mean(1, keepdim=True), tokens], 1) + self.positional_embedding
        x = x.transpose(0, 1)
        y, _ = F.multi_head_attention_forward(
            x[:1], x, x, x.shape[-1], self.heads, None,
            torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]), None, None, False,
            0.0, self.c_proj.weight, self.c_proj.bias, need_weights=False,
            use_separate_proj_weight=True, q_proj_weight=self.q_proj.weight,
            k_proj_weight=self.k_proj.weight, v_proj_weight=self.v_proj.weight)
        return y[0]

    def by_hand(self, tokens):
        """The same for one picture at a time, head by head."""
        rows = []
        for t in tokens:
            x = torch.cat([t.mean(0, keepdim=True), t]) + self.positional_embedding
            q, k, v = self.q_proj(x[0]), self.k_proj(x), self.v_proj(x)
            wide = x.shape[1] // self.heads
            heads = []
            for h in range(self.heads):
                part = slice(h * wide, (h + 1) * wide)
                p = (k[:, part] @ q[part] / wide ** 0.5).softmax(0)
                heads.append(p @ v[:, part])
            rows.append(self.c_proj(torch.cat(heads)))
        return torch.stack(rows)


class ModifiedResNet(nn.Module):
    """Returns its features and notes what each part makes."""

    def __init__(self, width, blocks, grid, heads, kinks):
        super().__init__()
        half = width // 2
        self.conv1 = nn.Conv2d(3, half, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(half)
        self.conv2 = nn.Conv2d(half, half, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(half)
        self.conv3 = nn.Conv2d(half, width, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        channels = width
        for stage, count in enumerate(blocks):
            layer = nn.Sequential()
            for i in range(count):
                planes = width << stage
                layer.append(Bottleneck(channels, planes, 2 if stage and i == 0 else 1, kinks))
                channels = 4 * planes
            setattr(self, f"layer{stage + 1}", layer)
        self.attnpool = AttentionPool(grid * grid, channels, heads, EMBED)
        self.kinks = kinks

    def forward(self, x, note):
        for i in (1, 2, 3):
            x = self.kinks.relu(getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)))
        x = F.avg_pool2d(x, 2)
        note("stem", x)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
            note(f"layer{stage}", x)
        tokens = x.flatten(2).transpose(1, 2)
        note("tokens", tokens)
        return self.attnpool(tokens)


class VisionTransformer(nn.Module):
    def __init__(self, width, heads, layers, patch, grid, activation=QuickGELU):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros(grid * grid + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = transformer(width, heads, layers, activation)
        self.proj = nn.Parameter(torch.zeros(width, EMBED))

    def forward(self, x, note):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1)
        x = self.ln_pre(x + self.positional_embedding)
        note("ln_pre", x)
        for i, block in enumerate(self.transformer.resblocks):
            x = block(x, None)
            note(f"block{i}", x)
        note("tokens", x[:, 1:])
        x = self.ln_post(x[:, 0])
        note("ln_post", x)
        return x @ self.proj


def transformer(width, heads, layers, activation=QuickGELU):
    blocks = nn.ModuleList(Block(width, heads, activation) for _ in range(layers))
    return nn.ModuleDict({"resblocks": blocks})


class Clip(nn.Module):
    def __init__(self, visual, width=TEXT_WIDTH, heads=TEXT_HEADS, vocabulary=VOCABULARY,
                 activation=QuickGELU):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.zeros(CONTEXT, width))
        self.text_projection = nn.Parameter(torch.zeros(width, EMBED))
        self.logit_scale = nn.Parameter(torch.zeros(()))
        self.visual = visual
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.transformer = transformer(width, heads, TEXT_LAYERS, activation)
        self.ln_final = nn.LayerNorm(width)

    def text(self, ids, note):
        x = self.token_embedding(ids) + self.positional_embedding
        note("text.embedded", x)
        for i, block in enumerate(self.transformer.resblocks):
            x = block(x, later(CONTEXT))
            note(f"text.block{i}", x)
        x = self.ln_final(x[torch.arange(len(ids)), ids.argmax(-1)])
        note("text.ln_final", x)
        return x @ self.text_projection

    def loss(self, image, text):
        """Symmetric: the mean of both directions' cross-entropies."""
        image, text = F.normalize(image), F.normalize(text)
        logits = self.logit_scale.exp() * image @ text.T
        pairs = torch.arange(len(logits))
        return (F.cross_entropy(logits, pairs) + F.cross_entropy(logits.T, pairs)) / 2


def padded(words):
    ids = torch.zeros(len(words), CONTEXT, dtype=torch.int64)
    for row, tokens in zip(ids, words):
        row[: len(tokens)] = torch.tensor(tokens)
    return ids


def image(net, pictures, g, under, only=None):
    """Features; what `only` (default: everything) names is added to the file, of the first picture
    alone where it is a map."""
    def note(name, x):
        if only is None or name in only:
            first = x.dim() == 4
            g.add(under + name, x[0] if first else x,
                  "of the first picture" if first else "of all pictures")
    return net.visual(pictures, note)


def ignore(name, x):
    pass


def add_case(g, draw, net, pictures, kinks):
    draw.fill(net)
    net.logit_scale.data = torch.tensor(1.25)
    ids = padded(WORDS)
    g.add("ids", ids, "texts, padded with 0; the end is the largest id")
    net.eval()
    with torch.no_grad():
        g.group("param.", values(net), "before")
        g.add("eval.image", image(net, pictures, g, "eval."), "features in eval mode")
    net.train()
    kinks.nearest = float("inf")
    y = image(net, pictures, g, "train.", ("tokens",))
    words = net.text(ids, lambda name, x: g.add(name, x, "of all texts, padded ones too"))
    g.add("train.image", y, "features in train mode")
    g.add("text", words, "features")
    loss = net.loss(y, words)
    g.scalar("loss", loss, "symmetric contrastive loss, train mode")
    loss.backward()
    g.group("grad.", gradients(net), "d loss / d parameter, train mode")
    g.group("after.", running_statistics(net), "after one forward pass in train mode")
    check_cut(net, ids, words)


def check_cut(net, ids, expected):
    """What follows the end token has no influence."""
    other = ids.clone()
    for row, tokens in zip(other, WORDS):
        row[len(tokens):] = 11
    require_close("text", net.text(other, ignore), expected, 1e-12 if expected.dtype ==
                  torch.float64 else 1e-5)


def bytes_of(draw, *shape):
    """Pictures as bytes; p / 64 - 2 is what goes in."""
    pixels = torch.from_numpy(draw.state.randint(0, 256, shape).astype(numpy.uint8))
    return pixels, pixels.to(torch.get_default_dtype()) / 64 - 2


def clip_resnet():
    draw, kinks = Draw(1103), Kinks()
    grid = 2
    net = Clip(ModifiedResNet(2, (1, 2, 1, 1), grid, 4, kinks))
    pixels, pictures = bytes_of(draw, 3, 3, 32 * grid, 32 * grid)
    g = Golden("3 pictures and texts; ModifiedResNet of width 2, blocks 1, 2, 1, 1, resolution 64, "
               "4 heads, embed 6; text width 12, 2 heads, 2 layers, context 9, 16 tokens")
    g.add("pixels", pixels, "pictures are pixels / 64 - 2")
    add_case(g, draw, net, pictures, kinks)
    kinks.require_distance("clip_resnet", 3e-5)
    pool = net.visual.attnpool
    tokens = torch.as_tensor(g.arrays["train.tokens"]).to(torch.get_default_dtype())
    require_close("attention pool", pool(tokens), pool.by_hand(tokens), 1e-5)
    return g


def clip_vit():
    draw, kinks = Draw(1201), Kinks()
    net = Clip(VisionTransformer(12, 3, 2, 4, 3))
    pixels, pictures = bytes_of(draw, 3, 3, 12, 12)
    g = Golden("3 pictures and texts; vision transformer of width 12, 3 heads, 2 layers, patch 4, "
               "resolution 12, embed 6; text as in clip_resnet")
    g.add("pixels", pixels, "pictures are pixels / 64 - 2")
    add_case(g, draw, net, pictures, kinks)
    require("a transformer has no running statistics", not running_statistics(net))
    return g


CASES = {"clip_resnet": clip_resnet, "clip_vit": clip_vit}
