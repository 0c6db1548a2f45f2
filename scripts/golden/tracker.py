"""The whole recommender, trained for ten steps (spec sections 2.1 and 2.3) on tabulated choices."""
import torch
from torch import nn

from common import Draw, Golden, Kinks, gradients, require, values
from encoder import Encoder
from layers import Norm, triplet
from tirg import compose, gate_layers

BATCH, TURNS, STEPS, ITEMS = 5, 3, 10, 23
RAW, WIDTH, HEADS, HIDDEN, LAYERS = 8, 12, 2, 14, 2


class Gommir(nn.Module):
    """Keys as in spec section 2.1."""

    def __init__(self, raw, width, heads, hidden, layers, kinks):
        super().__init__()
        self.text_linear, self.text_norm = nn.Linear(raw, width), Norm(width)
        self.img_linear, self.image_norm = nn.Linear(raw, width), Norm(width)
        self.a = nn.Parameter(torch.ones(2))
        self.gated_feature_composer = gate_layers(width, kinks)
        self.res_info_composer = gate_layers(width, kinks)
        self.sp_token = nn.Parameter(torch.zeros(1, width), requires_grad=False)
        self.sp_norm = Norm(width)
        self.tran = Encoder(width, heads, hidden, layers, kinks)
        self.out_linear = nn.Linear(width, width)

    def embed(self, raw):
        return self.image_norm(self.img_linear(raw))

    def turn(self, history, raw_image, raw_text):
        """Appends a turn to the list of tokens; returns state and composed vector."""
        text = self.text_norm(self.text_linear(raw_text))
        composed = compose(self, self.embed(raw_image), text)
        history += [self.sp_norm(self.sp_token).expand_as(text), composed, text]
        z = self.tran(torch.stack(history, 1))
        return self.out_linear(torch.tanh(z.mean(1))), composed


class Problem:
    """All that users and chance decide, as tables."""

    def __init__(self, draw):
        self.features = draw.normal(ITEMS, RAW)
        self.target = draw.index(ITEMS, STEPS, BATCH)
        self.liked = draw.index(ITEMS, STEPS, TURNS, BATCH)
        self.negative = draw.index(ITEMS, STEPS, TURNS, BATCH)
        self.critique = draw.normal(STEPS, TURNS, BATCH, RAW)


def forward(net, problem, step, kinks):
    """One batch: embeddings of the catalogue, states, composed vectors and losses of its turns."""
    with torch.no_grad():
        catalogue = net.embed(problem.features)
    history, states, composed, losses = [], [], [], []
    positive = catalogue[problem.target[step]]
    for turn in range(TURNS):
        negative = catalogue[problem.negative[step, turn]]
        s, c = net.turn(history, problem.features[problem.liked[step, turn]],
                        problem.critique[step, turn])
        states.append(s)
        composed.append(c)
        losses.append(sum(triplet(v, positive, negative, kinks.relu).mean() for v in (s, c)))
    return catalogue, torch.stack(states), torch.stack(composed), torch.stack(losses)


def check_size():
    """The paper's model has the counts of spec section 2.1."""
    net = Gommir(512, 512, 8, 1024, 6, Kinks())
    require("the paper's model has other parameters",
            sum(p.numel() for p in net.parameters()) == 14462978)
    require("the paper's model has other state entries", len(net.state_dict()) == 127)


def train():
    """All tensors of both files by part."""
    draw, kinks = Draw(202), Kinks()
    net = draw.fill(Gommir(RAW, WIDTH, HEADS, HIDDEN, LAYERS, kinks)).train()
    net.a.data = torch.tensor([1.25, 0.75])
    problem, initial = Problem(draw), values(net)
    optimiser = torch.optim.Adam((p for p in net.parameters() if p.requires_grad),
                                 lr=1e-3, weight_decay=1e-8)
    losses, first, first_gradients = [], None, None
    for step in range(STEPS):
        results = forward(net, problem, step, kinks)
        loss = results[3].mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if step == 0:
            first, first_gradients = results, gradients(net)
            kinks.require_distance("tracker, first step", 1e-4)
        optimiser.step()
        losses.append(loss.detach())
    kinks.require_distance("tracker", 1e-5)
    return problem, initial, first, first_gradients, torch.stack(losses), values(net)


def tracker():
    check_size()
    problem, initial, first, first_gradients, losses, _ = train()
    g = Golden("8 raw features, D=12, 2 heads, ff 14, 2 layers with different weights; 23 items, "
               "10 steps of 5 users and 3 turns; Adam, lr 1e-3, wd 1e-8, betas .9/.999, eps 1e-8")
    g.add("features", problem.features, "raw picture features of the catalogue")
    g.add("target", problem.target, "[step, user] wanted item")
    g.add("liked", problem.liked, "[step, turn, user] item liked, whose raw features go in")
    g.add("negative", problem.negative, "[step, turn, user] negative of both triplet losses")
    g.add("critique", problem.critique, "[step, turn, user, .] raw text features")
    g.add("catalogue", first[0], "embeddings of all items, first step (no gradient)")
    g.add("state", first[1], "[turn, user, .] s, first step")
    g.add("composed", first[2], "[turn, user, .] c, first step")
    g.add("turn_loss", first[3], "trip(s, ..) + trip(c, ..) of each turn, first step")
    g.add("losses", losses, "of the ten steps, each before its update: mean over turns")
    g.group("init.", initial, "before training")
    g.group("grad.", first_gradients, "d losses[0] / d parameter (`sp_token` is frozen)")
    return g


def tracker_after():
    after = train()[-1]
    g = Golden("what `tracker` becomes after its ten steps")
    g.group("after.", {key: value for key, value in after.items() if key != "tran.pe.pe"},
            "after ten steps, without the table of positions; do not compare `k_linear.bias`")
    return g


CASES = {"tracker": tracker, "tracker_after": tracker_after}
