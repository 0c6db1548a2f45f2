"""GRU and LSTM cells over four steps, without and with biases (spec section 0)."""
import torch
import torch.nn.functional as F
from torch import nn

from common import Draw, Golden, gradients, require_close, values, wanting_grad

STEPS, BATCH, IN, WIDTH, UPDATES = 4, 3, 5, 7, 10


def gru_unroll(net, x, h):
    out = []
    for step in x:
        h = net(step, h)
        out.append(h)
    return torch.stack(out)


def gru_by_hand(net, x, h):
    """One step of the bias-free cell, from the spec."""
    ir, iz, new = (x @ net.weight_ih.T).chunk(3, 1)
    hr, hz, hn = (h @ net.weight_hh.T).chunk(3, 1)
    z = torch.sigmoid(iz + hz)
    return (1 - z) * torch.tanh(new + torch.sigmoid(ir + hr) * hn) + z * h


def train(net, outputs, target):
    """Ten losses, each before its update."""
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(UPDATES):
        loss = F.smooth_l1_loss(outputs(), target)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def add_training(g, under, net, outputs, target):
    """The regression that both cells learn; `net` is changed."""
    g.add(under + "target", target, "of a regression from `x` and the first state, from `param.`")
    g.add(under + "losses", train(net, outputs, target),
          "smooth L1, mean over all elements of the h of all steps; each before its update")
    g.group(under + "after.", values(net), "after ten steps of Adam, lr 1e-2, wd 0")


def gru_variant(g, under, bias, seed):
    draw = Draw(seed)
    net = draw.fill(nn.GRUCell(IN, WIDTH, bias=bias))
    x, h0 = wanting_grad(draw.normal(STEPS, BATCH, IN), draw.normal(BATCH, WIDTH, scale=0.5))
    r, target = draw.normal(STEPS, BATCH, WIDTH), draw.normal(STEPS, BATCH, WIDTH, scale=1.5)
    if not bias:
        require_close("GRU", net(x[0], h0), gru_by_hand(net, x[0], h0), 1e-6)

    h = gru_unroll(net, x, h0)
    loss = (h * r).sum()
    loss.backward()
    g.add(under + "x", x, "[step, batch, .] input")
    g.add(under + "h0", h0, "state before the first step")
    g.add(under + "r", r, "fixed")
    g.add(under + "h", h, "[step, batch, .] state after each step")
    g.scalar(under + "loss", loss, "sum(h * r)")
    g.add(under + "grad.x", x.grad, "d loss / d x")
    g.add(under + "grad.h0", h0.grad, "d loss / d h0")
    g.group(under + "param.", values(net), "weights")
    g.group(under + "grad.", gradients(net), "d loss / d weight")
    add_training(g, under, net, lambda: gru_unroll(net, x.detach(), h0.detach()), target)


def gru():
    g = Golden("4 steps, B=3, in 5, H=7; `free.` without and `biased.` with biases")
    gru_variant(g, "free.", False, 301)
    gru_variant(g, "biased.", True, 302)
    return g


class Lstm(nn.Module):
    """Holds the weights under the keys `rnn.*_l0`; cell states of all steps are wanted, so the
    steps are made one by one."""

    def __init__(self, bias):
        super().__init__()
        self.rnn = nn.LSTM(IN, WIDTH, bias=bias)

    def forward(self, x, h, c):
        all_h, all_c = [], []
        for step in x:
            _, (h, c) = self.rnn(step[None], (h.reshape(1, BATCH, -1), c.reshape(1, BATCH, -1)))
            all_h.append(h[0])
            all_c.append(c[0])
        return torch.stack(all_h), torch.stack(all_c)


def lstm_by_hand(rnn, x, h, c):
    """One step of the bias-free cell, from the spec."""
    i, f, new, o = (x @ rnn.weight_ih_l0.T + h @ rnn.weight_hh_l0.T).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(new)
    return torch.sigmoid(o) * torch.tanh(c)


def lstm_variant(g, under, bias, seed):
    draw = Draw(seed)
    net = draw.fill(Lstm(bias))
    x, h0, c0 = wanting_grad(draw.normal(STEPS, BATCH, IN), draw.normal(BATCH, WIDTH, scale=0.5),
                             draw.normal(BATCH, WIDTH, scale=0.5))
    r_h, r_c = draw.normal(STEPS, BATCH, WIDTH), draw.normal(STEPS, BATCH, WIDTH)
    target = draw.normal(STEPS, BATCH, WIDTH, scale=1.5)

    h, c = net(x, h0, c0)
    if not bias:
        require_close("LSTM", h[0], lstm_by_hand(net.rnn, x[0], h0, c0), 1e-6)
    loss = (h * r_h).sum() + (c * r_c).sum()
    loss.backward()
    g.add(under + "x", x, "[step, batch, .] input")
    g.add(under + "h0", h0, "output before the first step")
    g.add(under + "c0", c0, "cell state before the first step")
    g.add(under + "r_h", r_h, "fixed")
    g.add(under + "r_c", r_c, "fixed")
    g.add(under + "h", h, "[step, batch, .] output of each step")
    g.add(under + "c", c, "[step, batch, .] cell state after each step")
    g.scalar(under + "loss", loss, "sum(h * r_h) + sum(c * r_c)")
    g.add(under + "grad.x", x.grad, "d loss / d x")
    g.add(under + "grad.h0", h0.grad, "d loss / d h0")
    g.add(under + "grad.c0", c0.grad, "d loss / d c0")
    g.group(under + "param.", values(net), "weights")
    g.group(under + "grad.", gradients(net), "d loss / d weight")
    add_training(g, under, net, lambda: net(x.detach(), h0.detach(), c0.detach())[0], target)


def lstm():
    g = Golden("4 steps, B=3, in 5, H=7; `free.` without and `biased.` with biases")
    lstm_variant(g, "free.", False, 401)
    lstm_variant(g, "biased.", True, 402)
    return g


CASES = {"gru": gru, "lstm": lstm}
