"""Writes and reads safetensors files (spec section 1.7) with numpy alone.

A file is a u64 header length (little endian), a JSON header and the data. Tensors are sorted by
element size, largest first, and otherwise keep the order given, so that each one is aligned; the
data begin at a multiple of 64 bytes. The same tensors give the same bytes.
"""
import json
import struct

import numpy

TYPES = {"I64": numpy.dtype("<i8"), "F32": numpy.dtype("<f4"), "U8": numpy.dtype("u1")}
NAMES = {dtype: name for name, dtype in TYPES.items()}
ALIGNMENT = 64


def type_name(array):
    """The name of an array's element type in a file."""
    return NAMES[array.dtype.newbyteorder("<")]


def save(path, tensors):
    """Writes a dict of name: array (int64, float32 or uint8)."""
    parts = []
    for name, array in sorted(tensors.items(), key=lambda item: -item[1].itemsize):
        dtype = type_name(array)
        raw = numpy.ascontiguousarray(array, TYPES[dtype]).tobytes()
        parts.append((name, dtype, list(array.shape), raw))
    save_parts(path, parts)


def save_parts(path, parts, metadata=None):
    """Writes tensors given as (name, type, shape, bytes), in this order."""
    header, data, end = {"__metadata__": metadata} if metadata else {}, [], 0
    for name, dtype, shape, raw in parts:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(raw)]}
        data.append(raw)
        end += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % ALIGNMENT)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def load(path):
    """Reads what save writes: a dict of name: array, in the order of the data."""
    with open(path, "rb") as file:
        raw = file.read()
    (length,) = struct.unpack_from("<Q", raw)
    data = raw[8 + length :]
    tensors = {}
    for name, entry in json.loads(raw[8 : 8 + length]).items():
        begin, end = entry["data_offsets"]
        array = numpy.frombuffer(data[begin:end], TYPES[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"])
    return tensors
