"""CLIP's residual block with stride 2 (spec section 1.2) and the pools of section 5.1."""
import torch
import torch.nn.functional as F
from torch import nn

from common import Draw, Golden, Kinks, gradients, running_statistics, values, wanting_grad


class Bottleneck(nn.Module):
    """Stride sits in average pools; the convolutions have stride 1 and no bias."""

    def __init__(self, channels, planes, stride, kinks):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * planes)
        self.downsample = nn.ModuleDict({"0": nn.Conv2d(channels, 4 * planes, 1, bias=False),
                                         "1": nn.BatchNorm2d(4 * planes)})
        self.stride, self.kinks = stride, kinks

    def forward(self, x):
        y = self.kinks.relu(self.bn1(self.conv1(x)))
        y = self.kinks.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(F.avg_pool2d(y, self.stride)))
        shortcut = self.downsample["1"](self.downsample["0"](F.avg_pool2d(x, self.stride)))
        return self.kinks.relu(y + shortcut)


def add_block(g, draw):
    kinks = Kinks()
    net = draw.fill(Bottleneck(5, 3, 2, kinks))
    (x,) = wanting_grad(draw.normal(2, 5, 6, 8))
    r = draw.normal(2, 12, 3, 4)
    g.add("block.x", x, "input [n, channels, height, width]")
    g.add("block.r", r, "fixed")
    g.group("block.param.", values(net), "before")
    net.eval()
    with torch.no_grad():
        g.add("block.eval", net(x), "output in eval mode, with the statistics of `block.param.`")
    net.train()
    y = net(x)
    loss = (y * r).sum()
    loss.backward()
    kinks.require_distance("conv_bn", 1e-4)
    g.add("block.train", y, "output in train mode, from `block.param.`")
    g.scalar("block.loss", loss, "sum(block.train * block.r)")
    g.add("block.grad.x", x.grad, "d loss / d x, train mode")
    g.group("block.grad.", gradients(net), "d loss / d parameter, train mode")
    g.group("block.after.", running_statistics(net), "after one forward pass in train mode")


def add_map(g, draw, under, what, shape, f):
    """One operation on a picture without parameters."""
    (x,) = wanting_grad(draw.normal(*shape))
    y = f(x)
    r = draw.normal(*y.shape)
    (y * r).sum().backward()
    g.add(under + "x", x, "input")
    g.add(under + "y", y, what)
    g.add(under + "r", r, "fixed")
    g.add(under + "grad.x", x.grad, "d sum(y * r) / d x")


def add_stem(g, draw):
    """A convolution whose stride leaves the border uneven, with bias."""
    w, b = wanting_grad(draw.normal(4, 3, 3, 3, scale=0.2), draw.normal(4))
    add_map(g, draw, "stem.", "3x3 convolution, stride 2, padding 1, with bias", (2, 3, 9, 6),
            lambda x: F.conv2d(x, w, b, stride=2, padding=1))
    g.add("stem.weight", w, "[out, in, 3, 3]")
    g.add("stem.bias", b, "[out]")
    g.add("stem.grad.weight", w.grad, "d sum(y * r) / d weight")
    g.add("stem.grad.bias", b.grad, "d sum(y * r) / d bias")


def conv_bn():
    draw = Draw(601)
    g = Golden("`block.`: Bottleneck, 5 channels in, 3 planes, stride 2; then single operations. "
               "Pictures are [n, channels, height, width]")
    add_block(g, draw)
    add_stem(g, draw)
    add_map(g, draw, "max_pool.", "3x3 max-pool, stride 2, no padding, ceil mode", (2, 3, 8, 7),
            lambda x: F.max_pool2d(x, 3, stride=2, padding=0, ceil_mode=True))
    add_map(g, draw, "adaptive_pool.", "adaptive average pool to 7x7", (2, 3, 9, 5),
            lambda x: F.adaptive_avg_pool2d(x, (7, 7)))
    return g


CASES = {"conv_bn": conv_bn}
