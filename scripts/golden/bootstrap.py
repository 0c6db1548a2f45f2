"""Bootstrap intervals by CPython's random numbers and numpy's percentiles."""
import random

import numpy
import torch

from common import Draw, Golden, require

RESAMPLES, COUNTS, SEEDS = 2000, (24, 151), (42, 7)


def estimate(values, seed, statistic):
    """value, low, high"""
    random.seed(seed)
    count = len(values)
    results = []
    for _ in range(RESAMPLES):
        results.append(statistic(values[[random.randrange(count) for _ in range(count)]]))
    low, high = numpy.percentile(results, [2.5, 97.5])
    require("the interval holds the value", low <= statistic(values) <= high)
    return torch.tensor([statistic(values), low, high], dtype=torch.float64)


def recalls(ranks, seed):
    """recall at 1, 5 and 10, median rank from 1, mean reciprocal rank: value, low, high of each"""
    parts = [lambda r, k=k: (r < k).mean() for k in (1, 5, 10)]
    parts += [lambda r: numpy.median(r) + 1, lambda r: (1 / (r + 1.0)).mean()]
    return torch.stack([estimate(numpy.sort(ranks), seed, part) for part in parts])


def bootstrap():
    draw = Draw(1101)
    g = Golden(f"95 % intervals of {RESAMPLES} resamples, as value, low, high; samples are those of "
               "random.randrange after random.seed(seed), percentiles those of numpy")
    for count, seed in zip(COUNTS, SEEDS):
        under = f"{count}."
        values = draw.normal(count, scale=2.0, shift=1.0)
        ranks = (draw.uniform(0, 3.6, count).exp() - 1).floor().long()
        g.scalar(under + "seed", torch.tensor(seed), "of the samples")
        g.add(under + "values", values, "what is measured")
        g.add(under + "mean", estimate(values.double().numpy(), seed, numpy.mean), "of the values")
        g.add(under + "median", estimate(numpy.sort(values.double().numpy()), seed, numpy.median),
              "of the values in rising order")
        g.add(under + "ranks", ranks, "of retrieval, from 0; drawn from in rising order")
        g.add(under + "recalls", recalls(ranks.numpy(), seed),
              "recall at 1, 5, 10, median rank from 1, mean reciprocal rank")
    return g


CASES = {"bootstrap": bootstrap}
