"""Features of pictures for the published captioners (spec section 5.1): torchvision's ResNet with its
two deviations, at tiny width, on pictures of odd sizes."""
import torch
import torch.nn.functional as F
from torch import nn

from common import Draw, Golden, require, values

WIDTH, EXPANSION = 1, 4
BLOCKS = (2, 1, 3, 1)
SIZES = {"wide": (45, 70), "high": (67, 37), "large": (290, 230), "least": (3, 5)}  # height, width
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class Bottleneck(nn.Module):
    """The stride is that of the first convolution."""

    def __init__(self, channels, planes, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, planes, 1, stride=stride, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, EXPANSION * planes, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(EXPANSION * planes)
        self.downsample = nn.Sequential(
            nn.Conv2d(channels, EXPANSION * planes, 1, stride=stride, bias=False),
            nn.BatchNorm2d(EXPANSION * planes)) if shortcut else None

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (self.downsample(x) if self.downsample else x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTH)
        channels = WIDTH
        for stage, count in enumerate(BLOCKS):
            planes, blocks = WIDTH << stage, []
            for i in range(count):
                blocks.append(Bottleneck(channels, planes, 2 if stage and not i else 1, not i))
                channels = EXPANSION * planes
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, 3)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, stride=2, padding=0, ceil_mode=True)
        for stage in range(len(BLOCKS)):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x


def pooled(x, side):
    """Adaptive average pooling by its rule, of [channels, height, width]."""
    def span(i, length):
        return slice(i * length // side, -(-(i + 1) * length // side))

    return torch.stack([torch.stack([x[:, span(i, x.shape[1]), span(j, x.shape[2])].mean((1, 2))
                                     for j in range(side)]) for i in range(side)])


def drawn(height, width):
    """A picture that a test draws again, instead of reading it: it would be most of the file."""
    rows, columns = torch.arange(height).reshape(-1, 1, 1), torch.arange(width).reshape(1, -1, 1)
    return ((rows * rows + 7 * columns + 50 * torch.arange(3)) % 256).to(torch.uint8)


def normalised(pixels):
    x = pixels.to(torch.get_default_dtype()) / 255
    return ((x - torch.tensor(MEAN)) / torch.tensor(DEVIATION)).permute(2, 0, 1)


def add_picture(g, net, name, pixels):
    with torch.no_grad():
        y = net(normalised(pixels)[None])[0]
    att = F.adaptive_avg_pool2d(y, (7, 7))
    require("adaptive pooling follows another rule",
            float((att.permute(1, 2, 0) - pooled(y, 7)).abs().max()) < 1e-5)
    g.add(f"{name}.map", y.permute(1, 2, 0), "the last feature map, [height, width, channels]")
    g.add(f"{name}.fc", y.mean((1, 2)), "its mean")
    g.add(f"{name}.att", att.permute(1, 2, 0).reshape(49, -1), "on a grid of 7 x 7, row by row")


def resnet():
    draw = Draw(1101)
    g = Golden("A ResNet of width 1 with 2, 1, 3 and 1 bottlenecks, in eval mode, on pictures of "
               "several sizes. At `net.fc` nobody looks. `large` is a picture of 230 x 290 pixels "
               "whose byte c at row y, column x is y^2 + 7 x + 50 c modulo 256")
    net = draw.fill(ResNet()).eval()
    g.group("net.", values(net), "parameters, buffers")
    for name, (height, width) in SIZES.items():
        if name == "large":
            add_picture(g, net, name, drawn(height, width))
            continue
        pixels = draw.index(256, height, width, 3).to(torch.uint8)
        g.add(f"{name}.pixels", pixels, "a picture, [height, width, 3]")
        add_picture(g, net, name, pixels)
    return g


CASES = {"resnet": resnet}
