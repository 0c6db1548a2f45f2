"""The composer of picture and critique (TIRG; spec section 2.1), alone."""
import torch
from torch import nn

from common import Draw, Golden, Kinks, gradients, running_statistics, values, wanting_grad


class Watched(nn.Module):
    """ReLU without parameters, as an entry of nn.Sequential."""

    def __init__(self, kinks):
        super().__init__()
        self.kinks = kinks

    def forward(self, x):
        return self.kinks.relu(x)


def gate_layers(width, kinks):
    return nn.Sequential(nn.BatchNorm1d(2 * width), Watched(kinks), nn.Linear(2 * width, width))


def residual_layers(width, kinks):
    """The residual of the original TIRG. The spec says "a 2-layer residual 1024->1024->ReLU->512"
    in place of one Linear, which is read as: BN (.0), ReLU, Linear 1024->1024 (.2), ReLU, Linear
    1024->512 (.4); normalisation and first ReLU stay, the indices are those of nn.Sequential."""
    return nn.Sequential(
        nn.BatchNorm1d(2 * width), Watched(kinks), nn.Linear(2 * width, 2 * width), Watched(kinks),
        nn.Linear(2 * width, width))


def compose(net, image, text):
    """c = a[0] sig(gate) * image + a[1] residual, with the layers of `net`."""
    x = torch.cat([image, text], 1)
    gate = torch.sigmoid(net.gated_feature_composer(x))
    return net.a[0] * gate * image + net.a[1] * net.res_info_composer(x)


class Composer(nn.Module):
    """The spec gives the omega of the original as [1, 10, ..]; only two entries have a place in the
    formula, so `a` holds these two."""

    def __init__(self, width, kinks, original=False):
        super().__init__()
        self.a = nn.Parameter(torch.tensor([1.0, 10.0 if original else 1.0]))
        self.gated_feature_composer = gate_layers(width, kinks)
        self.res_info_composer = (residual_layers if original else gate_layers)(width, kinks)

    def forward(self, image, text):
        return compose(self, image, text)


def composer_case(original):
    batch, width = 5, 6
    draw, kinks = Draw(502 if original else 501), Kinks()
    net = draw.fill(Composer(width, kinks, original))
    net.a.data = torch.tensor([1.0, 10.0] if original else [1.25, 0.75])
    image, text = wanting_grad(draw.normal(batch, width), draw.normal(batch, width, scale=1.5))
    r = draw.normal(batch, width)

    g = Golden("B=5, D=6; " + ("the original TIRG: a = [1, 10], residual of two layers" if original
                               else "the recommender's composer"))
    g.add("image", image, "a, the picture's embedding")
    g.add("text", text, "o, the critique's embedding")
    g.add("r", r, "fixed")
    g.group("param.", values(net), "before")

    net.eval()
    with torch.no_grad():
        g.add("eval", net(image, text), "c in eval mode, with the statistics of `param.`")
    net.train()
    c = net(image, text)
    loss = (c * r).sum()
    loss.backward()
    kinks.require_distance("tirg", 1e-4)

    g.add("train", c, "c in train mode, from `param.`")
    g.scalar("loss", loss, "sum(train * r)")
    g.add("grad.image", image.grad, "d loss / d image")
    g.add("grad.text", text.grad, "d loss / d text")
    g.group("grad.", gradients(net), "d loss / d parameter, train mode")
    g.group("after.", running_statistics(net), "after one forward pass in train mode")
    return g


def tirg():
    return composer_case(original=False)


def tirg_original():
    return composer_case(original=True)


CASES = {"tirg": tirg, "tirg_original": tirg_original}
