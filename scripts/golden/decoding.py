"""Greedy and beam search on a tabulated language, with and without the constraints of the published decoder (spec
section 5.4). Beam search is written as ruotianluo's ImageCaptioning.pytorch does it: finished beams stay, with their
sums lowered by 1000, until the last step, and the best of all that finished wins."""
import torch

from common import Draw, Golden, require

PAIRS, LENGTH = 24, 6
WORDS = ("", "red", "a", "with", "heel", "is", "shiny", "higher", "and", "UNK")
BAD_ENDS = set("a an the in for at of with before after on upon near to is are am UNK has and more".split())
BEAMS = (1, 2, 3, 5)


def constrain(logp, last, constrained):
    logp = logp.clone()
    if constrained:
        if WORDS[last] in BAD_ENDS:
            logp[0] = float("-inf")
        if WORDS[-1] == "UNK":
            logp[-1] -= 1000
    return logp


def greedy(logp, constrained):
    words, last = [], 0
    for t in range(LENGTH):
        last = int(constrain(logp[t, last], last, constrained).argmax())
        words.append(last)
        if last == 0:
            break
    return words + [0] * (LENGTH - len(words))


def beam_search(logp, beam, constrained):
    beams, done = [([], 0.0)], []
    for t in range(LENGTH):
        rows = []
        for words, total in beams:
            last = words[-1] if words else 0
            rows.append(total + constrain(logp[t, last], last, constrained))
        order = torch.sort(torch.cat(rows), descending=True, stable=True)
        following = []
        for total, place in zip(order.values[:beam].tolist(), order.indices[:beam].tolist()):
            words = beams[place // len(WORDS)][0] + [place % len(WORDS)]
            if words[-1] == 0 or t == LENGTH - 1:
                done.append((total, words))
                total -= 1000
            following.append((words, total))
        beams = following
    done.sort(key=lambda found: -found[0])
    require("two sentences are equally good", len(done) < 2 or done[0][0] - done[1][0] > 1e-4)
    words = done[0][1]
    words = words[:words.index(0)] if 0 in words else words
    return words + [0] * (LENGTH - len(words))


def decoding():
    draw = Draw(1301)
    classes = len(WORDS)
    logits = draw.normal(PAIRS, LENGTH, classes, classes, scale=1.3)
    logits[..., 0] += 0.4 * torch.arange(LENGTH).reshape(-1, 1).to(logits)  # the longer, the likelier the end
    logits = logits.float().to(logits)
    logp = torch.log_softmax(logits, -1)
    g = Golden(f"{PAIRS} pairs, at most {LENGTH} words; the words are {' '.join(WORDS[1:])}")
    g.add("logits", logits, "scores of the next token [pair, step, last token, token]")
    for constrained in (False, True):
        under = "constrained." if constrained else "free."
        found = [torch.tensor([greedy(p, constrained) for p in logp])]
        g.add(under + "greedy", found[0], "tokens [pair, step], 0 behind the end")
        for beam in BEAMS:
            found.append(torch.tensor([beam_search(p, beam, constrained) for p in logp]))
            g.add(f"{under}beam.{beam}", found[-1], "")
        require("a beam of one is not greedy", bool((found[0] == found[1]).all()))
        require("all beams find the same", all(bool((a != b).any()) for a, b in zip(found[1:], found[2:])))
    return g


CASES = {"decoding": decoding}
