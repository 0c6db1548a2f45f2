#!/usr/bin/env python3
"""The 30 nearest of 100,000 items of width 512 for 128 queries in PyTorch, as one would write it there: squared lengths
minus twice a product, then topk. Single precision, so not exact. One JSON line, comparable with `gommir-bench ranking`.

Usage: torch_ranking.py [THREADS [RUNS]]"""
import json
import statistics
import sys
import time

import torch

QUERIES, ITEMS, D, K = 128, 100000, 512, 30


def main():
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    torch.manual_seed(42)
    items, queries = torch.randn(ITEMS, D), torch.randn(QUERIES, D)
    lengths = (items * items).sum(1)
    seconds = []
    with torch.no_grad():
        for _ in range(runs + 1):
            start = time.monotonic()
            distance = torch.addmm(lengths, queries, items.t(), alpha=-2)
            torch.topk(distance, K, dim=1, largest=False)
            seconds.append(time.monotonic() - start)
    median = statistics.median(seconds[1:])
    print(json.dumps({"bench": "ranking_torch", "threads": torch.get_num_threads(),
                      "version": torch.__version__, "queries": QUERIES, "items": ITEMS, "k": K,
                      "milliseconds": round(1e3 * median, 3),
                      "gflops": round(2e-9 * QUERIES * ITEMS * D / median, 1)}), flush=True)


if __name__ == "__main__":
    main()
