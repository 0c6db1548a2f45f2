"""The VL-Transformer captioner (spec section 5.4), one layer each side, no dropout."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from common import Draw, Golden, Kinks, gradients, require, require_close, values, wanting_grad
from layers import Norm, attend, later, positions_sinusoid

SMOOTHING = 0.1


def caption_norm(width):
    return Norm(width, "a_2", "b_2")


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(width, width) for _ in range(4))
        self.heads = heads

    def forward(self, x, memory=None, hidden=None, padding=None):
        return attend(*self.linears, self.heads, x, memory, hidden, padding)


class FeedForward(nn.Module):
    def __init__(self, width, hidden, kinks):
        super().__init__()
        self.w_1, self.w_2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.kinks = kinks

    def forward(self, x):
        return self.w_2(self.kinks.relu(self.w_1(x)))


class Sublayer(nn.Module):
    """x + f(norm(x))"""

    def __init__(self, width):
        super().__init__()
        self.norm = caption_norm(width)

    def forward(self, x, f):
        return x + f(self.norm(x))


class EncoderLayer(nn.Module):
    def __init__(self, width, heads, hidden, kinks):
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.feed_forward = FeedForward(width, hidden, kinks)
        self.sublayer = nn.ModuleList(Sublayer(width) for _ in range(2))

    def forward(self, x):
        x = self.sublayer[0](x, self.self_attn)
        return self.sublayer[1](x, self.feed_forward)


class DecoderLayer(nn.Module):
    def __init__(self, width, heads, hidden, kinks):
        super().__init__()
        self.self_attn, self.src_attn = Attention(width, heads), Attention(width, heads)
        self.feed_forward = FeedForward(width, hidden, kinks)
        self.sublayer = nn.ModuleList(Sublayer(width) for _ in range(3))

    def forward(self, x, memory, padding):
        causal = later(x.shape[1])
        x = self.sublayer[0](x, lambda y: self.self_attn(y, None, causal, padding))
        x = self.sublayer[1](x, lambda y: self.src_attn(y, memory))
        return self.sublayer[2](x, self.feed_forward)


class Stack(nn.Module):
    def __init__(self, layers, width):
        super().__init__()
        self.layers, self.norm = nn.ModuleList(layers), caption_norm(width)

    def forward(self, x, *more):
        for layer in self.layers:
            x = layer(x, *more)
        return self.norm(x)


class Embedding(nn.Module):
    def __init__(self, entries, width):
        super().__init__()
        self.lut = nn.Embedding(entries, width)

    def forward(self, tokens):
        return self.lut(tokens) * math.sqrt(self.lut.embedding_dim)


class Captioner(nn.Module):
    """`words` words and token 0. The table of positions is no part of the state here."""

    def __init__(self, regions, words, width, heads, hidden, layers, kinks):
        super().__init__()
        self.att_embed = nn.Sequential(nn.Linear(regions, width))
        self.model = nn.Module()
        self.model.encoder = Stack(
            (EncoderLayer(width, heads, hidden, kinks) for _ in range(layers)), width)
        self.model.decoder = Stack(
            (DecoderLayer(width, heads, hidden, kinks) for _ in range(layers)), width)
        self.model.tgt_embed = nn.Sequential(Embedding(words + 1, width))
        self.model.generator = nn.Module()
        self.model.generator.proj = nn.Linear(width, words + 1)
        self.kinks = kinks

    def forward(self, regions, tokens, padding):
        memory = self.model.encoder(self.kinks.relu(self.att_embed(regions)))
        x = self.model.tgt_embed(tokens)
        x = x + positions_sinusoid(x.shape[1], x.shape[2])
        y = self.model.decoder(x, memory, padding)
        return memory, self.model.generator.proj(y).log_softmax(-1)


def check_size():
    """The reference configuration has the count of spec section 5.4."""
    net = Captioner(4096, 1000, 512, 8, 2048, 6, Kinks())
    require("the captioner has other parameters",
            sum(p.numel() for p in net.parameters()) == 47264233)


def masked_nll(logp, target, mask, classes):
    rows = F.nll_loss(logp.reshape(-1, classes), target.reshape(-1), reduction="none")
    return (rows * mask.reshape(-1)).sum() / mask.sum()


def smoothed(logp, target, mask, classes):
    """0.9 of the target, the other classes share 0.1. PyTorch spreads its smoothing over all
    classes, the target too, so it gets a little more."""
    rows = F.cross_entropy(logp.reshape(-1, classes), target.reshape(-1), reduction="none",
                           label_smoothing=SMOOTHING * classes / (classes - 1))
    q = torch.full((rows.numel(), classes), SMOOTHING / (classes - 1))
    q[torch.arange(rows.numel()), target.reshape(-1)] = 1 - SMOOTHING
    require_close("label smoothing", rows, -(q * logp.reshape(-1, classes)).sum(1), 1e-5)
    return (rows * mask.reshape(-1)).sum() / mask.sum()


def decoder():
    check_size()
    words, width, heads, hidden, features = 11, 8, 2, 9, 10
    draw, kinks = Draw(801), Kinks()
    net = draw.fill(Captioner(features, words, width, heads, hidden, 1, kinks))
    (regions,) = wanting_grad(draw.normal(2, 3, features))
    tokens = torch.tensor([[0, 5, 2, 9], [0, 7, 0, 0]])
    target = torch.tensor([[5, 2, 9, 0], [7, 0, 0, 0]])
    mask = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]])
    padding = tokens == 0
    padding[:, 0] = False

    g = Golden("B=2, 3 regions of 10 features, 4 tokens, V=11 (12 classes), d=8, 2 heads, ff 9, "
               "one layer each, no dropout")
    g.add("regions", regions, "att features, before `att_embed`")
    g.add("tokens", tokens, "input words; the second caption is one word and two PAD")
    g.add("target", target, "words and END")
    g.add("mask", mask, "1 for words and END")
    g.add("key_mask", ~padding[:, None], "[B, 1, key] 0 hides: PAD keys except position 0; "
          "the causal mask comes on top")
    g.add("pe", positions_sinusoid(4, width), "the first rows of `model.tgt_embed.1.pe`, which "
          "`param.` does not hold")
    g.group("param.", values(net), "parameters")
    memory, logp = net(regions, tokens, padding)
    loss = masked_nll(logp, target, mask, words + 1)
    loss.backward()
    g.add("memory", memory, "output of the encoder with its final norm")
    g.add("logp", logp, "log-probabilities [B, token, class]")
    g.scalar("loss", loss, "sum(mask * -logp[target]) / sum(mask)")
    g.add("grad.regions", regions.grad.clone(), "d loss / d regions")
    g.group("grad.", gradients(net), "d loss / d parameter")

    regions.grad = None
    loss = smoothed(net(regions, tokens, padding)[1], target, mask, words + 1)
    loss.backward()
    g.scalar("smooth.loss", loss, "the same with label smoothing 0.1: 0.9 to the target, 0.1 / 11 "
             "to each other class")
    g.add("smooth.grad.regions", regions.grad, "d smooth.loss / d regions")
    with torch.no_grad():
        g.add("logp_decoding", net(regions, tokens, None)[1], "the same without `key_mask`")
    kinks.require_distance("decoder", 1e-4)
    return g


CASES = {"decoder": decoder}
