#!/usr/bin/env python3
"""Writes tests/golden/data/caption_measures.json: BLEU, ROUGE-L and CIDEr-D of drawn sentences, by
coco-caption's definitions, written from them anew. Python's standard library only.

    caption_measures.py
"""
import json
import math
import random
import string
from collections import Counter
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "tests" / "golden" / "data"
WORDS = ("is", "are", "has", "more", "red", "blue", "heel", "darker", "sleeves", "long", "a", "the", "and",
         "Less", "formal", "pattern,", "no", "straps.", "v-neck", "caf\u00e9")


def words_of(text):
    words = (word.strip(string.punctuation) for word in text.split())
    return ["".join(c.lower() if c in string.ascii_uppercase else c for c in word)
            for word in words if word]


def ngrams(words, n):
    return Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))


def bleu(cases):
    matched, said, length, closest = [0] * 4, [0] * 4, 0, 0
    for candidate, references in cases:
        length += len(candidate)
        closest += min((abs(len(r) - len(candidate)), len(r)) for r in references)[1]
        for n in range(1, 5):
            most = Counter()
            for reference in references:
                most |= ngrams(reference, n)
            mine = ngrams(candidate, n)
            said[n - 1] += sum(mine.values())
            matched[n - 1] += sum((mine & most).values())
    brevity = min(1.0, math.exp(1 - (closest + 1e-9) / (length + 1e-15)))
    result, product = [], 1.0
    for n in range(4):
        product *= (matched[n] + 1e-15) / (said[n] + 1e-9)
        result.append(brevity * product ** (1 / (n + 1)))
    return result


def subsequence(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def rouge(candidate, references, beta=1.2):
    if not candidate:
        return 0.0
    common = [(subsequence(candidate, r), len(r)) for r in references if r]
    precision = max((c / len(candidate) for c, _ in common), default=0)
    recall = max((c / size for c, size in common), default=0)
    if not precision or not recall:
        return 0.0
    return (1 + beta ** 2) * precision * recall / (recall + beta ** 2 * precision)


def cider(cases, sigma=6.0):
    frequency = Counter()
    for _, references in cases:
        frequency.update({g for r in references for n in range(1, 5) for g in ngrams(r, n)})

    def vector(words, n):
        return {g: count * (math.log(len(cases)) - math.log(max(1, frequency[g])))
                for g, count in ngrams(words, n).items()}

    def norm(vec):
        return math.sqrt(sum(w * w for w in vec.values()))

    scores = []
    for candidate, references in cases:
        total = 0.0
        for reference in references:
            delta = max(len(candidate) - 1, 0) - max(len(reference) - 1, 0)
            for n in range(1, 5):
                mine, theirs = vector(candidate, n), vector(reference, n)
                value = sum(min(w, theirs.get(g, 0)) * theirs.get(g, 0) for g, w in mine.items())
                norms = norm(mine) * norm(theirs)
                total += (value / norms if norms else value) * math.exp(-delta ** 2 / (2 * sigma ** 2))
        scores.append(10 * total / 4 / len(references))
    return scores


def sentence(draw, longest):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randrange(longest + 1)))


def drawn(seed, count, references, longest):
    draw = random.Random(seed)
    cases = []
    for _ in range(count):
        texts = [sentence(draw, longest) for _ in range(draw.randint(1, references))]
        words = draw.choice(texts).split()
        if words and draw.random() < 0.8:  # mostly near one of them
            words[draw.randrange(len(words))] = draw.choice(WORDS)
            words = words[:draw.randint(1, len(words))]
        else:
            words = sentence(draw, longest).split()
        cases.append({"candidate": " ".join(words), "references": texts})
    return cases


def scored(cases):
    split = [(words_of(c["candidate"]), [words_of(r) for r in c["references"]]) for c in cases]
    return {"cases": cases, "bleu": bleu(split), "rouge": [rouge(c, r) for c, r in split],
            "cider": cider(split)}


def main():
    identical = [{"candidate": f"is {w} and long", "references": [f"is {w} and long", "are red"]}
                 for w in ("red", "blue", "green")]
    corpora = [scored(identical), scored(drawn(1, 1, 3, 9)), scored(drawn(2, 17, 1, 6)),
               scored(drawn(3, 40, 5, 12))]
    assert abs(corpora[0]["bleu"][3] - 1) < 1e-8 and corpora[0]["rouge"] == [1.0] * 3
    rows = ",\n".join(json.dumps(corpus) for corpus in corpora)
    (DATA / "caption_measures.json").write_text(f"[\n{rows}\n]\n", encoding="ascii")


if __name__ == "__main__":
    main()
