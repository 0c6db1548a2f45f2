#!/usr/bin/env python3
"""Writes tests/golden/data/*.safetensors and the tables of tensors in README.md, and
the folders tests/golden/data/containers, clip, captioner and recommender (containers.py,
checkpoints.py, captioner_checkpoints.py, recommender_checkpoints.py).

    generate.py            write all
    generate.py --check    write nothing; fail unless the files are what would be written
    generate.py CASE...    only these files

See README.md beside this file.
"""
import argparse
import filecmp
import pathlib
import sys
import tempfile

import torch

import bootstrap
import captioner
import captioner_checkpoints
import checkpoints
import clip
import clip_block
import containers
import convolution
import decoder
import decoding
import encoder
import gommir_training
import layers
import losses
import optimiser
import picture
import recommender_checkpoints
import recurrent
import resnet
import safetensors_io
import tirg
import tracker
from common import require

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parents[1] / "tests" / "golden" / "data"
FOLDERS = {DATA / "containers": containers, DATA / "clip": checkpoints,
           DATA / "captioner": captioner_checkpoints,
           DATA / "recommender": recommender_checkpoints}
README = HERE / "README.md"
MARK = "<!-- written by generate.py from here on -->\n"

MODULES = (encoder, tracker, gommir_training, recurrent, tirg, convolution, clip_block, clip, resnet,
           decoder, decoding, captioner, losses, optimiser, bootstrap, picture)
CASES = {name: case for module in MODULES for name, case in module.CASES.items()}
FILE_LIMIT, TOTAL_LIMIT = 330_000, 1_500_000  # bytes


def compute(case, dtype):
    torch.set_default_dtype(dtype)
    torch.manual_seed(0)  # first values of modules; all are replaced
    return case()


def shape(array):
    kind = safetensors_io.type_name(array)
    return ("" if kind == "F32" else kind + " ") + str(list(array.shape))


def group_rows(golden, under):
    """Rows of the keys that a part's groups share, each with the prefixes it is found under."""
    rows = {}
    for prefix, (_, keys) in golden.groups.items():
        for key in keys if prefix.startswith(under) else ():
            rows.setdefault((key, shape(golden.arrays[prefix + key])), []).append(f"`{prefix}`")
    return [f"| `{key}` | {dim} | {' '.join(found)} |" for (key, dim), found in rows.items()]


def describe(name, golden):
    """The section of README.md about one file."""
    rows = [f"| `{n}` | {shape(golden.arrays[n])} | {what} |" for n, what in golden.meaning.items()]
    text = [f"### {name}.safetensors", "", golden.title + ".", ""]
    if rows:
        text += ["| Tensor | Shape | |", "|---|---|---|"] + rows + [""]
    if golden.groups:
        text += ["| Prefix | |", "|---|---|"]
        text += [f"| `{prefix}` | {what} |" for prefix, (what, _) in golden.groups.items()]
        parts = dict.fromkeys(p.rpartition(".")[0].rpartition(".")[0] for p in golden.groups)
        for part in parts:
            text += ["", "| Key | Shape | Under |", "|---|---|---|"]
            text += group_rows(golden, part + "." if part else "")
        text.append("")
    return "\n".join(text)


def write(folder, names):
    """Writes the files of these cases; returns the text for README.md."""
    text = []
    for name in names:
        golden = compute(CASES[name], torch.float64)
        worst, where = golden.deviation(compute(CASES[name], torch.float32))
        path = folder / f"{name}.safetensors"
        safetensors_io.save(path, golden.arrays)
        again = safetensors_io.load(path)
        require(f"'{path}' reads otherwise", all(
            (again[n] == array).all() and again[n].shape == array.shape
            for n, array in golden.arrays.items()))
        size = path.stat().st_size
        require(f"'{path}' has {size} bytes", size < FILE_LIMIT)
        print(f"{name}: {len(golden.arrays)} tensors, {size} bytes, float32 differs by "
              f"{worst:.1e} ({where})")
        text.append(describe(name, golden))
    return "\n".join(text)


def check(folder, text):
    """Whether files and README.md are what was just written to `folder`."""
    names = [f"{name}.safetensors" for name in CASES]
    stale = [name for name in names if not (DATA / name).exists()
             or not filecmp.cmp(folder / name, DATA / name, shallow=False)]
    stale += sorted(p.name for p in DATA.glob("*.safetensors") if p.stem not in CASES)
    for path, module in FOLDERS.items():
        stale += module.stale(folder / path.name, path)
    if README.read_text().partition(MARK)[2] != text:
        stale.append(README.name)
    require("not up to date: " + " ".join(stale), not stale)
    print("all files are up to date")


def main():
    parser = argparse.ArgumentParser(description="Writes the golden files.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("case", nargs="*", help=f"of {' '.join(CASES)}; default all")
    options = parser.parse_args()
    unknown = [name for name in options.case if name not in CASES]
    require(f"no case '{' '.join(unknown)}'", not unknown)
    require("--check takes no cases", not (options.check and options.case))

    torch.set_num_threads(1)  # sums in one order
    torch.use_deterministic_algorithms(True)
    layers.self_check()
    if options.check:
        with tempfile.TemporaryDirectory() as folder:
            check(pathlib.Path(folder), write(pathlib.Path(folder), CASES))
        return
    DATA.mkdir(parents=True, exist_ok=True)
    text = write(DATA, options.case or CASES)
    if not options.case:
        for path, module in FOLDERS.items():
            module.write(path)
        README.write_text(README.read_text().partition(MARK)[0] + MARK + text)
    total = sum(path.stat().st_size for path in DATA.glob("*.safetensors"))
    require(f"all files together have {total} bytes", total < TOTAL_LIMIT)
    print(f"together: {total} bytes")


if __name__ == "__main__":
    sys.exit(main())
