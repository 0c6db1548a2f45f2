#!/usr/bin/env python3
"""The towers of bench/bench_clip.c in PyTorch with random weights: eager, and as frozen TorchScript with batch norm
folded and oneDNN's fused graph, where this PyTorch has it.

Texts are computed at 77 positions, as CLIP does. Prints one JSON line like gommir-bench.
Usage: torch_clip.py THREADS RUNS rn101|vit_b_32|text COUNT eager|script
"""
import json
import statistics
import sys
import time
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

GIGA_MACS = {"rn101": 9.5043, "vit_b_32": 4.4088, "text": 2.9798}


def conv_norm(channels, planes, kernel, stride=1):
    return [nn.Conv2d(channels, planes, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(planes)]


class Bottleneck(nn.Module):
    def __init__(self, channels, planes, stride):
        super().__init__()
        pool = [nn.AvgPool2d(2)] if stride > 1 else []
        self.main = nn.Sequential(
            *conv_norm(channels, planes, 1), nn.ReLU(inplace=True), *conv_norm(planes, planes, 3),
            nn.ReLU(inplace=True), *pool, *conv_norm(planes, 4 * planes, 1))
        self.shortcut = nn.Sequential(*pool, *conv_norm(channels, 4 * planes, 1)) if channels != 4 * planes \
            else nn.Identity()

    def forward(self, x):
        return F.relu(self.main(x) + self.shortcut(x))


class AttentionPool(nn.Module):
    def __init__(self, tokens, width, heads, embed):
        super().__init__()
        self.positions = nn.Parameter(torch.randn(tokens + 1, 1, width) / width ** 0.5)
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))
        self.out, self.heads, self.width = nn.Linear(width, embed), heads, width

    def forward(self, x):
        x = x.flatten(2).permute(2, 0, 1)
        x = torch.cat([x.mean(0, keepdim=True), x]) + self.positions
        y, _ = F.multi_head_attention_forward(
            x[:1], x, x, self.width, self.heads, torch.empty(0),
            torch.cat([self.q.bias, self.k.bias, self.v.bias]), None, None, False, 0.0, self.out.weight,
            self.out.bias, training=False, need_weights=False, use_separate_proj_weight=True,
            q_proj_weight=self.q.weight, k_proj_weight=self.k.weight, v_proj_weight=self.v.weight)
        return y[0]


def rn101():
    layers = [*conv_norm(3, 32, 3, 2), nn.ReLU(inplace=True), *conv_norm(32, 32, 3), nn.ReLU(inplace=True),
              *conv_norm(32, 64, 3), nn.ReLU(inplace=True), nn.AvgPool2d(2)]
    channels = 64
    for stage, count in enumerate((3, 4, 23, 3)):
        for i in range(count):
            planes = 64 << stage
            layers.append(Bottleneck(channels, planes, 2 if stage and i == 0 else 1))
            channels = 4 * planes
    return nn.Sequential(*layers, AttentionPool(49, channels, 32, 512))


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, width, heads, mask):
        super().__init__()
        self.attn, self.mask = nn.MultiheadAttention(width, heads), mask
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(OrderedDict(
            c_fc=nn.Linear(width, 4 * width), gelu=QuickGELU(), c_proj=nn.Linear(4 * width, width)))

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=self.mask)[0]
        return x + self.mlp(self.ln_2(x))


class VisionTransformer(nn.Module):
    def __init__(self, width=768, heads=12, layers=12, patch=32, grid=7):
        super().__init__()
        self.conv = nn.Conv2d(3, width, patch, patch, bias=False)
        self.start = nn.Parameter(torch.randn(width))
        self.positions = nn.Parameter(torch.randn(grid * grid + 1, width))
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.blocks = nn.Sequential(*(Block(width, heads, None) for _ in range(layers)))
        self.proj = nn.Parameter(torch.randn(width, 512))

    def forward(self, x):
        x = self.conv(x).flatten(2).permute(0, 2, 1)
        x = torch.cat([self.start.expand(x.shape[0], 1, -1), x], 1) + self.positions
        x = self.blocks(self.before(x).permute(1, 0, 2))
        return self.after(x[0]) @ self.proj


class Text(nn.Module):
    def __init__(self, width=512, heads=8, layers=12, context=77, vocabulary=49408):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(context, width))
        mask = torch.full((context, context), float("-inf")).triu(1)
        self.blocks = nn.Sequential(*(Block(width, heads, mask) for _ in range(layers)))
        self.after = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.randn(width, 512))

    def forward(self, ids):
        x = self.blocks((self.tokens(ids) + self.positions).permute(1, 0, 2)).permute(1, 0, 2)
        x = self.after(x)
        return x[torch.arange(len(ids)), ids.argmax(-1)] @ self.proj


def critiques(count):
    ids = torch.zeros(count, 77, dtype=torch.int64)
    ids[:, :9] = torch.randint(0, 49000, (count, 9))
    ids[:, 9] = 49407
    return ids


def scripted(net, example):
    """Frozen TorchScript; oneDNN's graph fuser where it is there and takes the network."""
    if hasattr(torch.jit, "enable_onednn_fusion"):
        torch.jit.enable_onednn_fusion(True)
    traced = torch.jit.freeze(torch.jit.trace(net, example))
    if not torch.jit.onednn_fusion_enabled():
        traced = torch.jit.optimize_for_inference(traced)
    for _ in range(2):
        traced(example)
    return traced


def median_seconds(run, runs):
    seconds = []
    for _ in range(runs + 1):
        start = time.monotonic()
        run()
        seconds.append(time.monotonic() - start)
    return statistics.median(seconds[1:])


def report(name, how, count, seconds):
    rate = count / seconds
    print(json.dumps({"bench": f"clip_{name}_torch", "how": how, "threads": torch.get_num_threads(),
                      "version": torch.__version__, "count": count, "seconds": round(seconds, 5),
                      "per_second": round(rate, 2),
                      "gflops": round(2 * GIGA_MACS[name] * rate, 1)}), flush=True)


NETS = {"rn101": rn101, "vit_b_32": VisionTransformer, "text": Text}


def measure(name, count, how, runs):
    example = critiques(count) if name == "text" else torch.randn(count, 3, 224, 224)
    run = NETS[name]().eval()
    if how == "script":
        run = scripted(run, example)
    report(name, how, count, median_seconds(lambda: run(example), runs))


def main():
    threads, runs, name, count, how = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(42)
    with torch.no_grad():
        measure(name, int(count), how, int(runs))


if __name__ == "__main__":
    main()
