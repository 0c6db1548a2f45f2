"""Recommenders as PyTorch saves them, small ones with random weights, and dialogues that are played
to them (spec sections 1.7, 2.1 and 4): the state_dicts of GOMMIR and of the nets of its ablations.

    MODEL.pth               torch.save's archive; gommir_legacy.pth before PyTorch 1.6
    dialogues.safetensors   what was liked and said, turn by turn
    expected.safetensors    MODEL.state|composed|embedded, eval mode, float64 saved as F32
"""
import torch

import checkpoints
import containers
from common import Draw, Kinks
from gommir_training import RAW, WIDTH, Ablation
from tracker import Gommir

# B is above the number of dialogues that the library plays at once, T the most that fit.
DIALOGUES, TURNS, HIDDEN, LAYERS = 11, 21, 5, 2
HEADS = 1  # a file says nothing of them, and the paper's have a width of 64
LACKS = {"gommir-no-comp": "comp", "gommir-no-gate": "gate", "gommir-no-res": "res"}


def make(name, draw):
    if name in LACKS:
        net = Ablation(LACKS[name], Kinks())
        net.tran = Gommir(RAW, WIDTH, HEADS, HIDDEN, LAYERS, Kinks()).tran
    else:
        net = Gommir(RAW, WIDTH, HEADS, HIDDEN, LAYERS, Kinks())
    draw.fill(net)
    if hasattr(net, "a"):
        net.a.data = torch.tensor([1.25, 0.75])
    return net.eval()


def state_of(net):
    return {name: value.float() if value.is_floating_point() else value
            for name, value in net.state_dict().items()}


def play(net, image, text):
    """States, composed vectors (None: there are none) and embeddings, [dialogue, turn, .]."""
    history, states, composed = [], [], []
    for turn in range(TURNS):
        s, c = net.turn(history, image[:, turn], text[:, turn])
        states.append(s)
        composed.append(c)
    merged = None if composed[0] is None else torch.stack(composed, 1)
    return torch.stack(states, 1), merged, net.embed(image)


def write(folder):
    """Writes all files to a folder."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    draw, expected = Draw(1701), {}
    image, text = draw.normal(DIALOGUES, TURNS, RAW), draw.normal(DIALOGUES, TURNS, RAW)
    containers.write_safetensors(folder / "dialogues.safetensors",
                                 {"image": image.float(), "text": text.float()})
    for name in ("gommir", *LACKS):
        net = make(name, draw)
        checkpoints.write_archive(folder / f"{name}.pth", state_of(net))
        if name == "gommir":
            checkpoints.write_legacy(folder / "gommir_legacy.pth", state_of(net))
        with torch.no_grad():
            found = play(net, image, text)
        for part, value in zip(("state", "composed", "embedded"), found):
            if value is not None:
                expected[f"{name}.{part}"] = value.float()
    containers.write_safetensors(folder / "expected.safetensors", expected)


def content_of(name):
    """How files of this name are compared: see containers.py."""
    return containers.legacy_content if "_legacy" in name else lambda path: path.read_bytes()


def stale(new, folder):
    """The names of files in `folder` that are not what is now written to `new`."""
    write(new)
    return containers.differing(new, folder, content_of)
