"""Captioners as they were published (spec section 5.5): a state_dict in either of torch.save's forms,
and pickles of options and words in several protocols. All of them are tiny.

    attend_archive.pth, attend_legacy.pth, attend_{0,2,4}.pkl    Show-Attend-Tell
    transformer_archive.pth, transformer_{2,4}.pkl               the VL-Transformer, use_bn 1
    expected.safetensors                                         pictures, words, logits of both

Beside what a reader needs, the pickles hold what training leaves there: numbers of numpy, and an
object of a class that no reader has.
"""
import argparse
import pickle
import sys
import types

import numpy
import torch

import checkpoints
import containers
from captioner import REGIONS, WORDS, ShowAttendTell, Transformer, related
from common import Draw, Kinks
from layers import positions_sinusoid

CHANNELS, PAIRS, POSITIONS = 3, 2, 5000
VOCABULARY = ["are", "black", "has", "caf\u00e9", "\u4f60\u597d", "UNK"]
HEARD = torch.tensor([[0, 5, 2, 6], [0, 3, 1, 1]])  # no PAD: nothing depends on masks

COMMON = {"id": "run", "batch_size": 16, "learning_rate": numpy.float64(0.0004), "noamopt": False,
          "checkpoint_path": None, "start_from": "log_\u00e9", "betas": [0.9, 0.98]}
ATTEND = {**COMMON, "caption_model": "show_attend_tell", "rnn_size": 5, "input_encoding_size": 4,
          "att_hid_size": 3, "drop_prob_lm": 0.25, "seq_length": 12, "num_layers": 1}
TRANSFORMER = {
    # every option of its own, and none
    2: {**COMMON, "caption_model": "transformer", "N_enc": 2, "N_dec": 1, "d_model": 4, "d_ff": 5,
        "num_att_heads": 2, "dropout": 0.2, "drop_prob_lm": 0.4, "use_bn": 1, "max_length": 8,
        "seq_length": 16},
    4: {**COMMON, "caption_model": "transformer", "num_layers": 2, "input_encoding_size": 4,
        "rnn_size": 5, "num_att_heads": 2, "use_bn": True, "seq_length": 9},
}


class History:
    """Pickled as `captioning_history.History`."""

    def __init__(self):
        self.losses = {0: numpy.float32(2.5)}


def infos(options):
    return {"iter": 12, "epoch": 3, "best_val_score": numpy.float64(-1.25), "history": History(),
            "loader_state_dict": {"train": {"index": numpy.arange(3), "seen": {1, 2}}},
            "opt": argparse.Namespace(**options),
            "vocab": {str(i + 1): word for i, word in enumerate(VOCABULARY)}}


def write_pickle(path, options, protocol):
    """As a program whose module is not here wrote it."""
    module = types.ModuleType("captioning_history")
    module.History = History
    History.__module__ = "captioning_history"
    sys.modules[module.__name__] = module
    try:
        path.write_bytes(pickle.dumps(infos(options), protocol))
    finally:
        del sys.modules[module.__name__]


def single(state):
    return {name: value.float() if value.is_floating_point() else value
            for name, value in state.items()}


def state_of(net):
    """As it is in a file: with the table of positions, in single precision."""
    state = single(net.state_dict())
    if isinstance(net, Transformer):
        table = positions_sinusoid(POSITIONS, state["model.tgt_embed.0.lut.weight"].shape[1])
        state["model.tgt_embed.1.pe"] = table.float()[None]
    return state


def write(folder):
    """Writes all files to a folder."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    draw = Draw(1501)
    attend = draw.fill(ShowAttendTell(2 * CHANNELS, WORDS, 5, 4, 3)).eval()
    transformer = draw.fill(Transformer(2 * CHANNELS, WORDS, 4, 2, 5, (2, 1), 1, Kinks())).eval()
    pictures = [draw.normal(PAIRS, *part) for part in
                ((CHANNELS,), (CHANNELS,), (REGIONS, CHANNELS), (REGIONS, CHANNELS))]

    checkpoints.write_archive(folder / "attend_archive.pth", state_of(attend))
    checkpoints.write_legacy(folder / "attend_legacy.pth", state_of(attend))
    checkpoints.write_archive(folder / "transformer_archive.pth", state_of(transformer))
    for protocol in (0, 2, 4):
        write_pickle(folder / f"attend_{protocol}.pkl", ATTEND, protocol)
    for protocol, options in TRANSFORMER.items():
        write_pickle(folder / f"transformer_{protocol}.pkl", options, protocol)

    names = ("target_mean", "candidate_mean", "target_regions", "candidate_regions")
    expected = {name: value.float() for name, value in zip(names, pictures)}
    expected["ids"] = HEARD[:, 1:].contiguous()
    with torch.no_grad():
        for name, net, form in (("attend", attend, "difference"), ("transformer", transformer, "both")):
            expected[name + ".logits"] = net(*related(form, pictures), HEARD).float()
    containers.write_safetensors(folder / "expected.safetensors", expected)


def content_of(name):
    """How files of this name are compared: see containers.py."""
    return containers.legacy_content if "_legacy" in name else lambda path: path.read_bytes()


def stale(new, folder):
    """The names of files in `folder` that are not what is now written to `new`."""
    write(new)
    return containers.differing(new, folder, content_of)
