#!/usr/bin/env python3
"""The ten-turn encoder step of bench/bench_encoder.c in PyTorch, as a competent user writes it.

One fused projection for queries, keys and values, F.layer_norm for the norms (whose variance is biased: the same
cost, not the same numbers), baddbmm for the scores. Prints one JSON line like gommir-bench.
Usage: torch_encoder.py [threads] [runs]
"""
import json
import math
import statistics
import sys
import time

import torch
import torch.nn.functional as F

B, D, LAYERS, HEADS, FF = 128, 512, 6, 8, 1024
HEAD = D // HEADS


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_1, self.norm_2 = torch.nn.LayerNorm(D), torch.nn.LayerNorm(D)
        self.qkv, self.out = torch.nn.Linear(D, 3 * D), torch.nn.Linear(D, D)
        self.linear_1, self.linear_2 = torch.nn.Linear(D, FF), torch.nn.Linear(FF, D)
        self.register_buffer("zero", torch.zeros(1, 1, 1))

    def forward(self, x):
        b, length, _ = x.shape
        qkv = self.qkv(self.norm_1(x)).view(b, length, 3, HEADS, HEAD).permute(2, 0, 3, 1, 4)
        q, k, v = (part.reshape(b * HEADS, length, HEAD) for part in qkv)
        scores = torch.baddbmm(self.zero, q, k.transpose(1, 2), beta=0, alpha=1 / math.sqrt(HEAD))
        mixed = torch.bmm(torch.softmax(scores, -1), v).view(b, HEADS, length, HEAD)
        x = x + self.out(mixed.transpose(1, 2).reshape(b, length, D))
        return x + self.linear_2(F.relu(self.linear_1(self.norm_2(x))))


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(D)
        self.register_buffer("pe", torch.randn(64, D))

    def forward(self, x):
        x = x * math.sqrt(D) + self.pe[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


def flops():
    total = 0
    for length in range(3, 31, 3):
        rows = B * length
        total += 3 * LAYERS * (2 * rows * (4 * D * D + 2 * D * FF) + 4 * rows * length * D)
    return total


def main():
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    torch.manual_seed(42)
    encoder = Encoder()
    tokens = torch.randn(B, 30, D)
    seconds = []
    for _ in range(runs + 1):
        start = time.monotonic()
        encoder.zero_grad(set_to_none=True)
        loss = 0
        for length in range(3, 31, 3):
            x = tokens[:, :length].contiguous().requires_grad_()
            loss = loss + encoder(x).mean()
        loss.backward()
        seconds.append(time.monotonic() - start)
    median = statistics.median(seconds[1:])
    print(json.dumps({"bench": "ten_turns_torch", "threads": torch.get_num_threads(),
                      "version": torch.__version__, "seconds": round(median, 4),
                      "gflops": round(1e-9 * flops() / median, 1)}), flush=True)


if __name__ == "__main__":
    main()
