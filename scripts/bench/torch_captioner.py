#!/usr/bin/env python3
"""The captioners of bench/bench_captioner.c in PyTorch with random weights, as the published code decodes: the
transformer runs its decoder over all words so far at each step, with keys and values made anew; Show-Attend-Tell
projects all regions at each step. Greedy, and no sentence ends early.

Debian's PyTorch takes its products from the BLAS that is installed: the reference one is fifty times slower than
libopenblas0.

Prints one JSON line like gommir-bench.
Usage: torch_captioner.py THREADS RUNS transformer|attend published|small
"""
import json
import math
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

PAIRS, REGIONS, CHANNELS, WORDS = 128, 49, 2048, 1000
SIZES = {"published": (512, 6, 8), "small": (256, 2, 4)}


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a_2, self.b_2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return self.a_2 * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-6) + self.b_2


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(width, width) for _ in range(4))
        self.heads, self.head = heads, width // heads

    def forward(self, query, memory, mask=None):
        b = query.shape[0]
        q, k, v = (linear(x).view(b, -1, self.heads, self.head).transpose(1, 2)
                   for linear, x in zip(self.linears, (query, memory, memory)))
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.head)
        if mask is not None:
            scores = scores.masked_fill(mask, float("-inf"))
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, -1, self.heads * self.head)
        return self.linears[3](mixed)


class Layer(nn.Module):
    def __init__(self, width, heads, attentions):
        super().__init__()
        self.attention = nn.ModuleList(Attention(width, heads) for _ in range(attentions))
        self.norm = nn.ModuleList(Norm(width) for _ in range(attentions + 1))
        self.w_1, self.w_2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, memory=None, mask=None):
        y = self.norm[0](x)
        x = x + self.attention[0](y, y, mask)
        if memory is not None:
            x = x + self.attention[1](self.norm[1](x), memory)
        return x + self.w_2(F.relu(self.w_1(self.norm[-1](x))))


class Transformer(nn.Module):
    length = 8

    def __init__(self, width, layers, heads):
        super().__init__()
        self.att_embed = nn.Linear(2 * CHANNELS, width)
        self.encoder = nn.ModuleList(Layer(width, heads, 1) for _ in range(layers))
        self.decoder = nn.ModuleList(Layer(width, heads, 2) for _ in range(layers))
        self.encoder_norm, self.decoder_norm = Norm(width), Norm(width)
        self.lut, self.proj = nn.Embedding(WORDS + 1, width), nn.Linear(width, WORDS + 1)
        self.register_buffer("pe", torch.randn(self.length, width))

    def read(self, target, candidate):
        x = F.relu(self.att_embed(torch.cat([target, candidate], -1)))
        for layer in self.encoder:
            x = layer(x)
        return self.encoder_norm(x)

    def forward(self, pictures):
        memory = self.read(*pictures[2:])
        said = torch.zeros(PAIRS, 1, dtype=torch.int64)
        for step in range(1, self.length + 1):
            mask = torch.ones(step, step, dtype=torch.bool).triu(1)
            x = self.lut(said) * math.sqrt(self.lut.embedding_dim) + self.pe[:step]
            for layer in self.decoder:
                x = layer(x, memory, mask)
            logp = self.proj(self.decoder_norm(x[:, -1])).log_softmax(-1)
            said = torch.cat([said, logp[:, 1:].argmax(-1, keepdim=True) + 1], 1)
        return said


class Attend(nn.Module):
    length = 16

    def __init__(self, width, layers, heads):
        super().__init__()
        self.linear, self.embed = nn.Linear(2 * CHANNELS, width), nn.Embedding(WORDS + 1, width)
        self.ctx2att, self.h2att = nn.Linear(2 * CHANNELS, width), nn.Linear(width, width)
        self.alpha_net, self.logit = nn.Linear(width, 1), nn.Linear(width, WORDS + 1)
        self.rnn = nn.LSTM(width + 2 * CHANNELS, width, bias=False)

    def step(self, word, regions, state):
        hidden = torch.tanh(self.ctx2att(regions) + self.h2att(state[0][-1]).unsqueeze(1))
        weight = self.alpha_net(hidden).squeeze(-1).softmax(1)
        seen = torch.bmm(weight.unsqueeze(1), regions).squeeze(1)
        y, state = self.rnn(torch.cat([self.embed(word), seen], 1).unsqueeze(0), state)
        return self.logit(y[0]).log_softmax(-1), state

    def forward(self, pictures):
        target_mean, candidate_mean, target, candidate = pictures
        start = self.linear(torch.cat([target_mean, target_mean - candidate_mean], -1)).unsqueeze(0)
        regions = torch.cat([target, target - candidate], -1)
        state, word = (start, start), torch.zeros(PAIRS, dtype=torch.int64)
        for _ in range(self.length):
            logp, state = self.step(word, regions, state)
            word = logp[:, 1:].argmax(-1) + 1
        return word


MODELS = {"transformer": Transformer, "attend": Attend}


def main():
    threads, runs, model, size = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(42)
    pictures = [torch.rand(PAIRS, *shape, CHANNELS) for shape in ((), (), (REGIONS,), (REGIONS,))]
    net = MODELS[model](*SIZES[size]).eval()
    seconds = []
    with torch.no_grad():
        for _ in range(int(runs) + 1):
            start = time.monotonic()
            net(pictures)
            seconds.append(time.monotonic() - start)
    median = statistics.median(seconds[1:])
    print(json.dumps({"bench": "captioner_torch", "model": model, "size": size, "threads": torch.get_num_threads(),
                      "version": torch.__version__, "count": PAIRS, "seconds": round(median, 4),
                      "per_second": round(PAIRS / median, 1)}), flush=True)


if __name__ == "__main__":
    main()
