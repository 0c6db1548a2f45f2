"""CLIP's residual attention block with the causal mask of the text tower (spec section 1.4)."""
from collections import OrderedDict

import torch
from torch import nn

from common import Draw, Golden, gradients, values, wanting_grad
from layers import later


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, width, heads, activation=QuickGELU):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(OrderedDict(
            c_fc=nn.Linear(width, 4 * width), act=activation(), c_proj=nn.Linear(4 * width, width)))

    def forward(self, x, hidden):
        y = self.ln_1(x).transpose(0, 1)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=hidden)[0].transpose(0, 1)
        return x + self.mlp(self.ln_2(x))


def clip_block():
    batch, length, width, heads = 2, 5, 12, 3
    draw = Draw(701)
    net = draw.fill(Block(width, heads))
    (x,) = wanting_grad(draw.normal(batch, length, width))
    r = draw.normal(batch, length, width)
    y = net(x, later(length))
    loss = (y * r).sum()
    loss.backward()

    g = Golden("B=2, L=5, width 12, 3 heads, MLP 48, QuickGELU, causal mask")
    g.add("x", x, "input")
    g.add("r", r, "fixed")
    g.add("y", y, "output")
    g.scalar("loss", loss, "sum(y * r)")
    g.add("grad.x", x.grad, "d loss / d x")
    with torch.no_grad():
        g.add("y_unmasked", net(x, None), "output without mask, as in the vision tower")
    g.group("param.", values(net), "parameters")
    g.group("grad.", gradients(net), "d loss / d parameter (with mask)")
    return g


CASES = {"clip_block": clip_block}
