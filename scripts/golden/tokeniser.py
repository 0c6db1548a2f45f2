#!/usr/bin/env python3
"""Writes tests/golden/data/tokeniser.json: what texts become under the tokeniser of the
specification, section 1.5. Python's standard library only.

    tokeniser.py [FOLDER]    FOLDER holds clip/, fashioniq/, shoes/; default ../shared/data

For each of a list of awkward texts, its cleaned form, and its ids under CLIP's vocabulary and under
tests/golden/data/merges.txt; for each file of captions, the SHA-256 of the ids (77 a caption, 64-bit
little endian) of all its captions in order.
"""
import gzip
import hashlib
import html
import json
import re
import struct
import sys
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "golden" / "data"
CONTEXT = 77

# Members of a caption that are texts, by file.
CAPTIONS = {
    **{f"fashioniq/captions/cap.{kind}.{split}.json": ("captions",)
       for kind in ("dress", "shirt", "toptee") for split in ("train", "val", "test")},
    "shoes/captions_shoes.json": ("Caption",),
    "shoes/relative_captions_shoes.json": ("RelativeCaption",),
}

TEXTS = [
    "", " ", "a", "!", "a dog", "Hello World!", "are blue with a higher heel",
    "has no sleeves and isn't black", "they're 10cm  taller &amp; shinier",
    "I'M SURE THEY'VE SAID WE'LL SEE HE'D GO IT'S", "'stuff 'lx 's's'", "what!'s up?!...",
    "tabs\tand\nlines\r\n\x0b\x0cmixed \u00a0\u2003\u3000spaces\u0085end", "\x1f \x1cinside\x1dstays\x1e",
    "\ufeffzero\u200bwidth\u2060", "caf\u00e9 cafe\u0301 CAF\u00c9 \u00c5\u212b A\u030a",
    "marks: q\u0301\u0316 a\u0301\u0316 a\u0316\u0301 \u0327c\u0327\u0301", "\uac00\u1100\u1161 \u1100\u1161\u11a8 \uac00\u11a8",
    "\u0130stanbul I\u0307 \u0131 \u017fhort '\u017f <|\u017ftartoftext|>",
    "\u039f\u0394\u039f\u03a3 \u03a3 \u03a3\u03a3 \u039f\u03a3' \u039f\u03a3'\u03a3 \u039f\u03a3. \u039f\u03a3\u0301 1\u03a3 \u24b6\u03a3 \u2160\u03a3 \u00aa\u03a3",
    "a\u0345b \u0345 !\u0345! \u1fb3 \u03b1\u0345", "\u1e9e \u00df \u01c5 \u01c4 \u1f88 \ufb01 \uff37\uff29\uff24\uff25 \U00010400",
    "2\u00bd x\u00b2 \u2167 \u0663\u0664 \u4e09 3,000.50 1st \u2460 \U0001d7d8",
    "\u6f22\u5b57 \u304b\u306a \u30ab\u30bf\u30ab\u30ca \u0e44\u0e17\u0e22 \u0939\u093f\u0928\u094d\u0926\u0940 \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f457\U0001f460 \U0001f44d\U0001f3fd \u2764\ufe0f\u200d\U0001f525 \U0001f1eb\U0001f1f7",
    "\u201cquotes\u201d \u2018it\u2019s\u2019 \u2014 \u2026 \u00a320 \u20ac5 50% #tag @name a_b a-b a/b",
    "&lt;b&gt; &LT &amp;amp; &amp;amp;amp; &amp;eacute; &eacute &notit; &notin; &ampx; &nbsp;x&nbsp;",
    "&nGt;&acE;&NotEqualTilde;&CounterClockwiseContourIntegral;&ThickSpace;|&fjlig;",
    "&#65;&#x42;&#X43;&#67 &#0;&#13;&#x80;&#150;&#x9f;&#129; &#xD800;&#x110000;&#99999999999999999999;",
    "&#1;&#xB;&#xE;&#x7F;&#xFDD0;&#x1FFFE;&#9;&#10;&#12; &#; &#x; &#xg; & &; &a &ab;c",
    "&amp;#38;lt; &#38;#60; e&#769; &Idot; &#304;", "&am&amp;p; &&amp;& &quot&quot;'&apos;",
    "<|startoftext|>a<|endoftext|> <|STARTOFTEXT|><|endoftext|", "!<|endoftext|> <|endoftext|>!",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
    "ha" * 60, "-=" * 40, "=" * 99, "1234567890", "the " * 90,
    "\x01\x02\x7fcontrol", "\ufffd \ufffe \U0010ffff \ue000",
]


def symbols():
    """The character of each byte, in the order of their ids."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in own]
    return {**{byte: chr(byte) for byte in own},
            **{byte: chr(256 + i) for i, byte in enumerate(others)}}


SYMBOLS = symbols()


class Vocabulary:
    """Merges, and the ids of all that they make."""

    def __init__(self, lines):
        merges = [tuple(line.split(" ")) for line in lines]
        alone = list(SYMBOLS.values())
        tokens = alone + [s + "</w>" for s in alone] + ["".join(m) for m in merges]
        self.rank = {merge: rank for rank, merge in enumerate(merges)}
        self.ids = {token: number for number, token in enumerate(tokens)}
        self.start, self.end = len(tokens), len(tokens) + 1

    def merge(self, symbols_of_piece):
        """Step 4 of the specification, as it stands."""
        parts = symbols_of_piece
        while True:
            ranked = [(self.rank[pair], pair) for pair in zip(parts, parts[1:]) if pair in self.rank]
            if not ranked:
                return parts
            best, merged, at = min(ranked)[1], [], 0
            while at < len(parts):
                width = 2 if tuple(parts[at:at + 2]) == best else 1
                merged.append("".join(parts[at:at + width]))
                at += width
            parts = merged

    def piece(self, text):
        if text == "<|startoftext|>":
            return [self.start]
        if text == "<|endoftext|>":
            return [self.end]
        parts = [SYMBOLS[byte] for byte in text.encode("utf-8")]
        parts[-1] += "</w>"
        return [self.ids[part] for part in self.merge(parts)]

    def encode(self, text):
        """Ids, cut at CONTEXT, not padded."""
        ids = [self.start] + [i for piece in split(clean(text)) for i in self.piece(piece)]
        return ids[:CONTEXT - 1] + [self.end]


# White space of Unicode. str.isspace() and `re` also have the separators 1C to 1F.
SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def clean(text):
    text = unicodedata.normalize("NFC", text)
    text = html.unescape(html.unescape(text)).strip()
    return SPACE.sub(" ", text).strip().lower()


LITERALS = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d", re.IGNORECASE)


def kind(char):
    if SPACE.fullmatch(char) or char == "\u0345":  # which is iota, a letter, when case is ignored
        return " "
    return {"L": "L", "N": "N"}.get(unicodedata.category(char)[0], "other")


def split(text):
    pieces, at = [], 0
    while at < len(text):
        literal = LITERALS.match(text, at)
        end = literal.end() if literal else at + 1
        if not literal and kind(text[at]) in ("L", "other"):
            while end < len(text) and kind(text[end]) == kind(text[at]):
                end += 1
        if literal or kind(text[at]) != " ":
            pieces.append(text[at:end])
        at = end
    return pieces


def captions(path, members):
    for row in json.loads(path.read_text(encoding="utf-8")):
        for member in members:
            texts = row[member]
            yield from texts if isinstance(texts, list) else [texts]


def digest_of(vocabulary, path, members):
    digest, count, known = hashlib.sha256(), 0, {}
    for text in captions(path, members):
        if text not in known:
            ids = vocabulary.encode(text)
            known[text] = struct.pack(f"<{CONTEXT}q", *ids, *[0] * (CONTEXT - len(ids)))
        digest.update(known[text])
        count += 1
    return {"captions": count, "sha256": digest.hexdigest()}


def main():
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    with gzip.open(shared / "clip" / "bpe_simple_vocab_16e6.txt.gz") as file:
        clip = Vocabulary(file.read().decode("utf-8").split("\n")[1:48895])
    small = Vocabulary((DATA / "merges.txt").read_text(encoding="utf-8").splitlines()[1:])
    result = {
        "texts": [{"text": text, "clean": clean(text), "clip": clip.encode(text),
                   "small": small.encode(text)} for text in TEXTS],
        "files": {name: digest_of(clip, shared / name, members)
                  for name, members in CAPTIONS.items()},
    }
    rows = [json.dumps(row, ensure_ascii=True) for row in result["texts"]]
    files = [f"{json.dumps(name)}: {json.dumps(row)}" for name, row in result["files"].items()]
    text = ('{"texts": [\n' + ",\n".join(rows) + '\n],\n"files": {\n' + ",\n".join(files) + "\n}}\n")
    (DATA / "tokeniser.json").write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
