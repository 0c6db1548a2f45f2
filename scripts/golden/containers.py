"""Files of weights in the containers of PyTorch (spec section 1.7), each with a safetensors twin that
says what a reader should find in it.

    archive.pt   torch.save, a zip archive        twin: saved.safetensors
    legacy.pt    torch.save before PyTorch 1.6    twin: saved.safetensors
    script.pt    TorchScript                      twin: script.safetensors

The twins come from the tensors themselves, not from the files. The names of a TorchScript archive's
sources lead to the place where it was made, so that archive is packed again without them, its code
compressed. Some things change from run to run and do not count when files are compared: the keys of
legacy.pt, which are addresses, and the order of lines in the code of script.pt.
"""
import collections
import io
import pathlib
import zipfile

import torch
from torch import nn

import safetensors_io
from common import require

NAMES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}


def numbers(count, dtype=torch.float32):
    """Counting numbers around 0, exact in every type."""
    values = torch.arange(count) - count // 3
    return values % 2 == 0 if dtype == torch.bool else values.abs().to(dtype)


def saved():
    """What archive.pt and legacy.pt hold: all types, views, shared storages, nested structures, and
    values that are no tensors."""
    base = numbers(60).reshape(3, 4, 5)
    tied = nn.Parameter(numbers(8).reshape(4, 2))
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    with torch.no_grad():
        for i, value in enumerate(model.state_dict().values()):
            value.copy_(numbers(value.numel()).reshape(value.shape) + i)
    return {
        "types": {name.lower(): numbers(7, dtype) for dtype, name in NAMES.items()},
        "views": collections.OrderedDict(
            whole=base,
            transposed=base.permute(2, 0, 1),
            offset=base[1],
            columns=base[:, 1:3, ::2],
            expanded=numbers(3).reshape(3, 1).expand(3, 4),
            last=base.flatten()[-1],
            halves=numbers(12, torch.float16).reshape(3, 4).t(),
            none=torch.zeros(0, 3),
        ),
        "state_dict": model.state_dict(),
        "encoder.weight": tied,
        "decoder.weight": tied,
        "decoder.frozen": nn.Parameter(numbers(2), requires_grad=False),
        "optimizer": {"state": {0: {"step": 9, "exp_avg": numbers(2)}}, "list": [numbers(1), (), [
            numbers(2, torch.int32)]]},
        "epoch": 12,
        "loss": 0.625,
        "large": 2**62 + 1,
        "negative": -3,
        "huge": 2**100,
        "flag": True,
        "nothing": None,
        "text": "text, \u00e9",
        "bytes": b"\x00\xff",
        "size": torch.Size([2, 3]),
    }


SAVED_NUMBERS = ("epoch", "loss", "large", "negative")


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 2)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        return self.norm(self.conv(x))


class Net(nn.Module):
    """A module with what modules have: layers, buffers, tied weights, attributes of all kinds."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(3, 2).half()
        self.tied = self.head.weight
        self.table = nn.Parameter(numbers(12).reshape(3, 4).t())
        self.register_buffer("size", torch.tensor(224))
        self.register_buffer("mask", numbers(6, torch.bool))
        self.width: int = 7
        self.rate: float = 0.25
        self.ints = [1, 2, 3]
        self.names = {"a": 1}
        self.pair = (numbers(2), "text")
        self.maybe = None

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x * self.width * self.rate + self.ints[0] + self.names["a"] + self.pair[0].sum()


def script():
    net = Net()
    with torch.no_grad():
        for i, (name, value) in enumerate(net.state_dict().items()):
            if name != "size" and value.dtype != torch.bool and value.is_contiguous():
                value.copy_(numbers(value.numel()).reshape(value.shape) + i)
    return net


def flatten(value, prefix=""):
    """The tensors of a structure by path."""
    if isinstance(value, torch.Tensor):
        return {prefix: value.detach()}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = {}
    for key, item in items:
        if isinstance(item, (torch.Tensor, dict, list, tuple)):
            found.update(flatten(item, f"{prefix}.{key}" if prefix else str(key)))
    return found


def saved_twin(values):
    tensors = flatten(values)
    for name in SAVED_NUMBERS:
        dtype = torch.int64 if isinstance(values[name], int) else torch.float64
        tensors[name] = torch.tensor(values[name], dtype=dtype)
    return tensors


def script_twin(net):
    return {**net.state_dict(), "pair.0": net.pair[0], "width": torch.tensor(net.width),
            "rate": torch.tensor(net.rate, dtype=torch.float64)}


def write_safetensors(path, tensors, metadata=None):
    """Bytes as torch has them, since numpy lacks one of the types."""
    parts = []
    for name, tensor in tensors.items():
        raw = tensor.contiguous().reshape(-1)
        raw = raw.view(torch.uint8) if raw.numel() else torch.empty(0, dtype=torch.uint8)
        parts.append((name, NAMES[tensor.dtype], list(tensor.shape), raw.numpy().tobytes()))
    safetensors_io.save_parts(path, parts, metadata)


def write_script(path, net):
    """Writes a module as TorchScript."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(net), buffer)
    path.write_bytes(without_sources(buffer.getvalue()))


def without_sources(raw):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            if entry.filename.endswith(".debug_pkl"):
                continue
            copy = zipfile.ZipInfo(entry.filename)
            packed = zipfile.ZIP_DEFLATED if "/code/" in entry.filename else zipfile.ZIP_STORED
            new.writestr(copy, old.read(entry), packed)
    return out.getvalue()


def write(folder):
    """Writes all files to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    values, net = saved(), script()
    with open(folder / "archive.pt", "wb") as file:  # a path would become part of the file
        torch.save(values, file)
    with open(folder / "legacy.pt", "wb") as file:
        torch.save(values, file, _use_new_zipfile_serialization=False)
    write_script(folder / "script.pt", net)
    write_safetensors(folder / "saved.safetensors", saved_twin(values))
    write_safetensors(folder / "script.safetensors", script_twin(net))


def legacy_content(path):
    return [(name, t.dtype, t.stride(), t.tolist()) for name, t in flatten(torch.load(path)).items()]


def script_content(path):
    with zipfile.ZipFile(path) as file:
        return {n: file.read(n) for n in file.namelist() if "/code/" not in n}


CONTENT = {
    "archive.pt": pathlib.Path.read_bytes,
    "legacy.pt": legacy_content,
    "script.pt": script_content,
    "saved.safetensors": pathlib.Path.read_bytes,
    "script.safetensors": pathlib.Path.read_bytes,
}


def differing(new, folder, content_of):
    """The names of files that are not the same in both folders, by what content_of(name) reads."""
    names = sorted({p.name for p in (*new.glob("*"), *folder.glob("*"))})
    return [name for name in names if not ((new / name).exists() and (folder / name).exists())
            or content_of(name)(folder / name) != content_of(name)(new / name)]


def stale(new, folder):
    """The names of files in `folder` that are not what is now written to `new`."""
    write(new)
    return differing(new, folder, CONTENT.get)
