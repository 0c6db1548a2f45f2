#!/usr/bin/env python3
"""Writes tests/golden/data/dialogue_metrics.json: what ranks of dialogues are worth, with bootstrap
intervals, by Python's standard library; and the incomplete beta function, paired t-tests and Holm's
correction, by SciPy.

    dialogue_metrics.py
"""
import json
import math
import random
from pathlib import Path

from scipy import special, stats

DATA = Path(__file__).resolve().parents[2] / "tests" / "golden" / "data"
RESAMPLES = 2000


def settled(ranks, shown):
    first = next((turn for turn, rank in enumerate(ranks) if rank < shown), len(ranks))
    return ranks[:first + 1] + [0] * len(ranks[first + 1:])


def ndcg(rank, n):
    """DCG of the whole list of n, over that of the ideal list"""
    gains = [1 if place == rank else 0 for place in range(n)]
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def interval(values, seed):
    """value, low, high: the middle 95 % of the means of resamples"""
    random.seed(seed)
    count = len(values)
    means = sorted(math.fsum(values[random.randrange(count)] for _ in range(count)) / count
                   for _ in range(RESAMPLES))

    def percentile(percent):
        place = percent / 100 * (RESAMPLES - 1)
        below = math.floor(place)
        return means[below] + (place - below) * (means[below + 1] - means[below])

    return [math.fsum(values) / count, percentile(2.5), percentile(97.5)]


def dialogues(seed, users, turns, shown):
    random.seed(seed)
    ranks = [[int(random.expovariate(1 / (1 + 30 / (turn + 1)))) for turn in range(turns)]
             for _ in range(users)]
    done = [settled(row, shown) for row in ranks]
    columns = list(zip(*done))
    return {"seed": seed, "shown": shown, "ranks": ranks,
            "sr": [interval([float(r < shown) for r in column], seed) for column in columns],
            "ndcg3": [interval([ndcg(r, 3) for r in column], seed) for column in columns],
            "ndcg10": [interval([ndcg(r, 10) for r in column], seed) for column in columns]}


def betas():
    points = [(a, b, x) for a in (0.5, 1, 2.5, 40, 1000) for b in (0.5, 3, 77)
              for x in (0, 1e-8, 0.02, 0.5, 0.93, 1 - 1e-6, 1)]
    points += [(5000, 0.5, x) for x in (0.9, 0.99, 0.999, 0.9999)]
    return [[a, b, x, float(special.betainc(a, b, x))] for a, b, x in points]


def tests():
    random.seed(3)
    rows = []
    for count, shift in ((2, 0.3), (5, 0), (30, 0.2), (400, 0.01), (3000, 0.2)):
        a = [round(random.random(), 3) for _ in range(count)]
        b = [round(max(0, x - shift + random.gauss(0, 0.3)), 3) for x in a]
        found = stats.ttest_rel(a, b)
        rows.append({"a": a, "b": b, "t": float(found.statistic), "p": float(found.pvalue)})
    return rows


def holm(p):
    """The least alpha at which each is rejected, found by trying all that could be it."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    steps = [min(1.0, p[i] * (len(p) - place)) for place, i in enumerate(order)]

    def rejected(alpha):
        out = set()
        for i, step in zip(order, steps):
            if step > alpha:
                break
            out.add(i)
        return out

    return [min(alpha for alpha in steps if i in rejected(alpha)) for i in range(len(p))]


def corrections():
    random.seed(4)
    families = [[random.random() ** 4 for _ in range(count)] for count in (1, 2, 9, 25)]
    families.append([0.01, 0.01, 0.02, 0.9, 0.9])
    return [{"p": p, "adjusted": holm(p)} for p in families]


def main():
    assert settled([9, 2, 5, 1], 3) == [9, 2, 0, 0] and ndcg(0, 3) == 1
    parts = {"dialogues": [dialogues(42, 61, 4, 3), dialogues(7, 200, 10, 5)], "beta": betas(),
             "tests": tests(), "holm": corrections()}
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(part)}" for name, part in parts.items())
    (DATA / "dialogue_metrics.json").write_text(f"{{\n{rows}\n}}\n", encoding="ascii")


if __name__ == "__main__":
    main()
