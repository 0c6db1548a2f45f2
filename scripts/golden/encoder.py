"""The recommender's pre-norm Transformer encoder (spec section 2.1)."""
import math

from torch import nn

from common import Draw, Golden, Kinks, gradients, require_close, values, wanting_grad
from layers import Norm, attend, attend_by_hand, positions_recommender

POSITIONS = 64


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_linear, self.k_linear, self.v_linear, self.out = (
            nn.Linear(width, width) for _ in range(4))

    def parts(self):
        return self.q_linear, self.k_linear, self.v_linear, self.out, self.heads

    def forward(self, x):
        return attend(*self.parts(), x, None)


class FeedForward(nn.Module):
    def __init__(self, width, hidden, kinks):
        super().__init__()
        self.linear_1 = nn.Linear(width, hidden)
        self.linear_2 = nn.Linear(hidden, width)
        self.kinks = kinks

    def forward(self, x):
        return self.linear_2(self.kinks.relu(self.linear_1(x)))


class Layer(nn.Module):
    def __init__(self, width, heads, hidden, kinks):
        super().__init__()
        self.norm_1, self.norm_2 = Norm(width), Norm(width)
        self.attn = Attention(width, heads)
        self.ff = FeedForward(width, hidden, kinks)

    def forward(self, x):
        x = x + self.attn(self.norm_1(x))
        return x + self.ff(self.norm_2(x))


class Positions(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.register_buffer("pe", positions_recommender(POSITIONS, width)[None])

    def forward(self, x):
        return math.sqrt(x.shape[-1]) * x + self.pe[:, : x.shape[1]]


class Encoder(nn.Module):
    def __init__(self, width, heads, hidden, layers, kinks):
        super().__init__()
        self.pe = Positions(width)
        self.layers = nn.ModuleList(Layer(width, heads, hidden, kinks) for _ in range(layers))
        self.norm = Norm(width)

    def forward(self, x):
        x = self.pe(x)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


def encoder():
    batch, length, width, heads, hidden, layers = 3, 7, 12, 3, 10, 2
    draw, kinks = Draw(101), Kinks()
    net = nn.Module()
    net.tran = draw.fill(Encoder(width, heads, hidden, layers, kinks))
    (x,) = wanting_grad(draw.normal(batch, length, width))
    r = draw.normal(batch, length, width)

    z = net.tran(x)
    loss = (z * r).sum()
    loss.backward()
    kinks.require_distance("encoder", 1e-4)

    attention, sample = net.tran.layers[0].attn, x.detach()
    require_close("attention", attention(sample), attend_by_hand(*attention.parts(), sample), 1e-5)

    g = Golden("B=3, L=7, d=12, 3 heads, ff 10, 2 layers with different weights; "
               "z = tran(x) with scaling by sqrt(12), positions, layers and the final norm")
    g.add("x", x, "input")
    g.add("r", r, "fixed")
    g.add("z", z, "output")
    g.scalar("loss", loss, "sum(z * r)")
    g.add("grad.x", x.grad, "d loss / d x")
    g.group("param.", values(net), "parameters and the table of positions")
    g.group("grad.", gradients(net), "d loss / d parameter")
    return g


CASES = {"encoder": encoder}
