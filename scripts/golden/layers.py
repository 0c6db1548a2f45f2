"""Layers that PyTorch does not have, and attention by PyTorch's own function."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from common import require_close


def norm(x, scale, shift):
    """Norm of spec section 0: unbiased deviation, epsilon added outside the root."""
    centred = x - x.mean(-1, keepdim=True)
    return scale * centred / (x.std(-1, unbiased=True, keepdim=True) + 1e-6) + shift


class Norm(nn.Module):
    """The same as a layer; the captioner has other names for its two parameters."""

    def __init__(self, width, scale="alpha", shift="bias"):
        super().__init__()
        self.names = scale, shift
        self.register_parameter(scale, nn.Parameter(torch.ones(width)))
        self.register_parameter(shift, nn.Parameter(torch.zeros(width)))

    def forward(self, x):
        return norm(x, *(getattr(self, name) for name in self.names))


def attend(query, key, value, out, heads, x, memory, hidden=None, padding=None):
    """Multi-head attention with four nn.Linear. x [B, Lq, d], memory [B, Lk, d]; hidden [Lq, Lk]
    and padding [B, Lk] are true where a key must not be seen."""
    x = x.transpose(0, 1)
    memory = x if memory is None else memory.transpose(0, 1)
    y, _ = F.multi_head_attention_forward(
        x, memory, memory, x.shape[-1], heads,
        torch.cat([query.weight, key.weight, value.weight]),
        torch.cat([query.bias, key.bias, value.bias]),
        None, None, False, 0.0, out.weight, out.bias,
        key_padding_mask=padding, need_weights=False, attn_mask=hidden)
    return y.transpose(0, 1)


def attend_by_hand(query, key, value, out, heads, x):
    """softmax(QK^T / sqrt(d / heads)) V, written out, to check the above."""
    def split(t):
        return t.reshape(*t.shape[:2], heads, -1).transpose(1, 2)

    q, k, v = split(query(x)), split(key(x)), split(value(x))
    p = (q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])).softmax(-1)
    return out((p @ v).transpose(1, 2).reshape(x.shape))


def later(length):
    """True strictly above the diagonal: what a causal mask hides."""
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def positions_recommender(count, width):
    """Spec section 2.1: the even index i stands in the exponent as is, so 2i / width."""
    table = torch.zeros(count, width)
    for p in range(count):
        for i in range(0, width, 2):
            table[p, i] = math.sin(p / 10000 ** (2 * i / width))
            table[p, i + 1] = math.cos(p / 10000 ** (2 * (i + 1) / width))
    return table


def positions_sinusoid(count, width):
    """The usual sinusoids (spec section 5.4)."""
    table = torch.zeros(count, width)
    for p in range(count):
        for i in range(width // 2):
            angle = p * math.exp(-2 * i * math.log(1e4) / width)
            table[p, 2 * i], table[p, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return table


def triplet(x, positive, negative, relu):
    """The rows of trip of spec section 0; `relu` is torch.relu or one that is watched."""
    nearer = ((x - positive) ** 2).sum(-1) - ((x - negative) ** 2).sum(-1)
    return relu(nearer + 0.1)


def check_triplet():
    """By hand: d2 to the positive 5, to the negatives 2 and 10."""
    x, p = torch.zeros(2, 2), torch.tensor([[1.0, 2.0]] * 2)
    n = torch.tensor([[1.0, 1.0], [3.0, 1.0]])
    require_close("triplet", triplet(x, p, n, torch.relu), [3.1, 0.0], 1e-5)


def check_norm():
    x = torch.tensor([[1.0, 2.0, 3.0, 10.0]], requires_grad=True)
    y = Norm(4)(x)
    require_close("Norm", y, [[-0.7348, -0.4899, -0.2449, 1.4697]], 5e-5)

    grad = torch.tensor([[0.3, -1.0, 0.5, 2.0]])
    y.backward(grad)
    c, s = (x - x.mean()).detach(), x.detach().std()
    expected = (grad - grad.mean()) / (s + 1e-6) - c * (grad * c).sum() / (3 * s * (s + 1e-6) ** 2)
    require_close("gradient of Norm", x.grad, expected, 1e-6)

    wide = Norm(512)(torch.sin(torch.arange(512.0)).reshape(1, 512))
    require_close("squared length of Norm's output", (wide * wide).sum(), 511.0, 2e-3)


def self_check():
    """The check values of the spec."""
    check_norm()
    check_triplet()
    expected = [0.8415, 0.5697, 0.8020, 0.6234, 0.7617, 0.6709]
    require_close("position 1", positions_recommender(2, 512)[1, :6], expected, 5e-5)
    expected = [0.8415, 0.5403, 0.0100, 0.9999]  # sin and cos of 1 and of 1 / 100
    require_close("sinusoid 1", positions_sinusoid(2, 4)[1], expected, 6e-5)
